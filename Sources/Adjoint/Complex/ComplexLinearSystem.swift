/// A linear system A x = b of complex numbers with a sparse square matrix.
public struct ComplexLinearSystem: Sendable, Hashable {
  /// A.
  public let matrix: ComplexSparseMatrix

  /// b.
  public let rightHandSide: [Complex<Double>]

  /// A system from its parts.
  ///
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``; `InputError` if b has the wrong
  ///   length or a number that is not finite.
  public init(matrix: ComplexSparseMatrix, rightHandSide: [Complex<Double>]) throws {
    guard matrix.pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount)
    }
    try InputError.requireLength(
      "rightHandSide", expected: matrix.rowCount, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    self.matrix = matrix
    self.rightHandSide = rightHandSide
  }
}

/// The equivalent real system for (Re x₀, Im x₀, Re x₁, …): each entry a + i b is the block ((a, −b), (b, a)).
///
/// Its transpose is the equivalent of Aᴴ. No such matrix is stored; residuals and their bounds, which
/// ``LinearSolution`` has for real systems, hold for complex ones by walking over the blocks.
extension ComplexLinearSystem: LinearEquations {
  var unknownCount: Int { 2 * matrix.rowCount }

  @inline(__always)
  func forEachEntry(
    transposed: Bool, _ body: (_ row: Int, _ column: Int, _ value: Double) -> Void
  ) {
    matrix.forEachEntry { row, column, value in
      let first = 2 * (transposed ? column : row)
      let second = 2 * (transposed ? row : column)
      let (real, imaginary) = value.rawStorage
      let lower = transposed ? -imaginary : imaginary
      body(first, second, real)
      body(first, second + 1, -lower)
      body(first + 1, second, lower)
      body(first + 1, second + 1, real)
    }
  }
}
