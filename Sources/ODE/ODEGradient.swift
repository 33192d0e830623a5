/// The gradient of a function of an ODE solution, shaped like the problem.
public struct ODEGradient: ParameterGradient, Sendable, Hashable {
  /// The cotangent of u₀.
  public var initialState: [Double]
  /// The cotangent of p.
  public var parameters: [Double]
  /// What is known about the gradient's accuracy.
  ///
  /// Both numbers are zero: the steps and the recursion backwards through them satisfy their
  /// equations by substitution, up to rounding. The gradient is that of the *discrete* solution; it
  /// differs from the gradient of the exact solution as much as the tolerances allow.
  public var evidence: GradientEvidence
}
