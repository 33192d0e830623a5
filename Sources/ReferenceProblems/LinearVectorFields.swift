import Adjoint
import ODE

/// u′ = −p u, whose solution is u₀ e^(−p t).
public struct ExponentialDecay: VectorField {
  /// One state.
  public let stateCount = 1
  /// The rate p.
  public let parameterCount = 1

  /// The model, which has no data.
  public init() {}

  /// Writes −p u.
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    derivative[0] = -parameters[0] * state[0]
  }
}

/// A mass on a spring: q′ = v, v′ = −ω² q, with q = q₀ cos ωt + (v₀/ω) sin ωt.
public struct HarmonicOscillator: VectorField {
  /// Position q and velocity v.
  public let stateCount = 2
  /// The angular frequency ω.
  public let parameterCount = 1

  /// The model, which has no data.
  public init() {}

  /// Writes (q′, v′).
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    derivative[0] = state[1]
    derivative[1] = -parameters[0] * parameters[0] * state[0]
  }
}
