import Adjoint
import ODE

/// Predator and prey: x′ = p₀x − p₁xy, y′ = −p₂y + p₃xy.
///
/// Source: Lotka, *J. Am. Chem. Soc.* 42 (1920) 1595; Volterra, *Mem. Acad. Lincei* 2 (1926) 31.
public struct LotkaVolterra: VectorField {
  /// Prey x and predators y.
  public let stateCount = 2
  /// Growth of the prey, its loss to predators; death of predators, their growth by prey.
  public let parameterCount = 4

  /// The model, which has no data.
  public init() {}

  /// Writes (x′, y′).
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let prey = state[0]
    let predators = state[1]
    derivative[0] = parameters[0] * prey - parameters[1] * prey * predators
    derivative[1] = parameters[3] * prey * predators - parameters[2] * predators
  }

  /// The problem with p = (1.5, 1, 3, 1), u(0) = (1, 1), 0 ≤ t ≤ 10.
  public static func standard() throws -> ODEProblem {
    try ODEProblem(
      LotkaVolterra(), initialState: [1, 1], parameters: [1.5, 1, 3, 1], timeSpan: 0...10)
  }

  /// Known derivatives of G = ½‖1 − u(10)‖² at the standard problem, to ten digits.
  public enum Oracle {
    /// dG/du(0).
    public static let initialState = [2.995995083e-1, -1.415181634e-2]
    /// dG/dp.
    public static let parameters = [
      6.219615855e-1, 6.800140415e-2, 1.691764640e-1, 2.725606939e-1,
    ]
  }
}

/// Lotka and Volterra's model with its derivative written by hand.
public struct DifferentiatedLotkaVolterra: DifferentiatedVectorField {
  /// Prey x and predators y.
  public let stateCount = 2
  /// As in ``LotkaVolterra``.
  public let parameterCount = 4

  /// The model, which has no data.
  public init() {}

  /// Writes (x′, y′).
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    LotkaVolterra().derivative(
      at: time, state: state, parameters: parameters, into: &derivative)
  }

  /// Adds Jᵀκ and Pᵀκ.
  @inlinable public func addPullback(
    at time: Double, state: Span<Double>, parameters: Span<Double>, cotangent: Span<Double>,
    state stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    let (prey, predators) = (state[0], state[1])
    let (first, second) = (cotangent[0], cotangent[1])
    let meeting: Double = parameters[3] * second - parameters[1] * first
    stateCotangent[0] += parameters[0] * first + predators * meeting
    stateCotangent[1] += prey * meeting - parameters[2] * second
    parameterCotangent[0] += prey * first
    parameterCotangent[1] -= prey * predators * first
    parameterCotangent[2] -= predators * second
    parameterCotangent[3] += prey * predators * second
  }
}
