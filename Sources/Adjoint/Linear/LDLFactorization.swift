/// P A Pᵀ = L D Lᵀ of a symmetric, possibly indefinite matrix, with a diagonal D, by CHOLMOD.
///
/// There is no pivoting: the order is chosen for sparsity alone. That is safe for definite matrices, and
/// for quasi-definite ones [H Bᵀ; B −C], H and C positive definite, as long as neither is nearly
/// singular (Gill, Saunders and Shinnerl, *SIAM J. Matrix Anal. Appl.* 17, 1996). Other matrices may have
/// no such factors, or useless ones: pivots are watched by ``FactorizationStatistics/elementGrowth``, and
/// a growth that would cost half of the digits is an error. Only the lower triangle is read. There
/// are no dense kernels, so for definite matrices with much fill Cholesky is faster.
///
/// `statistics.inertia` counts the positive and negative pivots.
public final class LDLFactorization: SparseFactorization, @unchecked Sendable {
  // Touched under the lock of the guarded engine only.
  private let engine: CholeskyEngine

  /// The factors of a matrix, by an analysis for ``SymbolicFactorization/Method/ldl``.
  ///
  /// - Throws: as ``SymbolicFactorization/factorize(_:)`` does;
  ///   ``FactorizationError/differentMethod(expected:found:)``.
  public init(_ matrix: SparseMatrix, symbolic: SymbolicFactorization) throws {
    engine = try symbolic.makeEngine(of: CholeskyAnalysis.self, for: .ldl)
    try super.init(matrix, symbolic: symbolic, engine: engine)
  }

  /// Entries of the solutions of A X = B with sparse B, at the cost of the columns of L on their way.
  public override func solve(_ rightHandSides: SparseMatrix, entries: [Int]) throws -> [Double] {
    try requireEntries(rightHandSides, entries)
    return try guarded.withFactors { try engine.solve(rightHandSides, entries: entries) }
  }
}
