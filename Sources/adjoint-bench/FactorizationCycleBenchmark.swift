import Adjoint
import ReferenceProblems

/// `factorization_cycle`: as many factorizations as the size says, made and thrown away, failures included.
///
/// Meant for tools that look for leaks; see `make leaks`.
struct FactorizationCycleBenchmark: Benchmark {
  let name = "factorization_cycle"
  let defaultSizes = ["1000"]
  let defaultTolerances: [Double] = []

  private static let methods: [SymbolicFactorization.Method] = [.cholesky, .ldl, .lu, .klu]

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let count = try benchmarkCase.count()
    let problem = try LinearPoisson(size: 12)
    let full = try problem.fullMatrix()
    var stopwatch = Stopwatch()
    var largestError = 0.0
    var failureCount = 0
    for _ in 0..<benchmarkCase.repetitions {
      largestError = 0
      failureCount = 0
      stopwatch.beginRepetition()
      try stopwatch.measure("cycles") {
        for index in 0..<count {
          let method = Self.methods[index % Self.methods.count]
          let error = try cycle(
            method, method == .lu || method == .klu ? full : problem.matrix,
            rightHandSide: problem.rightHandSide, failures: &failureCount)
          largestError = max(largestError, error)
          // Of another kind, and so heavy that one in ten will do.
          if index % 10 == 0 {
            let solution = try QRFactorization(full).solve(problem.rightHandSide)
            largestError = max(largestError, try full.relativeResidual(solution, problem))
          }
        }
      }
    }
    try report(
      BenchmarkRecord(
        problem: name, case: benchmarkCase, variant: "all methods", stopwatch: stopwatch,
        answers: [
          "failures": BenchmarkRecord.Answer(Double(failureCount)),
          // One, unless A⁻ᵀ b and A⁻¹ b of a symmetric matrix differ by more than rounding.
          "agreement": BenchmarkRecord.Answer(largestError <= 1e-12 ? 1 : 0),
        ], expected: ["failures": .init(Double(count)), "agreement": 1.0]))
  }

  /// Analyzes, factorizes, solves, fails to refactorize, and recovers.
  ///
  /// Returns the difference of the solutions with A and Aᵀ relative to their size.
  private func cycle(
    _ method: SymbolicFactorization.Method, _ matrix: SparseMatrix, rightHandSide: [Double],
    failures: inout Int
  ) throws -> Double {
    let symbolic = try SymbolicFactorization(analyzing: matrix.pattern, method: method)
    let factors = try symbolic.factorize(matrix)
    let solution = try factors.solve(rightHandSide)
    do {
      try factors.refactorize([Double](repeating: 0, count: matrix.pattern.entryCount))
    } catch is FactorizationError {
      failures += 1
    }
    try factors.refactorize(matrix)
    let adjoint = try factors.solveTransposed(rightHandSide)
    let difference = zip(solution, adjoint).reduce(0) { max($0, ($1.0 - $1.1).magnitude) }
    return difference / solution.reduce(0) { max($0, $1.magnitude) }
  }
}

extension SparseMatrix {
  /// max|b − A x|/max|b|.
  fileprivate func relativeResidual(
    _ solution: [Double], _ problem: LinearPoisson
  ) throws -> Double {
    let residuals = zip(problem.rightHandSide, try multiply(solution)).map { $0 - $1 }
    let largest = residuals.reduce(0) { max($0, $1.magnitude) }
    return largest / problem.rightHandSide.reduce(0) { max($0, $1.magnitude) }
  }
}
