import Adjoint

extension DifferentiableRegistry {
  /// Solutions of linear systems by each factorization and in each storage, with respect to the
  /// stored entries and the right-hand side.
  static func linearSolutions() throws -> [DifferentiableOperation] {
    let unsymmetric = try ParametrizedLinearProblem(
      try ConvectionDiffusion(side: 4), parameters: positiveNumbers(19, seed: 6)
    ).assembled()
    let poisson = try LinearPoisson(size: 4)
    let load = numbers(16, seed: 7)
    let lower = try LinearSystem(
      matrix: poisson.matrix, rightHandSide: load, storage: .symmetricLower)
    return try [
      operation("unsymmetric, LU", unsymmetric, .lu),
      operation("unsymmetric, KLU", unsymmetric, .klu),
      operation("unsymmetric, automatic", unsymmetric, .automatic),
      operation("lower triangle, Cholesky", lower, .cholesky),
      operation("lower triangle, LU", lower, .lu),
      operation("lower triangle, KLU", lower, .klu),
      mirrored("both triangles, Cholesky", lower, .cholesky),
      mirrored("both triangles, automatic", lower, .automatic),
      operation("lower triangle, LDLᵀ", lower, .ldl),
    ]
  }

  /// Three right-hand sides at once.
  static func linearBlockSolutions() throws -> [DifferentiableOperation] {
    let unsymmetric = try ParametrizedLinearProblem(
      try ConvectionDiffusion(side: 4), parameters: positiveNumbers(19, seed: 6)
    ).assembled().matrix
    let lower = try LinearPoisson(size: 4).matrix
    let systems: [(SparseMatrix, LinearSystem.Storage, LinearSolver.Method, String)] = [
      (unsymmetric, .full, .lu, "unsymmetric, LU"), (unsymmetric, .full, .klu, "unsymmetric, KLU"),
      (lower, .symmetricLower, .cholesky, "lower triangle, Cholesky"),
    ]
    return try systems.map { matrix, storage, method, name in
      let solver = try solver(method)
      let entryCount = matrix.pattern.entryCount
      @Sendable func solve(_ x: [Double]) throws -> LinearBlockSolution {
        try solver.solve(
          LinearBlockSystem(
            matrix: SparseMatrix(pattern: matrix.pattern, values: Array(x.prefix(entryCount))),
            rightHandSides: Array(x.dropFirst(entryCount)), count: 3, storage: storage))
      }
      return DifferentiableOperation(
        LinearBlockSolution.self, name, at: matrix.values + numbers(3 * matrix.rowCount, seed: 19)
      ) {
        DifferentiableMap(
          name: name, value: { try solve($0).value },
          linearize: { x in
            let solution = try solve(x)
            return .init(
              value: solution.value,
              pushforward: { tangent in
                try solution.pushforward(
                  matrix: Array(tangent.prefix(entryCount)),
                  rightHandSides: Array(tangent.dropFirst(entryCount)))
              },
              pullback: { cotangent in
                let gradient = try solution.pullback(cotangent)
                return gradient.matrix.values + gradient.rightHandSides
              })
          })
      }
    }
  }

  /// Solutions of A(p) x = b(p), with few parameters (duals) and many (tape).
  static func parametrizedLinearSolutions() throws -> [DifferentiableOperation] {
    let methods: [(LinearSolver.Method, String)] = [(.lu, "LU"), (.klu, "KLU")]
    let unsymmetric = try methods.flatMap { method, name in
      try [3, 4].map { side in
        let system = try ConvectionDiffusion(side: side)
        return try operation(
          "convection–diffusion \(side)×\(side), \(name)",
          ParametrizedLinearProblem(
            system, parameters: positiveNumbers(system.parameterCount, seed: 8)), method)
      }
    }
    let chain = try SpringChain(count: 7)
    let symmetric = try operation(
      "chain of springs, Cholesky",
      ParametrizedLinearProblem(chain, parameters: positiveNumbers(8, seed: 9)), .cholesky)
    return unsymmetric + [symmetric]
  }

