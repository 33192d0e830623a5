/// A matrix as a Matrix Market file states it: the entries that the file stores, in its order.
///
/// ```swift
/// let file = try MatrixMarket(path: "stiffness.mtx")
/// let matrix = try file.sparseMatrix()
/// try MatrixMarket(vector: x).write(to: "x.mtx")
/// ```
/// All of the format is read: coordinate and array; real, complex, integer and pattern; general,
/// symmetric, skew-symmetric and Hermitian. Reading is strict: what the format does not allow is an
/// error that names the line.
///
/// Source: Boisvert, Pozo and Remington, "The Matrix Market exchange formats: initial design",
/// NISTIR 5935 (1996).
public struct MatrixMarket: Sendable, Hashable {
  /// Whether the file states which entries it stores.
  public enum Format: String, Sendable, Hashable, CaseIterable {
    /// Entries with their row and column; the others are zero.
    case coordinate
    /// All entries, column by column.
    case array
  }

  /// What the entries are.
  public enum Field: String, Sendable, Hashable, CaseIterable {
    /// Real numbers.
    case real
    /// Complex numbers: real and imaginary part.
    case complex
    /// Integers; kept as floating-point numbers, so at most 2⁵³ in absolute value.
    case integer
    /// Only the places of entries are known; each counts as one.
    case pattern
  }

  /// Which entries follow from others.
  public enum Symmetry: String, Sendable, Hashable, CaseIterable {
    /// None.
    case general
    /// Those above the diagonal: aⱼᵢ = aᵢⱼ.
    case symmetric
    /// Those on and above the diagonal: aⱼᵢ = −aᵢⱼ.
    case skewSymmetric = "skew-symmetric"
    /// Those above the diagonal: aⱼᵢ is the conjugate of aᵢⱼ.
    case hermitian
  }

  /// The most rows, and the most columns, that a file may declare: 2²⁸.
  ///
  /// A damaged size line must not make a program ask for all memory there is.
  public static let largestSize = 1 << 28

  /// Whether the file states which entries it stores.
  public let format: Format

  /// What the entries are.
  public let field: Field

  /// Which entries follow from others.
  public let symmetry: Symmetry

  /// The number of rows.
  public let rowCount: Int

  /// The number of columns.
  public let columnCount: Int

  /// The row of each stored entry, from zero.
  public let rowIndices: [Int]

  /// The column of each stored entry, from zero.
  public let columnIndices: [Int]

  /// Each stored entry, or its real part.
  public let values: [Double]

  /// The imaginary part of each stored entry; empty unless the field is complex.
  public let imaginaryValues: [Double]

  /// The comment lines, without the percent sign.
  public let comments: [String]

  /// The number of stored entries.
  public var storedCount: Int { values.count }

  /// A file whose parts are known to fit together.
  init(
    unchecked format: Format, _ field: Field, _ symmetry: Symmetry, rowCount: Int,
    columnCount: Int, entries: MatrixMarketEntries, comments: [String]
  ) {
    self.format = format
    self.field = field
    self.symmetry = symmetry
    self.rowCount = rowCount
    self.columnCount = columnCount
    rowIndices = entries.rows
    columnIndices = entries.columns
    values = entries.values
    imaginaryValues = entries.imaginaryValues
    self.comments = comments
  }
}

/// The entries of a file while it is read.
struct MatrixMarketEntries {
  var rows: [Int] = []
  var columns: [Int] = []
  var values: [Double] = []
  var imaginaryValues: [Double] = []

  mutating func reserveCapacity(_ count: Int) {
    rows.reserveCapacity(count)
    columns.reserveCapacity(count)
    values.reserveCapacity(count)
  }
}
