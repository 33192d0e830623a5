/// P A Pᵀ = L Lᵀ of a symmetric positive definite matrix, by CHOLMOD.
///
/// Source: Chen, Davis, Hager and Rajamanickam, "Algorithm 887", ACM TOMS 35 (2008). Only the lower
/// triangle of A is read. Since A = Aᵀ, solves with A and with Aᵀ are the same. Supernodal, with dense
/// BLAS kernels, where the fill makes that pay.
public final class CholeskyFactorization: SparseFactorization, @unchecked Sendable {
  // Touched under the lock of the guarded engine only.
  private let engine: CholeskyEngine

  /// The factors of a matrix, by an analysis for ``SymbolicFactorization/Method/cholesky``.
  ///
  /// - Throws: as ``SymbolicFactorization/factorize(_:)`` does;
  ///   ``FactorizationError/differentMethod(expected:found:)``.
  public init(_ matrix: SparseMatrix, symbolic: SymbolicFactorization) throws {
    engine = try symbolic.makeEngine(of: CholeskyAnalysis.self, for: .cholesky)
    try super.init(matrix, symbolic: symbolic, engine: engine)
  }

  /// Analyzes and factorizes a matrix.
  ///
  /// - Throws: as ``SymbolicFactorization`` does.
  public convenience init(
    _ matrix: SparseMatrix,
    options: SymbolicFactorization.Options = SymbolicFactorization.Options()
  ) throws {
    let symbolic = try SymbolicFactorization(
      analyzing: matrix.pattern, method: .cholesky, options: options)
    try self.init(matrix, symbolic: symbolic)
  }

  /// Replaces the factors of A by those of A + W Wᵀ, W having few columns with few entries.
  ///
  /// Solves are of the changed matrix from then on. Its pattern may have more entries than the one that
  /// was analyzed, which ``SparseFactorization/symbolic`` still names: a refactorization, on that
  /// pattern, forgets all updates. Cost: the entries of L in the columns that change, and O(n). The first
  /// update turns a supernodal factor into single columns, which costs about as much as a solve; later
  /// solves, too, go without dense kernels. Each update leaves rounding errors of its own, about eps
  /// ‖A‖ if none of the matrices is close to singular.
  ///
  /// Source: Davis and Hager, "Multiple-rank modifications of a sparse Cholesky factorization", *SIAM
  /// J. Matrix Anal. Appl.* 22 (2001).
  ///
  /// - Throws: `InputError` unless W has n rows; ``FactorizationError/noFactors``;
  ///   ``FactorizationError/outOfMemory``, after which there are no factors.
  public func update(adding columns: SparseMatrix) throws { try change(columns, isAdded: true) }

  /// Replaces the factors of A by those of A − W Wᵀ; otherwise as ``update(adding:)``.
  ///
  /// - Throws: ``FactorizationError/notPositiveDefinite(column:)`` if that matrix is not, to rounding,
  ///   positive definite: then there are no factors until the next refactorization; and as
  ///   ``update(adding:)`` does.
  public func downdate(subtracting columns: SparseMatrix) throws {
    try change(columns, isAdded: false)
  }

  private func change(_ columns: SparseMatrix, isAdded: Bool) throws {
    try InputError.requireLength("columns", expected: order, found: columns.rowCount)
    try guarded.replaceFactors(needsFactors: true) {
      try engine.change(by: columns, isAdded: isAdded)
    }
  }

  /// Entries of the solutions of A X = B with sparse B, at the cost of the columns of L on their way.
  public override func solve(_ rightHandSides: SparseMatrix, entries: [Int]) throws -> [Double] {
    try requireEntries(rightHandSides, entries)
    return try guarded.withFactors { try engine.solve(rightHandSides, entries: entries) }
  }
}
