import Adjoint
import ReferenceProblems

/// `gradient_memory`: how the memory of a gradient with respect to a matrix grows with its entries.
///
/// A band of n rows, solved by KLU, whose factors have as many entries as the matrix: what a gradient adds is not
/// hidden behind fill. The record's `peakBytes` is the process's up to then, so sizes should increase.
struct GradientMemoryBenchmark: Benchmark {
  let name = "gradient_memory"
  let defaultSizes = ["10000", "100000", "1000000"]
  let defaultTolerances: [Double] = []

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let matrix = try Self.band(benchmarkCase.count())
    let system = try LinearSystem(
      matrix: matrix, rightHandSide: [Double](repeating: 1, count: matrix.rowCount))
    var options = LinearSolver.Options()
    options.method = .klu
    let solver = try LinearSolver(options: options)
    var stopwatch = Stopwatch()
    var ratio = 0.0
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let solution = try stopwatch.measure("solve") { try solver.solve(system) }
      let gradient = try stopwatch.measure("pullback") { try solution.pullback(solution.value) }
      // (1 + e) A x = b has the solution x/(1 + e), so J = |x|²/2 has the derivative −|x|² at e = 0.
      let derivative = zip(gradient.matrix.values, matrix.values).reduce(0) { $0 + $1.0 * $1.1 }
      ratio = -derivative / solution.value.reduce(0) { $0 + $1 * $1 }
    }
    try report(
      BenchmarkRecord(
        problem: name, case: benchmarkCase, variant: "band of 5 by KLU", stopwatch: stopwatch,
        answers: [
          "scaling": BenchmarkRecord.Answer(ratio),
          "entries": BenchmarkRecord.Answer(Double(matrix.pattern.entryCount)),
        ], expected: ["scaling": 1.0]))
  }

  /// An unsymmetric, diagonally dominant matrix with five diagonals.
  private static func band(_ order: Int) throws -> SparseMatrix {
    var pointers = [0]
    var rows: [Int] = []
    var values: [Double] = []
    for column in 0..<order {
      for row in max(column - 2, 0)...min(column + 2, order - 1) {
        rows.append(row)
        values.append(row == column ? 5 : row < column ? -1 : -0.5)
      }
      pointers.append(rows.count)
    }
    return try SparseMatrix(
      pattern: SparsityPattern(
        rowCount: order, columnCount: order, columnPointers: pointers, rowIndices: rows),
      values: values)
  }
}
