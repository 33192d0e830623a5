// Symmetric matrices of which the lower triangle S is stored: A = S + Sᵀ − diag(S).

extension SparseMatrix {
  /// y ← y + A x.
  func multiplySymmetric(_ vector: Span<Double>, addingTo product: inout MutableSpan<Double>) {
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let values = values.span
    for column in 0..<columnCount {
      let factor = vector[column]
      var slot = pointers[unchecked: column]
      let end = pointers[unchecked: column + 1]
      var sum = 0.0
      // The diagonal entry, if there is one, comes first.
      if slot < end && rows[unchecked: slot] == column {
        sum = values[unchecked: slot] * factor
        slot += 1
      }
      while slot < end {
        let row = rows[unchecked: slot]
        let value = values[unchecked: slot]
        sum += value * vector[unchecked: row]
        product[unchecked: row] += value * factor
        slot += 1
      }
      product[column] += sum
    }
  }

  /// ‖A‖∞.
  var symmetricRowSumNorm: Double {
    var sums = [Double](repeating: 0, count: rowCount)
    for column in 0..<columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        sums[row] += values[slot].magnitude
        if row != column { sums[column] += values[slot].magnitude }
      }
    }
    return sums.max() ?? 0
  }

  /// The entries on and below the diagonal; itself where there are no others.
  var lowerTriangle: SparseMatrix {
    if pattern.isLowerTriangular { return self }
    var pointers = [0]
    var rows: [Int] = []
    var entries: [Double] = []
    for column in 0..<columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1]
      where pattern.rowIndices[slot] >= column {
        rows.append(pattern.rowIndices[slot])
        entries.append(values[slot])
      }
      pointers.append(rows.count)
    }
    return SparseMatrix(
      unchecked: SparsityPattern(
        unchecked: rowCount, columnCount, columnPointers: pointers, rowIndices: rows),
      values: entries)
  }

  /// A with both triangles stored; cost O(n + entries).
  var mirrored: SparseMatrix {
    let upper = transposed
    var pointers = [0]
    var rows: [Int] = []
    var entries: [Double] = []
    for column in 0..<columnCount {
      for slot in upper.pattern.columnPointers[column]..<upper.pattern.columnPointers[column + 1]
      where upper.pattern.rowIndices[slot] < column {
        rows.append(upper.pattern.rowIndices[slot])
        entries.append(upper.values[slot])
      }
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        rows.append(pattern.rowIndices[slot])
        entries.append(values[slot])
      }
      pointers.append(rows.count)
    }
    return SparseMatrix(
      unchecked: SparsityPattern(
        unchecked: rowCount, columnCount, columnPointers: pointers, rowIndices: rows),
      values: entries)
  }

  /// The first entry that differs from its mirror image by more than rounding, or nil.
  ///
  /// |aᵢⱼ − aⱼᵢ| ≤ 64 eps √(aᵢᵢ aⱼⱼ) passes: sums in another order, relative to what the diagonal of a
  /// positive definite matrix allows. A diagonal entry that is not positive counts as zero here.
  var entryWithoutEqualMirror: (row: Int, column: Int)? {
    let mirror = transposed
    let isPatternSymmetric = mirror.pattern == pattern
    let diagonal = (0..<columnCount).map { max(self[$0, $0], 0).squareRoot() }
    for column in 0..<columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        // On a symmetric pattern the mirror image sits in the same slot of the transposed matrix.
        let other = isPatternSymmetric ? mirror.values[slot] : mirror[row, column]
        let allowed = 64 * Double.ulpOfOne * diagonal[row] * diagonal[column]
        if (values[slot] - other).magnitude > allowed { return (row, column) }
      }
    }
    return nil
  }
}

extension SparsityPattern {
  /// The first entry above the diagonal, or nil; cost O(columns).
  var entryAboveDiagonal: (row: Int, column: Int)? {
    for column in 0..<columnCount {
      let first = columnPointers[column]
      if first < columnPointers[column + 1] && rowIndices[first] < column {
        return (rowIndices[first], column)
      }
    }
    return nil
  }

  /// Whether all entries lie on or below the diagonal; cost O(columns).
  public var isLowerTriangular: Bool { entryAboveDiagonal == nil }
}
