import CSuiteSparse

/// Throws what KLU's status means, unless it is success or a singular matrix.
private func check(_ common: klu_l_common, _ routine: String) throws {
  switch Int32(common.status) {
  case KLU_OK, KLU_SINGULAR: return
  case KLU_OUT_OF_MEMORY, KLU_TOO_LARGE: throw FactorizationError.outOfMemory
  default: throw FactorizationError.libraryFailure(routine: routine, status: Int(common.status))
  }
}

/// KLU's block triangular form and ordering of a pattern.
///
/// Sendable because it is only read after `init`.
final class BlockTriangularAnalysis: Analysis, @unchecked Sendable {
  let pattern: SparsityPattern
  fileprivate private(set) var symbolic: UnsafeMutablePointer<klu_l_symbolic>?
  fileprivate private(set) var common = klu_l_common()

  init(_ pattern: SparsityPattern, options: SymbolicFactorization.Options) throws {
    self.pattern = pattern
    klu_l_defaults(&common)
    common.ordering = 0  // AMD of A + Aᵀ, per block
    common.tol = 0.1  // as in multifrontalControl(_:)
    common.halt_if_singular = 0  // a factorization will tell in which column
    let order = pattern.columnCount
    switch options.ordering {
    case .minimumDegree:
      symbolic = pattern.withPointers { pointers, rows in
        klu_l_analyze(numericCast(order), indices(pointers), indices(rows), &common)
      }
    case .natural:
      symbolic = pattern.withPointers { pointers, rows in
        klu_l_analyze_given(
          numericCast(order), indices(pointers), indices(rows), nil, nil, &common)
      }
    case .nestedDissection:
      throw FactorizationError.unsupportedOrdering(.nestedDissection, .klu)
    }
    try check(common, "klu_l_analyze")
    guard symbolic != nil else { throw FactorizationError.outOfMemory }
    common.halt_if_singular = 1
  }

  deinit { klu_l_free_symbolic(&symbolic, &common) }

  func makeEngine() -> any FactorizationEngine { BlockTriangularEngine(self) }
}

/// KLU's factors of the diagonal blocks.
private final class BlockTriangularEngine: FactorizationEngine {
  private let analysis: BlockTriangularAnalysis
  private var common: klu_l_common
  private var numeric: UnsafeMutablePointer<klu_l_numeric>?

  init(_ analysis: BlockTriangularAnalysis) {
    self.analysis = analysis
    common = analysis.common
  }

  deinit { klu_l_free_numeric(&numeric, &common) }

  /// Always with a new choice of pivots: klu_l_refactor would keep the old ones, so that factors would
  /// depend on which matrices came before.
  func factorize(_ values: UnsafePointer<Double>) throws {
    klu_l_free_numeric(&numeric, &common)
    numeric = analysis.pattern.withPointers { pointers, rows in
      klu_l_factor(
        indices(pointers), indices(rows), UnsafeMutablePointer(mutating: values),
        analysis.symbolic, &common)
    }
    try check(common, "klu_l_factor")
    if Int32(common.status) == KLU_SINGULAR {
      throw FactorizationError.singular(column: Int(common.singular_col))
    }
    guard numeric != nil else { throw FactorizationError.outOfMemory }
  }

  func solve(
    _ rightHandSide: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>
  ) throws {
    let order = analysis.pattern.columnCount
    if UnsafePointer(solution) != rightHandSide {
      solution.update(from: rightHandSide, count: order)
    }
    klu_l_solve(
      analysis.symbolic, numeric, numericCast(order), 1, solution, &common)
    try check(common, "klu_l_solve")
  }

  func solveTransposed(
    _ rightHandSide: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>
  ) throws {
    let order = analysis.pattern.columnCount
    if UnsafePointer(solution) != rightHandSide {
      solution.update(from: rightHandSide, count: order)
    }
    klu_l_tsolve(
      analysis.symbolic, numeric, numericCast(order), 1, solution, &common)
    try check(common, "klu_l_tsolve")
  }
}
