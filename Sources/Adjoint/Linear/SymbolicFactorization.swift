/// What a factorization can know from the pattern alone: the order of elimination and the fill.
///
/// Analyze once per pattern, factorize once per values:
/// ```swift
/// let symbolic = try SymbolicFactorization(analyzing: matrix.pattern, method: .cholesky)
/// let factors = try symbolic.factorize(matrix)
/// let x = try factors.solve(b)            // A x = b
/// let y = try factors.solveTransposed(w)  // Aᵀ y = w, the same factors
/// ```
/// An analysis is immutable and may be shared between threads.
public final class SymbolicFactorization: Sendable {
  /// How a matrix is factorized.
  public enum Method: Sendable, Hashable {
    /// P A Pᵀ = L Lᵀ of a symmetric positive definite matrix, by CHOLMOD.
    ///
    /// Only the lower triangle is read. The pattern holds either that alone or both triangles; entries
    /// above the diagonal are not looked at, but an entry without a mirror image below is refused.
    case cholesky
    /// P R A Q = L U with threshold pivoting and dense fronts, by UMFPACK: for any square matrix.
    case lu
    /// P R A Q = L U of each diagonal block of a block triangular form, by KLU: for circuits and other
    /// matrices with so little fill that dense fronts do not pay.
    case klu
  }

  /// How unknowns are ordered to reduce fill.
  public enum Ordering: Sendable, Hashable {
    /// Approximate minimum degree: cheap to find, and good.
    case minimumDegree
    /// METIS: seven to nine times dearer to find, for a factorization that is some 10 % cheaper on
    /// plane grids and more on others. Worth it where one analysis serves many factorizations.
    case nestedDissection
    /// As the unknowns are numbered.
    case natural
  }

  /// Settings of the analysis and of all factorizations made with it.
  public struct Options: Sendable, Hashable {
    /// How unknowns are ordered.
    public var ordering: Ordering
    /// The most threads that the libraries underneath may use.
    public var threads: Int

    /// Settings, by default minimum degree and one thread.
    public init(ordering: Ordering = .minimumDegree, threads: Int = 1) {
      self.ordering = ordering
      self.threads = threads
    }

    /// Throws `InputError.outOfRange` unless the number of threads is between 1 and 1024.
    public func validate() throws {
      try InputError.require(
        (1...1024).contains(threads), "threads", Double(threads), "between 1 and 1024")
    }
  }

  /// The pattern that was analyzed.
  public let pattern: SparsityPattern

  /// How matrices on that pattern are factorized.
  public let method: Method

  /// The settings.
  public let options: Options

  private let analysis: any Analysis

  /// Analyzes a pattern.
  ///
  /// - Throws: ``FactorizationError`` if the matrix is empty or not square, if ``Method/cholesky`` does not
  ///   find a mirror image, if the ordering does not fit the method; `InputError` for bad options.
  public init(
    analyzing pattern: SparsityPattern, method: Method = .lu, options: Options = Options()
  ) throws {
    try options.validate()
    guard pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: pattern.rowCount, columnCount: pattern.columnCount)
    }
    guard pattern.columnCount > 0 else { throw FactorizationError.emptyMatrix }
    self.pattern = pattern
    self.method = method
    self.options = options
    switch method {
    case .cholesky: analysis = try CholeskyAnalysis.make(pattern, options: options)
    case .lu: analysis = try MultifrontalAnalysis(pattern, options: options)
    case .klu: analysis = try BlockTriangularAnalysis(pattern, options: options)
    }
  }

  /// The factors of a matrix on the analyzed pattern: a ``CholeskyFactorization`` or an
  /// ``LUFactorization``.
  ///
  /// - Throws: ``FactorizationError/singular(column:)``,
  ///   ``FactorizationError/notPositiveDefinite(column:)``, ``FactorizationError/differentPattern``,
  ///   ``FactorizationError/outOfMemory``; `InputError` for a value that is not finite.
  public func factorize(_ matrix: SparseMatrix) throws -> any Factorization {
    guard matrix.pattern == pattern else { throw FactorizationError.differentPattern }
    let engine = try analysis.makeEngine()
    let factors: any Factorization =
      method == .cholesky
      ? CholeskyFactorization(self, engine) : LUFactorization(self, engine)
    try factors.refactorize(matrix.values.span)
    return factors
  }
}
