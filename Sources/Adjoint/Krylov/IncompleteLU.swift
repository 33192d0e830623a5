/// M = L U on the pattern of A: incomplete factors without fill, ILU(0).
///
/// (L U)ᵢⱼ = aᵢⱼ wherever A has an entry (Saad, *Iterative Methods for Sparse Linear Systems*, 2nd
/// ed., SIAM 2003, §10.3.2). Saad's algorithm 10.4 goes row by row; on compressed columns it
/// factorizes Aᵀ ≈ L̃ Ũ with a unit diagonal in L̃, so here L = Ũᵀ has the pivots and U = L̃ᵀ the
/// unit diagonal. There is no pivoting: the factors exist for M-matrices and for diagonally
/// dominant ones.
public struct IncompleteLU: Preconditioner {
  private let pattern: SparsityPattern
  /// Column j holds row j of L̃ up to the diagonal, and of Ũ from there on.
  private let values: [Double]
  /// The slot of each column's diagonal entry.
  private let diagonal: [Int]

  /// The incomplete factors of a square matrix.
  ///
  /// Cost O(Σ entries of a column, squared).
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``;
  ///   ``FactorizationError/singular(column:)`` for a pivot that is zero, missing or not finite.
  public init(_ matrix: SparseMatrix) throws {
    guard matrix.pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount)
    }
    pattern = matrix.pattern
    let pointers = pattern.columnPointers
    let rows = pattern.rowIndices
    var diagonal: [Int] = []
    for column in 0..<matrix.columnCount {
      guard let slot = matrix.pattern.slot(row: column, column: column) else {
        throw FactorizationError.singular(column: column)
      }
      diagonal.append(slot)
    }
    var values = matrix.values
    for column in 0..<matrix.columnCount {
      let end = pointers[column + 1]
      for slot in pointers[column]..<diagonal[column] {
        let pivotSlot = diagonal[rows[slot]]
        values[slot] /= values[pivotSlot]
        // Subtract the multiple of an earlier row: a merge of two sorted lists.
        var target = slot + 1
        for source in pivotSlot + 1..<pointers[rows[slot] + 1] {
          while target < end && rows[target] < rows[source] { target += 1 }
          if target == end { break }
          if rows[target] == rows[source] { values[target] -= values[slot] * values[source] }
        }
      }
      let pivot = values[diagonal[column]]
      guard pivot != 0 && pivot.isFinite else {
        throw FactorizationError.singular(column: column)
      }
    }
    self.values = values
    self.diagonal = diagonal
  }

  /// The order of M.
  public var rowCount: Int { pattern.rowCount }

  /// The order of M.
  public var columnCount: Int { pattern.columnCount }

  /// L U is taken for unsymmetric, whatever A is.
  public var isSymmetric: Bool { false }

  /// Writes U⁻¹ L⁻¹ r to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try requireOrder(vector, product.count)
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let values = values.span
    let diagonal = diagonal.span
    for index in 0..<rowCount { product[unchecked: index] = vector[unchecked: index] }
    for column in 0..<rowCount {
      let middle = diagonal[unchecked: column]
      let solved = product[unchecked: column] / values[unchecked: middle]
      product[unchecked: column] = solved
      for slot in middle + 1..<pointers[unchecked: column + 1] {
        product[unchecked: rows[unchecked: slot]] -= values[unchecked: slot] * solved
      }
    }
    for column in stride(from: rowCount - 1, through: 0, by: -1) {
      let solved = product[unchecked: column]
      for slot in pointers[unchecked: column]..<diagonal[unchecked: column] {
        product[unchecked: rows[unchecked: slot]] -= values[unchecked: slot] * solved
      }
    }
  }

  /// Writes L⁻ᵀ U⁻ᵀ r to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try requireOrder(vector, product.count)
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let values = values.span
    let diagonal = diagonal.span
    for column in 0..<rowCount {
      var sum = vector[unchecked: column]
      for slot in pointers[unchecked: column]..<diagonal[unchecked: column] {
        sum -= values[unchecked: slot] * product[unchecked: rows[unchecked: slot]]
      }
      product[unchecked: column] = sum
    }
    for column in stride(from: rowCount - 1, through: 0, by: -1) {
      let middle = diagonal[unchecked: column]
      var sum = product[unchecked: column]
      for slot in middle + 1..<pointers[unchecked: column + 1] {
        sum -= values[unchecked: slot] * product[unchecked: rows[unchecked: slot]]
      }
      product[unchecked: column] = sum / values[unchecked: middle]
    }
  }
}