  private static func solver(_ method: LinearSolver.Method) throws -> LinearSolver {
    var options = LinearSolver.Options()
    options.method = method
    return try LinearSolver(options: options)
  }

  /// The map (stored entries of A, b) ↦ x.
  private static func operation(
    _ variant: String, _ system: LinearSystem, _ method: LinearSolver.Method
  ) throws -> DifferentiableOperation {
    let solver = try solver(method)
    let pattern = system.matrix.pattern
    let entryCount = pattern.entryCount
    @Sendable func solve(_ x: [Double]) throws -> LinearSolution {
      try solver.solve(
        LinearSystem(
          matrix: SparseMatrix(pattern: pattern, values: Array(x.prefix(entryCount))),
          rightHandSide: Array(x.dropFirst(entryCount)), storage: system.storage))
    }
    return DifferentiableOperation(
      LinearSolution.self, variant, at: system.matrix.values + system.rightHandSide
    ) {
      DifferentiableMap(
        name: variant, value: { try solve($0).value },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value,
            pushforward: { tangent in
              try solution.pushforward(
                matrix: Array(tangent.prefix(entryCount)),
                rightHandSide: Array(tangent.dropFirst(entryCount)))
            },
            pullback: { cotangent in
              let gradient = try solution.pullback(cotangent)
              return gradient.matrix.values + gradient.rightHandSide
            })
        })
    }
  }

  /// The map (lower triangle of A, b) ↦ x where both triangles of A are stored, so that A stays
  /// symmetric: the cotangent of an entry is that of its two places.
  private static func mirrored(
    _ variant: String, _ lower: LinearSystem, _ method: LinearSolver.Method
  ) throws -> DifferentiableOperation {
    let solver = try solver(method)
    let half = lower.matrix.pattern
    var builder = try SparseMatrixBuilder(
      rowCount: half.rowCount, columnCount: half.columnCount)
    // For each entry of the full pattern the entry of the lower triangle it comes from.
    var sources: [Int] = []
    for column in 0..<half.columnCount {
      for slot in half.columnPointers[column]..<half.columnPointers[column + 1] {
        let row = half.rowIndices[slot]
        try builder.add(1, row: row, column: column)
        sources.append(slot)
        guard row != column else { continue }
        try builder.add(1, row: column, column: row)
        sources.append(slot)
      }
    }
    let (pattern, slots) = builder.assemble()
    var sourceOfSlot = [Int](repeating: 0, count: pattern.entryCount)
    for (slot, source) in zip(slots, sources) { sourceOfSlot[slot] = source }
    let origins = sourceOfSlot
    let count = half.entryCount
    @Sendable func solve(_ x: [Double]) throws -> LinearSolution {
      try solver.solve(
        LinearSystem(
          matrix: SparseMatrix(pattern: pattern, values: origins.map { x[$0] }),
          rightHandSide: Array(x.dropFirst(count))))
    }
    return DifferentiableOperation(
      LinearSolution.self, variant, at: lower.matrix.values + lower.rightHandSide
    ) {
      DifferentiableMap(
        name: variant, value: { try solve($0).value },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value,
            pushforward: { tangent in
              try solution.pushforward(
                matrix: origins.map { tangent[$0] },
                rightHandSide: Array(tangent.dropFirst(count)))
            },
            pullback: { cotangent in
              let gradient = try solution.pullback(cotangent)
              var sum = [Double](repeating: 0, count: count)
              for (slot, source) in origins.enumerated() {
                sum[source] += gradient.matrix.values[slot]
              }
              return sum + gradient.rightHandSide
            })
        })
    }
  }

  /// The map p ↦ x with A(p) x = b(p).
  private static func operation(
    _ variant: String, _ problem: ParametrizedLinearProblem,
    _ method: LinearSolver.Method
  ) throws -> DifferentiableOperation {
    let solver = try solver(method)
    @Sendable func solve(_ parameters: [Double]) throws -> ParametrizedLinearSolution {
      var problem = problem
      problem.parameters = parameters
      return try solver.solve(problem)
    }
    return DifferentiableOperation(
      ParametrizedLinearSolution.self, variant, at: problem.parameters
    ) {
      DifferentiableMap(
        name: variant, value: { try solve($0).value },
        linearize: { parameters in
          let solution = try solve(parameters)
          return .init(
            value: solution.value, pushforward: { try solution.pushforward($0) },
            pullback: { try solution.pullback($0).parameters })
        })
    }
  }
}

