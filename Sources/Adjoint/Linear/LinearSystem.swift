/// A linear system A x = b with a sparse square matrix.
public struct LinearSystem: Sendable, Hashable {
  /// What the stored entries of the matrix stand for.
  public enum Storage: Sendable, Hashable {
    /// A is what is stored. Every entry is an independent number.
    case full
    /// A is symmetric and its lower triangle is stored: A = S + Sᵀ − diag(S). The number stored at
    /// (i, j) below the diagonal appears in A twice, and its derivative counts both places.
    case symmetricLower
  }

  /// The stored entries of A.
  public let matrix: SparseMatrix

  /// b.
  public let rightHandSide: [Double]

  /// How A is stored.
  public let storage: Storage

  /// A system from its parts.
  ///
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``; `InputError` if b has the wrong length or a
  ///   number that is not finite; ``FactorizationError/entryAboveDiagonal(row:column:)`` if the storage
  ///   says lower triangle and the pattern has more.
  public init(
    matrix: SparseMatrix, rightHandSide: [Double], storage: Storage = .full
  ) throws {
    guard matrix.pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount)
    }
    try InputError.requireLength(
      "rightHandSide", expected: matrix.rowCount, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    if storage == .symmetricLower, let entry = matrix.pattern.entryAboveDiagonal {
      throw FactorizationError.entryAboveDiagonal(row: entry.row, column: entry.column)
    }
    self.matrix = matrix
    self.rightHandSide = rightHandSide
    self.storage = storage
  }

  /// A with both triangles stored; cost O(n + entries) where it is not so already.
  public var fullMatrix: SparseMatrix { storage == .full ? matrix : matrix.mirrored }

  /// Whether A is symmetric, but for rounding where both triangles are stored.
  public var isSymmetric: Bool {
    storage == .symmetricLower || matrix.entryWithoutEqualMirror == nil
  }

  /// residual ← b − A x, or b − Aᵀ x.
  func subtractProduct(
    with vector: [Double], from rightHandSide: [Double], transposed: Bool,
    into residual: inout [Double]
  ) {
    for index in residual.indices { residual[index] = 0 }
    var span = residual.mutableSpan
    switch (storage, transposed) {
    case (.full, false): matrix.multiply(vector.span, addingTo: &span)
    case (.full, true): matrix.multiplyTransposed(vector.span, addingTo: &span)
    case (.symmetricLower, _): matrix.multiplySymmetric(vector.span, addingTo: &span)
    }
    for index in residual.indices { residual[index] = rightHandSide[index] - residual[index] }
  }
}
