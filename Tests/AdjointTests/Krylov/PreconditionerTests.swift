import Adjoint
import ReferenceProblems
import Testing

/// Matrices, right-hand sides and operators that the tests of iterations share.
enum KrylovSamples {
  /// Both triangles of a random diffusion operator on n × n nodes.
  static func poisson(_ size: Int) throws -> SparseMatrix {
    try LinearPoisson(size: size).fullMatrix()
  }

  static func convectionDiffusion(_ size: Int) throws -> SparseMatrix {
    try SampleMatrix.convectionDiffusion(size: size)
  }

  /// Random entries and a diagonal that exceeds the sum of their moduli.
  static func diagonallyDominant(_ order: Int, seed: UInt64 = 21) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: seed)
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for row in 0..<order {
        try builder.add(generator.uniform(in: 4..<6), row: row, column: row)
        for _ in 0..<5 {
          let column = Int.random(in: 0..<order, using: &generator)
          try builder.add(generator.uniform(in: -0.5..<0.5), row: row, column: column)
        }
      }
    }
  }

  /// Poisson's matrix less 3 I: symmetric, eigenvalues of both signs.
  static func indefinite(_ size: Int) throws -> SparseMatrix {
    let matrix = try poisson(size)
    return try SparseMatrix(rowCount: matrix.rowCount, columnCount: matrix.rowCount) { builder in
      for column in 0..<matrix.columnCount {
        for slot in matrix.pattern.columnPointers[
          column]..<matrix.pattern.columnPointers[column + 1]
        {
          let row = matrix.pattern.rowIndices[slot]
          try builder.add(matrix.values[slot] - (row == column ? 3 : 0), row: row, column: column)
        }
      }
    }
  }

  static func vector(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return generator.direction(count: count)
  }
}

extension LinearOperator {
  func applied(to vector: [Double]) throws -> [Double] {
    var product = [Double](repeating: .nan, count: rowCount)
    var span = product.mutableSpan
    try apply(vector.span, into: &span)
    return product
  }

  func transposedApplied(to vector: [Double]) throws -> [Double] {
    var product = [Double](repeating: .nan, count: columnCount)
    var span = product.mutableSpan
    try applyTransposed(vector.span, into: &span)
    return product
  }
}

@Suite("Preconditioners") struct PreconditionerTests {
  static func all() throws -> [(String, any Preconditioner)] {
    let unsymmetric = try KrylovSamples.convectionDiffusion(13)
    let dominant = try KrylovSamples.diagonallyDominant(150)
    let definite = try KrylovSamples.poisson(17)
    let factors = try LinearSolver().solve(
      LinearSystem(matrix: dominant, rightHandSide: KrylovSamples.vector(150, seed: 1))
    ).factors
    var options = AlgebraicMultigrid.Options()
    options.coarsestSize = 8
    return [
      ("Jacobi", try JacobiPreconditioner(unsymmetric)),
      ("ILU, convection–diffusion", try IncompleteLU(unsymmetric)),
      ("ILU, diagonally dominant", try IncompleteLU(dominant)),
      ("IC", try IncompleteCholesky(definite)),
      ("LU factors", FactorizationPreconditioner(factors)),
      ("multigrid", try AlgebraicMultigrid(definite, options: options)),
    ]
  }

  @Test("The transposed preconditioner is the transpose of the preconditioner")
  func transposes() throws {
    for (name, preconditioner) in try Self.all() {
      let count = preconditioner.rowCount
      for seed in UInt64(1)...5 {
        let v = KrylovSamples.vector(count, seed: seed)
        let w = KrylovSamples.vector(count, seed: seed + 100)
        let image = try preconditioner.applied(to: v)
        let transposed = try preconditioner.transposedApplied(to: w)
        var left = 0.0
        var right = 0.0
        var terms = 0.0
        for index in 0..<count {
          left += w[index] * image[index]
          right += transposed[index] * v[index]
          terms += (w[index] * image[index]).magnitude + (transposed[index] * v[index]).magnitude
        }
        // Rounding of well-conditioned solves of a few hundred unknowns: some hundred eps.
        #expect((left - right).magnitude <= 1e-13 * terms, "\(name)")
        // A control: the preconditioner itself is not its transpose where A is unsymmetric.
        if !preconditioner.isSymmetric {
          let wrong = try preconditioner.applied(to: w)
          let gap = left - zip(wrong, v).reduce(0) { $0 + $1.0 * $1.1 }
          #expect(gap.magnitude > 1e-6 * terms, "\(name)")
        }
      }
    }
  }

