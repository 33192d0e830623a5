import Synchronization

/// A root u of F(u, p) = 0 that can be differentiated with respect to p.
///
/// By the implicit function theorem du/dp = −J⁻¹ P with J = ∂F/∂u and P = ∂F/∂p at the root, so
///
/// - ``pushforward(_:)``: J u̇ = −P ṗ,
/// - ``pullback(_:)``: Jᵀλ = w, then p̄ = −Pᵀλ,
/// - ``pullbackDerivative(_:along:cotangentTangent:)``: the derivative of that along ṗ.
///
/// All reuse what the solve has left: factors of the Jacobian at an iterate before the root, or a
/// preconditioner. The solution is refined, λ ← λ + J̃⁻ᵀ(w − Jᵀλ), with the model's own product Jᵀλ at
/// the root until nothing but rounding is left; only if that does not contract is J factorized anew.
/// So the derivative is that of the equation, whichever method has solved it.
///
/// A solution may be shared between threads: its derivatives take turns.
///
/// Sendable because scratch space and factors are touched under the lock only.
public final class NonlinearSolution: @unchecked Sendable {
  /// What was solved.
  public let problem: NonlinearProblem

  /// The root u, or the last iterate if the solve did not converge.
  public let value: [Double]

  /// What the solve took.
  public let statistics: Statistics

  /// F(u), which is not quite zero.
  public let residual: [Double]

  let evaluator: ModelEvaluator
  let inverse: any JacobianInverse
  private let lock = Mutex<Void>(())

  init(
    problem: NonlinearProblem, value: [Double], statistics: Statistics, residual: [Double],
    evaluator: ModelEvaluator, inverse: any JacobianInverse
  ) {
    self.problem = problem
    self.value = value
    self.statistics = statistics
    self.residual = residual
    self.evaluator = evaluator
    self.inverse = inverse
  }

  /// The same solution with a record of what was tried; the original must not be used any more.
  func with(attempts: [Attempt]) -> NonlinearSolution {
    var statistics = statistics
    statistics.attempts = attempts
    return NonlinearSolution(
      problem: problem, value: value, statistics: statistics, residual: residual,
      evaluator: evaluator, inverse: inverse)
  }

  // MARK: Pullback

  /// The gradient p̄ = −Pᵀλ with Jᵀλ = w, for the cotangent w of the root.
  ///
  /// Cost: usually two transposed solves and two vector–Jacobian products of the model.
  ///
  /// - Throws: ``NonlinearError/derivativeOfUnconverged(residualNorm:tolerance:)`` if the solve did not
  ///   converge, ``NonlinearError/adjointNotSolved(model:backwardError:)`` if Jᵀλ = w cannot be solved
  ///   to rounding, `InputError` for a cotangent of the wrong length or with a number that is not
  ///   finite.
  public func pullback(_ cotangent: [Double]) throws -> NonlinearGradient {
    try requireConverged()
    return try pullback(ofUnconverged: cotangent)
  }

