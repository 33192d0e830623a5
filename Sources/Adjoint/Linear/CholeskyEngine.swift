import CSuiteSparse

/// The symbolic Cholesky or LDLᵀ factorization of a pattern.
///
/// Sendable because the factor is only read, to be copied, after `init`.
final class CholeskyAnalysis: Analysis, @unchecked Sendable {
  let pattern: CholeskyPattern
  let options: SymbolicFactorization.Options
  let isDefinite: Bool
  private let workspace: CholeskyWorkspace
  private var factor: UnsafeMutablePointer<cholmod_factor>?
  /// The plan of our own factorization, where L has supernodes.
  let tree: AssemblyTree?

  /// The analysis with narrow integers, or with wide ones if those do not suffice.
  static func make(
    _ pattern: SparsityPattern, isDefinite: Bool, _ options: SymbolicFactorization.Options
  ) throws -> CholeskyAnalysis {
    if let entry = pattern.upperEntryWithoutMirror {
      throw FactorizationError.missingMirror(row: entry.row, column: entry.column)
    }
    // CHOLMOD's workspace has up to six integers for each column and counts them, too.
    if pattern.columnCount < Int(Int32.max) / 8 && pattern.entryCount < Int(Int32.max) / 2 {
      let analysis = try CholeskyAnalysis(
        pattern, isNarrow: true, isDefinite: isDefinite, options)
      if analysis.factorFitsNarrowIntegers { return analysis }
    }
    let analysis = try CholeskyAnalysis(pattern, isNarrow: false, isDefinite: isDefinite, options)
    try analysis.workspace.check("cholmod_l_analyze")
    guard analysis.factor != nil else { throw FactorizationError.outOfMemory }
    return analysis
  }

  private init(
    _ pattern: SparsityPattern, isNarrow: Bool, isDefinite: Bool,
    _ options: SymbolicFactorization.Options
  ) throws {
    let pattern = CholeskyPattern(pattern, isNarrow: isNarrow)
    let workspace = try CholeskyWorkspace(pattern.routines, isDefinite: isDefinite, options)
    self.pattern = pattern
    self.options = options
    self.isDefinite = isDefinite
    self.workspace = workspace
    factor = pattern.analyze(workspace, options)
    tree = factor.flatMap {
      AssemblyTree($0.pointee, isNarrow: pattern.isNarrow, of: pattern.pattern)
    }
  }

  /// Whether the analysis succeeded, and L with the room that CHOLMOD leaves for growth can be counted
  /// with 32 bits.
  private var factorFitsNarrowIntegers: Bool {
    guard let factor, workspace.common.pointee.status == CHOLMOD_OK else { return false }
    let entries = max(workspace.common.pointee.lnz, Double(factor.pointee.xsize))
    return 2 * entries < Double(Int32.max)
  }

  deinit { _ = workspace.routines.freeFactor(&factor, workspace.common) }

  func makeEngine() throws -> CholeskyEngine {
    let workspace = try CholeskyWorkspace(pattern.routines, isDefinite: isDefinite, options)
    return CholeskyEngine(self, workspace: workspace, factor: try makeFactor(workspace))
  }

  /// A factor without numbers yet.
  func makeFactor(
    _ workspace: CholeskyWorkspace
  ) throws -> UnsafeMutablePointer<cholmod_factor> {
    let copy = pattern.routines.copyFactor(factor, workspace.common)
    try workspace.check("cholmod_copy_factor")
    guard let copy else { throw FactorizationError.outOfMemory }
    return copy
  }
}

/// L, and what CHOLMOD needs to solve with it.
final class CholeskyEngine: SupernodalEngine {
  /// The most columns that are solved for at once, so that the workspace stays small beside L.
  private static let blockSize = 64

  let analysis: CholeskyAnalysis
  let workspace: CholeskyWorkspace
  private(set) var factor: UnsafeMutablePointer<cholmod_factor>?
  /// Whether the factor is no longer on the pattern that was analyzed.
  var isUpdated = false
  /// Memory for sparse solves, made when first needed.
  lazy var reach = EliminationReach(order: analysis.pattern.pattern.columnCount)
  private lazy var fronts = analysis.tree.map { FrontalCholesky($0) }
  /// Memory for one solution in the order of L, and for the rows of a block.
  private lazy var solution = Buffer<Double>(
    count: analysis.pattern.pattern.columnCount, repeating: 0)
  private lazy var work = Buffer<Double>(
    count: analysis.pattern.pattern.columnCount, repeating: 0)
  // Workspaces Y and E of cholmod_solve2, kept from one solve to the next.
  private var permuted: UnsafeMutablePointer<cholmod_dense>?
  private var extra: UnsafeMutablePointer<cholmod_dense>?

  init(
    _ analysis: CholeskyAnalysis, workspace: CholeskyWorkspace,
    factor: UnsafeMutablePointer<cholmod_factor>
  ) {
    self.analysis = analysis
    self.workspace = workspace
    self.factor = factor
  }

  deinit {
    _ = workspace.routines.freeDense(&permuted, workspace.common)
    _ = workspace.routines.freeDense(&extra, workspace.common)
    _ = workspace.routines.freeFactor(&factor, workspace.common)
  }

