import Adjoint

extension DifferentiableRegistry {
  /// How a preconditioner is made from a matrix.
  typealias MakePreconditioner = @Sendable (LinearSystem) throws -> (any Preconditioner)?

  /// Solutions by each Krylov method and preconditioner, and the linear operators themselves.
  static func krylovOperations() throws -> [DifferentiableOperation] {
    try krylovSolutions() + leastSquaresKrylovSolutions() + modelKrylovSolutions()
      + linearOperators() + preconditioners()
  }

  /// Every method with what can precondition it, with respect to stored entries and right-hand
  /// side.
  private static func krylovSolutions() throws -> [DifferentiableOperation] {
    let unsymmetric = try convectionDiffusion()
    let definite = try poisson()
    let indefinite = try shiftedPoisson()
    let none: MakePreconditioner = { _ in nil }
    let jacobi: MakePreconditioner = { try JacobiPreconditioner($0.matrix) }
    let cholesky: MakePreconditioner = { try IncompleteCholesky($0.matrix) }
    let multigrid: MakePreconditioner = { system in
      var options = AlgebraicMultigrid.Options()
      options.coarsestSize = 3
      return try AlgebraicMultigrid(system.matrix, storage: system.storage, options: options)
    }
    let incompleteLU: MakePreconditioner = { try IncompleteLU($0.matrix) }
    let factors = try LinearSolver().solve(unsymmetric).factors
    let constant: MakePreconditioner = { _ in FactorizationPreconditioner(factors) }
    return [
      operation("Poisson, CG", definite, .conjugateGradients, none),
      operation("Poisson, CG, Jacobi", definite, .conjugateGradients, jacobi),
      operation("Poisson, CG, incomplete Cholesky", definite, .conjugateGradients, cholesky),
      operation("Poisson, CG, multigrid", definite, .conjugateGradients, multigrid),
      operation("Poisson, MINRES, incomplete Cholesky", definite, .minres, cholesky),
      operation("shifted Poisson, MINRES", indefinite, .minres, none),
      operation("shifted Poisson, MINRES, Poisson's multigrid", indefinite, .minres) { _ in
        try multigrid(definite)
      },
      operation("convection–diffusion, GMRES", unsymmetric, .gmres, none),
      operation("convection–diffusion, GMRES, incomplete LU", unsymmetric, .gmres, incompleteLU),
      operation(
        "convection–diffusion, flexible GMRES, Jacobi", unsymmetric, .flexibleGMRES, jacobi),
      operation("convection–diffusion, BiCGStab", unsymmetric, .biCGStab, none),
      operation(
        "convection–diffusion, BiCGStab, factors of a nearby matrix", unsymmetric, .biCGStab,
        constant),
      operation("convection–diffusion, LSMR", unsymmetric, .lsmr, none),
      operation("convection–diffusion, LSMR, incomplete LU", unsymmetric, .lsmr, incompleteLU),
    ]
  }

  private static func convectionDiffusion() throws -> LinearSystem {
    try ParametrizedLinearProblem(
      try ConvectionDiffusion(side: 4), parameters: positiveNumbers(19, seed: 6)
    ).assembled()
  }

  private static func poisson() throws -> LinearSystem {
    try LinearSystem(
      matrix: LinearPoisson(size: 4).matrix, rightHandSide: numbers(16, seed: 7),
      storage: .symmetricLower)
  }

  /// A − σ I with σ between eigenvalues: indefinite.
  private static func shiftedPoisson() throws -> LinearSystem {
    let definite = try poisson()
    let pattern = definite.matrix.pattern
    var values = definite.matrix.values
    for column in 0..<pattern.columnCount { values[pattern.columnPointers[column]] -= 3 }
    return try LinearSystem(
      matrix: SparseMatrix(pattern: pattern, values: values),
      rightHandSide: definite.rightHandSide, storage: .symmetricLower)
  }

  /// Solves down to rounding, so that differences and products agree to rounding.
  private static func solver(_ method: KrylovSolver.Method) throws -> KrylovSolver {
    var options = KrylovSolver.Options()
    options.relativeTolerance = 0
    options.adjointTolerance = 0
    return try KrylovSolver(method, options: options)
  }

  /// The map (stored entries of A, b) ↦ x.
  private static func operation(
    _ variant: String, _ system: LinearSystem, _ method: KrylovSolver.Method,
    _ preconditioner: @escaping MakePreconditioner
  ) -> DifferentiableOperation {
    let pattern = system.matrix.pattern
    return operation(
      variant, at: system.matrix.values + system.rightHandSide, parameterCount: pattern.entryCount
    ) { parameters, rightHandSide in
      let system = try LinearSystem(
        matrix: SparseMatrix(pattern: pattern, values: parameters), rightHandSide: rightHandSide,
        storage: system.storage)
      return try solver(method).solve(system, preconditioner: preconditioner(system))
    }
  }

  /// The map (p, b) ↦ x.
  private static func operation(
    _ variant: String, at point: [Double], parameterCount count: Int,
    solve: @escaping @Sendable ([Double], [Double]) throws -> KrylovSolution
  ) -> DifferentiableOperation {
    DifferentiableOperation(KrylovSolution.self, variant, at: point) {
      DifferentiableMap(
        name: variant,
        value: { try solve(Array($0.prefix(count)), Array($0.dropFirst(count))).value },
        linearize: { x in
          let solution = try solve(Array(x.prefix(count)), Array(x.dropFirst(count)))
          return .init(
            value: solution.value,
            pushforward: { tangent in
              try solution.pushforward(
                parameters: Array(tangent.prefix(count)),
                rightHandSide: Array(tangent.dropFirst(count)))
            },
            pullback: { cotangent in
              let gradient = try solution.pullback(cotangent)
              return gradient.parameters + gradient.rightHandSide
            })
        })
    }
  }

