/// What is wrong with the description of a sparse matrix.
public enum SparseError: Error, Equatable, CustomStringConvertible {
  /// A number of rows or columns is negative.
  case negativeSize(rows: Int, columns: Int)
  /// There must be one pointer more than columns, from 0 to the number of entries.
  case columnPointersMismatch(columns: Int, pointers: Int, entries: Int)
  /// A column ends before it begins.
  case columnPointersDecrease(column: Int)
  /// The rows of a column must be strictly increasing; a duplicate is an error too.
  case rowsNotIncreasing(column: Int, row: Int)
  /// An entry lies outside the matrix.
  case outOfRange(row: Int, column: Int, rows: Int, columns: Int)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .negativeSize(let rows, let columns):
      "a matrix of \(rows) × \(columns): sizes must not be negative"
    case .columnPointersMismatch(let columns, let pointers, let entries):
      """
      \(columns) columns need \(columns + 1) column pointers, from 0 to the number of entries \
      \(entries); there are \(pointers), or the first or last is another number
      """
    case .columnPointersDecrease(let column):
      "column \(column) ends before it begins: column pointers must not decrease"
    case .rowsNotIncreasing(let column, let row):
      "the rows of column \(column) are not strictly increasing at row \(row)"
    case .outOfRange(let row, let column, let rows, let columns):
      "entry (\(row), \(column)) lies outside a matrix of \(rows) × \(columns); indices begin at 0"
    }
  }
}
