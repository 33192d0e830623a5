import Adjoint
import ReferenceProblems
import Testing

@Suite struct CholeskyUpdateTests {
  /// A + sign W Wᵀ, on a pattern of its own.
  private func changed(
    _ matrix: SparseMatrix, by columns: SparseMatrix, sign: Double
  ) throws -> SparseMatrix {
    try SparseMatrix(rowCount: matrix.rowCount, columnCount: matrix.columnCount) { builder in
      for column in 0..<matrix.columnCount {
        let slots =
          matrix.pattern.columnPointers[column]..<matrix.pattern.columnPointers[column + 1]
        for slot in slots {
          try builder.add(matrix.values[slot], row: matrix.pattern.rowIndices[slot], column: column)
        }
      }
      for k in 0..<columns.columnCount {
        let slots = columns.pattern.columnPointers[k]..<columns.pattern.columnPointers[k + 1]
        for first in slots {
          for second in slots {
            try builder.add(
              sign * columns.values[first] * columns.values[second],
              row: columns.pattern.rowIndices[first], column: columns.pattern.rowIndices[second])
          }
        }
      }
    }
  }

  /// A few entries a column, so small that A − W Wᵀ stays definite.
  private func columns(_ order: Int, count: Int, size: Double, seed: UInt64) throws -> SparseMatrix
  {
    var generator = SeededGenerator(seed: seed)
    return try SparseMatrix(rowCount: order, columnCount: count) { builder in
      for column in 0..<count {
        for _ in 0..<min(3, order) {
          try builder.add(
            size * generator.uniform(in: -1..<1),
            row: Int.random(in: 0..<order, using: &generator), column: column)
        }
      }
    }
  }

  private func expectSolves(
    _ factors: CholeskyFactorization, _ matrix: SparseMatrix,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    var generator = SeededGenerator(seed: 53)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    let fresh = try CholeskyFactorization(matrix)
    // The errors of some ten updates, each a few n eps.
    let bound = 64 * Double(matrix.rowCount) * Double.ulpOfOne
    for solver in [factors, fresh] {
      let solution = try solver.solve(rightHandSide)
      #expect(
        try matrix.backwardError(solution, rightHandSide) <= bound, sourceLocation: sourceLocation)
      #expect(try solver.solveTransposed(rightHandSide) == solution, sourceLocation: sourceLocation)
    }
    let unit = try SparseMatrix(column: [0: 1], rowCount: matrix.rowCount)
    let last = matrix.rowCount - 1
    let first = try factors.solve(unit, entries: [last])[0]
    let second = try fresh.solve(unit, entries: [last])[0]
    #expect(abs(first - second) <= 1e-11 * (1 + abs(second)), sourceLocation: sourceLocation)
  }

  @Test(
    "updates and downdates agree with fresh factors, for single columns and supernodes",
    arguments: [1, 8, 60], [1, 3, 12])
  func updates(_ size: Int, _ count: Int) throws {
    let matrix = try LinearPoisson(size: size).fullMatrix()
    let factors = try CholeskyFactorization(matrix)
    let columns = try columns(matrix.rowCount, count: count, size: 0.02, seed: 51)
    let larger = try changed(matrix, by: columns, sign: 1)
    try factors.update(adding: columns)
    try expectSolves(factors, larger)
    try factors.downdate(subtracting: columns)
    try expectSolves(factors, matrix)
    try factors.downdate(subtracting: columns)
    try expectSolves(factors, changed(matrix, by: columns, sign: -1))
    // Negative control: the factors are no longer those of the first matrix.
    let ones = [Double](repeating: 1, count: matrix.rowCount)
    #expect(try matrix.backwardError(factors.solve(ones), ones) > 1e-9)
  }

  @Test("a refactorization forgets updates, bit for bit", arguments: [8, 60])
  func refactorization(_ size: Int) throws {
    let matrix = try LinearPoisson(size: size).fullMatrix()
    let ones = [Double](repeating: 1, count: matrix.rowCount)
    let factors = try CholeskyFactorization(matrix)
    let before = try factors.solve(ones)
    let entryCount = factors.statistics.factorEntryCount
    try factors.update(
      adding: SparseMatrix(column: [0: 2, size * size - 1: 1], rowCount: size * size))
    #expect(try factors.solve(ones) != before)
    try factors.refactorize(matrix)
    #expect(try factors.solve(ones) == before)
    #expect(factors.statistics.factorEntryCount == entryCount)
  }

  @Test("a downdate that leaves no definite matrix is an error, and there are no factors after it")
  func indefinite() throws {
    let matrix = try LinearPoisson(size: 5).fullMatrix()
    let factors = try CholeskyFactorization(matrix)
    let tooMuch = try SparseMatrix(column: [7: 10], rowCount: 25)
    #expect(throws: FactorizationError.self) { try factors.downdate(subtracting: tooMuch) }
    #expect(throws: FactorizationError.noFactors) {
      try factors.solve([Double](repeating: 1, count: 25))
    }
    #expect(throws: FactorizationError.noFactors) { try factors.update(adding: tooMuch) }
    try factors.refactorize(matrix)
    try expectSolves(factors, matrix)
  }

  @Test("a downdate to a singular matrix is an error")
  func singular() throws {
    // 4 − 2² = 0, and [2 1; 1 2] − 1.5 [1 1][1 1]ᵀ has the null vector [1 1].
    let one = try CholeskyFactorization(SparseMatrix(column: [0: 4], rowCount: 1))
    #expect(throws: FactorizationError.notPositiveDefinite(column: 0)) {
      try one.downdate(subtracting: SparseMatrix(column: [0: 2], rowCount: 1))
    }
    let two = try CholeskyFactorization(
      SparseMatrix(pattern: .full(rowCount: 2, columnCount: 2), values: [2, 1, 1, 2]))
    let root = 1.5.squareRoot()
    #expect(throws: FactorizationError.self) {
      try two.downdate(subtracting: SparseMatrix(column: [0: root, 1: root], rowCount: 2))
    }
  }

  @Test("columns of the wrong length are refused, empty ones change nothing")
  func badArguments() throws {
    let matrix = try LinearPoisson(size: 5).fullMatrix()
    let factors = try CholeskyFactorization(matrix)
    #expect(throws: InputError.self) {
      try factors.update(adding: SparseMatrix(column: [0: 1], rowCount: 24))
    }
    #expect(throws: SparseError.self) { try SparseMatrix(column: [25: 1], rowCount: 25) }
    try factors.update(adding: SparseMatrix(column: [:], rowCount: 25))
    try factors.update(adding: SparseMatrixBuilder(rowCount: 25, columnCount: 0).build())
    try expectSolves(factors, matrix)
  }
}
