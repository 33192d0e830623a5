/// Where a sparse matrix may be nonzero, in compressed columns.
///
/// The rows of column j are `rowIndices[columnPointers[j] ..< columnPointers[j + 1]]`, strictly
/// increasing. A place in `rowIndices` is a *slot*; matrices on this pattern hold one value per slot.
/// The pattern is validated when it is made, so that whoever receives one can rely on it.
public struct SparsityPattern: Sendable, Hashable {
  /// The number of rows.
  public let rowCount: Int

  /// The number of columns.
  public let columnCount: Int

  /// Where each column begins in `rowIndices`, and the number of entries at the end.
  public let columnPointers: [Int]

  /// The row of each slot.
  public let rowIndices: [Int]

  /// The number of slots.
  public var entryCount: Int { rowIndices.count }

  /// Whether there are as many rows as columns.
  public var isSquare: Bool { rowCount == columnCount }

  /// A pattern from its compressed columns.
  ///
  /// - Throws: `SparseError` if the pointers do not increase from 0 to the number of row indices, or if
  ///   the rows of a column are not strictly increasing within range. Cost O(columns + entries).
  public init(
    rowCount: Int, columnCount: Int, columnPointers: [Int], rowIndices: [Int]
  ) throws {
    guard rowCount >= 0 && columnCount >= 0 else {
      throw SparseError.negativeSize(rows: rowCount, columns: columnCount)
    }
    guard
      columnPointers.count == columnCount + 1, columnPointers[0] == 0,
      columnPointers[columnCount] == rowIndices.count
    else {
      throw SparseError.columnPointersMismatch(
        columns: columnCount, pointers: columnPointers.count, entries: rowIndices.count)
    }
    for column in 0..<columnCount where columnPointers[column] > columnPointers[column + 1] {
      throw SparseError.columnPointersDecrease(column: column)
    }
    for column in 0..<columnCount {
      var previous = -1
      for row in rowIndices[columnPointers[column]..<columnPointers[column + 1]] {
        guard row >= 0 && row < rowCount else {
          throw SparseError.outOfRange(
            row: row, column: column, rows: rowCount, columns: columnCount)
        }
        guard row > previous else { throw SparseError.rowsNotIncreasing(column: column, row: row) }
        previous = row
      }
    }
    self.init(
      unchecked: rowCount, columnCount, columnPointers: columnPointers, rowIndices: rowIndices)
  }

  /// A pattern that is known to be valid.
  init(
    unchecked rowCount: Int, _ columnCount: Int, columnPointers: [Int], rowIndices: [Int]
  ) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.columnPointers = columnPointers
    self.rowIndices = rowIndices
  }

  /// The pattern of a full matrix.
  ///
  /// - Throws: `SparseError.negativeSize` for a negative size.
  public static func full(rowCount: Int, columnCount: Int) throws -> Self {
    guard rowCount >= 0 && columnCount >= 0 else {
      throw SparseError.negativeSize(rows: rowCount, columns: columnCount)
    }
    return Self(
      unchecked: rowCount, columnCount,
      columnPointers: (0...columnCount).map { $0 * rowCount },
      rowIndices: (0..<columnCount).flatMap { _ in 0..<rowCount })
  }

  /// The slots of a column, which must exist.
  @inline(__always)
  func slots(ofColumn column: Int) -> Range<Int> {
    columnPointers[column]..<columnPointers[column + 1]
  }

  /// The slot of the entry (row, column), by bisection; nil if it is not stored.
  public func slot(row: Int, column: Int) -> Int? {
    guard column >= 0 && column < columnCount else { return nil }
    var low = columnPointers[column]
    var high = columnPointers[column + 1]
    while low < high {
      let middle = (low + high) / 2
      if rowIndices[middle] < row { low = middle + 1 } else { high = middle }
    }
    return low < columnPointers[column + 1] && rowIndices[low] == row ? low : nil
  }

  /// The pattern of the transposed matrix, at a cost of O(rows + columns + entries).
  public var transposed: SparsityPattern { transposition.pattern }

  /// The transposed pattern, and for each of its slots the slot here that it came from.
  var transposition: (pattern: SparsityPattern, sourceSlots: [Int]) {
    var pointers = [Int](repeating: 0, count: rowCount + 1)
    for row in rowIndices { pointers[row + 1] += 1 }
    for row in 0..<rowCount { pointers[row + 1] += pointers[row] }
    var next = pointers
    var columns = [Int](repeating: 0, count: entryCount)
    var sources = columns
    for column in 0..<columnCount {
      for slot in columnPointers[column]..<columnPointers[column + 1] {
        let place = next[rowIndices[slot]]
        next[rowIndices[slot]] += 1
        columns[place] = column
        sources[place] = slot
      }
    }
    let pattern = SparsityPattern(
      unchecked: columnCount, rowCount, columnPointers: pointers, rowIndices: columns)
    return (pattern, sources)
  }
}
