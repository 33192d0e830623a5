import Adjoint

/// u³ = p: the root is ∛p and du/dp = 1/(3u²).
struct Cubic: ResidualSystem {
  let stateCount = 1
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = S.pow(state[0], 3) - parameters[0]
  }
}

/// uᵢ³ = p, each unknown by itself.
struct Cubes: ResidualSystem {
  let stateCount: Int
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount { residual[index] = S.pow(state[index], 3) - parameters[0] }
  }
}

/// u² + p = 0, without a real root for p > 0.
struct Rootless: ResidualSystem {
  let stateCount = 1
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] * state[0] + parameters[0]
  }
}

/// log u = p: undefined for u ≤ 0, where a full Newton step from far away leads.
struct Logarithm: ResidualSystem {
  let stateCount = 1
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = S.log(state[0]) - parameters[0]
  }
}

/// Two equations that are the same: the Jacobian is singular everywhere.
struct Redundant: ResidualSystem {
  let stateCount = 2
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] + state[1] - parameters[0]
    residual[1] = state[0] + state[1] - parameters[0] - 1
  }
}

/// An unsymmetric ring of n unknowns,
/// uᵢ + p₀ tanh(uᵢ₊₁) − p₁ uᵢ₋₁²/10 − sin(p₂ + i) = 0, regular for |p₀| < 1.
struct Ring: ResidualSystem {
  let stateCount: Int
  let parameterCount = 3
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      let next = state[(index + 1) % stateCount]
      let previous = state[(index + stateCount - 1) % stateCount]
      let coupling: S = parameters[0] * S.tanh(next) - parameters[1] * previous * previous / 10
      residual[index] = state[index] + coupling - S.sin(parameters[2] + S(Double(index)))
    }
  }
}
