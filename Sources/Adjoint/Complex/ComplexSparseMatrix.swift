/// A sparse complex matrix in compressed columns: a ``SparsityPattern`` and one complex value per slot.
public struct ComplexSparseMatrix: Sendable, Hashable {
  /// Where values are stored.
  public let pattern: SparsityPattern

  /// The stored values, slot by slot.
  public private(set) var values: [Complex<Double>]

  /// A matrix with the given values on a pattern.
  ///
  /// - Throws: `InputError` if there is not one finite value per slot.
  public init(pattern: SparsityPattern, values: [Complex<Double>]) throws {
    try Self.validate(values, on: pattern)
    self.pattern = pattern
    self.values = values
  }

  /// The matrix A + i B on the union of both patterns, at a cost of O(columns + entries).
  ///
  /// - Throws: `InputError.wrongLength` unless A and B have the same size.
  public init(real: SparseMatrix, imaginary: SparseMatrix) throws {
    try InputError.requireLength(
      "rows of the imaginary part", expected: real.rowCount, found: imaginary.rowCount)
    try InputError.requireLength(
      "columns of the imaginary part", expected: real.columnCount, found: imaginary.columnCount)
    let (pattern, slots) = real.pattern.union(imaginary.pattern)
    self.pattern = pattern
    values = slots.map { first, second in
      Complex(first.map { real.values[$0] } ?? 0, second.map { imaginary.values[$0] } ?? 0)
    }
  }

  /// Replaces all values; the pattern stays.
  ///
  /// - Throws: `InputError` if there is not one finite value per slot.
  public mutating func replaceValues(_ values: [Complex<Double>]) throws {
    try Self.validate(values, on: pattern)
    self.values = values
  }

  private static func validate(
    _ values: [Complex<Double>], on pattern: SparsityPattern
  ) throws {
    try InputError.requireLength("values", expected: pattern.entryCount, found: values.count)
    try InputError.requireFinite("values", values)
  }

  /// The number of rows.
  public var rowCount: Int { pattern.rowCount }

  /// The number of columns.
  public var columnCount: Int { pattern.columnCount }

  /// The value at (row, column); zero where nothing is stored.
  public subscript(row: Int, column: Int) -> Complex<Double> {
    guard let slot = pattern.slot(row: row, column: column) else { return .zero }
    return values[slot]
  }

  /// A x.
  ///
  /// - Throws: `InputError.wrongLength` unless x has a number per column.
  public func multiply(_ vector: [Complex<Double>]) throws -> [Complex<Double>] {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    var product = [Complex<Double>](repeating: .zero, count: rowCount)
    forEachEntry { row, column, value in product[row] += value * vector[column] }
    return product
  }

  /// Aᵀ x, without conjugation.
  ///
  /// - Throws: `InputError.wrongLength` unless x has a number per row.
  public func multiplyTransposed(_ vector: [Complex<Double>]) throws -> [Complex<Double>] {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    var product = [Complex<Double>](repeating: .zero, count: columnCount)
    forEachEntry { row, column, value in product[column] += value * vector[row] }
    return product
  }

  /// Aᴴ x, with Aᴴ the conjugate of Aᵀ.
  ///
  /// - Throws: `InputError.wrongLength` unless x has a number per row.
  public func multiplyConjugateTransposed(
    _ vector: [Complex<Double>]
  ) throws -> [Complex<Double>] {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    var product = [Complex<Double>](repeating: .zero, count: columnCount)
    forEachEntry { row, column, value in product[column] += value.conjugate * vector[row] }
    return product
  }

  /// Calls `body` with each stored entry, column by column.
  @inline(__always)
  func forEachEntry(_ body: (_ row: Int, _ column: Int, _ value: Complex<Double>) -> Void) {
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let values = values.span
    for column in 0..<columnCount {
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        body(rows[unchecked: slot], column, values[unchecked: slot])
      }
    }
  }
}

extension SparsityPattern {
  /// The union of two patterns of the same size, and for each of its slots those it comes from.
  func union(
    _ other: SparsityPattern
  ) -> (pattern: SparsityPattern, slots: [(first: Int?, second: Int?)]) {
    var pointers = [0]
    var rows: [Int] = []
    var slots: [(first: Int?, second: Int?)] = []
    rows.reserveCapacity(max(entryCount, other.entryCount))
    slots.reserveCapacity(max(entryCount, other.entryCount))
    for column in 0..<columnCount {
      var first = columnPointers[column]
      var second = other.columnPointers[column]
      let firstEnd = columnPointers[column + 1]
      let secondEnd = other.columnPointers[column + 1]
      while first < firstEnd || second < secondEnd {
        let firstRow = first < firstEnd ? rowIndices[first] : rowCount
        let secondRow = second < secondEnd ? other.rowIndices[second] : rowCount
        rows.append(min(firstRow, secondRow))
        slots.append(
          (firstRow <= secondRow ? first : nil, secondRow <= firstRow ? second : nil))
        if firstRow <= secondRow { first += 1 }
        if secondRow <= firstRow { second += 1 }
      }
      pointers.append(rows.count)
    }
    let union = SparsityPattern(
      unchecked: rowCount, columnCount, columnPointers: pointers, rowIndices: rows)
    return (union, slots)
  }
}
