/// What is wrong with a Matrix Market file, and in which line.
public struct MatrixMarketError: Error, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Sendable, Hashable {
    /// The file cannot be read or written, for the reason that the system gives.
    case inaccessible(path: String, reason: String)
    /// There is no first line `%%MatrixMarket matrix format field symmetry`.
    case noHeader(found: String)
    /// A word of the header is none that the format knows.
    case unknownWord(String, expected: String)
    /// The format has no such combination, as an array of a pattern.
    case impossibleHeader(reason: String)
    /// The size line is missing or is not what the format asks for.
    case badSize(found: String, expected: String)
    /// The sizes exceed what is read.
    case tooLarge(rowCount: Int, columnCount: Int)
    /// A matrix with such a symmetry must be square.
    case notSquare(rowCount: Int, columnCount: Int, symmetry: MatrixMarket.Symmetry)
    /// A line has more or fewer words than an entry.
    case wrongWordCount(expected: Int, found: Int)
    /// A word is no number of the kind that stands there.
    case notANumber(String)
    /// A number is infinite or NaN.
    case notFinite(String)
    /// An integer does not fit into a floating-point number.
    case inexactInteger(String)
    /// An entry lies outside the matrix; rows and columns count from one, as in the file.
    case outOfRange(row: Int, column: Int, rowCount: Int, columnCount: Int)
    /// An entry is one of those that follow from others; counting from one.
    case redundant(row: Int, column: Int, symmetry: MatrixMarket.Symmetry)
    /// The diagonal of a Hermitian matrix is real; counting from one.
    case complexDiagonal(row: Int)
    /// An entry is stored twice; counting from one.
    case duplicate(row: Int, column: Int, firstLine: Int)
    /// The file ends early.
    case tooFewEntries(expected: Int, found: Int)
    /// The file goes on after its last entry.
    case tooManyEntries(expected: Int)
    /// A real matrix was asked for where the file has a complex one.
    case notReal
    /// A vector was asked for where the file has more than one column.
    case notAVector(rowCount: Int, columnCount: Int)
  }

  /// What is wrong.
  public let problem: Problem

  /// The line, counted from one; nil where no line is at fault.
  public let line: Int?

  /// An error in a line.
  public init(_ problem: Problem, line: Int? = nil) {
    self.problem = problem
    self.line = line
  }

  /// What is wrong, for a person.
  public var description: String {
    guard let line else { return "\(problem)" }
    return "line \(line): \(problem)"
  }
}

extension MatrixMarketError.Problem: CustomStringConvertible {
  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .inaccessible(let path, let reason):
      "\(path): \(reason)"
    case .noHeader(let found):
      "expected \"%%MatrixMarket matrix …\", found \"\(found)\"; is this a Matrix Market file?"
    case .unknownWord(let word, let expected):
      "\"\(word)\" stands where one of these is expected: \(expected)"
    case .impossibleHeader(let reason):
      "the format has \(reason)"
    case .badSize(let found, let expected):
      "expected \(expected), found \"\(found)\""
    case .tooLarge(let rowCount, let columnCount):
      "\(rowCount) x \(columnCount) exceeds \(MatrixMarket.largestSize) rows or columns, or a dense "
        + "matrix of as many entries; is the size line damaged?"
    case .notSquare(let rowCount, let columnCount, let symmetry):
      "a \(symmetry.rawValue) matrix is square; this one is \(rowCount) x \(columnCount)"
    case .wrongWordCount(let expected, let found):
      "\(found) words where an entry has \(expected)"
    case .notANumber(let word):
      "\"\(word)\" is not a number of the kind that stands there"
    case .notFinite(let word):
      "\"\(word)\" is not a finite number"
    case .inexactInteger(let word):
      "the integer \(word) exceeds 2^53 and would be rounded; declare the field real if it may be"
    case .outOfRange(let row, let column, let rowCount, let columnCount):
      "entry (\(row), \(column)) lies outside a matrix of \(rowCount) x \(columnCount); indices "
        + "begin at 1"
    case .redundant(let row, let column, let symmetry):
      "entry (\(row), \(column)) of a \(symmetry.rawValue) matrix follows from others: store the "
        + "lower triangle only" + (symmetry == .skewSymmetric ? ", without the diagonal" : "")
    case .complexDiagonal(let row):
      "the diagonal entry (\(row), \(row)) of a hermitian matrix has an imaginary part"
    case .duplicate(let row, let column, let firstLine):
      "entry (\(row), \(column)) was given in line \(firstLine) before"
    case .tooFewEntries(let expected, let found):
      "the file ends after \(found) of \(expected) entries; was it cut off?"
    case .tooManyEntries(let expected):
      "more than the \(expected) entries that the size line announces"
    case .notReal:
      "the matrix is complex where a real one is needed"
    case .notAVector(let rowCount, let columnCount):
      "the matrix is \(rowCount) x \(columnCount) where a vector, one column, is needed"
    }
  }
}
