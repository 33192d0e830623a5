/// P R A Q = L U of a square matrix, R scaling its rows.
///
/// By UMFPACK (Davis, "Algorithm 832", ACM TOMS 30, 2004) for ``SymbolicFactorization/Method/lu`` and
/// by KLU (Davis and Palamadai Natarajan, "Algorithm 907", ACM TOMS 37, 2010) for
/// ``SymbolicFactorization/Method/klu``. Neither refines its solutions here: ``LinearSolver`` does,
/// where that helps.
public final class LUFactorization: SparseFactorization, @unchecked Sendable {
  /// The factors of a matrix, by an analysis for ``SymbolicFactorization/Method/lu`` or
  /// ``SymbolicFactorization/Method/klu``.
  ///
  /// - Throws: as ``SymbolicFactorization/factorize(_:)`` does;
  ///   ``FactorizationError/differentMethod(expected:found:)``.
  public init(_ matrix: SparseMatrix, symbolic: SymbolicFactorization) throws {
    let engine: any FactorizationEngine =
      symbolic.method == .klu
      ? try symbolic.makeEngine(of: BlockTriangularAnalysis.self, for: .klu)
      : try symbolic.makeEngine(of: MultifrontalAnalysis.self, for: .lu)
    try super.init(matrix, symbolic: symbolic, engine: engine)
  }
}
