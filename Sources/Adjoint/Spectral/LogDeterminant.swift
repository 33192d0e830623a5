/// log|det A| of a sparse matrix, which can be differentiated with respect to the entries of A.
///
/// With P R A Q = L U, det A is the product of U's diagonal, divided by that of R, times the signs of the
/// permutations; of a positive definite matrix, the product of the squares of the diagonal of L. Only
/// its logarithm and sign are formed: determinants overflow soon. From d log|det A| = tr(A⁻¹ dA):
/// - ``pushforward(matrix:)``: tr(A⁻¹ Ȧ);
/// - ``pullback(_:)``: Ā = ℓ̄ A⁻ᵀ, of which the entries on A's pattern are among those of the
///   ``SelectedInverse``.
///
/// Source: Giles, "Collected matrix derivative results", 2008, §2.2.4.
///
/// A determinant is immutable and may be shared between threads.
public struct LogDeterminant: Sendable {
  /// What the computation took.
  public struct Statistics: Sendable, Hashable {
    /// How A was factorized.
    public var method: SymbolicFactorization.Method
  }

  /// log|det A|.
  public let value: Double

  /// The sign of det A: 1 or −1.
  public let sign: Double

  /// What the computation took.
  public let statistics: Statistics

  private let factorized: FactorizedMatrix

  init(_ factorized: FactorizedMatrix) throws {
    self.factorized = factorized
    statistics = Statistics(method: factorized.factors.symbolic.method)
    var product = DeterminantProduct()
    let symbolic = factorized.factors.symbolic
    try factorized.factors.withEngine { engine in
      switch engine {
      case let engine as any SupernodalEngine:
        for pivot in try engine.pivots() { product.multiply(by: pivot) }
        // The diagonal of L stands for its squares.
        if symbolic.method == .cholesky { product.square() }
      case let engine as any TriangularEngine:
        product = try engine.triangularFactors(withEntries: false).determinant
      default: throw FactorizationError.noFactors
      }
    }
    value = product.logarithm
    sign = product.sign
  }

  /// The stored entries of A.
  public var matrix: SparseMatrix { factorized.system.matrix }

  /// What the stored entries stand for.
  public var storage: LinearSystem.Storage { factorized.system.storage }

  /// The factors of A.
  public var factors: any Factorization { factorized.factors }

  /// The gradient for the cotangent ℓ̄ of log|det A|: ℓ̄ A⁻ᵀ on A's pattern.
  ///
  /// Where the lower triangle of a symmetric A is stored, an entry below the diagonal gets twice its
  /// number, for it appears in A twice. Cost: that of ``selectedInverse()`` once; then O(entries).
  ///
  /// - Throws: `InputError` for a cotangent that is not finite; ``FactorizationError`` if the factors are
  ///   gone.
  public func pullback(_ cotangent: Double) throws -> LogDeterminantGradient {
    try InputError.requireFinite("cotangent", [cotangent])
    let gradient = factorized.gathered(try factorized.transposedInverse())
    return LogDeterminantGradient(
      matrix: try SparseMatrix(
        pattern: matrix.pattern, values: gradient.map { cotangent * $0 }),
      evidence: try factorized.evidence())
  }

  /// The derivative of log|det A| along a tangent of the stored entries of A: tr(A⁻¹ Ȧ).
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite; as ``pullback(_:)``.
  public func pushforward(matrix tangent: [Double]) throws -> Double {
    try InputError.requireLength(
      "matrix", expected: matrix.pattern.entryCount, found: tangent.count)
    try InputError.requireFinite("matrix", tangent)
    let gradient = factorized.gathered(try factorized.transposedInverse())
    return zip(gradient, tangent).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Entries of A⁻¹, computed when first asked for, and kept.
  ///
  /// Measured relative to the factorization: see the article *Functions of a matrix*.
  ///
  /// - Throws: ``FactorizationError`` if the factors are gone.
  public func selectedInverse() throws -> SelectedInverse { try factorized.selectedInverse() }
}

/// The gradient of a function of log|det A|, shaped like A.
public struct LogDeterminantGradient: Sendable {
  /// ℓ̄ A⁻ᵀ on the pattern of the stored entries of A.
  public var matrix: SparseMatrix

  /// The backward error of A's factors, found by solving A x = (1, …, 1), and how far the computed entries
  /// of A⁻¹ are from obeying (A A⁻¹)ᵢᵢ = (A⁻¹A)ᵢᵢ = 1, relative to the terms of these sums.
  public var evidence: GradientEvidence
}

extension TriangularFactors where Element == Double {
  var determinant: DeterminantProduct {
    determinant { $0.multiply(by: $1) }
  }
}

extension TriangularFactors where Element == Complex<Double> {
  var determinant: DeterminantProduct {
    determinant { $0.multiply(by: $1) }
  }
}

extension TriangularFactors {
  /// det A.
  fileprivate func determinant(
    _ multiply: (inout DeterminantProduct, Element) -> Void
  ) -> DeterminantProduct {
    var product = DeterminantProduct()
    for pivot in 0..<order {
      multiply(&product, diagonal[pivot])
      product.multiply(by: scales[pivot], isDivisor: true)
    }
    if rows.isOddPermutation != columns.isOddPermutation { product.negate() }
    return product
  }
}
