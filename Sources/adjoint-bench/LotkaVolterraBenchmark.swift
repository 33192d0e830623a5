import ODE
import ReferenceProblems

/// `ode_lv`: a small nonlinear ODE, its misfit at 101 times and the gradient by four parameters.
///
/// The variants are the methods, each with derivatives from the generic model and, to show what
/// they cost, with the vector–Jacobian product written by hand.
struct LotkaVolterraBenchmark: Benchmark {
  let name = "ode_lv"
  let defaultSizes: [String] = []
  let defaultTolerances = [1e-6, 1e-10]

  /// Converged to all digits given.
  private static let misfit = 1649.3089861275
  private static let gradient: [Double] = [
    -1284.1149879062, -712.1646168696, 600.7214110321, -3305.9807404316,
  ]
  private static let parameters: [Double] = [1.5, 1, 3, 1]

  /// Solves are repeated within one timing, for a single one is shorter than the clock is good for.
  private static let innerRepetitions = 50

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let start: [Double] = [1, 1]
    let generic = try ODEProblem(
      LotkaVolterra(), initialState: start, parameters: Self.parameters, timeSpan: 0...10)
    let analytic = try ODEProblem(
      DifferentiatedLotkaVolterra(), initialState: start, parameters: Self.parameters,
      timeSpan: 0...10)
    for method in [ButcherTableau.dormandPrince5, .tsitouras5] {
      try report(measure(generic, method, benchmarkCase, variant: method.name))
      try report(
        measure(analytic, method, benchmarkCase, variant: "\(method.name)-handwritten"))
    }
  }

  private func measure(
    _ problem: ODEProblem, _ method: ButcherTableau, _ benchmarkCase: BenchmarkCase,
    variant: String
  ) throws -> BenchmarkRecord {
    let tolerance = benchmarkCase.tolerance ?? 1e-6
    let solver = RungeKuttaSolver(
      method, options: .init(relativeTolerance: tolerance, absoluteTolerance: tolerance))
    let times = (0...100).map { Double($0) / 10 }
    let data = Self.data(at: times)
    var stopwatch = Stopwatch()
    var misfit = 0.0
    var gradient: [Double] = []
    var cotangent = data
    let scale = 1 / Double(Self.innerRepetitions)
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      try stopwatch.measure("forward", scale: scale) {
        for _ in 0..<Self.innerRepetitions {
          _ = try solver.solve(problem, observationTimes: times)
        }
      }
      try stopwatch.measure("gradient", scale: scale) {
        for _ in 0..<Self.innerRepetitions {
          let solution = try solver.solve(problem, observationTimes: times)
          misfit = 0
          for index in data.indices {
            let residual: Double = solution.value[index] - data[index]
            misfit += residual * residual
            cotangent[index] = 2 * residual
          }
          gradient = try solution.pullback(cotangent).parameters
        }
      }
    }
    // Each of the solver's errors is of the size of the tolerance; the flow and the 101 residuals
    // amplify them: 1000 tolerances, relative to the answers, is what both methods stay below.
    return try BenchmarkRecord(
      problem: name, case: benchmarkCase, variant: variant, stopwatch: stopwatch,
      total: ["gradient"],
      answers: [
        "G": BenchmarkRecord.Answer(misfit), "gradient": BenchmarkRecord.Answer(gradient),
      ],
      expected: [
        "G": BenchmarkRecord.Answer(Self.misfit),
        "gradient": BenchmarkRecord.Answer(Self.gradient),
      ],
      answerTolerance: max(1000 * tolerance, 1e-11))
  }

  /// d₁ = 3 + 2 cos 1.8t and d₂ = 2 + 1.5 sin 1.8t, one after the other for each time.
  private static func data(at times: [Double]) -> [Double] {
    times.flatMap { (time: Double) -> [Double] in
      let first: Double = 3 + 2 * .cos(1.8 * time)
      let second: Double = 2 + 1.5 * .sin(1.8 * time)
      return [first, second]
    }
  }
}
