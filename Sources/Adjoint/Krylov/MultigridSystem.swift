/// A symmetric matrix A = D + U + Uᵀ with positive diagonal, and a vector that smoothing leaves.
struct MultigridSystem {
  /// D.
  private(set) var diagonal: [Double]
  /// U, by ascending columns.
  let upper: SparseRows
  /// What A makes small: constant on the finest level.
  private(set) var candidate: [Double]

  var count: Int { diagonal.count }

  /// Entries on and above the diagonal.
  var entryCount: Int { count + upper.entryCount }

  /// The system of which the lower triangle is given.
  ///
  /// - Throws: ``FactorizationError/notPositiveDefinite(column:)`` at a diagonal entry that is not
  ///   positive.
  init(lowerTriangle matrix: SparseMatrix) throws {
    let pattern = matrix.pattern
    let count = matrix.columnCount
    diagonal = []
    diagonal.reserveCapacity(count)
    let pointers = Buffer<Int32>(count: count + 1, repeating: 0)
    let columns = Buffer<Int32>(count: pattern.entryCount, repeating: 0)
    let values = Buffer<Double>(count: pattern.entryCount, repeating: 0)
    var place = 0
    for column in 0..<count {
      let first = pattern.columnPointers[column]
      let end = pattern.columnPointers[column + 1]
      guard first < end, pattern.rowIndices[first] == column, matrix.values[first] > 0 else {
        throw FactorizationError.notPositiveDefinite(column: column)
      }
      diagonal.append(matrix.values[first])
      for slot in first + 1..<end {
        columns[place] = Int32(truncatingIfNeeded: pattern.rowIndices[slot])
        values[place] = matrix.values[slot]
        place += 1
      }
      pointers[column + 1] = Int32(truncatingIfNeeded: place)
    }
    upper = SparseRows(pointers: pointers, columns: columns, values: values, columnCount: count)
    candidate = [Double](repeating: 1, count: count)
  }

  init(diagonal: [Double], upper: SparseRows, candidate: [Double]) {
    self.diagonal = diagonal
    self.upper = upper
    self.candidate = candidate
  }

  /// Replaces A by S A S with unit diagonal and returns the diagonal of S.
  ///
  /// - Throws: ``FactorizationError/notPositiveDefinite(column:)`` at a diagonal entry that is not
  ///   positive, ``FactorizationError/solutionNotFinite(index:)`` where numbers have overflowed.
  mutating func normalize() throws -> [Double] {
    var scale = diagonal
    for row in 0..<count {
      guard diagonal[row].isFinite else {
        throw FactorizationError.solutionNotFinite(index: row)
      }
      guard diagonal[row] > 0 else { throw FactorizationError.notPositiveDefinite(column: row) }
      scale[row] = 1 / diagonal[row].squareRoot()
      candidate[row] /= scale[row]
      diagonal[row] = 1
    }
    for row in 0..<count {
      for slot in upper.range(row) {
        upper.values[slot] *= scale[row] * scale[Int(upper.columns[slot])]
        guard upper.values[slot].isFinite else {
          throw FactorizationError.solutionNotFinite(index: row)
        }
      }
    }
    return scale
  }

  /// The lower triangle, for a factorization.
  var lowerTriangle: SparseMatrix {
    var pointers = [0]
    var rows: [Int] = []
    var values: [Double] = []
    for row in 0..<count {
      rows.append(row)
      values.append(diagonal[row])
      for slot in upper.range(row) {
        rows.append(Int(upper.columns[slot]))
        values.append(upper.values[slot])
      }
      pointers.append(rows.count)
    }
    return SparseMatrix(
      unchecked: SparsityPattern(
        unchecked: count, count, columnPointers: pointers, rowIndices: rows),
      values: values)
  }
}
