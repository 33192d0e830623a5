import Adjoint

extension DifferentiableRegistry {
  /// Solutions of quadratic programs, with their multipliers, with respect to H, g, A and b.
  static func quadraticPrograms() throws -> [DifferentiableOperation] {
    let definite = try EqualityProgram.make(unknowns: 12, constraints: 4)
    let indefinite = try EqualityProgram.make(unknowns: 12, constraints: 4, isIndefinite: true)
    let free = try EqualityProgram.make(unknowns: 6, constraints: 0)
    return [
      quadraticProgram("definite Hessian, LU", definite, .lu),
      quadraticProgram("definite Hessian, KLU", definite, .klu),
      quadraticProgram("indefinite Hessian, definite on the constraints", indefinite, .lu),
      quadraticProgram("without constraints", free, .lu),
    ]
  }

  private static func quadraticProgram(
    _ variant: String, _ program: QuadraticProgram, _ method: LinearSolver.Method
  ) -> DifferentiableOperation {
    let (hessian, constraints) = (program.hessian.pattern, program.constraintMatrix.pattern)
    let counts = [
      hessian.entryCount, program.unknownCount, constraints.entryCount, program.constraintCount,
    ]
    @Sendable func parts(_ x: [Double]) -> [[Double]] {
      var start = 0
      return counts.map { count in
        defer { start += count }
        return Array(x[start..<start + count])
      }
    }
    @Sendable func solve(_ x: [Double]) throws -> QuadraticProgramSolution {
      let parts = parts(x)
      var options = QuadraticProgramSolver.Options()
      options.linear.method = method
      return try QuadraticProgramSolver(options: options).solve(
        QuadraticProgram(
          hessian: SparseMatrix(pattern: hessian, values: parts[0]), linearTerm: parts[1],
          constraintMatrix: SparseMatrix(pattern: constraints, values: parts[2]),
          constraintValues: parts[3]))
    }
    let point =
      program.hessian.values + program.linearTerm + program.constraintMatrix.values
      + program.constraintValues
    return DifferentiableOperation(QuadraticProgramSolution.self, variant, at: point) {
      DifferentiableMap(
        name: variant,
        value: {
          let solution = try solve($0)
          return solution.value + solution.multipliers
        },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value + solution.multipliers,
            pushforward: { tangent in
              let parts = parts(tangent)
              let result = try solution.pushforward(
                hessian: parts[0], linearTerm: parts[1], constraintMatrix: parts[2],
                constraintValues: parts[3])
              return result.value + result.multipliers
            },
            pullback: { cotangent in
              let count = solution.value.count
              let gradient = try solution.pullback(
                Array(cotangent.prefix(count)), multipliers: Array(cotangent.dropFirst(count)))
              return gradient.hessian.values + gradient.linearTerm
                + gradient.constraintMatrix.values + gradient.constraintValues
            })
        })
    }
  }
}

/// Chains of unknowns held together by springs, of which some are tied to each other.
public enum EqualityProgram {
  /// H is tridiagonal, 3 + i/10 on the diagonal and −1 beside it; row i of A ties the unknowns i and i + 2 and the
  /// last, with random numbers.
  ///
  /// If it is to be indefinite, the first unknown gets negative curvature, and the first constraint holds it
  /// alone.
  public static func make(
    unknowns: Int, constraints: Int, isIndefinite: Bool = false
  ) throws -> QuadraticProgram {
    var generator = SeededGenerator(seed: 41)
    var hessian = try SparseMatrixBuilder(rowCount: unknowns, columnCount: unknowns)
    for index in 0..<unknowns {
      let isNegative = isIndefinite && index == 0
      try hessian.add(isNegative ? -2 : 3 + 0.1 * Double(index), row: index, column: index)
      if index + 1 < unknowns { try hessian.add(-1, row: index + 1, column: index) }
    }
    var matrix = try SparseMatrixBuilder(rowCount: constraints, columnCount: unknowns)
    for row in 0..<constraints {
      try matrix.add(generator.uniform(in: 1..<2), row: row, column: row)
      if isIndefinite && row == 0 { continue }
      try matrix.add(generator.uniform(in: -1..<0), row: row, column: row + 2)
      try matrix.add(generator.uniform(in: 0.2..<0.4), row: row, column: unknowns - 1)
    }
    return try QuadraticProgram(
      hessian: hessian.build(), linearTerm: generator.direction(count: unknowns),
      constraintMatrix: matrix.build(), constraintValues: generator.direction(count: constraints))
  }
}
