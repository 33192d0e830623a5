import Adjoint
import ReferenceProblems

/// `log_determinant`: log|det A| and A⁻ᵀ on A's pattern for a grid with random conductivities.
struct LogDeterminantBenchmark: Benchmark {
  let name = "log_determinant"
  let defaultSizes = ["128", "256", "512"]
  let defaultTolerances: [Double] = []

  /// By Scripts/log_determinant_reference.py, with SciPy's SuperLU.
  static let expected: [Int: Double] = [
    128: 25489.656575799432, 256: 102134.81960239017, 512: 408100.67259617284,
  ]

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let problem = try LinearPoisson(size: benchmarkCase.count())
    try report(measure(problem, benchmarkCase, .cholesky))
    // Beyond this, LU's fill makes for minutes and gigabytes.
    if problem.size <= 256 { try report(measure(problem, benchmarkCase, .lu)) }
  }

  private func measure(
    _ problem: LinearPoisson, _ benchmarkCase: BenchmarkCase, _ method: SymbolicFactorization.Method
  ) throws -> BenchmarkRecord {
    let solver = MatrixFunctionSolver()
    let isMirrored = method == .cholesky
    let matrix = isMirrored ? problem.matrix : try problem.fullMatrix()
    let symbolic = try SymbolicFactorization(analyzing: matrix.pattern, method: method)
    var stopwatch = Stopwatch()
    var value = 0.0
    var trace = 0.0
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let determinant = try stopwatch.measure("factorize") {
        try solver.logDeterminant(
          of: matrix, storage: isMirrored ? .symmetricLower : .full, reusing: symbolic)
      }
      let inverse = try stopwatch.measure("selectedInverse") { try determinant.selectedInverse() }
      let gradient = try stopwatch.measure("gradient") { try determinant.pullback(1) }
      value = determinant.value
      trace = zip(gradient.matrix.values, matrix.values).reduce(0) { $0 + $1.0 * $1.1 }
      precondition(inverse.order == matrix.rowCount)
    }
    var expected: [String: BenchmarkRecord.Answer] = [
      "trace": BenchmarkRecord.Answer(Double(matrix.rowCount))
    ]
    if let known = Self.expected[problem.size] {
      expected["logDeterminant"] = BenchmarkRecord.Answer(known)
    }
    return try BenchmarkRecord(
      problem: name, case: benchmarkCase, variant: "\(method)", stopwatch: stopwatch,
      total: ["factorize", "selectedInverse", "gradient"],
      answers: [
        "logDeterminant": BenchmarkRecord.Answer(value), "trace": BenchmarkRecord.Answer(trace),
      ],
      expected: expected)
  }
}
