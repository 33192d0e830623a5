/// The eigenproblem A v = λ v of a sparse square matrix that need not be symmetric.
public struct GeneralEigenproblem: Sendable, Hashable {
  /// A.
  public let matrix: SparseMatrix

  /// The problem of a matrix.
  ///
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``, ``FactorizationError/emptyMatrix``.
  public init(matrix: SparseMatrix) throws {
    guard matrix.pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount)
    }
    guard matrix.rowCount > 0 else { throw FactorizationError.emptyMatrix }
    self.matrix = matrix
  }

  /// The number of unknowns n.
  public var order: Int { matrix.rowCount }
}

/// Eigenvalues of a real matrix with their right and left eigenvectors, index by index.
public struct GeneralEigenpairs: Sendable, Hashable {
  /// The eigenvalues, by ascending real and then imaginary part.
  public var eigenvalues: [Complex<Double>]

  /// v with A v = λ v.
  public var rightVectors: [[Complex<Double>]]

  /// w with wᴴA = λ wᴴ.
  public var leftVectors: [[Complex<Double>]]
}

/// A tangent or a cotangent of eigenvalues and right eigenvectors.
///
/// A cotangent λ̄ of a complex number λ is the one with df = Re(conj(λ̄) dλ): of f = ½|λ|² it is λ, of the real part
/// 1, of the imaginary part i. The same holds for each element of a vector. Eigenvalues and vectors of
/// real eigenvalues are real, and so is what counts of their cotangents.
public struct GeneralEigenDerivative: Sendable, Hashable {
  /// One number for each eigenvalue.
  public var eigenvalues: [Complex<Double>]

  /// Vectors for those right eigenvectors that matter, by index; the others are zero as cotangents, and not
  /// computed as tangents.
  public var rightVectors: [Int: [Complex<Double>]]

  /// A derivative from its parts.
  public init(
    eigenvalues: [Complex<Double>], rightVectors: [Int: [Complex<Double>]] = [:]
  ) {
    self.eigenvalues = eigenvalues
    self.rightVectors = rightVectors
  }
}

/// The gradient of a function of eigenpairs with respect to a matrix.
public struct GeneralEigenGradient: Sendable {
  /// With respect to the stored entries of A.
  public var matrix: SparseMatrix

  /// The largest condition number 1/|wᴴv|, ‖v‖ = ‖w‖ = 1, of the eigenvalues concerned: how much larger than a change
  /// of A the change of λ may be.
  public var conditionNumber: Double

  /// How far to trust it.
  public var evidence: GradientEvidence
}
