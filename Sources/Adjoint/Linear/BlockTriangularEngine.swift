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
  fileprivate let reusesPivots: Bool
  fileprivate private(set) var symbolic: UnsafeMutablePointer<klu_l_symbolic>?
  fileprivate private(set) var common = klu_l_common()

  init(_ pattern: SparsityPattern, options: SymbolicFactorization.Options) throws {
    self.pattern = pattern
    klu_l_defaults(&common)
    common.ordering = 0  // AMD of A + Aᵀ, per block
    common.tol = 0.1  // as in multifrontalControl(_:)
    common.halt_if_singular = 0  // a factorization will tell in which column
    reusesPivots = options.reusesPivots
    switch options.ordering {
    case .minimumDegree: symbolic = analyzed()
    case .columnMinimumDegree:
      common.ordering = 1
      symbolic = analyzed()
    case .natural, .given: symbolic = options.ordering.withGiven { analyzed($0) }
    case .nestedDissection:
      throw FactorizationError.unsupportedOrdering(options.ordering, .klu)
    }
    try check(common, "klu_l_analyze")
    guard symbolic != nil else { throw FactorizationError.outOfMemory }
    common.halt_if_singular = 1
  }

  deinit { klu_l_free_symbolic(&symbolic, &common) }

  private func analyzed() -> UnsafeMutablePointer<klu_l_symbolic>? {
    pattern.withPointers { pointers, rows in
      klu_l_analyze(numericCast(pattern.columnCount), indices(pointers), indices(rows), &common)
    }
  }

  /// With the same order of rows and columns before the blocks are looked for.
  private func analyzed(
    _ order: UnsafePointer<Int>?
  ) -> UnsafeMutablePointer<klu_l_symbolic>? {
    pattern.withPointers { pointers, rows in
      klu_l_analyze_given(
        numericCast(pattern.columnCount), indices(pointers), indices(rows),
        order.map { indices($0) },
        order.map { indices($0) }, &common)
    }
  }

  /// How many operations the factorization takes for each entry of L and U, if no pivots must be
  /// moved; nil if not known, as with other orderings than minimum degree.
  var operationsPerEntry: Double? {
    guard let symbolic, symbolic.pointee.est_flops >= 0 else { return nil }
    let entries = symbolic.pointee.lnz + symbolic.pointee.unz
    return entries > 0 ? symbolic.pointee.est_flops / entries : 0
  }

  func makeEngine() -> BlockTriangularEngine { BlockTriangularEngine(self) }
}

/// KLU's factors of the diagonal blocks.
final class BlockTriangularEngine: FactorizationEngine {
  /// How many times smaller the reciprocal pivot growth may become with old pivots: two digits of
  /// the backward error, which one step of refinement brings back.
  private static let tolerableGrowth = 100.0

  private let analysis: BlockTriangularAnalysis
  private var common: klu_l_common
  private var numeric: UnsafeMutablePointer<klu_l_numeric>?
  /// The reciprocal pivot growth where the pivots were chosen.
  private var chosenGrowth = 0.0

  init(_ analysis: BlockTriangularAnalysis) {
    self.analysis = analysis
    common = analysis.common
  }

  deinit { klu_l_free_numeric(&numeric, &common) }

  func factorize(_ values: UnsafePointer<Double>) throws -> FactorizationStatistics {
    var pivoting = FactorizationStatistics.Pivoting.chosen
    if analysis.reusesPivots && numeric != nil {
      pivoting = try reusePivots(values) ? .reused : .renewed
    }
    if pivoting != .reused { try choosePivots(values) }
    klu_l_rcond(analysis.symbolic, numeric, &common)
    try check(common, "klu_l_rcond")
    let entryCount = numeric.map {
      Int($0.pointee.lnz) + Int($0.pointee.unz) + Int($0.pointee.nzoff)
    }
    var statistics = FactorizationStatistics(
      method: .klu, factorEntryCount: entryCount ?? 0, pivotRatio: common.rcond)
    statistics.pivoting = pivoting
    if analysis.reusesPivots {
      statistics.reciprocalPivotGrowth = common.rgrowth
      if pivoting != .reused { chosenGrowth = common.rgrowth }
    }
    return statistics
  }

  private func choosePivots(_ values: UnsafePointer<Double>) throws {
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
    if analysis.reusesPivots { try measureGrowth(values) }
  }

  /// Whether the pivots of the last matrix do for this one.
  private func reusePivots(_ values: UnsafePointer<Double>) throws -> Bool {
    let isDone = analysis.pattern.withPointers { pointers, rows in
      klu_l_refactor(
        indices(pointers), indices(rows), UnsafeMutablePointer(mutating: values),
        analysis.symbolic, numeric, &common)
    }
    try check(common, "klu_l_refactor")
    guard isDone != 0 && Int32(common.status) == KLU_OK else { return false }
    try measureGrowth(values)
    // False, too, if a growth is not a number.
    return common.rgrowth * Self.tolerableGrowth >= chosenGrowth
  }

  private func measureGrowth(_ values: UnsafePointer<Double>) throws {
    _ = analysis.pattern.withPointers { pointers, rows in
      klu_l_rgrowth(
        indices(pointers), indices(rows), UnsafeMutablePointer(mutating: values),
        analysis.symbolic, numeric, &common)
    }
    try check(common, "klu_l_rgrowth")
  }

  func solve(
    _ rightHandSides: UnsafePointer<Double>, count: Int,
    into solutions: UnsafeMutablePointer<Double>, transposed: Bool
  ) throws {
    let order = analysis.pattern.columnCount
    if UnsafePointer(solutions) != rightHandSides {
      solutions.update(from: rightHandSides, count: order * count)
    }
    if transposed {
      klu_l_tsolve(
        analysis.symbolic, numeric, numericCast(order), numericCast(count), solutions, &common)
      try check(common, "klu_l_tsolve")
    } else {
      klu_l_solve(
        analysis.symbolic, numeric, numericCast(order), numericCast(count), solutions, &common)
      try check(common, "klu_l_solve")
    }
  }
}