  func factorize(_ values: UnsafePointer<Double>) throws -> FactorizationStatistics {
    if isUpdated {
      _ = workspace.routines.freeFactor(&factor, workspace.common)
      factor = try analysis.makeFactor(workspace)
      isUpdated = false
    }
    guard let factor else { throw FactorizationError.noFactors }
    if let fronts {
      try factorize(values, factor, fronts)
    } else {
      withThreads(analysis.options.threads) {
        _ = analysis.pattern.withMatrix(values: values) {
          workspace.routines.factorize($0, factor, workspace.common)
        }
      }
      try workspace.check("cholmod_factorize")
    }
    let minor = Int(factor.pointee.minor)
    if workspace.common.pointee.status == CHOLMOD_NOT_POSDEF || minor < factor.pointee.n {
      let column = unknown(minor)
      throw analysis.isDefinite
        ? FactorizationError.notPositiveDefinite(column: column)
        : FactorizationError.unstablePivot(column: column, growth: .infinity)
    }
    if analysis.isDefinite { return try definiteStatistics() }
    var statistics = FactorizationStatistics(
      method: .ldl, factorEntryCount: try entryCount(),
      pivotRatio: workspace.routines.reciprocalCondition(factor, workspace.common))
    try surveyPivots(of: values, in: &statistics)
    return statistics
  }

  /// Fills CHOLMOD's supernodes with numbers of our own.
  private func factorize(
    _ values: UnsafePointer<Double>, _ factor: UnsafeMutablePointer<cholmod_factor>,
    _ fronts: FrontalCholesky
  ) throws {
    if factor.pointee.xtype == CHOLMOD_PATTERN {
      _ = workspace.routines.changeFactor(CHOLMOD_REAL, 1, 1, 1, 1, factor, workspace.common)
      try workspace.check("cholmod_change_factor")
    }
    guard let memory = factor.pointee.x else { throw FactorizationError.outOfMemory }
    let failure = withThreads(analysis.options.threads) {
      fronts.factorize(values, into: memory.assumingMemoryBound(to: Double.self))
    }
    factor.pointee.minor = failure ?? Int(factor.pointee.n)
  }

  func solve(
    _ rightHandSides: UnsafePointer<Double>, count: Int,
    into solutions: UnsafeMutablePointer<Double>, transposed: Bool
  ) throws {
    let order = analysis.pattern.pattern.columnCount
    if let factor, count == 1 && factor.pointee.is_super != 0 {
      return try solveOne(rightHandSides, into: solutions)
    }
    for first in stride(from: 0, to: count, by: Self.blockSize) {
      try solve(
        rightHandSides + first * order, min(Self.blockSize, count - first),
        into: solutions + first * order)
    }
  }

  private func solveOne(
    _ rightHandSide: UnsafePointer<Double>, into target: UnsafeMutablePointer<Double>
  ) throws {
    guard let permuted = solution.all.baseAddress, let work = work.all.baseAddress else { return }
    var solves = TriangularSolves(
      rightHandSide: rightHandSide, target: target, solution: permuted, work: work)
    try withBlocks(&solves)
  }

  private func solve(
    _ rightHandSides: UnsafePointer<Double>, _ count: Int,
    into solutions: UnsafeMutablePointer<Double>
  ) throws {
    var source = columns(UnsafeMutablePointer(mutating: rightHandSides), count)
    var target = columns(solutions, count)
    // CHOLMOD writes to the given X because it has the right shape, and so leaves the handle alone.
    try withUnsafeMutablePointer(to: &target) { target in
      var handle: UnsafeMutablePointer<cholmod_dense>? = target
      let isDone = withThreads(analysis.options.threads) {
        workspace.routines.solve(
          CHOLMOD_A, factor, &source, nil, &handle, nil, &permuted, &extra, workspace.common)
      }
      try workspace.check("cholmod_solve2")
      guard isDone != 0 && handle == target else {
        throw FactorizationError.libraryFailure(
          routine: "cholmod_solve2", status: Int(workspace.common.pointee.status))
      }
    }
  }

  func supernodalFactor() throws -> SupernodalFactor {
    var copy = FactorCopy()
    try withBlocks(&copy)
    guard let factor = copy.factor else { throw FactorizationError.noFactors }
    return factor
  }

  func pivots() throws -> [Double] {
    var collector = PivotCollector()
    try withBlocks(&collector)
    return collector.pivots
  }

  private func columns(
    _ elements: UnsafeMutablePointer<Double>, _ count: Int
  ) -> cholmod_dense {
    var columns = cholmod_dense()
    let order = analysis.pattern.pattern.columnCount
    columns.nrow = order
    columns.ncol = count
    columns.nzmax = order * count
    columns.d = order
    columns.x = UnsafeMutableRawPointer(elements)
    columns.xtype = CHOLMOD_REAL
    columns.dtype = CHOLMOD_DOUBLE
    return columns
  }
}

extension SparsityPattern {
  /// The first entry above the diagonal whose mirror image below is missing; cost O(n + entries).
  fileprivate var upperEntryWithoutMirror: (row: Int, column: Int)? {
    if isLowerTriangular { return nil }
    if transposed == self { return nil }
    for column in 0..<columnCount {
      for slot in columnPointers[column]..<columnPointers[column + 1] {
        let row = rowIndices[slot]
        guard row < column else { break }
        if self.slot(row: column, column: row) == nil { return (row, column) }
      }
    }
    return nil
  }
}
