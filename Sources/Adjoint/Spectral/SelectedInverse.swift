/// The entries of A⁻¹ at those places where the factors of A, or their transposes, have entries.
///
/// Among them are (A⁻¹)ⱼᵢ for every stored entry (i, j) of A; so the diagonal is there if that of A is stored. The inverse of a sparse matrix
/// is full; these entries depend on each other alone (Takahashi, Fagan and Chen 1973; Erisman and
/// Tinney, *Comm. ACM* 18, 1975). Memory: as for the factors. Immutable, may be shared between threads.
public struct SelectedInverse: Sendable {
  private enum Storage: Sendable {
    case symmetric(SymmetricInverse)
    case unsymmetric(UnsymmetricInverse<Double>)
  }

  /// The number of rows and columns n.
  public let order: Int

  private let storage: Storage

  /// The inverse of the matrix whose factors are given, on a pattern that holds what was factorized.
  init(_ factors: any Factorization) throws {
    order = factors.order
    let symbolic = factors.symbolic
    storage = try withThreads(symbolic.options.threads) {
      try factors.withEngine { engine in
        switch engine {
        case let engine as any SupernodalEngine:
          return .symmetric(try SymmetricInverse(engine.supernodalFactor()))
        case let engine as any TriangularEngine:
          return .unsymmetric(
            try UnsymmetricInverse(
              symbolic.pattern, engine.triangularFactors(withEntries: true)))
        default: throw FactorizationError.noFactors
        }
      }
    }
  }

  /// The entry (row, column) of A⁻¹; nil if it is not one of those that were computed, or not in the matrix.
  public subscript(row: Int, column: Int) -> Double? {
    guard (0..<order).contains(row) && (0..<order).contains(column) else { return nil }
    return switch storage {
    case .symmetric(let inverse): inverse.entry(row: row, column: column)
    case .unsymmetric(let inverse): inverse.entry(row: row, column: column)
    }
  }

  /// The diagonal of A⁻¹.
  ///
  /// - Throws: ``MatrixFunctionError/outsideFactors(row:column:)`` if one of its entries was not computed.
  public func diagonal() throws -> [Double] {
    try transposedEntries(on: .diagonal(order: order))
  }

  /// A⁻ᵀ at the places of a pattern: (A⁻¹)ⱼᵢ for each stored (i, j).
  ///
  /// - Throws: ``MatrixFunctionError/outsideFactors(row:column:)`` if one of them was not computed.
  public func transposedEntries(on pattern: SparsityPattern) throws -> [Double] {
    var entries: [Double] = []
    entries.reserveCapacity(pattern.entryCount)
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        guard let entry = self[column, row] else {
          throw MatrixFunctionError.outsideFactors(row: row, column: column)
        }
        entries.append(entry)
      }
    }
    return entries
  }

  /// tr(A⁻¹B) = Σ (A⁻¹)ⱼᵢ bᵢⱼ for a B whose entries are at places where the factors, too, may have some.
  ///
  /// - Throws: ``MatrixFunctionError/outsideFactors(row:column:)`` for any other; then
  ///   ``MatrixFunctionSolver/inverseTrace(of:storage:times:)`` makes room for it.
  public func trace(times matrix: SparseMatrix) throws -> Double {
    zip(try transposedEntries(on: matrix.pattern), matrix.values).reduce(0) { $0 + $1.0 * $1.1 }
  }
}

/// Why a function of a matrix cannot be computed.
public enum MatrixFunctionError: Error, Equatable, CustomStringConvertible {
  /// The entry of the inverse that belongs to (row, column) was not computed.
  case outsideFactors(row: Int, column: Int)
  /// Two matrices that belong together have different orders.
  case differentOrder(expected: Int, rowCount: Int, columnCount: Int)

  /// What is wrong, and the likely causes in order.
  public var description: String {
    switch self {
    case .outsideFactors(let row, let column):
      "the inverse is known where the factors have entries, which they have not for (\(row), \(column)): "
        + "the entry lies outside the matrix, or its factors are not those of a pattern that contains it"
    case .differentOrder(let expected, let rowCount, let columnCount):
      "the matrix is \(rowCount) x \(columnCount) where one of order \(expected) is needed"
    }
  }
}
