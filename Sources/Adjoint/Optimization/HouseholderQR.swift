/// The factorization A = Q R of a small dense matrix, columns stored one after the other, with at
/// least as many rows as columns, by Householder reflections (Golub and Van Loan, *Matrix
/// Computations*, 4th ed., algorithm 5.2.1).
struct HouseholderQR {
  let rowCount: Int
  let columnCount: Int
  /// R in the upper triangle, the reflections' vectors below and on the diagonal.
  private var vectors: [Double]
  private var diagonal: [Double]

  /// 2 m n² − 2 n³/3 operations for m rows and n columns.
  init(_ matrix: [Double], rowCount: Int, columnCount: Int) {
    self.rowCount = rowCount
    self.columnCount = columnCount
    vectors = matrix
    diagonal = []
    for column in 0..<columnCount {
      let start = column * rowCount
      let norm = vectors[start + column..<start + rowCount]
        .reduce(0) { $0 + $1 * $1 }.squareRoot()
      guard norm > 0 else {
        diagonal.append(0)
        continue
      }
      // The sign that avoids cancellation; the vector is scaled to vᵀv = 2 v₀.
      let signed = vectors[start + column] >= 0 ? norm : -norm
      for row in column..<rowCount { vectors[start + row] /= signed }
      vectors[start + column] += 1
      diagonal.append(-signed)
      for other in column + 1..<max(columnCount, column + 1) {
        reflect(column, &vectors, at: other * rowCount)
      }
    }
  }

  /// Qᵀ b.
  func transposedTimes(_ b: [Double]) -> [Double] {
    var result = b
    for column in 0..<columnCount where diagonal[column] != 0 { reflect(column, &result, at: 0) }
    return result
  }

  /// R with zeros below the diagonal, `columnCount` squared, columns one after the other.
  var upperTriangle: [Double] {
    var triangle = [Double](repeating: 0, count: columnCount * columnCount)
    for column in 0..<columnCount {
      for row in 0..<column {
        triangle[column * columnCount + row] = vectors[column * rowCount + row]
      }
      triangle[column * columnCount + column] = diagonal[column]
    }
    return triangle
  }

  /// x with R x = b (the first elements of it); nil if R is numerically singular.
  ///
  /// Singular means a diagonal entry below the rounding error of its column, which has the norm that
  /// the same column of A has.
  func solveUpper(_ b: [Double]) -> [Double]? {
    var x = Array(b[0..<columnCount])
    for column in (0..<columnCount).reversed() {
      guard abs(diagonal[column]) > Double(rowCount) * .ulpOfOne * norm(column) else { return nil }
      x[column] /= diagonal[column]
      for row in 0..<column { x[row] -= vectors[column * rowCount + row] * x[column] }
    }
    return x
  }

  /// (AᵀA)⁻¹ = R⁻¹ R⁻ᵀ; nil if R is numerically singular.
  func inverseNormalMatrix() -> [Double]? {
    var inverse: [[Double]] = []
    for column in 0..<columnCount {
      var unit = [Double](repeating: 0, count: columnCount)
      unit[column] = 1
      guard let solution = solveUpper(unit) else { return nil }
      inverse.append(solution)
    }
    var product = [Double](repeating: 0, count: columnCount * columnCount)
    for row in 0..<columnCount {
      for column in 0..<columnCount {
        product[row * columnCount + column] = inverse.reduce(0) { $0 + $1[row] * $1[column] }
      }
    }
    return product
  }

  private func norm(_ column: Int) -> Double {
    let start = column * rowCount
    let above = vectors[start..<start + column].reduce(0) { $0 + $1 * $1 }
    return (above + diagonal[column] * diagonal[column]).squareRoot()
  }

  /// Applies I − v vᵀ/v₀, the reflection made at `column`, to the vector at `offset`.
  private func reflect(_ column: Int, _ target: inout [Double], at offset: Int) {
    let start = column * rowCount
    var product = 0.0
    for row in column..<rowCount { product += vectors[start + row] * target[offset + row] }
    product /= vectors[start + column]
    for row in column..<rowCount { target[offset + row] -= product * vectors[start + row] }
  }
}
