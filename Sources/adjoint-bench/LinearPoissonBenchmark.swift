import Adjoint
import ReferenceProblems

/// `linear_poisson`: factorization, solution and adjoint gradient of a grid with random conductivities.
struct LinearPoissonBenchmark: Benchmark {
  let name = "linear_poisson"
  let defaultSizes = ["512", "1024"]
  let defaultTolerances: [Double] = []

  /// Computed with the C libraries alone.
  static let expected: [Int: [String: BenchmarkRecord.Answer]] = [
    512: [
      "J": 223.135989033148, "sumAbsGradient": 816.120740606244, "firstGradient": -4.634326499e-9,
    ],
    1024: [
      "J": 890.209611769505, "sumAbsGradient": 3256.54018848466,
      "firstGradient": -1.068818975e-7,
    ],
  ]

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let problem = try LinearPoisson(size: benchmarkCase.count())
    // First, while the process has not yet held the factors of the others: they would hide its peak.
    try report(measureMultigrid(problem, benchmarkCase))
    try report(measure(problem, benchmarkCase, problem.matrix, .cholesky))
    // Beyond this, LU's fill makes for minutes and gigabytes.
    if problem.size <= 512 {
      try report(measure(problem, benchmarkCase, problem.fullMatrix(), .lu))
    }
  }

  private func measure(
    _ problem: LinearPoisson, _ benchmarkCase: BenchmarkCase, _ matrix: SparseMatrix,
    _ method: SymbolicFactorization.Method
  ) throws -> BenchmarkRecord {
    var stopwatch = Stopwatch()
    var state: [Double] = []
    var gradient: [Double] = []
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let symbolic = try stopwatch.measure("analyze") {
        try SymbolicFactorization(analyzing: matrix.pattern, method: method)
      }
      let factors = try stopwatch.measure("factorize") { try symbolic.factorize(matrix) }
      state = try stopwatch.measure("solve") { try factors.solve(problem.rightHandSide) }
      let adjointState = try stopwatch.measure("adjointSolve") {
        try factors.solveTransposed(state)
      }
      gradient = stopwatch.measure("gradient") {
        problem.gradient(state: state, adjointState: adjointState)
      }
      try stopwatch.measure("refactorize") { try factors.refactorize(matrix) }
    }
    return try BenchmarkRecord(
      problem: name, case: benchmarkCase, variant: "\(method)", stopwatch: stopwatch,
      total: ["analyze", "factorize", "solve", "adjointSolve", "gradient"],
      answers: [
        "J": BenchmarkRecord.Answer(problem.objective(state)),
        "sumAbsGradient": BenchmarkRecord.Answer(gradient.reduce(0) { $0 + abs($1) }),
        "firstGradient": BenchmarkRecord.Answer(gradient[0]),
      ],
      expected: Self.expected[problem.size] ?? [:])
  }
}
