// Fits the model of Lotka and Volterra to the hares and lynxes whose pelts the Hudson's Bay Company
// bought, thousands a year (data and sources: examples/data). The model is written once; the fit
// derives its gradient by the adjoint of the Runge–Kutta steps and its Jacobian by tangents.
//
//   swift run -c release FitPredatorPrey

import ODE

/// Hares h and lynxes l: h′ = αh − βhl, l′ = −γl + δhl.
struct PredatorPrey: VectorField {
  let stateCount = 2
  let parameterCount = 4

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let meetings = state[0] * state[1]
    derivative[0] = parameters[0] * state[0] - parameters[1] * meetings
    derivative[1] = parameters[3] * meetings - parameters[2] * state[1]
  }
}

let hares = [
  30.0, 47.2, 70.2, 77.4, 36.3, 20.6, 18.1, 21.4, 22.0, 25.4, 27.1, 40.3, 57.0, 76.6, 52.3, 19.5,
  11.2, 7.6, 14.6, 16.2, 24.7,
]
let lynxes = [
  4.0, 6.1, 9.8, 35.2, 59.4, 41.7, 19.0, 13.0, 8.3, 9.1, 7.4, 8.0, 12.3, 19.5, 45.7, 51.1, 29.7,
  15.8, 9.7, 10.1, 8.6,
]
let years = hares.indices.map(Double.init)

// Both populations are seen every year; their initial values are unknown, like the four rates.
let problem = try ODEProblem(
  PredatorPrey(), initialState: [30, 4], parameters: [1, 1, 1, 1], timeSpan: 0...20)
let options = RungeKuttaSolver.Options(relativeTolerance: 1e-10, absoluteTolerance: 1e-10)
let observation = try TrajectoryObservation(
  of: problem, solver: RungeKuttaSolver(options: options), observationTimes: years,
  components: [0, 1], estimatedInitialValues: [0, 1])

// All unknowns are positive: their logarithms are varied.
let names = ["alpha", "beta", "gamma", "delta", "hares in 1900", "lynxes in 1900"]
let starts = [0.7, 0.03, 0.7, 0.03, 30, 4]
let misfit = try LeastSquaresMisfit(data: zip(hares, lynxes).flatMap { [$0, $1] })
let fit = try LeastSquaresProblem(
  parameters: zip(names, starts).map { .init($0, start: $1, scale: .logarithmic) },
  predictions: observation.map, misfit: misfit)

/// A number with three decimals, so that the output needs no Foundation.
func rounded(_ value: Double) -> String {
  let thousandths = Int((value.magnitude * 1000).rounded())
  let decimals = String(1000 + thousandths % 1000).dropFirst()
  return (value < 0 ? "-" : "") + "\(thousandths / 1000).\(decimals)"
}

var fitOptions = LevenbergMarquardt.Options()
fitOptions.misfitNoise = 1e-9  // the solver's tolerance, with a margin
let solution = try LevenbergMarquardt(options: fitOptions).solve(fit)
let errors = solution.standardErrors ?? []
for (index, name) in names.enumerated() {
  print("\(name): \(rounded(solution.parameters[index])) ± \(rounded(errors[index]))")
}
print("half the sum of squares: \(rounded(solution.misfit))")
print("stopped after \(solution.statistics.iterations) steps by \(solution.stopReason)")
print(
  "gradient, scaled by parameters and misfit, at most 1e-6:", solution.scaledGradientNorm <= 1e-6)

// The gradient at the start, by one sweep backwards, against central differences.
let gradient = try fit.objective.valueWithGradient(at: starts).gradient
for index in starts.indices {
  let step = 1e-5 * starts[index]
  func shifted(_ count: Double) throws -> Double {
    var point = starts
    point[index] += count * step
    return try misfit.value(of: observation.map.value(point))
  }
  let difference = try (shifted(1) - shifted(-1)) / (2 * step)
  let agrees = abs(gradient[index] - difference) <= 1e-5 * gradient[index].magnitude
  print("d misfit / d \(names[index]) = \(rounded(gradient[index])), differences agree: \(agrees)")
}
