/// What is wrong with a file of observations.
enum TimeSeriesError: Error, Equatable, CustomStringConvertible {
  /// The file cannot be read or is no table.
  case unreadable(path: String, reason: String)
  /// The file holds nothing.
  case empty(path: String)
  /// None of the names is a heading.
  case missingColumn(path: String, names: [String], headings: [String])
  /// Two columns have one name.
  case duplicateColumn(path: String, column: String)
  /// A row has more or fewer cells than the header.
  case raggedRow(path: String, line: Int, expected: Int, found: Int)
  /// A cell holds nothing.
  case emptyCell(path: String, line: Int, column: String)
  /// A cell holds something else than a number.
  case notANumber(path: String, line: Int, column: String, text: String)
  /// A cell holds an infinite number or none.
  case notFinite(path: String, line: Int, column: String, text: String)
  /// A time is not later than the one before it.
  case timeNotAscending(path: String, line: Int, time: Double, previous: Double)
  /// A number has no logarithm.
  case notPositive(path: String, line: Int, column: String, value: Double)
  /// A column of populations holds no positive number.
  case nothingObserved(path: String, column: String)
  /// There are fewer rows than a fit needs.
  case tooFewRows(path: String, count: Int, needed: Int)

  var description: String {
    switch self {
    case .unreadable(let path, let reason):
      return "\(path) cannot be read: \(reason)"
    case .empty(let path):
      return "\(path) is empty; it needs a header and a row for each observation"
    case .missingColumn(let path, let names, let headings):
      return "\(path) has no column \(names.map { "\"\($0)\"" }.joined(separator: " or ")); "
        + "its columns are \(headings.map { "\"\($0)\"" }.joined(separator: ", ")). "
        + "Name the columns to use with --columns"
    case .duplicateColumn(let path, let column):
      return "\(path) has more than one column \"\(column)\""
    case .raggedRow(let path, let line, let expected, let found):
      return "\(path), line \(line): \(found) cells where the header has \(expected)"
    case .emptyCell(let path, let line, let column):
      return "\(path), line \(line), column \"\(column)\": the cell is empty"
    case .notANumber(let path, let line, let column, let text):
      return "\(path), line \(line), column \"\(column)\": \"\(text)\" is not a number"
    case .notFinite(let path, let line, let column, let text):
      return "\(path), line \(line), column \"\(column)\": \"\(text)\" is not a finite number"
    case .timeNotAscending(let path, let line, let time, let previous):
      return "\(path), line \(line): the time \(time) does not follow \(previous); "
        + "sort the rows by time and remove repetitions"
    case .notPositive(let path, let line, let column, let value):
      return "\(path), line \(line), column \"\(column)\": \(value) has no logarithm; "
        + "fit without --log"
    case .nothingObserved(let path, let column):
      return "\(path), column \"\(column)\": no value is positive"
    case .tooFewRows(let path, let count, let needed):
      return "\(path) has \(count) observations; the fit needs at least \(needed)"
    }
  }
}
