import Adjoint
import ReferenceProblems

/// `eigen_grid`: the four smallest eigenpairs of the Laplacian on a square grid, among them a pair, and gradients of an
/// eigenvalue, of the pair's sum and of an eigenvector.
struct EigenGridBenchmark: Benchmark {
  let name = "eigen_grid"
  let defaultSizes = ["128", "316"]
  let defaultTolerances: [Double] = []

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    let size = try benchmarkCase.count()
    let problem = try SymmetricEigenproblem(
      stiffness: EigenReference.grid(size), storage: .symmetricLower)
    let solver = try EigenSolver(count: 4)
    // A direction of the diagonal and a weight of the eigenvector, both without symmetry.
    let pattern = problem.stiffness.pattern
    let tangent = (0..<pattern.entryCount).map { SeededGenerator.uniform(at: $0) }
    let weight = (0..<problem.order).map { Double.cos(0.37 * Double($0)) }
    var stopwatch = Stopwatch()
    var eigenvalues: [Double] = []
    var euler = 0.0
    var pairEuler = 0.0
    var ratio = 0.0
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let solution = try stopwatch.measure("solve") { try solver.solve(problem) }
      let first = try stopwatch.measure("eigenvalueGradient") {
        try solution.pullback(EigenDerivative(eigenvalues: [1, 0, 0, 0])).stiffness
      }
      let pair = try stopwatch.measure("pairGradient") {
        try solution.pullback(EigenDerivative(eigenvalues: [0, 1, 1, 0])).stiffness
      }
      let vector = try stopwatch.measure("eigenvectorGradient") {
        try solution.pullback(
          EigenDerivative(eigenvalues: [0, 0, 0, 0], eigenvectors: [0: weight])
        ).stiffness
      }
      let again = try stopwatch.measure("eigenvectorGradientAgain") {
        try solution.pullback(
          EigenDerivative(eigenvalues: [0, 0, 0, 0], eigenvectors: [0: weight])
        ).stiffness
      }
      eigenvalues = solution.value.eigenvalues
      // Eigenvalues are homogeneous: ⟨dλ/dA, A⟩ = λ.
      euler = Self.dot(first.values, problem.stiffness.values) / eigenvalues[0]
      pairEuler =
        Self.dot(pair.values, problem.stiffness.values) / (eigenvalues[1] + eigenvalues[2])
      let simple = try EigenSolver(count: 1).solve(problem)
      let moved = try simple.pushforward(stiffness: tangent, eigenvectors: [0])
      let forward = Self.dot(moved.eigenvectors[0] ?? [], weight)
      ratio = Self.dot(vector.values, tangent) / forward * (again.values == vector.values ? 1 : 0)
    }
    let known = EigenReference.chainEigenvalues(size)
    try report(
      BenchmarkRecord(
        problem: name, case: benchmarkCase, variant: "lanczos", stopwatch: stopwatch,
        total: ["solve", "eigenvalueGradient"],
        answers: [
          "eigenvalues": BenchmarkRecord.Answer(eigenvalues),
          "euler": BenchmarkRecord.Answer(euler),
          "pairEuler": BenchmarkRecord.Answer(pairEuler),
          "dotProductRatio": BenchmarkRecord.Answer(ratio),
        ],
        expected: [
          "eigenvalues": BenchmarkRecord.Answer([
            2 * known[0], known[0] + known[1], known[0] + known[1], 2 * known[1],
          ]), "euler": 1.0, "pairEuler": 1.0, "dotProductRatio": 1.0,
        ]))
  }

  private static func dot(_ first: [Double], _ second: [Double]) -> Double {
    zip(first, second).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
