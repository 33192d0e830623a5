/// log det A of a sparse complex matrix, which can be differentiated with respect to the entries of A.
///
/// Its real part is log|det A|, its imaginary part the argument of det A in (−π, π]; dℓ = tr(A⁻¹ dA) for ℓ on
/// any branch. With the convention of ``ComplexLinearSolution`` for cotangents, Ā = ℓ̄ A⁻ᴴ, of which the
/// entries on A's pattern are computed (see ``SelectedInverse``). Immutable, may be shared between
/// threads.
public struct ComplexLogDeterminant: Sendable {
  /// What the computation took.
  public struct Statistics: Sendable, Hashable {
    /// The number of stored entries of A.
    public var entryCount: Int
  }

  /// log|det A| + i arg det A.
  public let value: Complex<Double>

  /// What the computation took.
  public let statistics: Statistics

  /// A.
  public let matrix: ComplexSparseMatrix

  /// The factors of A.
  public let factors: ComplexLUFactorization

  /// (A⁻¹)ⱼᵢ for each stored entry (i, j) of A, computed when first asked for.
  private let entries = Lazy<[Complex<Double>]>()

  init(_ matrix: ComplexSparseMatrix, factors: ComplexLUFactorization) throws {
    self.matrix = matrix
    self.factors = factors
    statistics = Statistics(entryCount: matrix.pattern.entryCount)
    let product = try factors.triangularFactors(withEntries: false).determinant
    value = Complex(product.logarithm, product.argument)
  }

  /// The gradient of a real function for the cotangent ℓ̄ of log det A: ℓ̄ A⁻ᴴ on A's pattern.
  ///
  /// Cost: that of selected inversion once, about that of the factorization or twice as much; then
  /// O(entries).
  ///
  /// - Throws: `InputError` for a cotangent that is not finite; ``FactorizationError`` if the factors are
  ///   gone.
  public func pullback(_ cotangent: Complex<Double>) throws -> ComplexLogDeterminantGradient {
    try InputError.requireFinite("cotangent", [cotangent])
    let entries = try transposedInverse()
    var check = IdentityResidual<Complex<Double>>(order: matrix.rowCount, expected: 1)
    var slot = 0
    matrix.forEachEntry { row, column, value in
      check.add(value * entries[slot], row: row, column: column)
      slot += 1
    }
    return ComplexLogDeterminantGradient(
      matrix: try ComplexSparseMatrix(
        pattern: matrix.pattern, values: entries.map { cotangent * $0.conjugate }),
      evidence: GradientEvidence(
        primalResidual: try factorResidual(), adjointBackwardError: check.largest))
  }

  /// The derivative of log det A along a tangent of the stored entries of A: tr(A⁻¹ Ȧ).
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite; as ``pullback(_:)``.
  public func pushforward(matrix tangent: [Complex<Double>]) throws -> Complex<Double> {
    try InputError.requireLength(
      "matrix", expected: matrix.pattern.entryCount, found: tangent.count)
    try InputError.requireFinite("matrix", tangent)
    return zip(try transposedInverse(), tangent).reduce(.zero) { $0 + $1.0 * $1.1 }
  }

  private func transposedInverse() throws -> [Complex<Double>] {
    try entries.value {
      let inverse = try UnsymmetricInverse(
        matrix.pattern, factors.triangularFactors(withEntries: true))
      return try inverse.transposedEntries(on: matrix.pattern)
    }
  }

  /// The backward error of the solution of A x = (1, …, 1) without refinement.
  private func factorResidual() throws -> Double {
    let ones = [Complex<Double>](repeating: 1, count: matrix.rowCount)
    let system = try ComplexLinearSystem(matrix: matrix, rightHandSide: ones)
    var options = ComplexLinearSolver.Options()
    options.maximumRefinementSteps = 0
    return try ComplexLinearSolution(system, factors: factors, options: options)
      .statistics.backwardError
  }
}

/// The gradient of a real function of log det A, shaped like A.
public struct ComplexLogDeterminantGradient: Sendable {
  /// ℓ̄ A⁻ᴴ on the pattern of A.
  public var matrix: ComplexSparseMatrix

  /// As that of a ``LogDeterminantGradient``.
  public var evidence: GradientEvidence
}
