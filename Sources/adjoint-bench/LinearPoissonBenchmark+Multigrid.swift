import Adjoint
import ReferenceProblems

extension LinearPoissonBenchmark {
  /// The same job by conjugate gradients with algebraic multigrid, without a factorization of A.
  func measureMultigrid(
    _ problem: LinearPoisson, _ benchmarkCase: BenchmarkCase
  ) throws -> BenchmarkRecord {
    // Residuals of 1e-10 leave errors of about 1e-12 in the answers, which are checked to 1e-9.
    var options = KrylovSolver.Options()
    options.relativeTolerance = 1e-10
    options.adjointTolerance = 1e-10
    let solver = try KrylovSolver(.conjugateGradients, options: options)
    let system = try LinearSystem(
      matrix: problem.matrix, rightHandSide: problem.rightHandSide, storage: .symmetricLower)
    var stopwatch = Stopwatch()
    var state: [Double] = []
    var gradient: [Double] = []
    var iterations = (0, 0)
    for _ in 0..<benchmarkCase.repetitions {
      stopwatch.beginRepetition()
      let multigrid = try stopwatch.measure("setup") {
        try AlgebraicMultigrid(problem.matrix, storage: .symmetricLower)
      }
      let solution = try stopwatch.measure("solve") {
        try solver.solve(system, preconditioner: multigrid)
      }
      state = solution.value
      let adjoint = try stopwatch.measure("adjointSolve") {
        try solution.pullback(state)
      }
      gradient = stopwatch.measure("gradient") {
        problem.gradient(state: state, adjointState: adjoint.rightHandSide)
      }
      iterations = (solution.statistics.iterations, adjoint.statistics.iterations)
    }
    return try BenchmarkRecord(
      problem: name, case: benchmarkCase, variant: "cg-multigrid", stopwatch: stopwatch,
      answers: [
        "J": BenchmarkRecord.Answer(problem.objective(state)),
        "sumAbsGradient": BenchmarkRecord.Answer(gradient.reduce(0) { $0 + abs($1) }),
        "firstGradient": BenchmarkRecord.Answer(gradient[0]),
        "iterations": [Double(iterations.0), Double(iterations.1)],
      ],
      expected: Self.expected[problem.size] ?? [:])
  }
}
