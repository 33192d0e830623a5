/// M = L Lᵀ with L on the pattern of A's lower triangle: incomplete Cholesky without fill, IC(0).
///
/// lₖₖ = √aₖₖ, lᵢₖ = aᵢₖ/lₖₖ, and aᵢⱼ ← aᵢⱼ − lᵢₖ lⱼₖ for the entries (i, j) of the pattern only
/// (Meijerink and van der Vorst, Math. Comp. 31, 1977; Saad, *Iterative Methods*, 2nd ed., §10.3).
/// It exists for every M-matrix. For another positive definite A a pivot may turn out not to be
/// positive; then A + α diag(A) takes A's place with α = 10⁻³, 2·10⁻³, 4·10⁻³, … (Manteuffel, Math.
/// Comp. 34, 1980).
public struct IncompleteCholesky: Preconditioner {
  /// α, by which the diagonal was enlarged, relative to it; zero where that was not necessary.
  public let shift: Double

  private let pattern: SparsityPattern
  /// L, column by column; the diagonal entry first.
  private let values: [Double]

  /// The incomplete factor of a symmetric matrix, both triangles or the lower one stored.
  ///
  /// Only the lower triangle is read. Cost O(Σ entries of a column, squared).
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``;
  ///   ``FactorizationError/notPositiveDefinite(column:)`` if a diagonal entry is not positive, or
  ///   no shift up to α = 2 helps.
  public init(_ matrix: SparseMatrix) throws {
    let lower = matrix.lowerTriangle
    pattern = lower.pattern
    for (column, value) in try matrix.nonzeroDiagonal().enumerated() where value < 0 {
      throw FactorizationError.notPositiveDefinite(column: column)
    }
    var shift = 0.0
    while true {
      do {
        values = try Self.factorize(lower, shift: shift)
        self.shift = shift
        return
      } catch let error as FactorizationError {
        shift = shift == 0 ? 1e-3 : 2 * shift
        if shift > 2 { throw error }
      }
    }
  }

  private static func factorize(_ lower: SparseMatrix, shift: Double) throws -> [Double] {
    let pointers = lower.pattern.columnPointers
    let rows = lower.pattern.rowIndices
    var values = lower.values
    for column in 0..<lower.columnCount { values[pointers[column]] *= 1 + shift }
    for column in 0..<lower.columnCount {
      let first = pointers[column]
      let end = pointers[column + 1]
      guard values[first] > 0 else {
        throw FactorizationError.notPositiveDefinite(column: column)
      }
      let pivot = values[first].squareRoot()
      values[first] = pivot
      for slot in first + 1..<end { values[slot] /= pivot }
      for slot in first + 1..<end {
        // Column j of what remains, j being the row of this slot: a merge of two sorted lists.
        var target = pointers[rows[slot]]
        let targetEnd = pointers[rows[slot] + 1]
        for source in slot..<end {
          while target < targetEnd && rows[target] < rows[source] { target += 1 }
          if target == targetEnd { break }
          if rows[target] == rows[source] { values[target] -= values[source] * values[slot] }
        }
      }
    }
    return values
  }

  /// The order of M.
  public var rowCount: Int { pattern.rowCount }

  /// The order of M.
  public var columnCount: Int { pattern.columnCount }

  /// L Lᵀ is symmetric.
  public var isSymmetric: Bool { true }

  /// Writes L⁻ᵀ L⁻¹ r to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try requireOrder(vector, product.count)
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let values = values.span
    for index in 0..<rowCount { product[unchecked: index] = vector[unchecked: index] }
    for column in 0..<rowCount {
      let first = pointers[unchecked: column]
      let solved = product[unchecked: column] / values[unchecked: first]
      product[unchecked: column] = solved
      for slot in first + 1..<pointers[unchecked: column + 1] {
        product[unchecked: rows[unchecked: slot]] -= values[unchecked: slot] * solved
      }
    }
    for column in stride(from: rowCount - 1, through: 0, by: -1) {
      let first = pointers[unchecked: column]
      var sum = product[unchecked: column]
      for slot in first + 1..<pointers[unchecked: column + 1] {
        sum -= values[unchecked: slot] * product[unchecked: rows[unchecked: slot]]
      }
      product[unchecked: column] = sum / values[unchecked: first]
    }
  }

  /// Writes M⁻ᵀ r = M⁻¹ r to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws { try apply(vector, into: &product) }
}
