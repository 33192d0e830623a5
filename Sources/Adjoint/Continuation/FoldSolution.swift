import Synchronization

/// The gradient of a function of a fold, with respect to the parameters of its problem.
///
/// The component of the parameter λ in which the branch turns is zero: its value is found, not given.
public struct FoldGradient: ParameterGradient, Sendable {
  /// p̄.
  public var parameters: [Double]

  /// (α, β), the adjoint of F = 0 and of g = 0.
  public var adjointState: [Double]

  /// How well the fold and the adjoint satisfy their equations.
  public var evidence: GradientEvidence
}

/// A fold (u, λ) of F(u, λ, p) = 0 as a differentiable function of the other parameters p.
///
/// With the equations F = 0, g = 0 of ``FoldSolver`` and their matrix K = [J, F_λ; g_u, g_λ]:
///
/// - ``pushforward(_:)``: K (u̇, λ̇) = −(F_p ṗ, g_p ṗ),
/// - ``pullback(_:parameter:)``: Kᵀ (α, β) = (ū, λ̄), then p̄ = −(F_pᵀα + g_pᵀβ).
///
/// Of λ alone this is dλ/dp = −ψᵀF_p/ψᵀF_λ. The derivative is exact: g_p is a Hessian product.
///
/// A solution may be shared between threads: its derivatives take turns.
///
/// Sendable because scratch space and factors are touched under the lock only.
public final class FoldSolution: @unchecked Sendable {
  /// What the solve took.
  public struct Statistics: Sendable, Hashable {
    /// Newton steps.
    public var iterations: Int
    /// Numeric factorizations.
    public var factorizations: Int
    /// ‖F‖₂ at the end.
    public var residualNorm: Double
  }

  /// F, g and their derivatives at a point.
  struct Linearization {
    /// (F, g).
    var conditions: [Double]
    var gapByParameters: [Double]
    /// F_λ.
    var slope: [Double]
    var right: [Double]
    var left: [Double]
    /// wᵀF_uu v v, and the sum of the moduli of its terms.
    var curvature: Double
    var curvatureScale: Double
  }

  /// What was solved, with λ at the fold among its parameters.
  public let problem: NonlinearProblem

  /// Which parameter λ is.
  public let parameterIndex: Int

  /// u.
  public var value: [Double] { problem.initialGuess }

  /// λ.
  public var parameter: Double { problem.parameters[parameterIndex] }

  /// The null vector φ with J φ = 0, of norm 1: the branch goes along it.
  public let nullVector: [Double]

  /// The left null vector ψ with ψᵀJ = 0, of norm 1.
  public let leftNullVector: [Double]

  /// d²λ/ds² along φ, −ψᵀF_uu φφ/ψᵀF_λ: negative where λ is greatest at the fold.
  public let curvature: Double

  /// What the solve took.
  public let statistics: Statistics

  private let linearization: Linearization
  private let matrix: BorderedJacobian
  private let evaluator: ModelEvaluator
  private let primalResidual: Double
  private let lock = Mutex<Void>(())

  init(
    problem: NonlinearProblem, parameterIndex: Int, linearization: Linearization,
    matrix: BorderedJacobian, jacobianNorm: Double, statistics: Statistics
  ) {
    self.problem = problem
    self.parameterIndex = parameterIndex
    self.linearization = linearization
    self.matrix = matrix
    self.statistics = statistics
    evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    let rightNorm = linearization.right.euclideanNorm
    let leftNorm = linearization.left.euclideanNorm
    nullVector = linearization.right.map { $0 / rightNorm }
    leftNullVector = linearization.left.map { $0 / leftNorm }
    let along = linearization.left.dot(linearization.slope)
    curvature = -linearization.curvature / (along * rightNorm * rightNorm)
    let scale: Double = jacobianNorm * problem.initialGuess.maximumNorm
    let residual = linearization.conditions.dropLast().map(\.magnitude).max() ?? 0
    primalResidual = scale == 0 ? residual : residual / scale
  }

  /// The gradient p̄ for the cotangents ū of the state (empty for zero) and λ̄ of the parameter.
  ///
  /// Cost: one transposed solve and one vector–Jacobian product.
  /// - Throws: `InputError` for a wrong length or a number that is not finite.
  public func pullback(_ cotangent: [Double] = [], parameter: Double) throws -> FoldGradient {
    let state = cotangent.isEmpty ? [Double](repeating: 0, count: value.count) : cotangent
    try InputError.requireLength("cotangent", expected: value.count, found: state.count)
    try InputError.requireFinite("cotangent", state + [parameter])
    return try lock.withLock { _ in
      let (adjoint, backwardError) = try matrix.solve(state + [parameter], transposed: true)
      var gradient = [Double](repeating: 0, count: problem.parameters.count)
      var unused = [Double](repeating: 0, count: value.count)
      evaluator.pullback(
        value, cotangent: Array(adjoint.dropLast()), addingTo: &unused, parameters: &gradient)
      let gapAdjoint = adjoint[value.count]
      for index in gradient.indices {
        gradient[index] = -(gradient[index] + gapAdjoint * linearization.gapByParameters[index])
      }
      gradient[parameterIndex] = 0
      return FoldGradient(
        parameters: gradient, adjointState: adjoint,
        evidence: GradientEvidence(
          primalResidual: primalResidual, adjointBackwardError: backwardError))
    }
  }

  /// The derivative (u̇, λ̇) of the fold along a tangent ṗ of the parameters; that of λ is not looked at.
  ///
  /// - Throws: as ``pullback(_:parameter:)``.
  public func pushforward(
    _ parameterTangent: [Double]
  ) throws -> (state: [Double], parameter: Double) {
    try InputError.requireLength(
      "parameterTangent", expected: problem.parameters.count, found: parameterTangent.count)
    try InputError.requireFinite("parameterTangent", parameterTangent)
    var tangent = parameterTangent
    tangent[parameterIndex] = 0
    return try lock.withLock { _ in
      var forcing = [Double](repeating: 0, count: value.count)
      evaluator.pushforward(
        value, stateTangent: value.map { _ in 0 }, parameterTangent: tangent, into: &forcing)
      let bent = linearization.gapByParameters.dot(tangent)
      var solution = try matrix.solve((forcing + [bent]).map { -$0 }).solution
      let parameter = solution.removeLast()
      return (solution, parameter)
    }
  }
}
