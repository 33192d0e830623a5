/// The gradient of a function of a root, shaped like its ``NonlinearProblem``.
///
/// A root does not depend on the guess it was found from, so the parameters are all there is.
public struct NonlinearGradient: ParameterGradient, Sendable {
  /// p̄ = −Pᵀλ.
  public var parameters: [Double]

  /// λ, where Jᵀλ = w.
  public var adjointState: [Double]

  /// −λᵀF(u), by which the function of the root changes, to first order, if the remaining residual is
  /// removed.
  public var functionalCorrection: Double

  /// How well the root and the adjoint satisfy their equations.
  public var evidence: GradientEvidence
}

/// The derivative of a ``NonlinearGradient`` along a tangent of the parameters.
public struct NonlinearGradientDerivative: Sendable {
  /// The gradient itself.
  public var gradient: NonlinearGradient

  /// p̄˙, the product of the Hessian with the tangent.
  public var parameters: [Double]

  /// u̇, the derivative of the root.
  public var stateTangent: [Double]

  /// λ̇, the derivative of the adjoint state.
  public var adjointTangent: [Double]

  /// The backward error of λ̇.
  public var adjointBackwardError: Double
}
