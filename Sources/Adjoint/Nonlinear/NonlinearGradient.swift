/// The gradient of a function of a root, shaped like its ``NonlinearProblem``.
///
/// A root does not depend on the guess it was found from, so the parameters are all there is.
public struct NonlinearGradient: ParameterGradient, Sendable {
  /// p̄ = −Pᵀλ.
  public var parameters: [Double]

  /// λ, where Jᵀλ = w.
  public var adjointState: [Double]

  /// How well the root and the adjoint satisfy their equations.
  public var evidence: GradientEvidence
}
