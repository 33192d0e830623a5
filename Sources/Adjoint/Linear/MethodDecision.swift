/// A step on the way to the method that a system was solved with.
public enum MethodDecision: Sendable, Hashable, CustomStringConvertible {
  /// The method was asked for.
  case requested
  /// The factors, or their analysis, were given.
  case given
  /// The matrix is symmetric with a positive diagonal: Cholesky was tried.
  case triedCholesky
  /// Cholesky failed in a column: LU.
  case notPositiveDefinite(column: Int)
  /// An entry differs from its mirror image: LU.
  case notSymmetric(row: Int, column: Int)
  /// A diagonal entry is zero or negative: LU without trying Cholesky.
  case diagonalNotPositive(column: Int)
  /// Cholesky does not have the ordering that was asked for: LU.
  case orderingNotForCholesky
  /// LU takes so few operations for each entry of its factors that KLU is the faster.
  case littleFill(operationsPerEntry: Double)
  /// LU takes so many operations for each entry of its factors that UMFPACK's dense kernels pay.
  case muchFill(operationsPerEntry: Double)
  /// The fill is not known in advance for the ordering that was asked for: UMFPACK.
  case unknownFill

  /// The decision, for a person.
  public var description: String {
    switch self {
    case .requested: "the method was asked for"
    case .given: "the factors or their analysis were given"
    case .triedCholesky: "symmetric with a positive diagonal: Cholesky was tried"
    case .notPositiveDefinite(let column):
      "not positive definite: Cholesky failed in column \(column), so LU"
    case .notSymmetric(let row, let column):
      "entries (\(row), \(column)) and (\(column), \(row)) differ, so LU"
    case .diagonalNotPositive(let column):
      "diagonal entry \(column) is not positive, so LU"
    case .orderingNotForCholesky: "Cholesky does not have this ordering, so LU"
    case .littleFill(let count):
      "\(count) operations for each entry of L and U: little fill, so KLU"
    case .muchFill(let count):
      "\(count) operations for each entry of L and U: much fill, so UMFPACK"
    case .unknownFill: "the fill is not known in advance for this ordering, so UMFPACK"
    }
  }
}

extension SymbolicFactorization {
  /// Below so many operations for each entry of L and U, KLU is faster than UMFPACK.
  ///
  /// Measured with one thread, time of KLU over time of UMFPACK for analysis, factorization and solve:
  /// convection and diffusion on 40², 80², 160², 320² nodes with 23, 49, 91, 161 operations an entry 0.37,
  /// 0.58, 0.89, 1.31; on 12³, 18³, 24³ nodes with 111, 274, 516 operations 0.86, 1.27, 3.76;
  /// circuits of 10³ to 10⁵ nodes with 12 to 17 operations 0.33 to 0.27; full matrices of 20, 100, 500
  /// rows with 12, 66, 332 operations 0.58, 1.01, 2.09; random ones with 108, 379, 1190 operations
  /// 0.78, 2.37, 5.03; tridiagonal ones 0.30 to 0.16.
  static let operationsForDenseKernels = 80.0

  /// The analysis for LU by KLU or by UMFPACK, whichever is expected to be faster.
  ///
  /// KLU's own analysis says how many operations and entries there will be. Where it is not used it costs
  /// some 5 % of what UMFPACK then takes.
  static func analyzingForLU(
    _ pattern: SparsityPattern, _ options: Options
  ) throws -> (symbolic: SymbolicFactorization, decision: MethodDecision) {
    func multifrontal(_ decision: MethodDecision) throws -> (SymbolicFactorization, MethodDecision)
    {
      (try SymbolicFactorization(analyzing: pattern, method: .lu, options: options), decision)
    }
    guard options.ordering == .minimumDegree, pattern.columnCount > 0 else {
      return try multifrontal(.unknownFill)
    }
    let analysis = try BlockTriangularAnalysis(pattern, options: options)
    guard let count = analysis.operationsPerEntry else { return try multifrontal(.unknownFill) }
    guard count < operationsForDenseKernels else {
      return try multifrontal(.muchFill(operationsPerEntry: count))
    }
    return (
      SymbolicFactorization(analysis, options: options), .littleFill(operationsPerEntry: count)
    )
  }
}
