import ODE

struct PredatorPrey: VectorField {
  let stateCount = 2
  let parameterCount = 4
  func derivative<S: Scalar>(
    at time: S, state u: Span<S>, parameters p: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    derivative[0] = p[0] * u[0] - p[1] * u[0] * u[1]
    derivative[1] = p[3] * u[0] * u[1] - p[2] * u[1]
  }
}

let problem = try ODEProblem(
  PredatorPrey(), initialState: [1, 1], parameters: [1.5, 1, 3, 1], timeSpan: 0...10)
let solution = try RungeKuttaSolver().solve(problem, observationTimes: [10])
// The gradient of G = ½ Σ (uᵢ(10) − 1)²: the cotangent is ∂G/∂u(10).
let gradient = try solution.pullback(solution.value.map { $0 - 1 })
print("dG/du(0) =", gradient.initialState, " dG/dp =", gradient.parameters)
