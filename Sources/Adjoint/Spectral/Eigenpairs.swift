/// Eigenvalues and eigenvectors, index by index.
public struct Eigenpairs: Sendable, Hashable {
  /// The eigenvalues, ascending.
  public var eigenvalues: [Double]

  /// One vector for each eigenvalue.
  public var eigenvectors: [[Double]]
}

/// A tangent or a cotangent of ``Eigenpairs``.
public struct EigenDerivative: Sendable, Hashable {
  /// One number for each eigenvalue.
  public var eigenvalues: [Double]

  /// Vectors for those eigenvectors that matter, by index; the others are zero as cotangents, and not
  /// computed as tangents.
  public var eigenvectors: [Int: [Double]]

  /// A derivative from its parts.
  public init(eigenvalues: [Double], eigenvectors: [Int: [Double]] = [:]) {
    self.eigenvalues = eigenvalues
    self.eigenvectors = eigenvectors
  }
}

/// Neighboring eigenvalues that rounding cannot tell apart, or a single one.
public struct EigenCluster: Sendable, Hashable {
  /// The indices of the members.
  public var members: Range<Int>

  /// An eigenvalue that belongs to the cluster but was not asked for; nil if the cluster is complete.
  public var missingEigenvalue: Double?

  /// The distance to the nearest eigenvalue outside, of those that are known; infinite if there is none.
  public var gap: Double

  /// Whether there is one member only, with derivatives of its own.
  public var isSimple: Bool { members.count == 1 && missingEigenvalue == nil }

  /// Throws ``EigenError/incompleteCluster(cluster:nextEigenvalue:)`` if a member is missing.
  func requireComplete() throws {
    guard let missingEigenvalue else { return }
    throw EigenError.incompleteCluster(cluster: members, nextEigenvalue: missingEigenvalue)
  }
}

/// The gradient of a function of eigenpairs with respect to the pencil.
public struct SymmetricEigenGradient: Sendable {
  /// With respect to the stored entries of A.
  public var stiffness: SparseMatrix

  /// With respect to the stored entries of M; nil without a mass.
  public var mass: SparseMatrix?

  /// How far to trust it.
  public var evidence: GradientEvidence
}
