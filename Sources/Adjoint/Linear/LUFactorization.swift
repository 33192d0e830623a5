/// P R A Q = L U of a square matrix, R scaling its rows.
///
/// By UMFPACK (Davis, "Algorithm 832", ACM TOMS 30, 2004) for ``SymbolicFactorization/Method/lu`` and
/// by KLU (Davis and Palamadai Natarajan, "Algorithm 907", ACM TOMS 37, 2010) for
/// ``SymbolicFactorization/Method/klu``. Neither refines its solutions here: ``LinearSolver`` does,
/// where that helps.
public final class LUFactorization: Factorization {
  /// The analysis that the factors were made with.
  public let symbolic: SymbolicFactorization

  let engine: GuardedEngine

  init(_ symbolic: SymbolicFactorization, _ engine: any FactorizationEngine) {
    self.symbolic = symbolic
    self.engine = GuardedEngine(engine, pattern: symbolic.pattern)
  }

  /// Replaces the factors by those of another matrix on the same pattern; see ``Factorization``.
  public func refactorize(_ values: Span<Double>) throws { try engine.refactorize(values) }

  /// Writes A⁻¹ b to `solution`; nothing is allocated after the first call.
  public func solve(
    _ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>
  ) throws {
    try engine.solve(rightHandSide, into: &solution, transposed: false)
  }

  /// Writes A⁻ᵀ b to `solution`; nothing is allocated after the first call.
  public func solveTransposed(
    _ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>
  ) throws {
    try engine.solve(rightHandSide, into: &solution, transposed: true)
  }
}
