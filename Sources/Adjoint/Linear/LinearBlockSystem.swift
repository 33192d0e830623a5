/// Linear systems A X = B with the same sparse square matrix and several right-hand sides.
public struct LinearBlockSystem: Sendable, Hashable {
  /// The stored entries of A.
  public let matrix: SparseMatrix

  /// B: columns of n numbers, one after the other.
  public let rightHandSides: [Double]

  /// The number of columns of B.
  public let count: Int

  /// How A is stored.
  public let storage: LinearSystem.Storage

  /// Systems from their parts.
  ///
  /// - Throws: as ``LinearSystem/init(matrix:rightHandSide:storage:)`` does; `InputError` if B does not have
  ///   `count` columns.
  public init(
    matrix: SparseMatrix, rightHandSides: [Double], count: Int,
    storage: LinearSystem.Storage = .full
  ) throws {
    try InputError.requireLength(
      "rightHandSides", expected: matrix.pattern.size(ofColumns: count),
      found: rightHandSides.count)
    try InputError.requireFinite("rightHandSides", rightHandSides)
    // What else can be wrong is so with any right-hand side.
    _ = try LinearSystem(
      matrix: matrix, rightHandSide: [Double](repeating: 0, count: matrix.rowCount),
      storage: storage)
    self.matrix = matrix
    self.rightHandSides = rightHandSides
    self.count = count
    self.storage = storage
  }

  /// The system of one right-hand side.
  func system(_ column: Int) throws -> LinearSystem {
    let order = matrix.rowCount
    return try LinearSystem(
      matrix: matrix, rightHandSide: Array(rightHandSides[column * order..<(column + 1) * order]),
      storage: storage)
  }
}