  /// The gradients for several cotangents: the factors are read once for all of them, and the model is
  /// recorded once.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pullbacks(_ cotangents: [[Double]]) throws -> [NonlinearGradient] {
    try requireConverged()
    for (index, cotangent) in cotangents.enumerated() {
      try require("cotangents[\(index)]", cotangent, count: value.count)
    }
    return try lock.withLock { _ in try solveAdjoints(cotangents).map { gradient($0) } }
  }

  /// What ``pullback(_:)`` gives, whether the solve has converged or not.
  ///
  /// Of an iterate that is no root this is the gradient of the root of F(u, p) = F(uₖ, pₖ), which is
  /// near to that of a root nearby, and means nothing if there is none.
  ///
  /// - Throws: as ``pullback(_:)`` does, for other reasons than convergence.
  public func pullback(ofUnconverged cotangent: [Double]) throws -> NonlinearGradient {
    try require("cotangent", cotangent, count: value.count)
    return try lock.withLock { _ in gradient(try solveAdjoint(cotangent)) }
  }

  private func gradient(_ adjoint: AdjointSolve) -> NonlinearGradient {
    NonlinearGradient(
      parameters: adjoint.parameterProduct.negated, adjointState: adjoint.solution,
      functionalCorrection: -adjoint.solution.dot(residual),
      evidence: GradientEvidence(
        primalResidual: primalResidual, adjointBackwardError: adjoint.backwardError))
  }

  // MARK: Pushforward

  /// The derivative u̇ of the root along a tangent ṗ of the parameters: J u̇ = −P ṗ.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pushforward(_ parameterTangent: [Double]) throws -> [Double] {
    try requireConverged()
    return try pushforward(ofUnconverged: parameterTangent)
  }

  /// What ``pushforward(_:)`` gives, whether the solve has converged or not.
  ///
  /// - Throws: as ``pushforward(_:)`` does, for other reasons than convergence.
  public func pushforward(ofUnconverged parameterTangent: [Double]) throws -> [Double] {
    try require("parameterTangent", parameterTangent, count: problem.parameters.count)
    return try lock.withLock { _ in try tangent(parameterTangent) }
  }

  private func tangent(_ parameterTangent: [Double]) throws -> [Double] {
    try solveTangent(product([Double](repeating: 0, count: value.count), parameterTangent).negated)
  }

  // MARK: Linear systems with the Jacobian at the root

  /// The solution v of J v = b with the Jacobian at ``value``, refined to rounding.
  ///
  /// What continuation and nested problems need beside derivatives; also of an unconverged iterate.
  ///
  /// - Throws: as ``pushforward(_:)`` does, for other reasons than convergence.
  public func solveLinearized(_ rightHandSide: [Double]) throws -> [Double] {
    try require("rightHandSide", rightHandSide, count: value.count)
    return try lock.withLock { _ in try solveTangent(rightHandSide) }
  }

  /// The solution λ of Jᵀλ = w with the Jacobian at ``value``, refined to rounding.
  ///
  /// - Throws: as ``pullback(_:)`` does, for other reasons than convergence.
  public func solveLinearizedTransposed(_ rightHandSide: [Double]) throws -> [Double] {
    try require("rightHandSide", rightHandSide, count: value.count)
    return try lock.withLock { _ in try solveAdjoint(rightHandSide).solution }
  }

  // MARK: Second order

  /// The derivative of ``pullback(_:)`` along a tangent ṗ of the parameters: for a functional G(u(p)),
  /// the product of its Hessian by p with ṗ.
  ///
  /// With J u̇ = −P ṗ and Jᵀλ = w, w = ∂G/∂u, differentiating Jᵀλ = w and p̄ = −Pᵀλ along ṗ gives
  ///
  ///     Jᵀλ̇ = ẇ − (Jᵀ)˙λ,      p̄˙ = −(Pᵀ)˙λ − Pᵀλ̇,
  ///
  /// the dots being derivatives along (u̇, ṗ) (Hinze, Pinnau, Ulbrich and Ulbrich, *Optimization with PDE
  /// Constraints*, Springer 2009, §1.6.5). `cotangentTangent` maps u̇ to ẇ = ∂²G/∂u² u̇ and whatever else
  /// w depends on. Costs two solves more than the pullback, with the same factors, and one
  /// forward-over-reverse product of the model.
  ///
  /// - Throws: as ``pullback(_:)`` does, and what the closure throws.
  public func pullbackDerivative(
    _ cotangent: [Double], along parameterTangent: [Double],
    cotangentTangent: (_ stateTangent: [Double]) throws -> [Double]
  ) throws -> NonlinearGradientDerivative {
    try requireConverged()
    try require("cotangent", cotangent, count: value.count)
    try require("parameterTangent", parameterTangent, count: problem.parameters.count)
    let stateTangent = try lock.withLock { _ in try tangent(parameterTangent) }
    let gradient = try lock.withLock { _ in self.gradient(try solveAdjoint(cotangent)) }
    // The closure may use this solution, so it runs without the lock.
    let change = try cotangentTangent(stateTangent)
    try require("cotangentTangent", change, count: value.count)
    return try lock.withLock { _ in
      try derivative(
        of: gradient, stateTangent: stateTangent, parameterTangent: parameterTangent,
        cotangentTangent: change)
    }
  }

  private func derivative(
    of gradient: NonlinearGradient, stateTangent: [Double], parameterTangent: [Double],
    cotangentTangent: [Double]
  ) throws -> NonlinearGradientDerivative {
    let products = try evaluator.hessianProduct(
      state: value, cotangent: gradient.adjointState, stateTangent: stateTangent,
      parameterTangent: parameterTangent)
    let adjoint = try solveAdjoint(cotangentTangent.combined(products.state, -))
    return NonlinearGradientDerivative(
      gradient: gradient,
      parameters: products.parameters.combined(adjoint.parameterProduct) { -$0 - $1 },
      stateTangent: stateTangent, adjointTangent: adjoint.solution,
      adjointBackwardError: adjoint.backwardError)
  }

  /// The gradient with an estimate of what the remaining residual does to it in
  /// ``GradientEvidence/estimatedRelativeError``.
  ///
  /// To first order the root is at u + v, J v = −F(u), and the gradient for the same w changes by the
  /// derivative along v: Jᵀλ̇ = −(Jᵀ)˙λ, p̄˙ = −(Pᵀ)˙λ − Pᵀλ̇. The estimate is ‖p̄˙‖∞/‖p̄‖∞ plus the relative
  /// backward error of λ. It does not know how w itself changes. Costs two solves and one
  /// forward-over-reverse product more than ``pullback(_:)``.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pullback(
    _ cotangent: [Double], estimatingError: Bool
  ) throws -> NonlinearGradient {
    var gradient = try pullback(cotangent)
    guard estimatingError else { return gradient }
    let change = try lock.withLock { _ in
      let correction = try solveTangent(residual.negated)
      let none = [Double](repeating: 0, count: value.count)
      return try derivative(
        of: gradient, stateTangent: correction,
        parameterTangent: [Double](repeating: 0, count: problem.parameters.count),
        cotangentTangent: none)
    }
    let size = gradient.parameters.maximumNorm
    let error = change.parameters.maximumNorm
    gradient.evidence.estimatedRelativeError =
      (error == 0 ? 0 : error / size) + gradient.evidence.adjointBackwardError
    return gradient
  }

  // MARK: Details

  private func require(_ name: String, _ vector: [Double], count: Int) throws {
    try InputError.requireLength(name, expected: count, found: vector.count)
    try InputError.requireFinite(name, vector)
  }

  /// ‖F‖∞ relative to ‖J‖∞‖u‖∞, the size of the terms that cancel in F.
  private var primalResidual: Double {
    let scale = inverse.rowSumNorm * value.maximumNorm
    return scale == 0 ? residual.maximumNorm : residual.maximumNorm / scale
  }

  private func requireConverged() throws {
    guard statistics.isConverged else {
      throw NonlinearError.derivativeOfUnconverged(
        residualNorm: statistics.residualNorm, tolerance: statistics.tolerance)
    }
  }
}
