import Synchronization

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
    /// P A Pᵀ = L Lᵀ of a symmetric positive definite matrix: ordered by CHOLMOD, factorized front by front
    /// by this package, or by CHOLMOD where there is hardly any fill or fronts would take much memory.
    ///
    /// Only the lower triangle is read. The pattern holds either that alone or both triangles; entries
    /// above the diagonal are not looked at, but an entry without a mirror image below is refused.
    case cholesky
    /// P A Pᵀ = L D Lᵀ of a symmetric matrix with a diagonal D, by CHOLMOD, without pivoting.
    ///
    /// For quasi-definite matrices, whose blocks [H Bᵀ; B −C] have definite H and C, and which have such
    /// factors in every order (Vanderbei, *SIAM J. Optim.* 5, 1995). Others may break down, which is an
    /// error; use LU for those. The pattern is read as for ``cholesky``.
    case ldl
    /// P R A Q = L U with threshold pivoting and dense fronts, by UMFPACK: for any square matrix.
    case lu
    /// P R A Q = L U of each diagonal block of a block triangular form, by KLU: for circuits and other
    /// matrices with so little fill that dense fronts do not pay.
    case klu
  }

  /// How unknowns are ordered to reduce fill.
  public enum Ordering: Sendable, Hashable {
    /// Approximate minimum degree (AMD) of A + Aᵀ: cheap to find, and good. UMFPACK takes COLAMD in
    /// its place where the pattern is far from symmetric.
    case minimumDegree
    /// Approximate minimum degree of the columns of A, as of AᵀA (COLAMD): bounds the fill of LU
    /// whatever the rows are that pivots are taken from.
    case columnMinimumDegree
    /// METIS: seven to nine times dearer to find, for a factorization that is some 10 % cheaper on
    /// plane grids and more on others. Worth it where one analysis serves many factorizations.
    case nestedDissection
    /// As the unknowns are numbered.
    case natural
    /// Unknown `given[k]` is eliminated as number k. The libraries may postorder that, which leaves
    /// the fill as it is; KLU orders within the blocks that it finds.
    case given([Int])
  }

  /// Settings of the analysis and of all factorizations made with it.
  public struct Options: Sendable, Hashable {
    /// How unknowns are ordered.
    public var ordering: Ordering
    /// The most threads that the libraries underneath may use.
    public var threads: Int

    /// Whether KLU tries the pivots of the last matrix in a refactorization.
    ///
    /// That makes it several times faster. They are chosen anew where they let entries grow a hundred times more than where
    /// they were chosen. The bits of the factors then depend on the matrices that came before. Other
    /// methods choose each time.
    public var reusesPivots: Bool

    /// Settings, by default minimum degree, one thread and pivots that are chosen each time.
    public init(
      ordering: Ordering = .minimumDegree, threads: Int = 1, reusesPivots: Bool = false
    ) {
      self.ordering = ordering
      self.threads = threads
      self.reusesPivots = reusesPivots
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
  ///   find a mirror image, if the ordering does not fit the method or is no permutation; `InputError` for
  ///   bad options.
  public init(
    analyzing pattern: SparsityPattern, method: Method = .lu, options: Options = Options()
  ) throws {
    try options.validate()
    try pattern.requireSolvable(in: options.ordering)
    self.pattern = pattern
    self.method = method
    self.options = options
    switch method {
    case .cholesky, .ldl:
      analysis = try CholeskyAnalysis.make(pattern, isDefinite: method == .cholesky, options)
    case .lu: analysis = try MultifrontalAnalysis(pattern, options: options)
    case .klu: analysis = try BlockTriangularAnalysis(pattern, options: options)
    }
  }

  /// An analysis by KLU that was made already.
  init(_ analysis: BlockTriangularAnalysis, options: Options) {
    pattern = analysis.pattern
    method = .klu
    self.options = options
    self.analysis = analysis
  }

  /// The factors of a matrix on the analyzed pattern: a ``CholeskyFactorization``, an
  /// ``LDLFactorization`` or an ``LUFactorization``.
  ///
  /// - Throws: ``FactorizationError/singular(column:)``,
  ///   ``FactorizationError/notPositiveDefinite(column:)``,
  ///   ``FactorizationError/unstablePivot(column:growth:)``, ``FactorizationError/differentPattern``,
  ///   ``FactorizationError/outOfMemory``; `InputError` for a value that is not finite.
  public func factorize(_ matrix: SparseMatrix) throws -> any Factorization {
    switch method {
    case .cholesky: try CholeskyFactorization(matrix, symbolic: self)
    case .ldl: try LDLFactorization(matrix, symbolic: self)
    case .lu, .klu: try LUFactorization(matrix, symbolic: self)
    }
  }

  /// Memory for factors by the library of `expected`, a method that has analyses of type `A`.
  func makeEngine<A: Analysis>(of type: A.Type, for expected: Method) throws -> A.Engine {
    guard method == expected, let analysis = analysis as? A else {
      throw FactorizationError.differentMethod(expected: expected, found: method)
    }
    return try analysis.makeEngine()
  }
}

/// Held while METIS orders a pattern.
private let dissection = Mutex<Void>(())

extension SymbolicFactorization.Ordering {
  /// Runs `body`, which orders a pattern this way.
  ///
  /// METIS draws random numbers from one sequence for all threads. Its callers take turns, so that the same
  /// pattern gets the same order, and a matrix the same factors to the last bit.
  func inTurn<Result>(_ body: () -> Result) -> Result {
    guard self == .nestedDissection else { return body() }
    // Not the result of `withLock`, which would have to be sendable.
    var result: Result?
    dissection.withLock { _ in result = body() }
    guard let result else { preconditionFailure("the body was run") }
    return result
  }

  /// Calls `body` with the address of a given permutation, nil for other orderings.
  func withGiven<Result>(_ body: (UnsafePointer<Int>?) throws -> Result) rethrows -> Result {
    guard case .given(let permutation) = self else { return try body(nil) }
    return try permutation.withUnsafeBufferPointer { try body($0.baseAddress) }
  }
}

extension SparsityPattern {
  /// Throws unless there are as many rows as columns, at least one, and a given ordering names each once.
  func requireSolvable(in ordering: SymbolicFactorization.Ordering) throws {
    guard isSquare else {
      throw FactorizationError.notSquare(rowCount: rowCount, columnCount: columnCount)
    }
    guard columnCount > 0 else { throw FactorizationError.emptyMatrix }
    try requireOrdering(ordering)
  }

  /// Throws unless a given ordering names each column once.
  func requireOrdering(_ ordering: SymbolicFactorization.Ordering) throws {
    guard case .given(let permutation) = ordering else { return }
    try InputError.requireLength(
      "ordering", expected: columnCount, found: permutation.count)
    var isTaken = [Bool](repeating: false, count: columnCount)
    for (place, unknown) in permutation.enumerated() {
      guard unknown >= 0, unknown < columnCount, !isTaken[unknown] else {
        throw FactorizationError.notAPermutation(place: place, unknown: unknown)
      }
      isTaken[unknown] = true
    }
  }
}
