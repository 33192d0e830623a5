/// What a gradient knows about its own trustworthiness.
///
/// Both numbers are normwise relative backward errors (Higham, *Accuracy and Stability of Numerical
/// Algorithms*, 2nd ed., SIAM 2002, §7.1): the size of the smallest relative change of the data for
/// which the computed solution is exact. Rounding alone gives values near 1e-16; a value δ makes a
/// relative error of about κ·δ in the gradient, κ being the condition number of the problem.
public struct GradientEvidence: Sendable, Hashable {
  /// The backward error of the forward solution, ‖F‖∞ relative to the terms that F consists of.
  ///
  /// Zero where the forward solution satisfies its equations by construction, as the explicit
  /// recursion of a Runge–Kutta method does.
  public var primalResidual: Double

  /// The backward error of the adjoint solution, ‖w − Jᵀλ‖∞/(‖Jᵀ‖∞‖λ‖∞ + ‖w‖∞).
  public var adjointBackwardError: Double

  /// Evidence from its two numbers.
  public init(primalResidual: Double, adjointBackwardError: Double) {
    self.primalResidual = primalResidual
    self.adjointBackwardError = adjointBackwardError
  }
}
