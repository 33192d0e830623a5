import Adjoint

extension DifferentiableRegistry {
  /// Eigenpairs of general matrices, and singular triplets, with respect to the stored entries.
  static func generalEigenSolutions() throws -> [DifferentiableOperation] {
    try [
      general("real and complex pairs, dense", order: 6, .dense, .largest, count: 4),
      general("all eigenpairs", order: 5, .dense, .smallest, count: 5),
      general("largest real parts", order: 12, .lanczos, .largest, count: 2),
      general("smallest real parts", order: 12, .lanczos, .smallest, count: 2),
      general("about a shift", order: 12, .lanczos, .nearest(0.3), count: 3),
    ]
  }

  /// Singular triplets of square, tall and wide matrices.
  static func singularSolutions() throws -> [DifferentiableOperation] {
    try [
      singular("square, smallest", rows: 5, columns: 5, .dense, .smallest),
      singular("tall, largest", rows: 6, columns: 4, .dense, .largest),
      singular("wide, about a shift", rows: 4, columns: 5, .dense, .nearest(1)),
      singular("square, smallest, Lanczos", rows: 9, columns: 9, .lanczos, .smallest),
      singular("tall, largest, Lanczos", rows: 8, columns: 6, .lanczos, .largest),
    ]
  }

  private static func eigenSolver(
    _ method: EigenSolver.Method, _ target: EigenSolver.Target, _ count: Int
  ) throws -> EigenSolver {
    var options = EigenSolver.Options(count: count, target: target)
    options.method = method
    return try EigenSolver(options: options)
  }

  /// A matrix with two entries of three, and a diagonal that spreads the eigenvalues.
  private static func matrix(rows: Int, columns: Int, seed: UInt64) throws -> SparseMatrix {
    let entries = numbers(rows * columns, seed: seed)
    var builder = try SparseMatrixBuilder(rowCount: rows, columnCount: columns)
    for column in 0..<columns {
      for row in 0..<rows where row == column || (row + 2 * column) % 3 != 0 {
        let spread = row == column ? 0.4 * Double(row) : 0
        try builder.add(entries[row + rows * column] + spread, row: row, column: column)
      }
    }
    return try builder.build()
  }

  /// The map (entries) ↦ (Re λ, Im λ, Re v, Im v) of each eigenpair.
  private static func general(
    _ variant: String, order: Int, _ method: EigenSolver.Method, _ target: EigenSolver.Target,
    count: Int
  ) throws -> DifferentiableOperation {
    let reference = try matrix(rows: order, columns: order, seed: 41)
    let solver = try eigenSolver(method, target, count)
    @Sendable func solve(_ entries: [Double]) throws -> GeneralEigenSolution {
      try solver.solve(
        GeneralEigenproblem(matrix: SparseMatrix(pattern: reference.pattern, values: entries)))
    }
    @Sendable func parts(_ elements: [Complex<Double>]) -> [Double] {
      elements.map(\.real) + elements.map(\.imaginary)
    }
    @Sendable func flattened(
      _ eigenvalues: [Complex<Double>], _ vectors: [[Complex<Double>]]
    ) -> [Double] {
      zip(eigenvalues, vectors).flatMap { parts([$0] + $1) }
    }
    return DifferentiableOperation(GeneralEigenSolution.self, variant, at: reference.values) {
      DifferentiableMap(
        name: variant,
        value: {
          let pairs = try solve($0).value
          return flattened(pairs.eigenvalues, pairs.rightVectors)
        },
        linearize: { entries in
          let solution = try solve(entries)
          let found = solution.value.eigenvalues.count
          return .init(
            value: flattened(solution.value.eigenvalues, solution.value.rightVectors),
            pushforward: { tangent in
              let result = try solution.pushforward(tangent, rightVectors: Array(0..<found))
              return flattened(
                result.eigenvalues, (0..<found).map { result.rightVectors[$0] ?? [] })
            },
            pullback: { cotangent in
              var derivative = GeneralEigenDerivative(eigenvalues: [])
              for index in 0..<found {
                let start = 2 * (order + 1) * index
                let elements = (start...start + order).map {
                  Complex(cotangent[$0], cotangent[$0 + order + 1])
                }
                derivative.eigenvalues.append(elements[0])
                derivative.rightVectors[index] = Array(elements.dropFirst())
              }
              return try solution.pullback(derivative).matrix.values
            })
        })
    }
  }

  /// The map (entries) ↦ (σ, u, v) of two triplets.
  private static func singular(
    _ variant: String, rows: Int, columns: Int, _ method: EigenSolver.Method,
    _ target: EigenSolver.Target
  ) throws -> DifferentiableOperation {
    let count = 2
    let reference = try matrix(rows: rows, columns: columns, seed: 42)
    let solver = try eigenSolver(method, target, count)
    @Sendable func solve(_ entries: [Double]) throws -> SingularSolution {
      try solver.solve(
        SingularValueProblem(matrix: SparseMatrix(pattern: reference.pattern, values: entries)))
    }
    @Sendable func flattened(_ triplets: SingularTriplets) -> [Double] {
      (0..<count).flatMap { index in
        [triplets.singularValues[index]] + triplets.leftVectors[index]
          + triplets.rightVectors[index]
      }
    }
    return DifferentiableOperation(SingularSolution.self, variant, at: reference.values) {
      DifferentiableMap(
        name: variant, value: { flattened(try solve($0).value) },
        linearize: { entries in
          let solution = try solve(entries)
          return .init(
            value: flattened(solution.value),
            pushforward: { tangent in
              let result = try solution.pushforward(tangent, vectors: Array(0..<count))
              return flattened(
                SingularTriplets(
                  singularValues: result.singularValues,
                  leftVectors: (0..<count).map { result.leftVectors[$0] ?? [] },
                  rightVectors: (0..<count).map { result.rightVectors[$0] ?? [] }))
            },
            pullback: { cotangent in
              var derivative = SingularDerivative(singularValues: [])
              for index in 0..<count {
                let start = (1 + rows + columns) * index
                derivative.singularValues.append(cotangent[start])
                derivative.leftVectors[index] = Array(cotangent[start + 1...start + rows])
                derivative.rightVectors[index] = Array(
                  cotangent[start + rows + 1...start + rows + columns])
              }
              return try solution.pullback(derivative).matrix.values
            })
        })
    }
  }
}
