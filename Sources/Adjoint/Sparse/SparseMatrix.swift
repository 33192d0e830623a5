/// A sparse matrix in compressed columns: a ``SparsityPattern`` and one value per slot.
public struct SparseMatrix: Sendable, Hashable {
  /// Where values are stored.
  public let pattern: SparsityPattern

  /// The stored values, slot by slot.
  public private(set) var values: [Double]

  /// A matrix with the given values on a pattern.
  ///
  /// - Throws: `InputError` if there is not one finite value per slot.
  public init(pattern: SparsityPattern, values: [Double]) throws {
    try Self.validate(values, on: pattern)
    self.pattern = pattern
    self.values = values
  }

  /// A matrix of a single column from its entries by row: `SparseMatrix(column: [0: 1, 7: -1], rowCount: n)`.
  ///
  /// - Throws: `SparseError` for a row that does not exist; `InputError` for a number that is not finite.
  public init(column entries: [Int: Double], rowCount: Int) throws {
    let sorted = entries.sorted { $0.key < $1.key }
    try self.init(
      pattern: SparsityPattern(
        rowCount: rowCount, columnCount: 1, columnPointers: [0, sorted.count],
        rowIndices: sorted.map(\.key)),
      values: sorted.map(\.value))
  }

  /// Replaces all values; the pattern stays.
  ///
  /// - Throws: `InputError` if there is not one finite value per slot.
  public mutating func replaceValues(_ values: [Double]) throws {
    try Self.validate(values, on: pattern)
    self.values = values
  }

  private static func validate(_ values: [Double], on pattern: SparsityPattern) throws {
    try InputError.requireLength("values", expected: pattern.entryCount, found: values.count)
    try InputError.requireFinite("values", values)
  }

  /// A matrix whose values are known to be valid.
  init(unchecked pattern: SparsityPattern, values: [Double]) {
    self.pattern = pattern
    self.values = values
  }

  /// The number of rows.
  public var rowCount: Int { pattern.rowCount }

  /// The number of columns.
  public var columnCount: Int { pattern.columnCount }

  /// The value at (row, column); zero where nothing is stored.
  public subscript(row: Int, column: Int) -> Double {
    guard let slot = pattern.slot(row: row, column: column) else { return 0 }
    return values[slot]
  }

  /// The transposed matrix Aᵀ, at a cost of O(rows + columns + entries).
  public var transposed: SparseMatrix {
    let (pattern, sources) = pattern.transposition
    return SparseMatrix(unchecked: pattern, values: sources.map { values[$0] })
  }
}

// MARK: Products

extension SparseMatrix {
  /// A x.
  ///
  /// - Throws: `InputError.wrongLength` unless x has a number per column.
  public func multiply(_ vector: [Double]) throws -> [Double] {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    var product = [Double](repeating: 0, count: rowCount)
    var span = product.mutableSpan
    multiply(vector.span, addingTo: &span)
    return product
  }

  /// Aᵀ x.
  ///
  /// - Throws: `InputError.wrongLength` unless x has a number per row.
  public func multiplyTransposed(_ vector: [Double]) throws -> [Double] {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    var product = [Double](repeating: 0, count: columnCount)
    var span = product.mutableSpan
    multiplyTransposed(vector.span, addingTo: &span)
    return product
  }

  /// y ← y + A x; indices were checked when the pattern was made.
  func multiply(_ vector: Span<Double>, addingTo product: inout MutableSpan<Double>) {
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let values = values.span
    for column in 0..<columnCount {
      let factor = vector[column]
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        product[unchecked: rows[unchecked: slot]] += values[unchecked: slot] * factor
      }
    }
  }

  /// y ← y + Aᵀ x; indices were checked when the pattern was made.
  func multiplyTransposed(_ vector: Span<Double>, addingTo product: inout MutableSpan<Double>) {
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let values = values.span
    for column in 0..<columnCount {
      var sum = 0.0
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        sum += values[unchecked: slot] * vector[unchecked: rows[unchecked: slot]]
      }
      product[column] += sum
    }
  }

  /// ‖A‖₁, the largest sum of absolute values of a column.
  public var columnSumNorm: Double {
    var largest = 0.0
    for column in 0..<columnCount {
      var sum = 0.0
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        sum += values[slot].magnitude
      }
      largest = max(largest, sum)
    }
    return largest
  }

  /// ‖A‖∞, the largest sum of absolute values of a row.
  public var rowSumNorm: Double {
    var sums = [Double](repeating: 0, count: rowCount)
    for slot in 0..<pattern.entryCount { sums[pattern.rowIndices[slot]] += values[slot].magnitude }
    return sums.max() ?? 0
  }
}
