/// P A Pᵀ = L Lᵀ of a symmetric positive definite matrix, by CHOLMOD.
///
/// Source: Chen, Davis, Hager and Rajamanickam, "Algorithm 887", ACM TOMS 35 (2008). Only the lower
/// triangle of A is read. Since A = Aᵀ, ``solve(_:into:)`` and
/// ``solveTransposed(_:into:)`` do the same. Supernodal, with dense BLAS kernels, where the fill makes that
/// pay.
public final class CholeskyFactorization: Factorization {
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

  /// Writes A⁻ᵀ b = A⁻¹ b to `solution`.
  public func solveTransposed(
    _ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>
  ) throws {
    try engine.solve(rightHandSide, into: &solution, transposed: true)
  }
}
