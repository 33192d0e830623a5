/// The singular value problem A v = σ u, Aᵀ u = σ v of a sparse matrix with m rows and n columns.
public struct SingularValueProblem: Sendable, Hashable {
  /// A.
  public let matrix: SparseMatrix

  /// The symmetric matrix whose eigenpairs are the singular triplets.
  ///
  ///     [0   Aᵀ]
  ///     [A   0 ]
  ///
  /// with eigenpairs ±σ, (v, ±u)/√2: its lower triangle has A's entries in A's order.
  let augmented: SymmetricEigenproblem

  /// The problem of a matrix.
  ///
  /// - Throws: ``FactorizationError/emptyMatrix`` for a matrix without rows or columns.
  public init(matrix: SparseMatrix) throws {
    guard matrix.rowCount > 0 && matrix.columnCount > 0 else {
      throw FactorizationError.emptyMatrix
    }
    self.matrix = matrix
    let columns = matrix.columnCount
    let order = columns + matrix.rowCount
    let pattern = try SparsityPattern(
      rowCount: order, columnCount: order,
      columnPointers: matrix.pattern.columnPointers
        + [Int](repeating: matrix.pattern.entryCount, count: matrix.rowCount),
      rowIndices: matrix.pattern.rowIndices.map { $0 + columns })
    augmented = try SymmetricEigenproblem(
      stiffness: SparseMatrix(pattern: pattern, values: matrix.values), storage: .symmetricLower)
  }
}

/// Singular values with their vectors, index by index.
public struct SingularTriplets: Sendable, Hashable {
  /// σ, ascending.
  public var singularValues: [Double]

  /// u of m elements, ‖u‖₂ = 1.
  public var leftVectors: [[Double]]

  /// v of n elements, ‖v‖₂ = 1.
  public var rightVectors: [[Double]]

  /// Triplets from their parts.
  public init(singularValues: [Double], leftVectors: [[Double]], rightVectors: [[Double]]) {
    self.singularValues = singularValues
    self.leftVectors = leftVectors
    self.rightVectors = rightVectors
  }
}

/// A tangent or a cotangent of ``SingularTriplets``.
public struct SingularDerivative: Sendable, Hashable {
  /// One number for each singular value.
  public var singularValues: [Double]

  /// Vectors for those left singular vectors that matter, by index; the others are zero as cotangents.
  public var leftVectors: [Int: [Double]]

  /// The same for right singular vectors.
  public var rightVectors: [Int: [Double]]

  /// A derivative from its parts.
  public init(
    singularValues: [Double], leftVectors: [Int: [Double]] = [:],
    rightVectors: [Int: [Double]] = [:]
  ) {
    self.singularValues = singularValues
    self.leftVectors = leftVectors
    self.rightVectors = rightVectors
  }
}

/// The gradient of a function of singular triplets with respect to a matrix.
public struct SingularGradient: Sendable {
  /// With respect to the stored entries of A.
  public var matrix: SparseMatrix

  /// How far to trust it.
  public var evidence: GradientEvidence
}
