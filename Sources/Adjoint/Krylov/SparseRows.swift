/// A sparse matrix by rows, with small indices.
///
/// Its buffers belong to it alone, and may have more room than it has entries.
struct SparseRows {
  let pointers: Buffer<Int32>
  let columns: Buffer<Int32>
  let values: Buffer<Double>
  let columnCount: Int

  var rowCount: Int { pointers.count - 1 }

  var entryCount: Int { Int(pointers[rowCount]) }

  @inline(__always)
  func range(_ row: Int) -> Range<Int> {
    Range(uncheckedBounds: (Int(pointers[row]), Int(pointers[row + 1])))
  }

  /// The transposed matrix, its columns ascending; cost O(rows + columns + entries).
  var transposed: SparseRows {
    let entryCount = entryCount
    let starts = Buffer<Int32>(count: columnCount + 1, repeating: 0)
    for slot in 0..<entryCount { starts[Int(columns[slot]) + 1] += 1 }
    for column in 0..<columnCount { starts[column + 1] += starts[column] }
    let next = Buffer<Int32>(count: columnCount, repeating: 0)
    for column in 0..<columnCount { next[column] = starts[column] }
    let rows = Buffer<Int32>(count: entryCount, repeating: 0)
    let entries = Buffer<Double>(count: entryCount, repeating: 0)
    for row in 0..<rowCount {
      for slot in range(row) {
        let column = Int(columns[slot])
        let place = Int(next[column])
        next[column] += 1
        rows[place] = Int32(truncatingIfNeeded: row)
        entries[place] = values[slot]
      }
    }
    return SparseRows(pointers: starts, columns: rows, values: entries, columnCount: rowCount)
  }
}
