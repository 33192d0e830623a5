extension MatrixMarket {
  /// The file of a sparse matrix: coordinate, real.
  ///
  /// With a symmetry other than general, the matrix holds the lower triangle only, without the
  /// diagonal if skew-symmetric.
  ///
  /// - Throws: ``MatrixMarketError`` if the matrix does not fit the symmetry.
  public init(
    _ matrix: SparseMatrix, symmetry: Symmetry = .general, comments: [String] = []
  ) throws {
    if symmetry == .hermitian {
      throw MatrixMarketError(
        .impossibleHeader(reason: "no hermitian matrices that are not complex"))
    }
    guard symmetry == .general || matrix.pattern.isSquare else {
      throw MatrixMarketError(
        .notSquare(
          rowCount: matrix.rowCount, columnCount: matrix.columnCount, symmetry: symmetry))
    }
    var entries = MatrixMarketEntries()
    entries.rows = matrix.pattern.rowIndices
    entries.values = matrix.values
    entries.columns.reserveCapacity(entries.rows.count)
    let pointers = matrix.pattern.columnPointers
    for column in 0..<matrix.columnCount {
      for slot in pointers[column]..<pointers[column + 1] {
        let row = entries.rows[slot]
        let isRedundant = symmetry == .skewSymmetric ? row <= column : row < column
        if symmetry != .general && isRedundant {
          throw MatrixMarketError(
            .redundant(row: row + 1, column: column + 1, symmetry: symmetry))
        }
        entries.columns.append(column)
      }
    }
    self.init(
      unchecked: .coordinate, .real, symmetry, rowCount: matrix.rowCount,
      columnCount: matrix.columnCount, entries: entries, comments: comments)
  }

  /// The file of a vector: array, real, general, one column.
  ///
  /// - Throws: `InputError.notFinite` if a number is infinite or NaN.
  public init(vector: [Double], comments: [String] = []) throws {
    try InputError.requireFinite("vector", vector)
    let entries = MatrixMarketEntries(
      rows: Array(0..<vector.count), columns: [Int](repeating: 0, count: vector.count),
      values: vector)
    self.init(
      unchecked: .array, .real, .general, rowCount: vector.count, columnCount: 1,
      entries: entries, comments: comments)
  }

  /// The text of the file; every number is read back as it is.
  public var text: String {
    let names = [format.rawValue, field.rawValue, symmetry.rawValue].joined(separator: " ")
    var text = "%%MatrixMarket matrix \(names)\n"
    // A comment of several lines is as many comments.
    for comment in comments {
      for line in comment.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline) {
        text += "%\(line)\n"
      }
    }
    text += "\(rowCount) \(columnCount)" + (format == .coordinate ? " \(storedCount)\n" : "\n")
    for index in 0..<storedCount {
      if format == .coordinate { text += "\(rowIndices[index] + 1) \(columnIndices[index] + 1)" }
      if field != .pattern {
        if format == .coordinate { text += " " }
        text += field == .integer ? "\(Int(values[index]))" : "\(values[index])"
        if field == .complex { text += " \(imaginaryValues[index])" }
      }
      text += "\n"
    }
    return text
  }

  /// Writes the file, or replaces it.
  ///
  /// - Throws: ``MatrixMarketError`` if that is not possible.
  public func write(to path: String) throws { try MatrixMarketStorage.write(text, to: path) }
}
