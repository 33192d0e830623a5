extension MatrixMarket {
  /// The real matrix, with the entries that follow from others unless `expanded` is false.
  ///
  /// The lower triangle of a symmetric matrix alone, `expanded: false`, is what a ``LinearSystem`` with
  /// ``LinearSystem/Storage/symmetricLower`` takes. Cost O(rows + columns + entries).
  ///
  /// - Throws: ``MatrixMarketError`` if the file holds a complex matrix.
  public func sparseMatrix(expanded: Bool = true) throws -> SparseMatrix {
    try requireReal()
    var builder = try SparseMatrixBuilder(rowCount: rowCount, columnCount: columnCount)
    builder.reserveCapacity((expanded && symmetry != .general ? 2 : 1) * storedCount)
    for index in 0..<storedCount {
      let row = rowIndices[index]
      let column = columnIndices[index]
      try builder.add(values[index], row: row, column: column)
      guard expanded && symmetry != .general && row != column else { continue }
      let mirror = symmetry == .skewSymmetric ? -values[index] : values[index]
      try builder.add(mirror, row: column, column: row)
    }
    return try builder.build()
  }

  /// All entries of the real matrix, column by column, zeros included.
  ///
  /// - Throws: ``MatrixMarketError`` if the file holds a complex matrix, or one with more than
  ///   ``largestSize`` entries.
  public func columns() throws -> [Double] {
    try requireReal()
    guard rowCount * columnCount <= Self.largestSize else {
      throw MatrixMarketError(.tooLarge(rowCount: rowCount, columnCount: columnCount))
    }
    var columns = [Double](repeating: 0, count: rowCount * columnCount)
    for index in 0..<storedCount {
      let row = rowIndices[index]
      let column = columnIndices[index]
      columns[column * rowCount + row] = values[index]
      guard symmetry != .general && row != column else { continue }
      let mirror = symmetry == .skewSymmetric ? -values[index] : values[index]
      columns[row * rowCount + column] = mirror
    }
    return columns
  }

  /// The only column of the real matrix.
  ///
  /// - Throws: ``MatrixMarketError`` if there is not one column, or if it is complex.
  public func vector() throws -> [Double] {
    guard columnCount == 1 else {
      throw MatrixMarketError(.notAVector(rowCount: rowCount, columnCount: columnCount))
    }
    return try columns()
  }

  private func requireReal() throws {
    guard field != .complex else { throw MatrixMarketError(.notReal) }
  }
}
