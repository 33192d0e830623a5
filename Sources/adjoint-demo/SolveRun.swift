import Adjoint

/// One solve and its gradient, by the method that was asked for.
struct SolveRun {
  let problem: LinearProblemFiles
  let method: SolveMethod
  let preconditioner: SolvePreconditioner?
  let tolerance: Double

  private let clock = ContinuousClock()

  init(
    problem: LinearProblemFiles, method: SolveMethod, preconditioner: SolvePreconditioner?,
    tolerance: Double
  ) {
    self.problem = problem
    self.method = method
    self.preconditioner = preconditioner
    self.tolerance = tolerance
  }

  /// Solves and differentiates.
  func result() throws -> SolveResult {
    let isSquare = problem.matrix.pattern.isSquare
    switch method {
    case .auto: return isSquare ? try direct(.automatic) : try leastSquares()
    case .cholesky: return try direct(.cholesky)
    case .ldl: return try direct(.ldl)
    case .lu: return try direct(.lu)
    case .klu: return try direct(.klu)
    case .qr: return try leastSquares()
    case .cg: return try iterative(.conjugateGradients, preconditioner ?? .multigrid)
    case .gmres: return try iterative(.gmres, preconditioner ?? .ilu)
    }
  }

  private func system() throws -> LinearSystem {
    guard problem.matrix.pattern.isSquare else {
      throw LinearProblemError.notSquare(
        path: problem.path, rowCount: problem.matrix.rowCount,
        columnCount: problem.matrix.columnCount)
    }
    return try LinearSystem(
      matrix: problem.matrix, rightHandSide: problem.rightHandSide, storage: problem.storage)
  }

  private func direct(_ method: LinearSolver.Method) throws -> SolveResult {
    let system = try system()
    var options = LinearSolver.Options()
    options.method = method
    let solver = try LinearSolver(options: options)
    let (solution, solveTime) = try timed { try solver.solve(system) }
    let cotangent = problem.cotangent(at: solution.value)
    let (gradient, gradientTime) = try timed { try solution.pullback(cotangent) }
    // The evidence is computed apart from the clock: it costs more than the gradient itself.
    let evidence = try solution.pullback(cotangent, estimatingError: true).evidence
    let condition = try solution.conditionEstimate()
    return SolveResult(
      method: solution.statistics.method.explanation,
      decisions: solution.statistics.decisions.map(\.description),
      solution: solution.value,
      factorEntryCount: solution.factors.statistics.factorEntryCount,
      refinementSteps: solution.statistics.refinementSteps,
      backwardError: solution.statistics.backwardError,
      componentwiseBackwardError: solution.statistics.componentwiseBackwardError,
      conditionNumber: 1 / condition.reciprocal,
      estimatedRelativeError: try solution.estimatedRelativeError(),
      rightHandSideGradient: gradient.rightHandSide, matrixGradient: gradient.matrix,
      evidence: evidence, solveSeconds: solveTime, gradientSeconds: gradientTime)
  }

  private func leastSquares() throws -> SolveResult {
    let matrix =
      problem.storage == .symmetricLower ? try problem.file.sparseMatrix() : problem.matrix
    let system = try LinearLeastSquaresSystem(
      matrix: matrix, rightHandSide: problem.rightHandSide)
    let (solution, solveTime) = try timed { try LinearLeastSquaresSolver().solve(system) }
    let cotangent = problem.cotangent(at: solution.value)
    let (gradient, gradientTime) = try timed { try solution.pullback(cotangent) }
    let factorization = solution.statistics.factorization
    return SolveResult(
      method: "QR (SPQR)", solution: solution.value, rank: factorization.rank,
      residualNorm: solution.statistics.residualNorm,
      factorEntryCount: factorization.factorEntryCount,
      backwardError: solution.statistics.backwardError,
      rightHandSideGradient: gradient.rightHandSide,
      matrixGradient: problem.storage == .symmetricLower
        ? try Self.lowerTriangle(gradient.matrix, on: problem.matrix.pattern) : gradient.matrix,
      evidence: gradient.evidence, solveSeconds: solveTime, gradientSeconds: gradientTime)
  }

  /// The gradient with respect to the stored triangle: an entry below the diagonal counts both of its places.
  private static func lowerTriangle(
    _ gradient: SparseMatrix, on pattern: SparsityPattern
  ) throws -> SparseMatrix {
    var values: [Double] = []
    values.reserveCapacity(pattern.entryCount)
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        let mirror = row == column ? 0 : gradient[column, row]
        values.append(gradient[row, column] + mirror)
      }
    }
    return try SparseMatrix(pattern: pattern, values: values)
  }

  private func iterative(
    _ method: KrylovSolver.Method, _ preconditioner: SolvePreconditioner
  ) throws -> SolveResult {
    let system = try system()
    if method == .conjugateGradients && !system.isSymmetric {
      throw LinearProblemError.notSymmetric(path: problem.path, method: self.method.rawValue)
    }
    var options = KrylovSolver.Options()
    options.relativeTolerance = tolerance
    let solver = try KrylovSolver(method, options: options)
    let (solution, solveTime) = try timed {
      try solver.solve(system, preconditioner: preconditioner.make(for: system))
    }
    let cotangent = problem.cotangent(at: solution.value)
    let (gradient, gradientTime) = try timed { try solution.pullback(cotangent) }
    guard let matrixGradient = gradient.matrix else {
      preconditionFailure("the operator of a linear system is a matrix")
    }
    return SolveResult(
      method: method.explanation + ", preconditioned by \(preconditioner.explanation)",
      solution: solution.value, iterations: solution.statistics.iterations,
      backwardError: solution.statistics.backwardError,
      rightHandSideGradient: gradient.rightHandSide, matrixGradient: matrixGradient,
      evidence: gradient.evidence, solveSeconds: solveTime, gradientSeconds: gradientTime)
  }

  /// The result of `body` and the seconds it took.
  private func timed<Result>(_ body: () throws -> Result) rethrows -> (Result, Double) {
    let start = clock.now
    let result = try body()
    return (result, (clock.now - start).seconds)
  }
}

/// What a solve has to show.
struct SolveResult {
  var method: String
  /// Why that method.
  var decisions: [String] = []
  var solution: [Double]
  var rank: Int?
  var residualNorm: Double?
  var factorEntryCount: Int?
  var iterations: Int?
  var refinementSteps: Int?
  var backwardError: Double?
  var componentwiseBackwardError: Double?
  var conditionNumber: Double?
  var estimatedRelativeError: Double?
  var rightHandSideGradient: [Double]
  var matrixGradient: SparseMatrix
  var evidence: GradientEvidence
  var solveSeconds: Double
  var gradientSeconds: Double
}
