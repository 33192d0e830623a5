/// Functions of a sparse matrix and its inverse that need neither the inverse nor the eigenvalues:
/// log|det A|, tr(A⁻¹B) and the diagonal of A⁻¹, each with its derivatives.
///
/// ```swift
/// let determinant = try MatrixFunctionSolver().logDeterminant(of: covariance)
/// let gradient = try determinant.pullback(1).matrix  // A⁻ᵀ on the pattern of A
/// ```
/// A solver is a value without state and may be shared between threads.
public struct MatrixFunctionSolver: Sendable {
  /// How to factorize.
  public enum Method: Sendable, Hashable {
    /// Cholesky for a matrix that is symmetric (to rounding) and turns out positive definite, LU for all
    /// others.
    case automatic
    /// See ``SymbolicFactorization/Method/cholesky``.
    case cholesky
    /// See ``SymbolicFactorization/Method/lu``.
    case lu
  }

  /// Settings.
  public struct Options: Sendable, Hashable {
    /// How to factorize.
    public var method: Method = .automatic
    /// How unknowns are ordered.
    public var ordering: SymbolicFactorization.Ordering = .minimumDegree
    /// The most threads that the libraries underneath may use.
    public var threads = 1

    /// The default settings.
    public init() {}

    /// Throws `InputError.outOfRange` for settings that make no sense.
    public func validate() throws { try factorization.validate() }

    var factorization: SymbolicFactorization.Options {
      SymbolicFactorization.Options(ordering: ordering, threads: threads)
    }
  }

  /// The settings.
  public let options: Options

  /// A solver with default settings.
  public init() { options = Options() }

  /// A solver with the given settings.
  ///
  /// - Throws: `InputError` for settings that make no sense.
  public init(options: Options) throws {
    try options.validate()
    self.options = options
  }

  /// log|det A| and the sign of det A, from factors of A.
  ///
  /// - Throws: ``FactorizationError`` if A is empty, not square, singular, or not positive definite where
  ///   Cholesky is asked for.
  public func logDeterminant(
    of matrix: SparseMatrix, storage: LinearSystem.Storage = .full
  ) throws -> LogDeterminant {
    try LogDeterminant(FactorizedMatrix(matrix, storage: storage, options: options))
  }

  /// As ``logDeterminant(of:storage:)``, with an analysis made before:
  /// `solver.logDeterminant(of: next, reusing: determinant.factors.symbolic)`.
  ///
  /// - Throws: ``FactorizationError``; among others if the pattern is another one.
  public func logDeterminant(
    of matrix: SparseMatrix, storage: LinearSystem.Storage = .full,
    reusing symbolic: SymbolicFactorization
  ) throws -> LogDeterminant {
    try LogDeterminant(
      FactorizedMatrix(matrix, storage: storage, symbolic: symbolic, options: options))
  }

  /// log det A of a complex matrix, by LU.
  ///
  /// - Throws: ``FactorizationError`` if A is empty, not square or singular.
  public func logDeterminant(of matrix: ComplexSparseMatrix) throws -> ComplexLogDeterminant {
    try logDeterminant(
      of: matrix,
      reusing: ComplexSymbolicFactorization(
        analyzing: matrix.pattern, options: options.factorization))
  }

  /// As ``logDeterminant(of:)``, with an analysis made before.
  ///
  /// - Throws: ``FactorizationError``; among others if the pattern is another one.
  public func logDeterminant(
    of matrix: ComplexSparseMatrix, reusing symbolic: ComplexSymbolicFactorization
  ) throws -> ComplexLogDeterminant {
    try ComplexLogDeterminant(matrix, factors: symbolic.factorize(matrix))
  }

  /// tr(A⁻¹B), for any sparse B of A's order, all of whose entries are stored.
  ///
  /// A is factorized on the union of its pattern with that of B.
  ///
  /// - Throws: as ``logDeterminant(of:storage:)`` does;
  ///   ``MatrixFunctionError/differentOrder(expected:rowCount:columnCount:)``.
  public func inverseTrace(
    of matrix: SparseMatrix, storage: LinearSystem.Storage = .full, times other: SparseMatrix
  ) throws -> InverseTrace {
    guard other.rowCount == matrix.columnCount && other.columnCount == matrix.rowCount else {
      throw MatrixFunctionError.differentOrder(
        expected: matrix.columnCount, rowCount: other.rowCount, columnCount: other.columnCount)
    }
    return try InverseTrace(
      FactorizedMatrix(matrix, storage: storage, including: other.pattern, options: options),
      other)
  }

  /// The diagonal of A⁻¹.
  ///
  /// A is factorized with room for a diagonal.
  ///
  /// - Throws: as ``logDeterminant(of:storage:)`` does.
  public func inverseDiagonal(
    of matrix: SparseMatrix, storage: LinearSystem.Storage = .full
  ) throws -> InverseDiagonal {
    try InverseDiagonal(
      FactorizedMatrix(
        matrix, storage: storage, including: .diagonal(order: matrix.rowCount), options: options))
  }
}
