import Synchronization

/// A root u of F(u, p) = 0 that can be differentiated with respect to p.
///
/// By the implicit function theorem du/dp = −J⁻¹ P with J = ∂F/∂u and P = ∂F/∂p at the root, so
///
/// - ``pushforward(_:)``: J u̇ = −P ṗ,
/// - ``pullback(_:)``: Jᵀλ = w, then p̄ = −Pᵀλ.
///
/// Both reuse the factors of the last Newton step. Those belong to the iterate before the root, so the
/// solution is refined, λ ← λ + J̃⁻ᵀ(w − Jᵀλ), with the model's own product Jᵀλ at the root until
/// nothing but rounding is left; only if that does not contract is J factorized anew.
///
/// A solution may be shared between threads: its derivatives take turns.
///
/// Sendable because scratch space and factors are touched under the lock only.
public final class NonlinearSolution: @unchecked Sendable {
  /// What the solve took.
  public struct Statistics: Sendable, Hashable {
    /// Newton steps taken.
    public var iterations: Int
    /// Evaluations of F.
    public var residualEvaluations: Int
    /// Numeric factorizations of the Jacobian.
    public var factorizations: Int
    /// ‖F‖₂ at the initial guess and after each step.
    public var residualNorms: [Double]
    /// What ‖F‖₂ had to fall below.
    public var tolerance: Double
    /// Whether it did, or is down to rounding errors.
    public var isConverged: Bool

    /// ‖F‖₂ at the end.
    public var residualNorm: Double { residualNorms[residualNorms.count - 1] }
  }

  /// What was solved.
  public let problem: NonlinearProblem

  /// The root u, or the last iterate if the solve did not converge.
  public let value: [Double]

  /// What the solve took.
  public let statistics: Statistics

  private let residualMaximum: Double
  private let evaluator: ModelEvaluator
  private let factors: JacobianFactors
  private let lock = Mutex<Void>(())

  init(
    problem: NonlinearProblem, value: [Double], statistics: Statistics,
    residualMaximum: Double, evaluator: ModelEvaluator, factors: JacobianFactors
  ) {
    self.problem = problem
    self.value = value
    self.statistics = statistics
    self.residualMaximum = residualMaximum
    self.evaluator = evaluator
    self.factors = factors
  }

  /// The gradient p̄ = −Pᵀλ with Jᵀλ = w, for the cotangent w of the root.
  ///
  /// Cost: usually two transposed solves and two vector–Jacobian products of the model.
  ///
  /// - Throws: `NonlinearError.derivativeOfUnconverged` if the solve did not converge,
  ///   `NonlinearError.adjointNotSolved` if Jᵀλ = w cannot be solved to rounding, `InputError` for a
  ///   cotangent of the wrong length or with a number that is not finite.
  public func pullback(_ cotangent: [Double]) throws -> NonlinearGradient {
    try requireConverged()
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    return try lock.withLock { _ in try gradient(cotangent) }
  }

  private func gradient(_ cotangent: [Double]) throws -> NonlinearGradient {
    var parameters = [Double](repeating: 0, count: problem.parameters.count)
    let refined = try refine(
      cotangent, norm: { self.factors.columnSumNorm },
      solve: { try self.factors.solveTransposed($0) },
      apply: { adjoint in
        var product = [Double](repeating: 0, count: adjoint.count)
        for index in parameters.indices { parameters[index] = 0 }
        self.evaluator.pullback(
          self.value, cotangent: adjoint, addingTo: &product, parameters: &parameters)
        try self.evaluator.requireProducts()
        return product
      })
    for index in parameters.indices { parameters[index] = -parameters[index] }
    return NonlinearGradient(
      parameters: parameters, adjointState: refined.solution,
      evidence: GradientEvidence(
        primalResidual: primalResidual, adjointBackwardError: refined.backwardError))
  }

  /// The derivative u̇ of the root along a tangent ṗ of the parameters: J u̇ = −P ṗ.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pushforward(_ parameterTangent: [Double]) throws -> [Double] {
    try requireConverged()
    try InputError.requireLength(
      "parameterTangent", expected: problem.parameters.count, found: parameterTangent.count)
    try InputError.requireFinite("parameterTangent", parameterTangent)
    return try lock.withLock { _ in try tangent(parameterTangent) }
  }

  private func tangent(_ parameterTangent: [Double]) throws -> [Double] {
    let zero = [Double](repeating: 0, count: value.count)
    let forcing = product(zero, parameterTangent).map { -$0 }
    let noParameters = parameterTangent.map { _ in 0.0 }
    return try refine(
      forcing, norm: { self.factors.rowSumNorm },
      solve: { try self.factors.solve($0) },
      apply: { self.product($0, noParameters) }
    ).solution
  }

  /// J v + P q.
  private func product(_ stateTangent: [Double], _ parameterTangent: [Double]) -> [Double] {
    var output = [Double](repeating: 0, count: value.count)
    evaluator.pushforward(
      value, stateTangent: stateTangent, parameterTangent: parameterTangent, into: &output)
    return output
  }

  /// ‖F‖∞ relative to ‖J‖∞‖u‖∞, the size of the terms that cancel in F.
  private var primalResidual: Double {
    let scale = factors.rowSumNorm * value.maximumNorm
    return scale == 0 ? residualMaximum : residualMaximum / scale
  }

  private func requireConverged() throws {
    guard statistics.isConverged else {
      throw NonlinearError.derivativeOfUnconverged(
        residualNorm: statistics.residualNorm, tolerance: statistics.tolerance)
    }
  }
}

// MARK: Iterative refinement

extension NonlinearSolution {
  /// Solves A x = b to rounding: `apply` is A exactly, `solve` an approximate A⁻¹, `norm` is ‖A‖∞.
  ///
  /// x ← x + Ã⁻¹(b − A x) contracts when Ã is near A (Higham, *Accuracy and Stability*, §12.1). The
  /// last call of `apply` is with the solution returned.
  private func refine(
    _ rightHandSide: [Double], norm: () -> Double, solve: ([Double]) throws -> [Double],
    apply: ([Double]) throws -> [Double]
  ) throws -> (solution: [Double], backwardError: Double) {
    var lastError = Double.infinity
    for attempt in 0..<2 {
      if attempt == 1 || factors.isEmpty { try refactorize() }
      let norm = norm()
      var solution = try solve(rightHandSide)
      var previous = Double.infinity
      while true {
        let product = try apply(solution)
        let residual = zip(rightHandSide, product).map { $0 - $1 }
        let scale = norm * solution.maximumNorm + rightHandSide.maximumNorm
        let error = scale == 0 ? 0 : residual.maximumNorm / scale
        if error <= 4 * Double.ulpOfOne { return (solution, error) }
        lastError = error
        guard error < 0.5 * previous else {
          // No longer contracting: at the rounding errors of the product, or with useless factors.
          if error <= Self.acceptedBackwardError { return (solution, error) }
          break
        }
        previous = error
        let correction = try solve(residual)
        for index in solution.indices { solution[index] += correction[index] }
      }
    }
    throw NonlinearError.adjointNotSolved(
      model: problem.model.name, backwardError: lastError)
  }

  private func refactorize() throws {
    do {
      try factors.update(state: value)
    } catch {
      throw NonlinearError.singularJacobian(
        model: problem.model.name, iteration: statistics.iterations, state: value,
        reason: "\(error)")
    }
  }

  /// A backward error that rounding in a model's own product explains; anything larger is refused.
  private static let acceptedBackwardError = 1e-12
}
