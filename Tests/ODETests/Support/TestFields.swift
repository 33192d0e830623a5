import ODE

/// u′ = u cos t, whose solution is u₀ e^(sin t): time enters explicitly, there are no parameters.
struct Swing: VectorField {
  let stateCount = 1
  let parameterCount = 0

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    derivative[0] = state[0] * S.cos(time)
  }
}

/// A driven, damped pendulum: nonlinear, with explicit time and an unsymmetric Jacobian.
struct DrivenPendulum: VectorField {
  let stateCount = 2
  let parameterCount = 3

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let drive: S = parameters[1] * S.cos(parameters[2] * time)
    derivative[0] = state[1]
    derivative[1] = drive - parameters[0] * state[1] - S.sin(state[0])
  }
}

/// u′ = u², which grows without bound at t = 1/u₀.
struct BlowUp: VectorField {
  let stateCount = 1
  let parameterCount = 0

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    derivative[0] = state[0] * state[0]
  }
}

/// u₀′ = √u₁, u₁′ = −1: leaves the root's domain at t = u₁(0).
struct LeavingDomain: VectorField {
  let stateCount = 2
  let parameterCount = 0

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    derivative[0] = S.sqrt(state[1])
    derivative[1] = -1
  }
}

/// u′ = −√u, a leaking tank: at u = 0 the field is finite and its derivative is not.
struct LeakingTank: VectorField {
  let stateCount = 1
  let parameterCount = 0

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    derivative[0] = -S.sqrt(state[0])
  }
}

/// Lotka and Volterra's model with a mistake planted into its vector–Jacobian product.
struct FaultyLotkaVolterra: DifferentiatedVectorField {
  enum Fault: String, CaseIterable, Sendable {
    case none
    case signOfCotangent
    case onePercentOfState
    case onePercentOfParameters
    case droppedParameter
    case droppedStateTerm
    case jacobianForItsTranspose
  }

  let fault: Fault
  let stateCount = 2
  let parameterCount = 4

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let meetings = state[0] * state[1]
    derivative[0] = parameters[0] * state[0] - parameters[1] * meetings
    derivative[1] = parameters[3] * meetings - parameters[2] * state[1]
  }

  func addPullback(
    at time: Double, state: Span<Double>, parameters: Span<Double>, cotangent: Span<Double>,
    state stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    let (x, y) = (state[0], state[1])
    let sign: Double = fault == .signOfCotangent ? -1 : 1
    let (first, second) = (sign * cotangent[0], sign * cotangent[1])
    let stateFactor: Double = fault == .onePercentOfState ? 1.01 : 1
    let parameterFactor: Double = fault == .onePercentOfParameters ? 1.01 : 1
    let a00: Double = parameters[0] - parameters[1] * y
    let a01: Double = fault == .droppedStateTerm ? 0 : -parameters[1] * x
    let a10: Double = parameters[3] * y
    let a11: Double = parameters[3] * x - parameters[2]
    let isTransposed = fault == .jacobianForItsTranspose
    let (b01, b10) = isTransposed ? (a10, a01) : (a01, a10)
    stateCotangent[0] += stateFactor * (a00 * first + b10 * second)
    stateCotangent[1] += stateFactor * (b01 * first + a11 * second)
    parameterCotangent[0] += parameterFactor * x * first
    parameterCotangent[1] -= parameterFactor * x * y * first
    parameterCotangent[2] -= parameterFactor * y * second
    if fault != .droppedParameter {
      parameterCotangent[3] += parameterFactor * x * y * second
    }
  }
}
