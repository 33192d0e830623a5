import CLAPACK

/// P A = L U of a dense matrix, with partial pivoting.
///
/// L has a unit diagonal; the row with the largest remaining entry becomes the pivot row (Golub and
/// Van Loan, *Matrix Computations*, 4th ed., algorithm 3.4.1), beyond 64 unknowns by LAPACK's dgetrf, on one
/// thread. Cost 2n³/3 operations, and 2n² for each solve.
public struct DenseLUFactorization: Sendable {
  /// The order of the matrix.
  public let order: Int

  /// L below the diagonal and U on and above it, column by column.
  private var entries: [Double]

  /// Row `permutation[i]` of A is row i of P A.
  private var permutation: [Int]

  /// Factorizes the matrix whose entries are given column by column.
  ///
  /// - Throws: `InputError` if there are not n² finite entries, `FactorizationError.singular` if a
  ///   column has no nonzero pivot.
  public init(order: Int, columns: [Double]) throws {
    try InputError.requireLength("entries", expected: order * order, found: columns.count)
    try InputError.requireFinite("entries", columns)
    self.order = order
    entries = columns
    permutation = Array(0..<order)
    if order > Self.largestPlainOrder {
      try eliminateByBlocks()
    } else {
      for column in 0..<order { try eliminate(column) }
    }
  }

  /// The order up to which calling LAPACK costs more than it brings.
  private static let largestPlainOrder = 64

  private mutating func eliminateByBlocks() throws {
    var n = Int32(order)
    var pivots = [Int32](repeating: 0, count: order)
    var status: Int32 = 0
    withThreads(1) { dgetrf_(&n, &n, &entries, &n, &pivots, &status) }
    if status > 0 { throw FactorizationError.singular(column: Int(status) - 1) }
    for (row, pivot) in pivots.enumerated() { permutation.swapAt(row, Int(pivot) - 1) }
  }

  private mutating func eliminate(_ column: Int) throws {
    let order = order
    var pivot = column
    for row in column..<order
    where entries[column * order + row].magnitude > entries[column * order + pivot].magnitude {
      pivot = row
    }
    guard entries[column * order + pivot] != 0 else {
      throw FactorizationError.singular(column: column)
    }
    if pivot != column {
      permutation.swapAt(pivot, column)
      for other in 0..<order { entries.swapAt(other * order + pivot, other * order + column) }
    }
    let value = entries[column * order + column]
    for row in column + 1..<order { entries[column * order + row] /= value }
    for other in column + 1..<order {
      let factor = entries[other * order + column]
      if factor == 0 { continue }
      for row in column + 1..<order {
        entries[other * order + row] -= entries[column * order + row] * factor
      }
    }
  }
}

// MARK: Solves

extension DenseLUFactorization {
  /// Solves A x = b.
  ///
  /// - Throws: `InputError` if b has the wrong length.
  public func solve(_ rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireLength("rightHandSide", expected: order, found: rightHandSide.count)
    var solution = permutation.map { rightHandSide[$0] }
    for column in 0..<order {
      let value = solution[column]
      for row in column + 1..<order {
        solution[row] -= entries[column * order + row] * value
      }
    }
    for column in stride(from: order - 1, through: 0, by: -1) {
      solution[column] /= entries[column * order + column]
      let value = solution[column]
      for row in 0..<column { solution[row] -= entries[column * order + row] * value }
    }
    return solution
  }

  /// Solves Aᵀ x = b with the same factors.
  ///
  /// - Throws: `InputError` if b has the wrong length.
  public func solveTransposed(_ rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireLength("rightHandSide", expected: order, found: rightHandSide.count)
    var work = rightHandSide
    for column in 0..<order {
      var value = work[column]
      for row in 0..<column { value -= entries[column * order + row] * work[row] }
      work[column] = value / entries[column * order + column]
    }
    for column in stride(from: order - 1, through: 0, by: -1) {
      for row in column + 1..<order {
        work[column] -= entries[column * order + row] * work[row]
      }
    }
    var solution = work
    for (index, row) in permutation.enumerated() { solution[row] = work[index] }
    return solution
  }
}
