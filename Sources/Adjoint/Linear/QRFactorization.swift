/// A complete orthogonal decomposition of any m × n matrix, with which its pseudoinverse is applied.
///
/// Let B be A, or Aᵀ if that has more rows, and r its rank. SPQR gives B E = Q R with R of r rows. If
/// all columns of B are independent, B⁺ = E R⁻¹ Qᵀ. Otherwise R Eᵀ is short of rows, and a second
/// factorization (R Eᵀ)ᵀ F = Z T with a square T gives B⁺ = Z T⁻ᵀ Fᵀ Qᵀ (Golub and Van Loan, *Matrix
/// Computations*, 4th ed., §5.5.2).
///
/// **Rank.** A column whose part outside the span of those before it is no longer than a tolerance is
/// taken for dependent; by default 20 (m + n) eps times the largest column norm. That reveals the rank of
/// most matrices, though not of all: R's diagonal may stay far above the smallest singular value
/// (Kahan's example). ``Statistics-swift.struct/rankMargin`` says how clear the decision was. Columns of
/// very different scales deserve scaling before.
///
/// Immutable, and may be shared between threads. Memory: the reflectors, which are more than R.
public final class QRFactorization: Sendable {
  /// How a matrix is factorized.
  public struct Options: Sendable, Hashable {
    /// How the columns of B are ordered; a given order is one of the columns of A, or of its rows if
    /// A has fewer rows than columns.
    public var ordering: SymbolicFactorization.Ordering = .columnMinimumDegree
    /// The most threads that the dense kernels may use.
    public var threads = 1
    /// The part of a column that counts as nothing, relative to the largest column norm; nil for
    /// 20 (m + n) eps.
    public var rankTolerance: Double?
    /// The rank that the matrix must have, if that is known.
    public var expectedRank: Int?

    /// The default settings.
    public init() {}

    /// Throws `InputError.outOfRange` for settings that make no sense.
    public func validate() throws {
      try InputError.require(
        (1...1024).contains(threads), "threads", Double(threads), "between 1 and 1024")
      if let rankTolerance {
        try InputError.require(
          rankTolerance >= 0 && rankTolerance < 1, "rankTolerance", rankTolerance,
          "at least 0 and less than 1")
      }
      if let expectedRank {
        try InputError.require(
          expectedRank >= 0, "expectedRank", Double(expectedRank), "at least 0")
      }
    }
  }

  /// What the factorization found.
  public struct Statistics: Sendable, Hashable {
    /// The number of independent columns, r.
    public var rank: Int
    /// The length below which the rest of a column was taken for nothing.
    public var rankTolerance: Double
    /// The least length that the rest of an independent column had; infinite at rank 0.
    public var smallestPivot: Double
    /// ‖·‖_F of all that was taken for nothing.
    public var droppedNorm: Double
    /// The number of stored numbers of R and the reflectors.
    public var factorEntryCount: Int

    /// How many times the least independent column exceeds what is, or would be, taken for nothing.
    ///
    /// Large for a clear rank. Near 1 the rank depends on the tolerance: nearby matrices have
    /// another one, and derivatives at constant rank, of size up to 1/`smallestPivot`², mean little.
    public var rankMargin: Double { smallestPivot / max(rankTolerance, droppedNorm) }
  }

  /// m.
  public let rowCount: Int

  /// n.
  public let columnCount: Int

  /// What was found.
  public let statistics: Statistics

  /// The settings.
  public let options: Options

  /// Whether the factors are those of Aᵀ.
  private let isTransposed: Bool
  /// Nil for a matrix without entries.
  private let first: HouseholderFactors?
  /// Those of (R Eᵀ)ᵀ; nil if R is square.
  private let second: HouseholderFactors?

  /// r, the number of independent columns.
  public var rank: Int { statistics.rank }

  /// Factorizes a matrix of any shape.
  ///
  /// - Throws: ``FactorizationError/rankChanged(expected:found:)`` if a rank was expected;
  ///   ``FactorizationError/notAPermutation(place:unknown:)``, ``FactorizationError/outOfMemory``;
  ///   `InputError` for bad options.
  public convenience init(_ matrix: SparseMatrix, options: Options = Options()) throws {
    try self.init(matrix, options, ordering: options.ordering)
  }

  /// Factorizes another matrix on the same pattern in the order of columns that was found before,
  /// and with the same options.
  ///
  /// - Throws: as ``init(_:options:)`` does; ``FactorizationError/differentPattern`` if the shape is
  ///   another one.
  public convenience init(_ matrix: SparseMatrix, reusing earlier: QRFactorization) throws {
    guard matrix.rowCount == earlier.rowCount && matrix.columnCount == earlier.columnCount else {
      throw FactorizationError.differentPattern
    }
    let order = earlier.first.map { SymbolicFactorization.Ordering.given($0.columnOrder) }
    try self.init(matrix, earlier.options, ordering: order ?? earlier.options.ordering)
  }

