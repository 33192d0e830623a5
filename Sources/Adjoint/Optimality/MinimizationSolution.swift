import Synchronization

/// The gradient of a function of a minimum, shaped like its ``MinimizationProblem``.
public struct MinimizationGradient: ParameterGradient, Sendable {
  /// p̄.
  public var parameters: [Double]

  /// (v, μ), where K (v, μ) is the cotangent.
  public var adjointState: [Double]

  /// How well the minimum and the adjoint satisfy their equations.
  public var evidence: GradientEvidence
}

/// A strict local minimum x(p) of f(x, p) subject to c(x, p) = 0, as a differentiable function of p.
///
/// With the Lagrangian L = f + λᵀc the conditions ∂L/∂x = 0, c = 0 are a system in (x, λ) with the
/// symmetric matrix K = [∂²L/∂x², Aᵀ; A, 0], A = ∂c/∂x (Fiacco, *Math. Programming* 10, 1976, theorem 2.1).
/// Hence
///
/// - ``pushforward(_:)``: K (ẋ, λ̇) = −(∂²L/∂x∂p ṗ, ∂c/∂p ṗ),
/// - ``pullback(_:multipliers:)``: K (v, μ) = (x̄, λ̄), then p̄ = −∂/∂p (vᵀ ∂L/∂x + μᵀc).
///
/// K is factorized at the minimum, once; solutions are refined with the model's own products.
///
/// A solution may be shared between threads: its derivatives take turns.
///
/// Sendable because scratch space and factors are touched under the lock only.
public final class MinimizationSolution: @unchecked Sendable {
  /// What the solve took.
  public struct Statistics: Sendable, Hashable {
    /// Steps taken.
    public var iterations: Int
    /// Numeric factorizations of K.
    public var factorizations: Int
    /// ‖(∂L/∂x, c)‖₂ at the initial guess and after each step.
    public var residualNorms: [Double]
    /// What it had to fall below, unless rounding was reached first.
    public var tolerance: Double
  }

  /// What was minimized.
  public let problem: MinimizationProblem

  /// x.
  public let value: [Double]

  /// λ, of the Lagrangian f + λᵀc.
  public let multipliers: [Double]

  /// f(x, p).
  public let objective: Double

  /// What the solve took.
  public let statistics: Statistics

  private let residualMaximum: Double
  private let system: OptimalitySystem
  private let lock = Mutex<Void>(())

  init(
    problem: MinimizationProblem, value: [Double], multipliers: [Double], objective: Double,
    statistics: Statistics, residualMaximum: Double, system: OptimalitySystem
  ) {
    self.problem = problem
    self.value = value
    self.multipliers = multipliers
    self.objective = objective
    self.statistics = statistics
    self.residualMaximum = residualMaximum
    self.system = system
  }

  /// The gradient p̄ for the cotangents x̄ of the minimum and λ̄ of the multipliers (empty for zero).
  ///
  /// Cost: one or two solves with the factors, and as many Hessian products.
  ///
  /// - Throws: `MinimizationError.adjointNotSolved` if K (v, μ) = (x̄, λ̄) cannot be solved to rounding,
  ///   `InputError` for a wrong length or a number that is not finite.
  public func pullback(
    _ cotangent: [Double], multipliers multiplierCotangent: [Double] = []
  ) throws -> MinimizationGradient {
    let count = multipliers.count
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    let second =
      multiplierCotangent.isEmpty
      ? [Double](repeating: 0, count: count) : multiplierCotangent
    try InputError.requireLength("multiplierCotangent", expected: count, found: second.count)
    try InputError.requireFinite("multiplierCotangent", second)
    return try lock.withLock { _ in
      let refined = try solve(cotangent + second)
      return MinimizationGradient(
        parameters: refined.parameters.map { -$0 }, adjointState: refined.solution,
        evidence: GradientEvidence(
          primalResidual: primalResidual, adjointBackwardError: refined.backwardError))
    }
  }

  /// The derivative (ẋ, λ̇) of minimum and multipliers along a tangent ṗ of the parameters.
  ///
  /// - Throws: as ``pullback(_:multipliers:)``.
  public func pushforward(
    _ parameterTangent: [Double]
  ) throws -> (variables: [Double], multipliers: [Double]) {
    try InputError.requireLength(
      "parameterTangent", expected: problem.parameters.count, found: parameterTangent.count)
    try InputError.requireFinite("parameterTangent", parameterTangent)
    return try lock.withLock { _ in
      let forcing = system.parameterDerivative(
        at: value, multipliers: multipliers, along: parameterTangent)
      let solution = try solve(forcing.map { -$0 }).solution
      return (Array(solution.prefix(value.count)), Array(solution.dropFirst(value.count)))
    }
  }

  /// ∂/∂p of the least value f(x(p), p): ∂L/∂p, without a solve (the envelope theorem).
  public var objectiveGradient: [Double] {
    lock.withLock { _ in system.parameterSlope(at: value, multipliers: multipliers) }
  }

  /// The size of the conditions relative to the terms that cancel in them.
  private var primalResidual: Double {
    let size: Double = max(value.maximumNorm, multipliers.maximumNorm)
    let scale: Double = system.matrix.rowSumNorm * size
    return scale == 0 ? residualMaximum : residualMaximum / scale
  }

  /// K z = b, refined with the model's own products (Higham, *Accuracy and Stability*, §12.1), and the
  /// derivative by p that the last product brings along.
  private func solve(
    _ rightHandSide: [Double]
  ) throws -> (solution: [Double], parameters: [Double], backwardError: Double) {
    guard let factors = system.factors else { throw FactorizationError.noFactors }
    let norm = system.matrix.rowSumNorm
    var solution = try factors.solve(rightHandSide)
    var previous = Double.infinity
    while true {
      let product = system.product(
        at: value, multipliers: multipliers, direction: Array(solution.prefix(value.count)),
        multiplierDirection: Array(solution.dropFirst(value.count)))
      let residual = zip(rightHandSide, product.top + product.bottom).map { $0 - $1 }
      let scale: Double = norm * solution.maximumNorm + rightHandSide.maximumNorm
      let error: Double = scale == 0 ? 0 : residual.maximumNorm / scale
      if error <= 4 * Double.ulpOfOne || (error >= 0.5 * previous && error <= 1e-12) {
        return (solution, product.parameters, error)
      }
      guard error < 0.5 * previous else {
        throw MinimizationError.adjointNotSolved(model: problem.name, backwardError: error)
      }
      previous = error
      let correction = try factors.solve(residual)
      for index in solution.indices { solution[index] += correction[index] }
    }
  }
}
