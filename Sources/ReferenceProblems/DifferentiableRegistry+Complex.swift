import Adjoint

extension DifferentiableRegistry {
  /// Solutions of complex systems with respect to the real and imaginary parts of A's entries and b.
  static func complexLinearSolutions() throws -> [DifferentiableOperation] {
    let unsymmetric = try ConvectionDiffusion(side: 4).pattern
    let strip = try ComplexHelmholtz(size: 4, wavenumber: 5, damping: 0.3)
    return try [
      complexOperation("random values on the pattern of a grid", on: unsymmetric),
      complexOperation("Helmholtz's equation with absorption", strip.system()),
    ]
  }

  private static func complexOperation(
    _ variant: String, on pattern: SparsityPattern
  ) throws -> DifferentiableOperation {
    var values = numbers(2 * pattern.entryCount, seed: 31)
    for column in 0..<pattern.columnCount {
      if let slot = pattern.slot(row: column, column: column) { values[2 * slot] += 6 }
    }
    return try complexOperation(
      variant,
      ComplexLinearSystem(
        matrix: ComplexSparseMatrix(pattern: pattern, values: values.pairs),
        rightHandSide: numbers(2 * pattern.rowCount, seed: 32).pairs))
  }

  /// The map (parts of the stored entries of A, parts of b) ↦ parts of x.
  private static func complexOperation(
    _ variant: String, _ system: ComplexLinearSystem
  ) throws -> DifferentiableOperation {
    let pattern = system.matrix.pattern
    let count = pattern.entryCount
    @Sendable func solve(_ x: [Double]) throws -> ComplexLinearSolution {
      let numbers = x.pairs
      return try ComplexLinearSolver().solve(
        ComplexLinearSystem(
          matrix: ComplexSparseMatrix(pattern: pattern, values: Array(numbers.prefix(count))),
          rightHandSide: Array(numbers.dropFirst(count))))
    }
    return DifferentiableOperation(
      ComplexLinearSolution.self, variant,
      at: (system.matrix.values + system.rightHandSide).parts
    ) {
      DifferentiableMap(
        name: variant, value: { try solve($0).value.parts },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value.parts,
            pushforward: { tangent in
              let tangent = tangent.pairs
              return try solution.pushforward(
                matrix: Array(tangent.prefix(count)),
                rightHandSide: Array(tangent.dropFirst(count))
              ).parts
            },
            pullback: { cotangent in
              let gradient = try solution.pullback(cotangent.pairs)
              return (gradient.matrix.values + gradient.rightHandSide).parts
            })
        })
    }
  }
}

extension [Complex<Double>] {
  /// Real and imaginary parts in turn.
  public var parts: [Double] { flatMap { [$0.real, $0.imaginary] } }
}

extension [Double] {
  /// The complex numbers whose real and imaginary parts these are in turn.
  public var pairs: [Complex<Double>] {
    (0..<count / 2).map { Complex(self[2 * $0], self[2 * $0 + 1]) }
  }
}
