import CSuiteSparse

/// The symbolic Cholesky factorization of a pattern.
///
/// Sendable because the factor is only read, to be copied, after `init`.
final class CholeskyAnalysis: Analysis, @unchecked Sendable {
  private let pattern: CholeskyPattern
  private let options: SymbolicFactorization.Options
  private let workspace: CholeskyWorkspace
  private var factor: UnsafeMutablePointer<cholmod_factor>?

  /// The analysis with narrow integers, or with wide ones if those do not suffice.
  static func make(
    _ pattern: SparsityPattern, options: SymbolicFactorization.Options
  ) throws -> CholeskyAnalysis {
    if let entry = pattern.upperEntryWithoutMirror {
      throw FactorizationError.missingMirror(row: entry.row, column: entry.column)
    }
    // CHOLMOD's workspace has up to six integers for each column and counts them, too.
    if pattern.columnCount < Int(Int32.max) / 8 && pattern.entryCount < Int(Int32.max) / 2 {
      let analysis = try CholeskyAnalysis(pattern, isNarrow: true, options)
      if analysis.factorFitsNarrowIntegers { return analysis }
    }
    let analysis = try CholeskyAnalysis(pattern, isNarrow: false, options)
    try analysis.workspace.check("cholmod_l_analyze")
    guard analysis.factor != nil else { throw FactorizationError.outOfMemory }
    return analysis
  }

  private init(
    _ pattern: SparsityPattern, isNarrow: Bool, _ options: SymbolicFactorization.Options
  ) throws {
    let pattern = CholeskyPattern(pattern, isNarrow: isNarrow)
    let workspace = CholeskyWorkspace(pattern.routines, options)
    self.pattern = pattern
    self.options = options
    self.workspace = workspace
    factor = withThreads(options.threads) {
      pattern.withMatrix(values: nil) { pattern.routines.analyze($0, workspace.common) }
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

  func makeEngine() throws -> any FactorizationEngine {
    let workspace = CholeskyWorkspace(pattern.routines, options)
    let copy = pattern.routines.copyFactor(factor, workspace.common)
    try workspace.check("cholmod_copy_factor")
    guard let copy else { throw FactorizationError.outOfMemory }
    return CholeskyEngine(pattern, options: options, workspace: workspace, factor: copy)
  }
}

/// L, and what CHOLMOD needs to solve with it.
private final class CholeskyEngine: SupernodalEngine {
  private let pattern: CholeskyPattern
  private let options: SymbolicFactorization.Options
  private let workspace: CholeskyWorkspace
  private var factor: UnsafeMutablePointer<cholmod_factor>?
  // Workspaces Y and E of cholmod_solve2, kept from one solve to the next.
  private var permuted: UnsafeMutablePointer<cholmod_dense>?
  private var extra: UnsafeMutablePointer<cholmod_dense>?

  init(
    _ pattern: CholeskyPattern, options: SymbolicFactorization.Options,
    workspace: CholeskyWorkspace, factor: UnsafeMutablePointer<cholmod_factor>
  ) {
    self.pattern = pattern
    self.options = options
    self.workspace = workspace
    self.factor = factor
  }

  deinit {
    _ = workspace.routines.freeDense(&permuted, workspace.common)
    _ = workspace.routines.freeDense(&extra, workspace.common)
    _ = workspace.routines.freeFactor(&factor, workspace.common)
  }

  func factorize(_ values: UnsafePointer<Double>) throws {
    guard let factor else { throw FactorizationError.noFactors }
    withThreads(options.threads) {
      _ = pattern.withMatrix(values: values) {
        workspace.routines.factorize($0, factor, workspace.common)
      }
    }
    try workspace.check("cholmod_factorize")
    let minor = Int(factor.pointee.minor)
    if workspace.common.pointee.status == CHOLMOD_NOT_POSDEF || minor < factor.pointee.n {
      throw FactorizationError.notPositiveDefinite(column: pattern.column(minor, of: factor))
    }
  }

  func solve(
    _ rightHandSide: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>
  ) throws {
    var source = vector(UnsafeMutablePointer(mutating: rightHandSide))
    var target = vector(solution)
    // CHOLMOD writes to the given X because it has the right shape, and so leaves the handle alone.
    try withUnsafeMutablePointer(to: &target) { target in
      var handle: UnsafeMutablePointer<cholmod_dense>? = target
      let isDone = withThreads(options.threads) {
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

  func solveTransposed(
    _ rightHandSide: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>
  ) throws {
    try solve(rightHandSide, into: solution)
  }

  func supernodalFactor() throws -> SupernodalFactor {
    guard let factor else { throw FactorizationError.noFactors }
    return try SupernodalFactor(factor)
  }

  func pivots() throws -> [Double] {
    guard let factor else { throw FactorizationError.noFactors }
    return try SupernodalFactor.diagonal(of: factor)
  }

  private func vector(_ elements: UnsafeMutablePointer<Double>) -> cholmod_dense {
    var vector = cholmod_dense()
    let count = pattern.pattern.columnCount
    vector.nrow = count
    vector.ncol = 1
    vector.nzmax = count
    vector.d = count
    vector.x = UnsafeMutableRawPointer(elements)
    vector.xtype = CHOLMOD_REAL
    vector.dtype = CHOLMOD_DOUBLE
    return vector
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
