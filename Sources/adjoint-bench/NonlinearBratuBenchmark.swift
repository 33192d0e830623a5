import Adjoint
import ReferenceProblems

/// `nonlinear_bratu`: Newton's method and the gradient with respect to a field of sources.
struct NonlinearBratuBenchmark: Benchmark {
  let name = "nonlinear_bratu"
  let defaultSizes = ["256", "1024"]
  let defaultTolerances: [Double] = []

  /// Computed with the C libraries alone.
  private static let expected: [Int: [String: BenchmarkRecord.Answer]] = [
    256: ["J": 2980.83822025149, "sumGradient": 1331.15331512252]
  ]

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let bratu = Bratu(side: try benchmarkCase.count())
    let problem = try NonlinearProblem(
      bratu, parameters: bratu.smoothSource,
      initialGuess: [Double](repeating: 0, count: bratu.stateCount))
    var options = NewtonSolver.Options()
    options.absoluteTolerance = 1e-10
    options.relativeTolerance = 0
    let solver = NewtonSolver(options)
    var stopwatch = Stopwatch()
    var state: [Double] = []
    var gradient: [Double] = []
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let solution = try stopwatch.measure("newton") { try solver.solve(problem) }
      state = solution.value
      gradient = try stopwatch.measure("gradient") {
        try solution.pullback(state).parameters
      }
    }
    try report(
      BenchmarkRecord(
        problem: name, case: benchmarkCase, variant: "newton", stopwatch: stopwatch,
        answers: [
          "J": BenchmarkRecord.Answer(0.5 * state.reduce(0) { $0 + $1 * $1 }),
          "sumGradient": BenchmarkRecord.Answer(gradient.reduce(0, +)),
        ],
        expected: Self.expected[bratu.side] ?? [:]))
  }
}
