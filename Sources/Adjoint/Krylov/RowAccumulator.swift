/// A sparse matrix that is made row by row, each row a sum of entries in any order.
struct RowAccumulator {
  private let pointers: Buffer<Int32>
  private var rowCount = 0
  private var columnBuffer: Buffer<Int32>
  private var valueBuffer: Buffer<Double>
  private let placeBuffer: Buffer<Int32>
  // The buffers' elements, so that an addition does not look for their addresses.
  private var columns: UnsafeMutableBufferPointer<Int32>
  private var values: UnsafeMutableBufferPointer<Double>
  /// Where the entry of a column is, if that is in the current row.
  private let places: UnsafeMutableBufferPointer<Int32>
  private var start: Int32 = 0
  private var end: Int32 = 0

  /// A matrix of so many rows and columns, and about as many entries as the capacity.
  init(rowCount: Int, columnCount: Int, capacity: Int) {
    pointers = Buffer(count: rowCount + 1, repeating: 0)
    placeBuffer = Buffer(count: columnCount, repeating: -1)
    columnBuffer = Buffer(count: max(capacity, 16), repeating: 0)
    valueBuffer = Buffer(count: max(capacity, 16), repeating: 0)
    places = placeBuffer.all
    columns = columnBuffer.all
    values = valueBuffer.all
  }

  /// Adds to the entry of the current row in a column.
  @inline(__always)
  mutating func add(_ value: Double, _ column: Int32) {
    let place = places[Int(column)]
    guard place < start else {
      values[Int(place)] += value
      return
    }
    if Int(end) == columns.count { grow() }
    places[Int(column)] = end
    columns[Int(end)] = column
    values[Int(end)] = value
    end += 1
  }

  /// Ends the current row.
  mutating func endRow() {
    start = end
    rowCount += 1
    pointers[rowCount] = end
  }

  /// Takes the entry that was added first out of the current row, and returns its value.
  mutating func takeFirst() -> Double {
    end -= 1
    let first = values[Int(start)]
    places[Int(columns[Int(end)])] = start
    places[Int(columns[Int(start)])] = -1
    columns[Int(start)] = columns[Int(end)]
    values[Int(start)] = values[Int(end)]
    return first
  }

  private mutating func grow() {
    let (oldColumns, oldValues) = (columnBuffer, valueBuffer)
    columnBuffer = Buffer(count: 2 * oldColumns.count, repeating: 0)
    valueBuffer = Buffer(count: 2 * oldValues.count, repeating: 0)
    columns = columnBuffer.all
    values = valueBuffer.all
    for place in 0..<oldColumns.count {
      columns[place] = oldColumns[place]
      values[place] = oldValues[place]
    }
  }

  /// The matrix, once all its rows have ended; the entries of a row are in the order in which they
  /// first appeared.
  var rows: SparseRows {
    SparseRows(
      pointers: pointers, columns: columnBuffer, values: valueBuffer, columnCount: placeBuffer.count
    )
  }
}
