import Adjoint
import Testing

@Suite struct SparseMatrixTests {
  /// [[1, 0, 2], [0, 3, 0]] with an explicit zero at (1, 2).
  private func sample() throws -> SparseMatrix {
    try SparseMatrix(
      pattern: SparsityPattern(
        rowCount: 2, columnCount: 3, columnPointers: [0, 1, 2, 4], rowIndices: [0, 1, 0, 1]),
      values: [1, 3, 2, 0])
  }

  @Test("entries are found by row and column")
  func entries() throws {
    let matrix = try sample()
    #expect((0..<2).map { row in (0..<3).map { matrix[row, $0] } } == [[1, 0, 2], [0, 3, 0]])
    #expect(matrix.pattern.slot(row: 1, column: 2) == 3)
    #expect(matrix.pattern.slot(row: 1, column: 0) == nil)
    #expect(matrix.pattern.slot(row: 0, column: 3) == nil)
    #expect(matrix.pattern.slot(row: 5, column: 2) == nil)
    #expect(matrix.rowSumNorm == 3 && matrix.columnSumNorm == 3)
    #expect(!matrix.pattern.isLowerTriangular && !matrix.pattern.isSquare)
  }

  @Test("products with A and its transpose are exact for small integers")
  func products() throws {
    let matrix = try sample()
    #expect(try matrix.multiply([1, 10, 100]) == [201, 30])
    #expect(try matrix.multiplyTransposed([1, 10]) == [1, 30, 2])
    #expect(try matrix.transposed.multiply([1, 10]) == [1, 30, 2])
    #expect(matrix.transposed.transposed == matrix)
    #expect(throws: InputError.wrongLength(argument: "vector", expected: 3, found: 2)) {
      try matrix.multiply([1, 2])
    }
    #expect(throws: InputError.wrongLength(argument: "vector", expected: 2, found: 3)) {
      try matrix.multiplyTransposed([1, 2, 3])
    }
  }

  @Test("the products of random matrices are transposes of each other", arguments: 1...5)
  func dotProduct(_ seed: Int) throws {
    let matrix = try SampleMatrix.random(order: 30, seed: UInt64(seed))
    var generator = SeededGenerator(seed: UInt64(seed))
    let v = generator.direction(count: 30)
    let w = generator.direction(count: 30)
    let terms = zip(w, try matrix.multiply(v)).map(*)
    let left = terms.reduce(0, +)
    let right = zip(try matrix.multiplyTransposed(w), v).reduce(0) { $0 + $1.0 * $1.1 }
    // Two sums of 150 products each: n eps of the terms' size, with cancellation inside A v.
    let size: Double = terms.reduce(0) { $0 + abs($1) }
    #expect(abs(left - right) <= 300 * Double.ulpOfOne * size)
  }

  @Test("a builder sums duplicates and sorts, in any order of contributions", arguments: 1...5)
  func builder(_ seed: Int) throws {
    var generator = SeededGenerator(seed: UInt64(seed))
    var dense = [[Double]](repeating: [Double](repeating: 0, count: 7), count: 5)
    var builder = try SparseMatrixBuilder(rowCount: 5, columnCount: 7)
    for _ in 0..<40 {
      let row = Int.random(in: 0..<5, using: &generator)
      let column = Int.random(in: 0..<7, using: &generator)
      let value = Double(Int.random(in: -9...9, using: &generator))
      dense[row][column] += value
      try builder.add(value, row: row, column: column)
    }
    let matrix = try builder.build()
    #expect((0..<5).map { row in (0..<7).map { matrix[row, $0] } } == dense)
    // The map from contributions to slots reassembles the same pattern.
    let (pattern, slots) = builder.assemble()
    #expect(pattern == matrix.pattern && slots.count == 40)
    #expect(Set(slots) == Set(0..<pattern.entryCount))
    // The validating initializer accepts the pattern that the builder made.
    #expect(
      try SparsityPattern(
        rowCount: 5, columnCount: 7, columnPointers: pattern.columnPointers,
        rowIndices: pattern.rowIndices) == pattern)
  }

  @Test("malformed patterns are refused with their place")
  func malformed() throws {
    func make(_ rows: Int, _ columns: Int, _ pointers: [Int], _ indices: [Int]) throws {
      _ = try SparsityPattern(
        rowCount: rows, columnCount: columns, columnPointers: pointers, rowIndices: indices)
    }
    #expect(throws: SparseError.negativeSize(rows: -1, columns: 2)) { try make(-1, 2, [], []) }
    #expect(throws: SparseError.columnPointersMismatch(columns: 2, pointers: 2, entries: 1)) {
      try make(2, 2, [0, 1], [0])
    }
    #expect(throws: SparseError.columnPointersMismatch(columns: 2, pointers: 3, entries: 1)) {
      try make(2, 2, [1, 1, 1], [0])
    }
    #expect(throws: SparseError.columnPointersDecrease(column: 1)) {
      try make(2, 3, [0, 2, 1, 2], [0, 1])
    }
    #expect(throws: SparseError.outOfRange(row: 2, column: 0, rows: 2, columns: 1)) {
      try make(2, 1, [0, 1], [2])
    }
    #expect(throws: SparseError.outOfRange(row: -1, column: 0, rows: 2, columns: 1)) {
      try make(2, 1, [0, 1], [-1])
    }
    #expect(throws: SparseError.rowsNotIncreasing(column: 0, row: 1)) {
      try make(2, 1, [0, 2], [1, 1])
    }
    // A pointer beyond the entries that comes back is a decrease, not a trap.
    #expect(throws: SparseError.columnPointersDecrease(column: 1)) {
      try make(2, 2, [0, 9, 1], [0])
    }
    #expect(throws: SparseError.columnPointersDecrease(column: 0)) {
      try make(2, 2, [0, -3, 1], [0])
    }
  }

  @Test("bad values and contributions are refused")
  func badValues() throws {
    var matrix = try sample()
    #expect(throws: InputError.wrongLength(argument: "values", expected: 4, found: 1)) {
      try matrix.replaceValues([1])
    }
    #expect(throws: InputError.self) { try matrix.replaceValues([1, 2, .nan, 4]) }
    #expect(matrix.values == [1, 3, 2, 0])
    try matrix.replaceValues([4, 3, 2, 1])
    #expect(matrix[1, 2] == 1)
    var builder = try SparseMatrixBuilder(rowCount: 2, columnCount: 2)
    #expect(throws: SparseError.outOfRange(row: 2, column: 0, rows: 2, columns: 2)) {
      try builder.add(1, row: 2, column: 0)
    }
    try builder.add(.infinity, row: 0, column: 0)
    #expect(throws: InputError.self) { try builder.build() }
    #expect(throws: SparseError.self) { try SparseMatrixBuilder(rowCount: -1, columnCount: 0) }
    #expect(throws: SparseError.self) { try SparsityPattern.full(rowCount: 1, columnCount: -1) }
  }

  @Test("matrices without rows, columns or entries have products")
  func empty() throws {
    let noRows = try Self.zero(rows: 0, columns: 3)
    #expect(try noRows.multiply([1, 2, 3]) == [])
    #expect(try noRows.multiplyTransposed([]) == [0, 0, 0])
    #expect(noRows.transposed.rowCount == 3 && noRows.rowSumNorm == 0)
    #expect(try Self.zero(rows: 2, columns: 0).multiply([]) == [0, 0])
  }

  private static func zero(rows: Int, columns: Int) throws -> SparseMatrix {
    try SparseMatrixBuilder(rowCount: rows, columnCount: columns).build()
  }
}
