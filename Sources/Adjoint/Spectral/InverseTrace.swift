/// t = tr(A⁻¹B) of two sparse matrices, which can be differentiated with respect to the entries of both.
///
/// From dt = tr(A⁻¹ dB) − tr(A⁻¹ dA A⁻¹B), B̄ = t̄ A⁻ᵀ and Ā = −t̄ A⁻ᵀBᵀA⁻ᵀ, each on its pattern. A and the
/// room for B's entries are factorized, so that B̄ is part of the ``SelectedInverse``. Ā is the transpose of
/// the derivative of (A + ε B)⁻¹: a complex step through elimination and selected inversion gives all
/// of its entries at once, instead of two solves for each column of B.
///
/// A trace is immutable and may be shared between threads.
public struct InverseTrace: Sendable {
  /// What the computation took.
  public struct Statistics: Sendable, Hashable {
    /// How A was factorized.
    public var method: SymbolicFactorization.Method
  }

  /// tr(A⁻¹B).
  public let value: Double

  /// What the computation took.
  public let statistics: Statistics

  /// B.
  public let other: SparseMatrix

  private let factorized: FactorizedMatrix
  private let derivative = Lazy<InverseDerivative>()

  init(_ factorized: FactorizedMatrix, _ other: SparseMatrix) throws {
    self.factorized = factorized
    self.other = other
    statistics = Statistics(method: factorized.factors.symbolic.method)
    value = try factorized.selectedInverse().trace(times: other)
  }

  /// The stored entries of A.
  public var matrix: SparseMatrix { factorized.system.matrix }

  /// The gradient for the cotangent t̄ of the trace: −t̄ A⁻ᵀBᵀA⁻ᵀ and t̄ A⁻ᵀ on the patterns of A and B.
  ///
  /// Where the lower triangle of a symmetric A is stored, an entry below the diagonal gets the sum for its
  /// two places. Cost: once about four times that of factorization and selected inversion by LU; then
  /// O(entries).
  ///
  /// - Throws: `InputError` for a cotangent that is not finite; ``FactorizationError``.
  public func pullback(_ cotangent: Double) throws -> InverseTraceGradient {
    try InputError.requireFinite("cotangent", [cotangent])
    let derivative = try inverseDerivative()
    let gradient = try factorized.gradient(of: derivative)
    let otherGradient = try factorized.selectedInverse().transposedEntries(on: other.pattern)
    return InverseTraceGradient(
      matrix: try SparseMatrix(
        pattern: matrix.pattern, values: gradient.map { cotangent * $0 }),
      other: try SparseMatrix(
        pattern: other.pattern, values: otherGradient.map { cotangent * $0 }),
      evidence: GradientEvidence(
        primalResidual: try factorized.factorResidual(),
        adjointBackwardError: max(
          try factorized.identityResidual(), try derivative.identityResidual())))
  }

  /// The derivative of the trace along tangents of the stored entries of A and B.
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite; as ``pullback(_:)``.
  public func pushforward(matrix tangent: [Double], other otherTangent: [Double]) throws -> Double {
    let tangent = try SparseMatrix(pattern: matrix.pattern, values: tangent)
    let direction = try SparseMatrix(pattern: other.pattern, values: otherTangent)
    // The derivative of A's inverse along its tangent, and its trace with B.
    let step = try InverseDerivative(
      of: factorized.system.fullMatrix.including(other.pattern),
      along: factorized.isMirrored ? tangent.mirrored : tangent, options: factorized.options)
    let ofMatrix = zip(try step.transposedEntries(on: other.pattern), other.values)
    let ofOther = try factorized.selectedInverse().trace(times: direction)
    return ofMatrix.reduce(ofOther) { $0 + $1.0 * $1.1 }
  }

  private func inverseDerivative() throws -> InverseDerivative {
    try derivative.value {
      try InverseDerivative(
        of: factorized.system.fullMatrix, along: other, options: factorized.options)
    }
  }
}

/// The gradient of a function of tr(A⁻¹B), shaped like A and B.
public struct InverseTraceGradient: Sendable {
  /// −t̄ A⁻ᵀBᵀA⁻ᵀ on the pattern of the stored entries of A.
  public var matrix: SparseMatrix

  /// t̄ A⁻ᵀ on the pattern of B.
  public var other: SparseMatrix

  /// The backward error of A's factors, and how far the entries of A⁻¹ and of its derivative are from obeying
  /// A A⁻¹ = I and its derivative on the diagonal.
  public var evidence: GradientEvidence
}

extension FactorizedMatrix {
  /// −A⁻ᵀBᵀA⁻ᵀ for the stored entries, B being the direction of the derivative.
  func gradient(of derivative: InverseDerivative) throws -> [Double] {
    let entries = try derivative.transposedEntries(on: pattern)
    guard isMirrored else { return entries }
    let mirror = try derivative.transposedEntries(on: pattern.transposed)
    let (_, sources) = pattern.transposition
    var sum = entries
    for (place, source) in sources.enumerated() where !pattern.isDiagonal(source) {
      sum[source] += mirror[place]
    }
    return sum
  }
}

extension SparsityPattern {
  /// Whether a slot is on the diagonal.
  fileprivate func isDiagonal(_ slot: Int) -> Bool {
    let row = rowIndices[slot]
    return row < columnCount && columnPointers[row] <= slot && slot < columnPointers[row + 1]
  }
}
