/// The diagonal d of A⁻¹, which can be differentiated with respect to the entries of A: variances, if A is
/// the precision matrix of Gaussian variables.
///
/// From dd = −diag(A⁻¹ dA A⁻¹), Ā = −A⁻ᵀ diag(d̄) A⁻ᵀ on A's pattern, which is the transpose of the derivative of
/// (A + ε diag d̄)⁻¹, taken by a complex step as for an ``InverseTrace``.
///
/// A diagonal is immutable and may be shared between threads.
public struct InverseDiagonal: Sendable {
  /// What the computation took.
  public struct Statistics: Sendable, Hashable {
    /// How A was factorized.
    public var method: SymbolicFactorization.Method
  }

  /// (A⁻¹)ᵢᵢ.
  public let value: [Double]

  /// What the computation took.
  public let statistics: Statistics

  private let factorized: FactorizedMatrix

  init(_ factorized: FactorizedMatrix) throws {
    self.factorized = factorized
    statistics = Statistics(method: factorized.factors.symbolic.method)
    value = try factorized.selectedInverse().diagonal()
  }

  /// The stored entries of A.
  public var matrix: SparseMatrix { factorized.system.matrix }

  /// The gradient for the cotangent d̄: −A⁻ᵀ diag(d̄) A⁻ᵀ on A's pattern.
  ///
  /// Cost: about four times that of factorization and selected inversion by LU.
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite; ``FactorizationError``.
  public func pullback(_ cotangent: [Double]) throws -> InverseDiagonalGradient {
    let derivative = try InverseDerivative(
      of: factorized.system.fullMatrix, along: diagonalMatrix(cotangent),
      options: factorized.options)
    return InverseDiagonalGradient(
      matrix: try SparseMatrix(
        pattern: matrix.pattern, values: factorized.gradient(of: derivative)),
      evidence: GradientEvidence(
        primalResidual: try factorized.factorResidual(),
        adjointBackwardError: try derivative.identityResidual()))
  }

  /// The derivative of the diagonal along a tangent of the stored entries of A: −diag(A⁻¹ȦA⁻¹).
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite; as ``pullback(_:)``.
  public func pushforward(matrix tangent: [Double]) throws -> [Double] {
    let tangent = try SparseMatrix(pattern: matrix.pattern, values: tangent)
    let ones = try diagonalMatrix([Double](repeating: 1, count: value.count))
    return try InverseDerivative(
      of: factorized.system.fullMatrix.including(ones.pattern),
      along: factorized.isMirrored ? tangent.mirrored : tangent, options: factorized.options
    ).transposedEntries(on: ones.pattern)
  }

  private func diagonalMatrix(_ diagonal: [Double]) throws -> SparseMatrix {
    try InputError.requireLength("cotangent", expected: value.count, found: diagonal.count)
    return try SparseMatrix(pattern: .diagonal(order: value.count), values: diagonal)
  }
}

/// The gradient of a function of the diagonal of A⁻¹, shaped like A.
public struct InverseDiagonalGradient: Sendable {
  /// −A⁻ᵀ diag(d̄) A⁻ᵀ on the pattern of the stored entries of A.
  public var matrix: SparseMatrix

  /// As that of an ``InverseTraceGradient``.
  public var evidence: GradientEvidence
}
