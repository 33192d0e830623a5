/// What a factorization took, and what its pivots tell of the matrix.
public struct FactorizationStatistics: Sendable, Hashable {
  /// Where the pivots of a factorization come from.
  public enum Pivoting: Sendable, Hashable {
    /// They were chosen for this matrix.
    case chosen
    /// They were those of an earlier matrix; see ``SymbolicFactorization/Options/reusesPivots``.
    case reused
    /// Those of an earlier matrix were tried, let entries grow too much or vanished, and were
    /// chosen anew.
    case renewed
  }

  /// The numbers of positive and of negative pivots: of positive and negative eigenvalues (Sylvester's law of
  /// inertia), as far as rounding lets the signs be known.
  public struct Inertia: Sendable, Hashable {
    /// The number of positive eigenvalues.
    public var positive: Int
    /// The number of negative eigenvalues.
    public var negative: Int

    /// An inertia from its numbers.
    public init(positive: Int, negative: Int) {
      self.positive = positive
      self.negative = negative
    }
  }

  /// How the matrix was factorized.
  public var method: SymbolicFactorization.Method

  /// The number of stored entries of the factors: of L, or of L and U.
  public var factorEntryCount: Int

  /// The smallest pivot over the largest, in size.
  ///
  /// A cheap and rough reciprocal condition number, of the row-scaled matrix for LU. ``LinearSolution/conditionEstimate()`` gives a reliable one.
  public var pivotRatio: Double

  /// Where the pivots come from.
  public var pivoting = Pivoting.chosen

  /// minⱼ maxᵢ|cᵢⱼ|/maxᵢ|uᵢⱼ|, C being the scaled and permuted matrix: 1 if no entry grew during the elimination.
  ///
  /// Watched by KLU where pivots may be reused, else nil.
  public var reciprocalPivotGrowth: Double?

  /// max (|L||D||Lᵀ|)ᵢⱼ/max |aᵢⱼ| of an LDLᵀ factorization, else nil.
  ///
  /// So many times rounding weighs more than in a stable elimination; 1 for a definite matrix.
  public var elementGrowth: Double?

  /// The signs of the pivots of a symmetric factorization; nil for LU.
  public var inertia: Inertia?

  init(method: SymbolicFactorization.Method, factorEntryCount: Int, pivotRatio: Double) {
    self.method = method
    self.factorEntryCount = factorEntryCount
    self.pivotRatio = pivotRatio
  }
}
