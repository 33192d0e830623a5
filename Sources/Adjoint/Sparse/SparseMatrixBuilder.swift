/// Assembles a sparse matrix from contributions (row, column, value) in any order.
///
/// Contributions to the same entry are summed in the order in which they were added. An explicit zero is
/// stored: the pattern does not depend on values.
public struct SparseMatrixBuilder: Sendable {
  /// The number of rows.
  public let rowCount: Int

  /// The number of columns.
  public let columnCount: Int

  private var rows: [Int] = []
  private var columns: [Int] = []
  private var values: [Double] = []

  /// An empty matrix of the given size.
  ///
  /// - Throws: `SparseError.negativeSize` for a negative size.
  public init(rowCount: Int, columnCount: Int) throws {
    guard rowCount >= 0 && columnCount >= 0 else {
      throw SparseError.negativeSize(rows: rowCount, columns: columnCount)
    }
    self.rowCount = rowCount
    self.columnCount = columnCount
  }

  /// Makes room for `count` contributions.
  public mutating func reserveCapacity(_ count: Int) {
    rows.reserveCapacity(count)
    columns.reserveCapacity(count)
    values.reserveCapacity(count)
  }

  /// Adds `value` to the entry (row, column).
  ///
  /// - Throws: `SparseError.outOfRange` for an entry outside the matrix.
  public mutating func add(_ value: Double, row: Int, column: Int) throws {
    guard row >= 0 && row < rowCount && column >= 0 && column < columnCount else {
      throw SparseError.outOfRange(row: row, column: column, rows: rowCount, columns: columnCount)
    }
    rows.append(row)
    columns.append(column)
    values.append(value)
  }

  /// The matrix, at a cost of O(rows + columns + contributions).
  ///
  /// - Throws: `InputError.notFinite` if an entry is infinite or NaN.
  public func build() throws -> SparseMatrix {
    let (pattern, slots) = assemble()
    var sums = [Double](repeating: 0, count: pattern.entryCount)
    for (contribution, slot) in slots.enumerated() { sums[slot] += values[contribution] }
    return try SparseMatrix(pattern: pattern, values: sums)
  }

  /// The pattern alone, and for each contribution the slot that it is added to.
  ///
  /// With these, assembling again with other values is one pass: `values[slots[k]] += contribution k`.
  public func assemble() -> (pattern: SparsityPattern, slots: [Int]) {
    // Two stable bucket passes, by row and then by column, leave the contributions in slot order.
    let byRow = Self.stableOrder(Array(0..<rows.count), keys: rows, keyCount: rowCount)
    let order = Self.stableOrder(byRow, keys: columns, keyCount: columnCount)
    var columnPointers = [Int](repeating: 0, count: columnCount + 1)
    var rowIndices: [Int] = []
    var slots = [Int](repeating: 0, count: rows.count)
    var previous: (row: Int, column: Int) = (-1, -1)
    for contribution in order {
      let entry = (row: rows[contribution], column: columns[contribution])
      if entry != previous {
        rowIndices.append(entry.row)
        columnPointers[entry.column + 1] += 1
        previous = entry
      }
      slots[contribution] = rowIndices.count - 1
    }
    for column in 0..<columnCount { columnPointers[column + 1] += columnPointers[column] }
    let pattern = SparsityPattern(
      unchecked: rowCount, columnCount, columnPointers: columnPointers, rowIndices: rowIndices)
    return (pattern, slots)
  }

  private static func stableOrder(_ items: [Int], keys: [Int], keyCount: Int) -> [Int] {
    var next = [Int](repeating: 0, count: keyCount + 1)
    for item in items { next[keys[item] + 1] += 1 }
    for key in 0..<keyCount { next[key + 1] += next[key] }
    var order = items
    for item in items {
      order[next[keys[item]]] = item
      next[keys[item]] += 1
    }
    return order
  }
}
