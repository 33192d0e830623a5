import Adjoint
import ReferenceProblems

/// `linear_pullback`: what a gradient costs beside a solve, both with factors that are there already.
///
/// Each solve includes its backward errors, and the pullback the gradient of every entry of the matrix.
struct LinearPullbackBenchmark: Benchmark {
  let name = "linear_pullback"
  let defaultSizes = ["512"]
  let defaultTolerances: [Double] = []

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let size = try benchmarkCase.count()
    let problem = try LinearPoisson(size: size)
    let poisson = try LinearSystem(
      matrix: problem.matrix, rightHandSide: problem.rightHandSide, storage: .symmetricLower)
    try report(measure(poisson, benchmarkCase, variant: "poisson-cholesky", .cholesky))
    let convection = try LinearSystem(
      matrix: Self.convectionDiffusion(size: size), rightHandSide: problem.rightHandSide)
    try report(measure(convection, benchmarkCase, variant: "convection-lu", .lu))
    try report(measure(convection, benchmarkCase, variant: "convection-klu", .klu))
  }

  private func measure(
    _ system: LinearSystem, _ benchmarkCase: BenchmarkCase, variant: String,
    _ method: LinearSolver.Method
  ) throws -> BenchmarkRecord {
    var options = LinearSolver.Options()
    options.method = method
    let solver = try LinearSolver(options: options)
    let factors = try solver.solve(system).factors
    var generator = SeededGenerator(seed: 1)
    let cotangent = generator.direction(count: system.rightHandSide.count)
    var stopwatch = Stopwatch()
    var products = (0.0, 0.0)
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      _ = try stopwatch.measure("factorsSolve") { try factors.solve(system.rightHandSide) }
      let solution = try stopwatch.measure("solve") {
        try solver.solve(system, refining: factors)
      }
      let gradient = try stopwatch.measure("pullback") { try solution.pullback(cotangent) }
      products = (
        zip(cotangent, solution.value).reduce(0) { $0 + $1.0 * $1.1 },
        zip(gradient.rightHandSide, system.rightHandSide).reduce(0) { $0 + $1.0 * $1.1 }
      )
    }
    // wᵀ x = wᵀ A⁻¹ b = λᵀ b.
    return try BenchmarkRecord(
      problem: name, case: benchmarkCase, variant: variant, stopwatch: stopwatch,
      answers: ["wx": BenchmarkRecord.Answer(products.0)],
      expected: ["wx": BenchmarkRecord.Answer(products.1)])
  }

  /// −Δu + c·∇u by central and upwind differences on size × size nodes.
  private static func convectionDiffusion(size: Int) throws -> SparseMatrix {
    var builder = try SparseMatrixBuilder(rowCount: size * size, columnCount: size * size)
    builder.reserveCapacity(5 * size * size)
    for i in 0..<size {
      for j in 0..<size {
        let node = i * size + j
        try builder.add(6.2, row: node, column: node)
        if j > 0 { try builder.add(-2.5, row: node, column: node - 1) }
        if j + 1 < size { try builder.add(-1, row: node, column: node + 1) }
        if i > 0 { try builder.add(-1.7, row: node, column: node - size) }
        if i + 1 < size { try builder.add(-1, row: node, column: node + size) }
      }
    }
    return try builder.build()
  }
}
