import Adjoint
import ODE

/// Robertson's chemical reaction, a stiff problem.
///
/// u₁′ = −p₀u₁ + p₁u₂u₃, u₂′ = p₀u₁ − p₁u₂u₃ − p₂u₂², u₃′ = p₂u₂²; usually p = (0.04, 1e4, 3e7),
/// u(0) = (1, 0, 0). The sum of the states is conserved. Source: Robertson (1966); Hairer and Wanner,
/// *Solving Ordinary Differential Equations II*, 2nd ed., Springer 1996, §IV.1, eq. 1.4.
public struct Robertson: VectorField {
  /// Three concentrations.
  public let stateCount = 3
  /// Three reaction rates.
  public let parameterCount = 3

  /// The model, which has no data.
  public init() {}

  /// Writes the three rates of change.
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let decay = parameters[0] * state[0]
    let exchange = parameters[1] * state[1] * state[2]
    let fusion = parameters[2] * state[1] * state[1]
    derivative[0] = exchange - decay
    derivative[1] = decay - exchange - fusion
    derivative[2] = fusion
  }

  /// The problem with the usual rates until `end`.
  ///
  /// At t = 40 the state is (7.158270e-1, 9.185535e-6, 2.841637e-1).
  public static func standard(until end: Double) throws -> ODEProblem {
    try ODEProblem(
      Robertson(), initialState: [1, 0, 0], parameters: [0.04, 1e4, 3e7], timeSpan: 0...end)
  }
}
