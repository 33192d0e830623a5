/// An approximate inverse M⁻¹ of a matrix A, as a linear operator.
///
/// ``LinearOperator/apply(_:into:)`` writes M⁻¹ r and ``LinearOperator/applyTransposed(_:into:)``
/// writes M⁻ᵀ r, so that the adjoint system Aᵀ λ = w is preconditioned by M⁻ᵀ ≈ A⁻ᵀ: as well as the
/// forward one. A preconditioner that varies from call to call needs
/// ``KrylovSolver/Method/flexibleGMRES``.
///
/// Protocol of its own, and not just an operator, so that A cannot be passed where A⁻¹ is due.
public protocol Preconditioner: LinearOperator {
  /// Whether M = Mᵀ, which conjugate gradients and MINRES rely on.
  var isSymmetric: Bool { get }
}

/// The factors of A, or of a matrix near to it, as a preconditioner: M⁻¹ r is one solve.
///
/// The factors of the last matrix of a sequence, or of a simplified model, often make a good
/// preconditioner for the next matrix. A solve takes turns with others on the same factors.
public struct FactorizationPreconditioner: Preconditioner {
  /// The factors of M.
  public let factors: any Factorization

  /// A preconditioner that solves with the given factors.
  public init(_ factors: any Factorization) { self.factors = factors }

  /// The order of M.
  public var rowCount: Int { factors.order }

  /// The order of M.
  public var columnCount: Int { factors.order }

  /// Whether the factors are those of Cholesky's method.
  public var isSymmetric: Bool { factors.symbolic.method == .cholesky }

  /// Writes M⁻¹ r to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try factors.solve(vector, into: &product)
  }

  /// Writes M⁻ᵀ r to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws { try factors.solveTransposed(vector, into: &product) }
}

/// M = diag(A) (Saad, *Iterative Methods for Sparse Linear Systems*, 2nd ed., SIAM 2003, §10.2).
public struct JacobiPreconditioner: Preconditioner {
  private let reciprocals: [Double]

  /// The preconditioner of a square matrix, or of a symmetric one whose lower triangle is stored.
  ///
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``;
  ///   ``FactorizationError/singular(column:)`` for a zero on the diagonal.
  public init(_ matrix: SparseMatrix) throws {
    reciprocals = try matrix.nonzeroDiagonal().map { 1 / $0 }
  }

  /// The order of M.
  public var rowCount: Int { reciprocals.count }

  /// The order of M.
  public var columnCount: Int { reciprocals.count }

  /// A diagonal matrix is symmetric.
  public var isSymmetric: Bool { true }

  /// Writes rᵢ/aᵢᵢ to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try requireOrder(vector, product.count)
    for index in reciprocals.indices { product[index] = vector[index] * reciprocals[index] }
  }

  /// Writes rᵢ/aᵢᵢ to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws { try apply(vector, into: &product) }
}

extension Preconditioner {
  /// Throws unless a vector and the place for its image have as many elements as M has rows.
  func requireOrder(_ vector: Span<Double>, _ productCount: Int) throws {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    try InputError.requireLength("product", expected: rowCount, found: productCount)
  }
}

extension SparseMatrix {
  /// The diagonal, without zeros.
  func nonzeroDiagonal() throws -> [Double] {
    guard pattern.isSquare else {
      throw FactorizationError.notSquare(rowCount: rowCount, columnCount: columnCount)
    }
    let diagonal = (0..<columnCount).map { self[$0, $0] }
    if let column = diagonal.firstIndex(of: 0) { throw FactorizationError.singular(column: column) }
    return diagonal
  }
}
