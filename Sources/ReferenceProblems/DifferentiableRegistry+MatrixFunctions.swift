import Adjoint

extension DifferentiableRegistry {
  /// Log-determinants, traces with inverses, and diagonals of inverses.
  static func matrixFunctions() throws -> [DifferentiableOperation] {
    let unsymmetric = try ParametrizedLinearProblem(
      ConvectionDiffusion(side: 4), parameters: positiveNumbers(19, seed: 6)
    ).assembled().matrix
    let lower = try LinearPoisson(size: 4).matrix
    let full = try LinearPoisson(size: 4).fullMatrix()
    let other = try offPatternMatrix(order: 16)
    return [
      logDeterminant("unsymmetric, LU", unsymmetric, .full, .lu),
      logDeterminant("lower triangle, Cholesky", lower, .symmetricLower, .cholesky),
      logDeterminant("lower triangle, LU", lower, .symmetricLower, .lu),
      logDeterminant("both triangles, LU", full, .full, .lu),
      try complexLogDeterminant("Helmholtz's equation with absorption"),
      inverseTrace("unsymmetric, LU", unsymmetric, .full, .lu, times: other),
      inverseTrace("lower triangle, Cholesky", lower, .symmetricLower, .cholesky, times: other),
      inverseDiagonal("unsymmetric, LU", unsymmetric, .full, .lu),
      inverseDiagonal("lower triangle, Cholesky", lower, .symmetricLower, .cholesky),
      inverseDiagonal("lower triangle, LU", lower, .symmetricLower, .lu),
    ]
  }

  /// A matrix with entries in the corners, where a banded one has none, and one on the diagonal.
  private static func offPatternMatrix(order: Int) throws -> SparseMatrix {
    var builder = try SparseMatrixBuilder(rowCount: order, columnCount: order)
    try builder.add(0.7, row: 0, column: order - 1)
    try builder.add(-1.3, row: order - 2, column: 1)
    try builder.add(0.9, row: 3, column: 3)
    return try builder.build()
  }

  private static func solver(_ method: MatrixFunctionSolver.Method) throws -> MatrixFunctionSolver {
    var options = MatrixFunctionSolver.Options()
    options.method = method
    return try MatrixFunctionSolver(options: options)
  }

  private static func logDeterminant(
    _ variant: String, _ matrix: SparseMatrix, _ storage: LinearSystem.Storage,
    _ method: MatrixFunctionSolver.Method
  ) -> DifferentiableOperation {
    let pattern = matrix.pattern
    @Sendable func solve(_ x: [Double]) throws -> LogDeterminant {
      try solver(method).logDeterminant(
        of: SparseMatrix(pattern: pattern, values: x), storage: storage)
    }
    return DifferentiableOperation(LogDeterminant.self, variant, at: matrix.values) {
      DifferentiableMap(
        name: variant, value: { try [solve($0).value] },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: [solution.value],
            pushforward: { try [solution.pushforward(matrix: $0)] },
            pullback: { try solution.pullback($0[0]).matrix.values })
        })
    }
  }

  private static func complexLogDeterminant(_ variant: String) throws -> DifferentiableOperation {
    let matrix = try ComplexHelmholtz(size: 4, wavenumber: 5, damping: 0.3).matrix()
    let pattern = matrix.pattern
    @Sendable func solve(_ x: [Double]) throws -> ComplexLogDeterminant {
      try MatrixFunctionSolver().logDeterminant(
        of: ComplexSparseMatrix(pattern: pattern, values: x.pairs))
    }
    return DifferentiableOperation(
      ComplexLogDeterminant.self, variant, at: matrix.values.parts
    ) {
      DifferentiableMap(
        name: variant, value: { try [solve($0).value].parts },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: [solution.value].parts,
            pushforward: { try [solution.pushforward(matrix: $0.pairs)].parts },
            pullback: { try solution.pullback($0.pairs[0]).matrix.values.parts })
        })
    }
  }

  private static func inverseTrace(
    _ variant: String, _ matrix: SparseMatrix, _ storage: LinearSystem.Storage,
    _ method: MatrixFunctionSolver.Method, times other: SparseMatrix
  ) -> DifferentiableOperation {
    let pattern = matrix.pattern
    let count = pattern.entryCount
    @Sendable func solve(_ x: [Double]) throws -> InverseTrace {
      try solver(method).inverseTrace(
        of: SparseMatrix(pattern: pattern, values: Array(x.prefix(count))), storage: storage,
        times: SparseMatrix(pattern: other.pattern, values: Array(x.dropFirst(count))))
    }
    return DifferentiableOperation(
      InverseTrace.self, variant, at: matrix.values + other.values
    ) {
      DifferentiableMap(
        name: variant, value: { try [solve($0).value] },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: [solution.value],
            pushforward: { tangent in
              try [
                solution.pushforward(
                  matrix: Array(tangent.prefix(count)), other: Array(tangent.dropFirst(count)))
              ]
            },
            pullback: { cotangent in
              let gradient = try solution.pullback(cotangent[0])
              return gradient.matrix.values + gradient.other.values
            })
        })
    }
  }

  private static func inverseDiagonal(
    _ variant: String, _ matrix: SparseMatrix, _ storage: LinearSystem.Storage,
    _ method: MatrixFunctionSolver.Method
  ) -> DifferentiableOperation {
    let pattern = matrix.pattern
    @Sendable func solve(_ x: [Double]) throws -> InverseDiagonal {
      try solver(method).inverseDiagonal(
        of: SparseMatrix(pattern: pattern, values: x), storage: storage)
    }
    return DifferentiableOperation(InverseDiagonal.self, variant, at: matrix.values) {
      DifferentiableMap(
        name: variant, value: { try solve($0).value },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value,
            pushforward: { try solution.pushforward(matrix: $0) },
            pullback: { try solution.pullback($0).matrix.values })
        })
    }
  }
}
