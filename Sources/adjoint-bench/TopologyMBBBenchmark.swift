import TopologyOptimization

/// `topopt_mbb`: iterations of the optimality criteria on the half-MBB beam.
struct TopologyMBBBenchmark: Benchmark {
  let name = "topopt_mbb"
  let defaultSizes = ["150x50", "300x100", "600x200"]
  let defaultTolerances: [Double] = []

  private struct Expected {
    var firstCompliance: BenchmarkRecord.Answer
    var lastCompliance: BenchmarkRecord.Answer
    var tolerance = 1e-9
  }

  /// Computed with CHOLMOD alone; the answers are given to that many digits.
  ///
  /// Rounding in the stiffness matrix changes the compliance by up to eps ‖K‖ ‖u‖²/c relative. That
  /// is 2e-8 for the longest beam, whose displacements of about 1000 are those of 2.4e5 degrees of
  /// freedom; different summations differ by 5e-9 there.
  private static let expected = [
    "150x50": Expected(firstCompliance: 1033.04457785, lastCompliance: 237.478242112),
    "300x100": Expected(firstCompliance: 1052.119012, lastCompliance: 216.740236),
    "600x200": Expected(
      firstCompliance: 1071.086721, lastCompliance: 204.621582, tolerance: 1e-8),
  ]

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let (columns, rows) = try benchmarkCase.extent()
    let problem = try ElasticityProblem.halfMBB(columns: columns, rows: rows)
    let solver = try ElasticitySolver(problem: problem, interpolation: SIMPInterpolation())
    var options = OptimalityCriteria.Options()
    options.filterRadius = 6
    options.maximumIterations = 50
    options.changeTolerance = 0
    let optimizer = try OptimalityCriteria(options: options)

    var stopwatch = Stopwatch()
    var first = 0.0
    var last = 0.0
    for _ in 0..<benchmarkCase.repetitions {
      let history = try optimizer.minimizeCompliance(of: solver).history
      first = history.first?.compliance ?? .nan
      last = history.last?.compliance ?? .nan
      stopwatch.beginRepetition()
      let seconds = history.map(\.seconds)
      stopwatch.add(seconds.map(\.assemble).median, to: "assemble")
      stopwatch.add(seconds.map(\.factorize).median, to: "factorize")
      stopwatch.add(seconds.map(\.solve).median, to: "solve")
      stopwatch.add(seconds.map(\.update).median, to: "update")
    }
    let expected = Self.expected["\(columns)x\(rows)"]
    try report(
      BenchmarkRecord(
        problem: name, case: benchmarkCase, variant: "cholesky", stopwatch: stopwatch,
        answers: [
          "firstCompliance": BenchmarkRecord.Answer(first),
          "lastCompliance": BenchmarkRecord.Answer(last),
        ],
        expected: expected.map {
          ["firstCompliance": $0.firstCompliance, "lastCompliance": $0.lastCompliance]
        } ?? [:],
        answerTolerance: expected?.tolerance ?? 1e-9))
  }
}
