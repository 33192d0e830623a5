import Adjoint

/// `coloring`: the five-point stencil's columns, and its symmetric coloring.
struct ColoringBenchmark: Benchmark {
  let name = "coloring"
  let defaultSizes = ["1000x1000"]
  let defaultTolerances: [Double] = []

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let (width, height) = try benchmarkCase.extent()
    let pattern = try stencil(width: width, height: height)
    var stopwatch = Stopwatch()
    var colors: [String: BenchmarkRecord.Answer] = [:]
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let columns = stopwatch.measure("columns") { ColumnColoring(pattern) }
      let symmetric = try stopwatch.measure("symmetric") { try SymmetricColoring(pattern) }
      colors["columnColors"] = BenchmarkRecord.Answer(Double(columns.colorCount))
      colors["symmetricColors"] = BenchmarkRecord.Answer(Double(symmetric.colorCount))
    }
    try report(
      BenchmarkRecord(
        problem: name, case: benchmarkCase, variant: "best of all orders",
        stopwatch: stopwatch, answers: colors, expected: ["columnColors": 5.0]))
  }

  private func stencil(width: Int, height: Int) throws -> SparsityPattern {
    var pointers = [0]
    var rows: [Int] = []
    for j in 0..<height {
      for i in 0..<width {
        let node = i + width * j
        if j > 0 { rows.append(node - width) }
        if i > 0 { rows.append(node - 1) }
        rows.append(node)
        if i + 1 < width { rows.append(node + 1) }
        if j + 1 < height { rows.append(node + width) }
        pointers.append(rows.count)
      }
    }
    return try SparsityPattern(
      rowCount: width * height, columnCount: width * height, columnPointers: pointers,
      rowIndices: rows)
  }
}
