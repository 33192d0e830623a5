/// What the factors of all sparse methods have in common.
///
/// The subclasses are ``CholeskyFactorization``, ``LDLFactorization`` and ``LUFactorization``.
/// Sendable because it holds nothing but constants, and an engine whose callers take turns.
public class SparseFactorization: Factorization, @unchecked Sendable {
  /// The analysis that the factors were made with.
  public let symbolic: SymbolicFactorization

  let guarded: GuardedEngine

  /// The factors of a matrix by an engine that the analysis made.
  init(
    _ matrix: SparseMatrix, symbolic: SymbolicFactorization, engine: any FactorizationEngine
  ) throws {
    guard matrix.pattern == symbolic.pattern else { throw FactorizationError.differentPattern }
    self.symbolic = symbolic
    guarded = GuardedEngine(engine, for: symbolic)
    try guarded.refactorize(matrix.values.span)
  }

  /// What the last factorization that succeeded took.
  public var statistics: FactorizationStatistics { guarded.statistics }

  /// Replaces the factors by those of another matrix on the same pattern; see ``Factorization``.
  public func refactorize(_ values: Span<Double>) throws { try guarded.refactorize(values) }

  /// Writes A⁻¹ B to `solutions`; nothing is allocated after the first call with as many columns.
  public func solve(
    _ rightHandSides: Span<Double>, count: Int, into solutions: inout MutableSpan<Double>
  ) throws {
    try guarded.solve(rightHandSides, count: count, into: &solutions, transposed: false)
  }

  /// Writes A⁻ᵀ B to `solutions`; nothing is allocated after the first call with as many columns.
  public func solveTransposed(
    _ rightHandSides: Span<Double>, count: Int, into solutions: inout MutableSpan<Double>
  ) throws {
    try guarded.solve(rightHandSides, count: count, into: &solutions, transposed: true)
  }

  /// Entries of the solutions of A X = B with sparse B; here from a full solve.
  public func solve(_ rightHandSides: SparseMatrix, entries: [Int]) throws -> [Double] {
    try solveAll(rightHandSides, entries: entries)
  }
}
