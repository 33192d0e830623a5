/// What an iteration had done when it ended.
public struct KrylovHistory: Sendable {
  /// The method.
  public let method: KrylovSolver.Method
  /// Whether the system is the forward one, the adjoint one or that of a tangent.
  public let system: SystemKind
  /// ‖b − A x‖₂ at the start and after each iteration, as the method's recurrence has it.
  public internal(set) var residualNorms: [Double] = []
  /// The norm that was aimed at.
  public internal(set) var targetNorm = 0.0
  /// The last iterate.
  public internal(set) var lastIterate: [Double] = []

  /// Which of a solution's systems is solved.
  public enum SystemKind: String, Sendable {
    /// A x = b.
    case forward
    /// Aᵀ λ = w.
    case adjoint
    /// A ẋ = ḃ − Ȧ x.
    case tangent
  }

  /// The number of iterations.
  public var iterations: Int { max(residualNorms.count - 1, 0) }

  var summary: String {
    let first = residualNorms.first ?? .nan
    let last = residualNorms.last ?? .nan
    return """
      \(method) on the \(system.rawValue) system: residual \(last) after \(iterations) iterations, \
      \(first) at the start, \(targetNorm) wanted
      """
  }
}

/// Why an iteration did not solve its system; every case has the history in it.
public enum KrylovError: Error, CustomStringConvertible {
  /// The method cannot be used with such an operator or preconditioner.
  case unsuitable(method: KrylovSolver.Method, reason: String)
  /// The limit of iterations was reached.
  case iterationLimit(KrylovHistory)
  /// The residual does not fall any more, and is not down to rounding.
  case stagnation(KrylovHistory)
  /// The recurrence divides by a quantity that has become zero.
  case breakdown(KrylovHistory, quantity: String)
  /// ⟨p, A p⟩ is not positive for a direction p: A is not positive definite.
  case indefinite(KrylovHistory, curvature: Double)
  /// ⟨r, M⁻¹ r⟩ is not positive for a residual r: M is not positive definite.
  case indefinitePreconditioner(KrylovHistory, product: Double)
  /// Infinity or NaN turned up.
  case notFinite(KrylovHistory)

  /// The history, where there is one.
  public var history: KrylovHistory? {
    switch self {
    case .unsuitable: nil
    case .iterationLimit(let history), .stagnation(let history), .breakdown(let history, _),
      .indefinite(let history, _), .indefinitePreconditioner(let history, _),
      .notFinite(let history):
      history
    }
  }

  /// What is wrong, and the likely causes in order.
  public var description: String {
    switch self {
    case .unsuitable(let method, let reason): "\(method) cannot be used: \(reason)"
    case .iterationLimit(let history):
      """
      \(history.summary); the limit of iterations is reached. Likely causes: no preconditioner or \
      a weak one; an ill-conditioned matrix; a tight tolerance; for restarted GMRES a short restart
      """
    case .stagnation(let history):
      """
      \(history.summary); the residual no longer falls. Likely causes: a singular or inconsistent \
      system; for conjugate gradients and MINRES an unsymmetric matrix; a transposed product that \
      does not belong to the product; for restarted GMRES a short restart
      """
    case .breakdown(let history, let quantity):
      """
      \(history.summary); breakdown, as \(quantity) is zero. Likely causes: a singular matrix; for \
      BiCGStab an indefinite or nearly skew-symmetric one, for which to use GMRES
      """
    case .indefinite(let history, let curvature):
      """
      \(history.summary); a direction has the curvature \(curvature), so the matrix is not \
      positive definite. Likely causes: a missing support or boundary condition; a wrong sign; an \
      indefinite matrix, for which to use MINRES or GMRES
      """
    case .indefinitePreconditioner(let history, let product):
      """
      \(history.summary); the preconditioner is not positive definite: ⟨r, M⁻¹ r⟩ = \(product). \
      Likely causes: the preconditioner of another matrix; one that is not symmetric
      """
    case .notFinite(let history):
      """
      \(history.summary); a number is not finite. Likely causes: the operator or the \
      preconditioner returns NaN; overflow; divergence
      """
    }
  }
}