/// Steady convection and diffusion on n × n nodes by upwind differences, zero outside: an unsymmetric
/// system.
///
/// (4kᵢ + v + w) uᵢ − (kᵢ + v) u_west − kᵢ u_east − (kᵢ + w) u_south − kᵢ u_north = s (1 + sin i), with
/// parameters p = (k₀ … k_{n²−1}, v, w, s), all positive.
struct ConvectionDiffusion: ParametrizedLinearSystem {
  let side: Int
  let pattern: SparsityPattern
  var parameterCount: Int { side * side + 3 }
  /// The slots of center, west, east, south and north of each node; nil outside.
  private let slots: [[Int?]]

  init(side: Int) throws {
    self.side = side
    let count = side * side
    var builder = try SparseMatrixBuilder(rowCount: count, columnCount: count)
    var neighbors: [[Int?]] = []
    for i in 0..<side {
      for j in 0..<side {
        let node = i * side + j
        let columns: [Int?] = [
          node, j > 0 ? node - 1 : nil, j + 1 < side ? node + 1 : nil,
          i > 0 ? node - side : nil, i + 1 < side ? node + side : nil,
        ]
        for column in columns { if let column { try builder.add(1, row: node, column: column) } }
        neighbors.append(columns)
      }
    }
    let pattern = builder.assemble().pattern
    slots = neighbors.enumerated().map { node, columns in
      columns.map { column in column.flatMap { pattern.slot(row: node, column: $0) } }
    }
    self.pattern = pattern
  }

  func assemble<S: Scalar>(
    parameters: Span<S>, matrix: inout MutableSpan<S>, rightHandSide: inout MutableSpan<S>
  ) {
    let count = side * side
    let eastward: S = parameters[count]
    let northward: S = parameters[count + 1]
    for node in 0..<count {
      let diffusivity: S = parameters[node]
      let coefficients: [S] = [
        4 * diffusivity + eastward + northward, -diffusivity - eastward, -diffusivity,
        -diffusivity - northward, -diffusivity,
      ]
      for (slot, coefficient) in zip(slots[node], coefficients) {
        if let slot { matrix[slot] += coefficient }
      }
      rightHandSide[node] = parameters[count + 2] * S(1 + Double.sin(Double(node)))
    }
  }
}

/// A chain of springs of stiffnesses k₀ … kₙ between two walls and n masses, loaded by its stiffnesses:
/// a symmetric positive definite system of which the lower triangle is stored.
///
/// (kᵢ + kᵢ₊₁) uᵢ − kᵢ uᵢ₋₁ − kᵢ₊₁ uᵢ₊₁ = kᵢ² − i/10.
struct SpringChain: ParametrizedLinearSystem {
  let pattern: SparsityPattern
  let storage = LinearSystem.Storage.symmetricLower
  let parameterCount: Int

  init(count: Int) throws {
    parameterCount = count + 1
    pattern = try SparsityPattern(
      rowCount: count, columnCount: count,
      columnPointers: (0...count).map { min(2 * $0, 2 * count - 1) },
      rowIndices: (0..<count).flatMap { $0 + 1 < count ? [$0, $0 + 1] : [$0] })
  }

  func assemble<S: Scalar>(
    parameters: Span<S>, matrix: inout MutableSpan<S>, rightHandSide: inout MutableSpan<S>
  ) {
    for mass in 0..<parameterCount - 1 {
      matrix[2 * mass] = parameters[mass] + parameters[mass + 1]
      if mass + 2 < parameterCount { matrix[2 * mass + 1] = -parameters[mass + 1] }
      rightHandSide[mass] = parameters[mass] * parameters[mass] - S(0.1 * Double(mass))
    }
  }
}
