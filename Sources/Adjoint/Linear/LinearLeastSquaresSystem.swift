/// An overdetermined, underdetermined or rank-deficient linear system A x ≈ b.
///
/// (The nonlinear ones are ``LeastSquaresProblem``s.)
public struct LinearLeastSquaresSystem: Sendable, Hashable {
  /// A, of m rows and n columns.
  public let matrix: SparseMatrix

  /// b, of m numbers.
  public let rightHandSide: [Double]

  /// A system from its parts.
  ///
  /// - Throws: `InputError` if b has the wrong length or a number that is not finite.
  public init(matrix: SparseMatrix, rightHandSide: [Double]) throws {
    try InputError.requireLength(
      "rightHandSide", expected: matrix.rowCount, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    self.matrix = matrix
    self.rightHandSide = rightHandSide
  }
}
