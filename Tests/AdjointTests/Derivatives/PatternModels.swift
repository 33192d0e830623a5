import Adjoint

/// A model from a function of states and parameters, in whatever scalar.
///
/// The cases are what patterns and replays have to get right, one each.
enum SmallModel: String, ResidualSystem, CaseIterable {
  /// Both arguments of minimum and maximum, both sides of magnitude.
  case kinks
  /// A product with the literal 0, 0/x and x⁰, which depend on nothing.
  case vanishing
  /// Every elementary function, first of one variable and then of two.
  case functions
  /// A running sum over all variables, then used by every output: larger sets than are kept.
  case sums
  /// Outputs that are inputs, constants, and the same twice.
  case trivial

  var stateCount: Int { self == .sums ? 40 : 6 }
  var parameterCount: Int { 3 }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount { residual[index] = 0 }
    switch self {
    case .kinks: kinks(state, parameters, &residual)
    case .vanishing: vanishing(state, parameters, &residual)
    case .functions: functions(state, parameters, &residual)
    case .sums: sums(state, parameters, &residual)
    case .trivial:
      residual[0] = state[3]
      residual[1] = 2
      residual[2] = parameters[1]
      residual[3] = state[3]
    }
  }

  private func kinks<S: Scalar>(_ u: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>) {
    f[0] = S.minimum(u[0], u[1])
    f[1] = S.maximum(u[2] * u[2], p[0])
    f[2] = (u[3] - u[4]).magnitude
    f[3] = S.maximum(S.minimum(u[5], 1), -1)
  }

  private func vanishing<S: Scalar>(_ u: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>) {
    f[0] = 0 * u[0] + u[1]
    f[1] = 0 / u[1] + u[2]
    f[2] = S.pow(u[2], 0) + u[3]
    f[3] = (p[0] - p[0]) * u[4]
  }

  private func functions<S: Scalar>(_ u: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>) {
    let x: S = S.exp(u[0]) + S.expMinusOne(u[0]) + S.log(u[0]) + S.log(onePlus: u[0])
    let y: S = S.sin(u[1]) + S.cos(u[1]) + S.tan(u[1]) + S.asin(u[1]) + S.acos(u[1]) + S.atan(u[1])
    let z: S = S.sinh(u[2]) + S.cosh(u[2]) + S.tanh(u[2]) + S.asinh(u[2])
    let w: S = S.acosh(1 + u[3]) + S.atanh(u[3]) + S.sqrt(u[3]) + S.root(u[3], 3) + S.pow(u[3], -2)
    f[0] = x / p[0]
    f[1] = y - z
    f[2] = S.pow(u[4], u[5]) - w.magnitude
    f[3] = S.hypot(u[0], u[5]) * S.atan2(y: u[1], x: u[2])
    f[4] = S.pow(p[1], 1.5) / u[4] + S.minimum(u[0], u[1]) - S.maximum(0.5, u[3])
    f[5] = S.sqrt(2) * S.pow(1.5, u[2]) - 3
  }

  private func sums<S: Scalar>(_ u: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>) {
    var sum: S = p[0]
    for index in 0..<stateCount {
      sum += u[index] * u[index]
      f[index] = index % 2 == 0 ? S.sin(sum) : u[index]
    }
    f[1] = sum / u[7]
  }
}

/// f = Σ 100 (uᵢ₊₁ − uᵢ²)² + (1 − uᵢ)², the chained Rosenbrock function, and Σ uᵢ⁴, one output each.
struct ValleyChain: ResidualSystem {
  let stateCount: Int
  var parameterCount: Int { 0 }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    var chain: S = 0
    var separable: S = 0
    for index in 0..<stateCount - 1 {
      let valley: S = state[index + 1] - state[index] * state[index]
      let slope: S = 1 - state[index]
      chain += 100 * valley * valley + slope * slope
    }
    for index in 0..<stateCount {
      separable += S.pow(state[index], 4)
      residual[index] = 0
    }
    residual[0] = chain
    residual[1] = separable
  }
}

/// Branches on values: f₀ = u₀ or u₁, whichever is less; f₁ = u₁ while its value is positive.
struct Branching: ResidualSystem {
  let stateCount = 2
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] < state[1] ? state[0] * parameters[0] : state[1]
    residual[1] = state[1].value > 0 ? state[1] : -2 * state[0]
  }
}

/// f = ∏ uᵢ in output 0, a quotient in output 1, a product of disjoint sums in output 2.
struct Products: ResidualSystem {
  let stateCount = 5
  let parameterCount = 0
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    var product: S = 1
    for index in 0..<stateCount { product *= state[index] }
    residual[0] = product
    residual[1] = (state[0] + state[1]) / (state[2] - 3 * state[3])
    residual[2] = (state[0] + state[1]) * (state[2] + state[4])
    residual[3] = 2 * (state[0] + state[1]) / 7 - S.maximum(state[3], state[4])
    residual[4] = S.sin(state[0] * S.exp(state[4]) + state[1])
  }
}
