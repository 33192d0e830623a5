import Adjoint
import ODE

/// HIRES, the high irradiance response of photomorphogenesis: eight reacting species, stiff.
///
/// With the rates p = (k₁, k₂, k₃, k₄, k₅, k₆, k₊, k₋, k*, o):
/// y₁′ = −k₁y₁ + k₂y₂ + k₆y₃ + o, y₂′ = k₁y₁ − (k₂ + k₃)y₂, y₃′ = −(k₆ + k₁)y₃ + k₂y₄ + k₅y₅,
/// y₄′ = k₃y₂ + k₁y₃ − (k₄ + k₂)y₄, y₅′ = −(k₁ + k₅)y₅ + k₂(y₆ + y₇),
/// y₆′ = −k₊y₆y₈ + k₄y₄ + k₁y₅ − k₂y₆ + k*y₇, y₇′ = k₊y₆y₈ − (k₂ + k* + k₋)y₇, y₈′ = −y₇′.
/// The sum y₇ + y₈ is conserved. Sources: Schäfer, *J. Math. Biol.* 2 (1975) 41; Hairer and Wanner,
/// *Solving Ordinary Differential Equations II*, 2nd ed., Springer 1996, §IV.10; Mazzia and Magherini,
/// *Test Set for Initial Value Problem Solvers*, University of Bari, release 2.4, problem HIRES.
public struct HighIrradianceResponse: VectorField {
  /// Eight concentrations.
  public let stateCount = 8
  /// Ten rates.
  public let parameterCount = 10

  /// The model, which has no data.
  public init() {}

  /// Writes the eight rates of change.
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let (k1, k2, k3) = (parameters[0], parameters[1], parameters[2])
    let (k4, k5, k6) = (parameters[3], parameters[4], parameters[5])
    let binding: S = parameters[6] * state[5] * state[7]
    derivative[0] = k2 * state[1] - k1 * state[0] + k6 * state[2] + parameters[9]
    derivative[1] = k1 * state[0] - (k2 + k3) * state[1]
    derivative[2] = k2 * state[3] - (k6 + k1) * state[2] + k5 * state[4]
    derivative[3] = k3 * state[1] + k1 * state[2] - (k4 + k2) * state[3]
    derivative[4] = k2 * (state[5] + state[6]) - (k1 + k5) * state[4]
    let supply: S = k4 * state[3] + k1 * state[4] - k2 * state[5]
    derivative[5] = supply - binding + parameters[8] * state[6]
    let release: S = (k2 + parameters[8] + parameters[7]) * state[6]
    derivative[6] = binding - release
    derivative[7] = release - binding
  }

  /// The usual rates.
  public static let standardParameters = [
    1.71, 0.43, 8.32, 0.69, 0.035, 8.32, 280, 0.69, 0.69, 0.0007,
  ]

  /// The problem with the usual rates, 0 ≤ t ≤ 321.8122, from y = (1, 0, 0, 0, 0, 0, 0, 0.0057).
  public static func standard() throws -> ODEProblem {
    try ODEProblem(
      HighIrradianceResponse(), initialState: [1, 0, 0, 0, 0, 0, 0, 0.0057],
      parameters: standardParameters, timeSpan: 0...321.8122)
  }

  /// The solution of the standard problem at t = 321.8122, from the test set of Bari.
  public static let finalState = [
    0.7371312573325668e-3, 0.1442485726316185e-3, 0.5888729740967575e-4,
    0.1175651343283149e-2, 0.2386356198831331e-2, 0.6238968252742796e-2,
    0.2849998395185769e-2, 0.2850001604814231e-2,
  ]
}