  /// More rows than columns, and the transpose.
  private static func leastSquaresKrylovSolutions() throws -> [DifferentiableOperation] {
    let tall = try rectangular(rowCount: 9, columnCount: 5)
    return [(tall, "least squares, LSMR"), (tall.transposed, "shortest solution, LSMR")].map {
      matrix, name in
      operation(
        name, at: matrix.values + numbers(matrix.rowCount, seed: 14),
        parameterCount: matrix.pattern.entryCount
      ) { values, rightHandSide in
        try solver(.lsmr).solve(
          SparseMatrix(pattern: matrix.pattern, values: values), rightHandSide: rightHandSide)
      }
    }
  }

  /// A random matrix of full rank: a diagonal from 2 to 3 and some smaller entries.
  private static func rectangular(rowCount: Int, columnCount: Int) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: 12)
    var builder = try SparseMatrixBuilder(rowCount: rowCount, columnCount: columnCount)
    for row in 0..<rowCount {
      try builder.add(generator.uniform(in: 2..<3), row: row, column: row % columnCount)
      try builder.add(
        generator.uniform(in: -0.5..<0.5), row: row, column: (row + 2) % columnCount)
    }
    return try builder.build()
  }

  /// A matrix-free operator from a model.
  private static func modelKrylovSolutions() throws -> [DifferentiableOperation] {
    [8, 20].map { count in
      operation(
        "model of \(count) unknowns, GMRES",
        at: positiveNumbers(count + 1, seed: 15) + numbers(count, seed: 16),
        parameterCount: count + 1
      ) { parameters, rightHandSide in
        try solver(.gmres).solve(
          ModelOperator(Model(ConvectionChain(stateCount: count)), parameters: parameters),
          rightHandSide: rightHandSide)
      }
    }
  }

  /// The maps x ↦ A x of every kind of operator.
  private static func linearOperators() throws -> [DifferentiableOperation] {
    let unsymmetric = try convectionDiffusion().matrix
    let chain = try ModelOperator(
      Model(ConvectionChain(stateCount: 9)), parameters: positiveNumbers(10, seed: 17))
    let closures = try ClosureOperator(
      rowCount: 3, columnCount: 2,
      product: { x, y in
        y[0] = 2 * x[0] - x[1]
        y[1] = 3 * x[1]
        y[2] = x[0] + 0.5 * x[1]
      },
      transposedProduct: { y, x in
        x[0] = 2 * y[0] + y[2]
        x[1] = 3 * y[1] - y[0] + 0.5 * y[2]
      })
    return try [
      product(unsymmetric, "convection–diffusion"),
      product(rectangular(rowCount: 7, columnCount: 4), "rectangular"),
      product(SymmetricOperator(lowerTriangle: poisson().matrix), "Poisson"),
      product(chain, "chain"),
      product(closures, "rectangular"),
    ]
  }

  /// The maps r ↦ M⁻¹ r of every kind of preconditioner.
  private static func preconditioners() throws -> [DifferentiableOperation] {
    let unsymmetric = try convectionDiffusion()
    let definite = try poisson()
    var options = AlgebraicMultigrid.Options()
    options.coarsestSize = 10
    return try [
      product(FactorizationPreconditioner(LinearSolver().solve(unsymmetric).factors), "LU"),
      product(FactorizationPreconditioner(LinearSolver().solve(definite).factors), "Cholesky"),
      product(JacobiPreconditioner(unsymmetric.matrix), "convection–diffusion"),
      product(IncompleteCholesky(definite.matrix), "Poisson"),
      product(IncompleteLU(unsymmetric.matrix), "convection–diffusion"),
      product(
        AlgebraicMultigrid(
          LinearPoisson(size: 9).matrix, storage: .symmetricLower, options: options),
        "Poisson"),
    ]
  }

  private static func product(
    _ linearOperator: some LinearOperator, _ variant: String
  ) -> DifferentiableOperation {
    @Sendable func apply(_ vector: [Double]) throws -> [Double] {
      var product = [Double](repeating: 0, count: linearOperator.rowCount)
      var span = product.mutableSpan
      try linearOperator.apply(vector.span, into: &span)
      return product
    }
    return DifferentiableOperation(
      type(of: linearOperator), variant, at: numbers(linearOperator.columnCount, seed: 18)
    ) {
      DifferentiableMap(
        name: variant, value: apply,
        linearize: { point in
          .init(
            value: try apply(point), pushforward: apply,
            pullback: { cotangent in
              var product = [Double](repeating: 0, count: linearOperator.columnCount)
              var span = product.mutableSpan
              try linearOperator.applyTransposed(cotangent.span, into: &span)
              return product
            })
        })
    }
  }
}

/// (A(p) u)ᵢ = (pᵢ + 3 c) uᵢ − c uᵢ₋₁ − ½ c uᵢ₊₁ with c = the last parameter: linear in u,
/// unsymmetric.
public struct ConvectionChain: ResidualSystem {
  /// The number of unknowns.
  public let stateCount: Int

  /// One for each unknown, and c.
  public var parameterCount: Int { stateCount + 1 }

  /// A chain of the given length.
  public init(stateCount: Int) { self.stateCount = stateCount }

  /// Writes A(p) u.
  public func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let coupling: S = parameters[stateCount]
    for index in 0..<stateCount {
      var sum: S = (parameters[index] + 3 * coupling) * state[index]
      if index > 0 { sum -= coupling * state[index - 1] }
      if index + 1 < stateCount { sum -= 0.5 * coupling * state[index + 1] }
      residual[index] = sum
    }
  }
}
