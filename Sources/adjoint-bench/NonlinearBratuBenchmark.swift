import Adjoint
import ReferenceProblems

/// `nonlinear_bratu`: Newton's method and the gradient with respect to a field of sources.
struct NonlinearBratuBenchmark: Benchmark {
  let name = "nonlinear_bratu"
  let defaultSizes = ["256", "1024"]
  let defaultTolerances: [Double] = []

  /// Computed with the C libraries alone.
  private static let expected: [Int: [String: BenchmarkRecord.Answer]] = [
    256: ["J": 2980.83822025149, "sumGradient": 1331.15331512252],
    1024: ["J": 47416.1193732175, "sumGradient": 21174.6039288806],
  ]

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let bratu = Bratu(side: try benchmarkCase.count())
    let problem = try NonlinearProblem(
      bratu, parameters: bratu.smoothSource,
      initialGuess: [Double](repeating: 0, count: bratu.stateCount))
    try report(measure("newton", problem, benchmarkCase, Self.newton))
    try report(measure("newton-krylov-multigrid", problem, benchmarkCase, Self.newtonKrylov))
  }

  private typealias Solve = (NonlinearProblem) throws -> NonlinearSolution

  private static func newton(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    var options = NewtonSolver.Options()
    options.absoluteTolerance = 1e-10
    return try NewtonSolver(options).solve(problem)
  }

  /// Conjugate gradients with multigrid, without a factorization of the Jacobian.
  private static func newtonKrylov(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    var options = NewtonKrylovSolver.Options()
    // The Jacobian's inverse is of order n², and the answers are checked to nine digits.
    options.absoluteTolerance = 1e-12
    options.method = .conjugateGradients
    options.products = .assembled
    options.preconditioner = .multigrid
    options.linear.adjointTolerance = 1e-10
    return try NewtonKrylovSolver(options).solve(problem)
  }

  private func measure(
    _ variant: String, _ problem: NonlinearProblem, _ benchmarkCase: BenchmarkCase, _ solve: Solve
  ) throws -> BenchmarkRecord {
    var stopwatch = Stopwatch()
    var state: [Double] = []
    var gradient: [Double] = []
    var statistics: NonlinearSolution.Statistics?
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let solution = try stopwatch.measure("newton") { try solve(problem) }
      state = solution.value
      statistics = solution.statistics
      gradient = try stopwatch.measure("gradient") {
        try solution.pullback(state).parameters
      }
    }
    return try BenchmarkRecord(
      problem: name, case: benchmarkCase, variant: variant, stopwatch: stopwatch,
      answers: [
        "J": BenchmarkRecord.Answer(0.5 * state.reduce(0) { $0 + $1 * $1 }),
        "sumGradient": BenchmarkRecord.Answer(gradient.reduce(0, +)),
        "iterations": BenchmarkRecord.Answer(Double(statistics?.iterations ?? 0)),
        "linearIterations": BenchmarkRecord.Answer(Double(statistics?.linearIterations ?? 0)),
      ],
      expected: Self.expected[try benchmarkCase.count()] ?? [:])
  }
}
