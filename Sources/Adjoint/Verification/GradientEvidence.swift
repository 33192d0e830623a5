/// What a gradient knows about its own trustworthiness.
///
/// The first two numbers are normwise relative backward errors (Higham, *Accuracy and Stability of
/// Numerical Algorithms*, 2nd ed., SIAM 2002, §7.1): the size of the smallest relative change of the
/// data for which the computed solution is exact. Rounding alone gives values near 1e-16; a value δ
/// makes a relative error of about κ·δ in the gradient, κ being the condition number of the problem.
/// ``estimatedRelativeError`` is that error itself, where it was asked for.
public struct GradientEvidence: Sendable, Hashable {
  /// The backward error of the forward solution, ‖F‖∞ relative to the terms that F consists of.
  ///
  /// Zero where the forward solution satisfies its equations by construction, as the explicit
  /// recursion of a Runge–Kutta method does.
  public var primalResidual: Double

  /// The backward error of the adjoint solution, ‖w − Jᵀλ‖∞/(‖Jᵀ‖∞‖λ‖∞ + ‖w‖∞).
  public var adjointBackwardError: Double

  /// An estimate, meant as an upper bound, of the gradient's relative error; nil if none was made.
  ///
  /// Of a ``LinearGradient``: the larger of ‖δb̄‖∞/‖b̄‖∞ and max|δĀᵢⱼ|/max|Āᵢⱼ| over the pattern of A,
  /// against the exact gradient for the numbers in A, b and w. Infinite if not a digit is known. What is
  /// computed from that gradient, as that of a ``ParametrizedLinearSolution`` is, may lose more digits
  /// by cancellation.
  ///
  /// Of a ``NonlinearGradient``: what the remaining residual does to the gradient, to first order. Nil
  /// for differential equations.
  public var estimatedRelativeError: Double?

  /// Evidence from its numbers.
  public init(
    primalResidual: Double, adjointBackwardError: Double, estimatedRelativeError: Double? = nil
  ) {
    self.primalResidual = primalResidual
    self.adjointBackwardError = adjointBackwardError
    self.estimatedRelativeError = estimatedRelativeError
  }
}