  private init(
    _ matrix: SparseMatrix, _ options: Options, ordering: SymbolicFactorization.Ordering
  ) throws {
    try options.validate()
    self.options = options
    rowCount = matrix.rowCount
    columnCount = matrix.columnCount
    isTransposed = matrix.rowCount < matrix.columnCount
    let tall = isTransposed ? matrix.transposed : matrix
    try tall.pattern.requireOrdering(ordering)
    let relative =
      options.rankTolerance
      ?? 20 * Double(matrix.rowCount + matrix.columnCount) * Double.ulpOfOne
    let tolerance = relative * tall.largestColumnNorm
    var settings = HouseholderFactors.Settings(
      ordering: ordering, threads: options.threads, tolerance: tolerance)
    first = try tall.pattern.entryCount == 0 ? nil : HouseholderFactors(tall, settings)
    let rank = first?.rank ?? 0
    statistics = Statistics(
      rank: rank, rankTolerance: tolerance, smallestPivot: first?.smallestPivot ?? .infinity,
      droppedNorm: first?.droppedNorm ?? 0, factorEntryCount: first?.entryCount ?? 0)
    if let expected = options.expectedRank, expected != rank {
      throw FactorizationError.rankChanged(expected: expected, found: rank)
    }
    if let first, rank > 0, rank < first.columnCount {
      // All rows of R are independent, by the choice of its pivots.
      settings.tolerance = nil
      settings.ordering = .columnMinimumDegree
      second = try HouseholderFactors(first.unpermutedTriangle.transposed, settings)
    } else {
      second = nil
    }
  }

  /// A⁺ b: of all x with the least ‖b − A x‖₂ the one with the least ‖x‖₂.
  ///
  /// - Throws: `InputError` unless b has m finite numbers.
  public func solve(_ rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireLength("rightHandSide", expected: rowCount, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    return isTransposed ? applyTransposed(rightHandSide) : apply(rightHandSide)
  }

  /// A⁺ᵀ w: of all y with the least ‖w − Aᵀ y‖₂ the one with the least ‖y‖₂.
  ///
  /// - Throws: `InputError` unless w has n finite numbers.
  public func solveTransposed(_ rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireLength(
      "rightHandSide", expected: columnCount, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    return isTransposed ? apply(rightHandSide) : applyTransposed(rightHandSide)
  }

  /// A⁺A x: the part of x in the span of A's rows, by an orthogonal projection.
  ///
  /// - Throws: `InputError` unless x has n finite numbers.
  public func projectOntoRows(_ vector: [Double]) throws -> [Double] {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireFinite("vector", vector)
    return isTransposed ? projectOntoRange(vector) : projectOntoCorange(vector)
  }

  /// A A⁺ b: the part of b in the span of A's columns, by an orthogonal projection.
  ///
  /// - Throws: `InputError` unless b has m finite numbers.
  public func projectOntoColumns(_ vector: [Double]) throws -> [Double] {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    try InputError.requireFinite("vector", vector)
    return isTransposed ? projectOntoCorange(vector) : projectOntoRange(vector)
  }

  /// B B⁺ v = Q Qᵀ v.
  private func projectOntoRange(_ vector: [Double]) -> [Double] {
    guard let first, rank > 0 else { return vector.map { _ in 0 } }
    return first.product(first.transposedProduct(vector))
  }

  /// B⁺ B v = Z Zᵀ v, or v if the columns of B are independent.
  private func projectOntoCorange(_ vector: [Double]) -> [Double] {
    guard rank > 0 else { return vector.map { _ in 0 } }
    return second.map { $0.product($0.transposedProduct(vector)) } ?? vector
  }

  /// B⁺ b.
  private func apply(_ vector: [Double]) -> [Double] {
    guard let first, rank > 0 else {
      return [Double](repeating: 0, count: min(rowCount, columnCount))
    }
    let coefficients = first.transposedProduct(vector)
    guard let second else { return first.solve(coefficients) }
    return second.product(second.solveTransposed(coefficients))
  }

  /// B⁺ᵀ w.
  private func applyTransposed(_ vector: [Double]) -> [Double] {
    guard let first, rank > 0 else {
      return [Double](repeating: 0, count: max(rowCount, columnCount))
    }
    guard let second else { return first.product(first.solveTransposed(vector)) }
    return first.product(second.solve(second.transposedProduct(vector)))
  }
}