  @Test("Incomplete factors agree with A on its pattern, and are exact where there is no fill")
  func incompleteFactors() throws {
    // A tridiagonal matrix has no fill: the preconditioner is the inverse.
    let count = 30
    let tridiagonal = try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for row in 0..<count {
        try builder.add(4, row: row, column: row)
        if row > 0 { try builder.add(-1.5, row: row, column: row - 1) }
        if row + 1 < count { try builder.add(-0.5, row: row, column: row + 1) }
      }
    }
    let x = KrylovSamples.vector(count, seed: 3)
    let found = try IncompleteLU(tridiagonal).applied(to: tridiagonal.multiply(x))
    // The condition number is below 6.
    #expect(zip(found, x).allSatisfy { ($0 - $1).magnitude <= 1e-14 })
    let transposed = try IncompleteLU(tridiagonal)
      .transposedApplied(to: tridiagonal.multiplyTransposed(x))
    #expect(zip(transposed, x).allSatisfy { ($0 - $1).magnitude <= 1e-14 })
    let symmetric = try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for row in 0..<count {
        try builder.add(4, row: row, column: row)
        if row > 0 { try builder.add(-1, row: row, column: row - 1) }
        if row + 1 < count { try builder.add(-1, row: row, column: row + 1) }
      }
    }
    let cholesky = try IncompleteCholesky(symmetric)
    #expect(cholesky.shift == 0)
    let solved = try cholesky.applied(to: symmetric.multiply(x))
    #expect(zip(solved, x).allSatisfy { ($0 - $1).magnitude <= 1e-14 })
  }

  @Test("Incomplete LU of Poisson's matrix is incomplete Cholesky")
  func incompleteLUIsIncompleteCholesky() throws {
    let matrix = try KrylovSamples.poisson(9)
    let r = KrylovSamples.vector(81, seed: 4)
    let a = try IncompleteLU(matrix).applied(to: r)
    let b = try IncompleteCholesky(matrix).applied(to: r)
    let scale = a.map(\.magnitude).max() ?? 0
    #expect(zip(a, b).allSatisfy { ($0 - $1).magnitude <= 1e-13 * scale })
  }

  @Test("A positive definite matrix without incomplete Cholesky factors gets a shift")
  func shift() throws {
    // Kershaw's matrix: positive definite, yet its incomplete factorization meets a negative pivot.
    let rows: [[Double]] = [[3, -2, 0, 2], [-2, 3, -2, 0], [0, -2, 3, -2], [2, 0, -2, 3]]
    let matrix = try SparseMatrix(rowCount: 4, columnCount: 4) { builder in
      for (row, entries) in rows.enumerated() {
        for (column, value) in entries.enumerated() where value != 0 {
          try builder.add(value, row: row, column: column)
        }
      }
    }
    let preconditioner = try IncompleteCholesky(matrix)
    #expect(preconditioner.shift > 0)
    let system = try LinearSystem(matrix: matrix, rightHandSide: [1, 2, 3, 4])
    let solution = try KrylovSolver(.conjugateGradients).solve(
      system, preconditioner: preconditioner)
    #expect(try matrix.backwardError(solution.value, [1, 2, 3, 4]) <= 1e-10)
  }

  @Test("Matrices that cannot be preconditioned are refused by name")
  func refusals() throws {
    let missing = try SparseMatrix(rowCount: 2, columnCount: 2) { builder in
      try builder.add(1, row: 0, column: 1)
      try builder.add(1, row: 1, column: 0)
    }
    #expect(throws: FactorizationError.singular(column: 0)) { try JacobiPreconditioner(missing) }
    #expect(throws: FactorizationError.singular(column: 0)) { try IncompleteLU(missing) }
    #expect(throws: FactorizationError.singular(column: 0)) { try IncompleteCholesky(missing) }
    let negative = try SparseMatrix(rowCount: 2, columnCount: 2) { builder in
      try builder.add(1, row: 0, column: 0)
      try builder.add(-1, row: 1, column: 1)
    }
    #expect(throws: FactorizationError.notPositiveDefinite(column: 1)) {
      try IncompleteCholesky(negative)
    }
    #expect(throws: FactorizationError.notPositiveDefinite(column: 1)) {
      try AlgebraicMultigrid(negative)
    }
    let rectangular = try SparseMatrix(rowCount: 3, columnCount: 2) { builder in
      try builder.add(1, row: 0, column: 0)
    }
    #expect(throws: FactorizationError.notSquare(rowCount: 3, columnCount: 2)) {
      try IncompleteLU(rectangular)
    }
    #expect(throws: FactorizationError.self) {
      try AlgebraicMultigrid(KrylovSamples.convectionDiffusion(4))
    }
  }

  @Test("Multigrid makes iteration counts nearly independent of the number of unknowns")
  func multigridCounts() throws {
    var counts: [Int] = []
    for size in [64, 128, 256] {
      // Constant conductivities: the model problem of the literature.
      let matrix = try SparseMatrix(rowCount: size * size, columnCount: size * size) { builder in
        for node in 0..<size * size {
          try builder.add(4, row: node, column: node)
          if node % size + 1 < size { try builder.add(-1, row: node + 1, column: node) }
          if node + size < size * size { try builder.add(-1, row: node + size, column: node) }
        }
      }
      let system = try LinearSystem(
        matrix: matrix, rightHandSide: KrylovSamples.vector(size * size, seed: 5),
        storage: .symmetricLower)
      let multigrid = try AlgebraicMultigrid(matrix, storage: .symmetricLower)
      // Elimination leaves nine tenths of the entries, and each aggregation few of those.
      #expect(multigrid.operatorComplexity < 2.2)
      let solution = try KrylovSolver(.conjugateGradients).solve(
        system, preconditioner: multigrid)
      #expect(solution.statistics.backwardError <= 1e-10)
      counts.append(solution.statistics.iterations)
    }
    // Without preconditioner the count doubles with the size; here it may grow by a third.
    #expect(counts[2] <= 30, "\(counts)")
    #expect(3 * counts[2] <= 4 * counts[0] + 3, "\(counts)")
  }

  @Test("Multigrid of a matrix without strong couplings, and of order one, is exact")
  func multigridExtremes() throws {
    var options = AlgebraicMultigrid.Options()
    options.coarsestSize = 1
    let diagonal = try SparseMatrix(rowCount: 5, columnCount: 5) { builder in
      for row in 0..<5 { try builder.add(Double(row + 1), row: row, column: row) }
    }
    let multigrid = try AlgebraicMultigrid(diagonal, options: options)
    #expect(multigrid.levelSizes == [5])
    // Two square roots and divisions each.
    let solved = try multigrid.applied(to: [1, 2, 3, 4, 5])
    #expect(solved.allSatisfy { ($0 - 1).magnitude <= 8 * Double.ulpOfOne })
    let one = try AlgebraicMultigrid(SampleMatrix.oneByOne.make())
    #expect(try one.applied(to: [8]) == [2])
  }
}
