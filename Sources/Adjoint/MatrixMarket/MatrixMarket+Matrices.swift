extension MatrixMarket {
  /// The real matrix, with the entries that follow from others unless `expanded` is false.
  ///
  /// The lower triangle of a symmetric matrix alone, `expanded: false`, is what a ``LinearSystem`` with
  /// ``LinearSystem/Storage/symmetricLower`` takes. Cost O(rows + columns + entries).
  ///
  /// - Throws: ``MatrixMarketError`` if the file holds a complex matrix.
  public func sparseMatrix(expanded: Bool = true) throws -> SparseMatrix {
    try requireReal()
    return try part(expanded: expanded) { index, isMirror in
      isMirror && symmetry == .skewSymmetric ? -values[index] : values[index]
    }
  }

  /// The matrix, complex or not, with the entries that follow from others.
  ///
  /// Cost O(rows + columns + entries).
  public func complexSparseMatrix() throws -> ComplexSparseMatrix {
    let isOdd = symmetry == .skewSymmetric
    let real = try part(expanded: true) { $1 && isOdd ? -values[$0] : values[$0] }
    guard field == .complex else {
      return try ComplexSparseMatrix(
        pattern: real.pattern, values: real.values.map { Complex($0) })
    }
    let isConjugate = symmetry == .hermitian
    let imaginary = try part(expanded: true) {
      $1 && (isOdd || isConjugate) ? -imaginaryValues[$0] : imaginaryValues[$0]
    }
    return try ComplexSparseMatrix(
      pattern: real.pattern,
      values: zip(real.values, imaginary.values).map { Complex($0, $1) })
  }

  /// All entries of the real matrix, column by column, zeros included.
  ///
  /// - Throws: ``MatrixMarketError`` if the file holds a complex matrix, or one with more than
  ///   ``largestSize`` entries.
  public func columns() throws -> [Double] {
    guard rowCount * columnCount <= Self.largestSize else {
      throw MatrixMarketError(.tooLarge(rowCount: rowCount, columnCount: columnCount))
    }
    let matrix = try sparseMatrix()
    var columns = [Double](repeating: 0, count: rowCount * columnCount)
    let pointers = matrix.pattern.columnPointers
    for column in 0..<columnCount {
      for slot in pointers[column]..<pointers[column + 1] {
        columns[column * rowCount + matrix.pattern.rowIndices[slot]] = matrix.values[slot]
      }
    }
    return columns
  }

  /// The only column of the real matrix.
  ///
  /// - Throws: ``MatrixMarketError`` if there is not one column, or if it is complex.
  public func vector() throws -> [Double] {
    try requireOneColumn()
    return try columns()
  }

  /// The only column of the matrix, complex or not.
  ///
  /// - Throws: ``MatrixMarketError`` if there is not one column.
  public func complexVector() throws -> [Complex<Double>] {
    try requireOneColumn()
    var vector = [Complex<Double>](repeating: .zero, count: rowCount)
    for index in 0..<storedCount {
      vector[rowIndices[index]] = Complex(
        values[index], field == .complex ? imaginaryValues[index] : 0)
    }
    return vector
  }

  /// One number for each entry: `number(index, isMirror)`, the mirror image of stored entry `index` or
  /// that entry itself.
  private func part(
    expanded: Bool, _ number: (Int, Bool) -> Double
  ) throws -> SparseMatrix {
    let addsMirrors = expanded && symmetry != .general
    var builder = try SparseMatrixBuilder(rowCount: rowCount, columnCount: columnCount)
    builder.reserveCapacity((addsMirrors ? 2 : 1) * storedCount)
    for index in 0..<storedCount {
      let row = rowIndices[index]
      let column = columnIndices[index]
      try builder.add(number(index, false), row: row, column: column)
      guard addsMirrors && row != column else { continue }
      try builder.add(number(index, true), row: column, column: row)
    }
    return try builder.build()
  }

  private func requireReal() throws {
    guard field != .complex else { throw MatrixMarketError(.notReal) }
  }

  private func requireOneColumn() throws {
    guard columnCount == 1 else {
      throw MatrixMarketError(.notAVector(rowCount: rowCount, columnCount: columnCount))
    }
  }
}
