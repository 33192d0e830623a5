import CSuiteSparse

/// CHOLMOD's settings, statistics and workspace: one object for each factorization.
///
/// CHOLMOD neither prints nor calls handlers with these settings.
private final class CholeskyWorkspace {
  let common: UnsafeMutablePointer<cholmod_common>

  init(_ options: SymbolicFactorization.Options) {
    common = .allocate(capacity: 1)
    cholmod_l_start(common)
    common.pointee.print = 0
    common.pointee.error_handler = nil
    common.pointee.nmethods = 1
    common.pointee.postorder = 1
    switch options.ordering {
    case .minimumDegree: common.pointee.method.0.ordering = CHOLMOD_AMD
    case .nestedDissection: common.pointee.method.0.ordering = CHOLMOD_METIS
    case .natural: common.pointee.method.0.ordering = CHOLMOD_NATURAL
    }
    // L Lᵀ also where the factorization is not supernodal: L D Lᵀ, the default there, would accept an
    // indefinite matrix without pivoting.
    common.pointee.final_ll = 1
    common.pointee.quick_return_if_not_posdef = 1
    cholmod_common_set_threads(common, Int32(options.threads))
  }

  deinit {
    cholmod_l_finish(common)
    common.deallocate()
  }

  /// Throws what the status of the last call means, unless it is success or `CHOLMOD_NOT_POSDEF`.
  func check(_ routine: String) throws {
    let status = common.pointee.status
    switch status {
    case CHOLMOD_OK, CHOLMOD_NOT_POSDEF, CHOLMOD_DSMALL: return
    case CHOLMOD_OUT_OF_MEMORY, CHOLMOD_TOO_LARGE: throw FactorizationError.outOfMemory
    default: throw FactorizationError.libraryFailure(routine: routine, status: Int(status))
    }
  }
}

extension SparsityPattern {
  /// Calls `body` with CHOLMOD's view of the lower triangle of a square matrix on this pattern.
  ///
  /// `stype` −1 says symmetric, entries above the diagonal ignored. Nothing is copied.
  fileprivate func withSymmetricMatrix<Result>(
    values: UnsafePointer<Double>?, _ body: (UnsafeMutablePointer<cholmod_sparse>) throws -> Result
  ) rethrows -> Result {
    try withPointers { pointers, rows in
      var matrix = cholmod_sparse()
      matrix.nrow = rowCount
      matrix.ncol = columnCount
      matrix.nzmax = entryCount
      matrix.p = UnsafeMutableRawPointer(mutating: pointers)
      matrix.i = UnsafeMutableRawPointer(mutating: rows)
      matrix.x = values.map { UnsafeMutableRawPointer(mutating: $0) }
      matrix.stype = -1
      matrix.itype = CHOLMOD_LONG
      matrix.xtype = values == nil ? CHOLMOD_PATTERN : CHOLMOD_REAL
      matrix.dtype = CHOLMOD_DOUBLE
      matrix.sorted = 1
      matrix.packed = 1
      return try body(&matrix)
    }
  }
}

/// The symbolic Cholesky factorization of a pattern.
///
/// Sendable because the factor is only read, to be copied, after `init`.
final class CholeskyAnalysis: Analysis, @unchecked Sendable {
  private let pattern: SparsityPattern
  private let options: SymbolicFactorization.Options
  private let workspace: CholeskyWorkspace
  private var factor: UnsafeMutablePointer<cholmod_factor>?

  init(_ pattern: SparsityPattern, options: SymbolicFactorization.Options) throws {
    if let entry = pattern.upperEntryWithoutMirror {
      throw FactorizationError.missingMirror(row: entry.row, column: entry.column)
    }
    self.pattern = pattern
    self.options = options
    workspace = CholeskyWorkspace(options)
    factor = withThreads(options.threads) {
      pattern.withSymmetricMatrix(values: nil) { cholmod_l_analyze($0, workspace.common) }
    }
    try workspace.check("cholmod_l_analyze")
    guard factor != nil else { throw FactorizationError.outOfMemory }
  }

  deinit { cholmod_l_free_factor(&factor, workspace.common) }

  func makeEngine() throws -> any FactorizationEngine {
    let workspace = CholeskyWorkspace(options)
    let copy = cholmod_l_copy_factor(factor, workspace.common)
    try workspace.check("cholmod_l_copy_factor")
    guard let copy else { throw FactorizationError.outOfMemory }
    return CholeskyEngine(pattern, options: options, workspace: workspace, factor: copy)
  }
}

/// L, and what CHOLMOD needs to solve with it.
private final class CholeskyEngine: FactorizationEngine {
  private let pattern: SparsityPattern
  private let options: SymbolicFactorization.Options
  private let workspace: CholeskyWorkspace
  private var factor: UnsafeMutablePointer<cholmod_factor>?
  // Workspaces Y and E of cholmod_l_solve2, kept from one solve to the next.
  private var permuted: UnsafeMutablePointer<cholmod_dense>?
  private var extra: UnsafeMutablePointer<cholmod_dense>?

  init(
    _ pattern: SparsityPattern, options: SymbolicFactorization.Options,
    workspace: CholeskyWorkspace, factor: UnsafeMutablePointer<cholmod_factor>
  ) {
    self.pattern = pattern
    self.options = options
    self.workspace = workspace
    self.factor = factor
  }

  deinit {
    cholmod_l_free_dense(&permuted, workspace.common)
    cholmod_l_free_dense(&extra, workspace.common)
    cholmod_l_free_factor(&factor, workspace.common)
  }

  func factorize(_ values: UnsafePointer<Double>) throws {
    guard let factor else { throw FactorizationError.noFactors }
    withThreads(options.threads) {
      _ = pattern.withSymmetricMatrix(values: values) {
        cholmod_l_factorize($0, factor, workspace.common)
      }
    }
    try workspace.check("cholmod_l_factorize")
    let minor = Int(factor.pointee.minor)
    if workspace.common.pointee.status == CHOLMOD_NOT_POSDEF || minor < pattern.columnCount {
      let permutation = factor.pointee.Perm.assumingMemoryBound(to: Int.self)
      throw FactorizationError.notPositiveDefinite(column: permutation[minor])
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
        cholmod_l_solve2(
          CHOLMOD_A, factor, &source, nil, &handle, nil, &permuted, &extra, workspace.common)
      }
      try workspace.check("cholmod_l_solve2")
      guard isDone != 0 && handle == target else {
        throw FactorizationError.libraryFailure(
          routine: "cholmod_l_solve2", status: Int(workspace.common.pointee.status))
      }
    }
  }

  func solveTransposed(
    _ rightHandSide: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>
  ) throws {
    try solve(rightHandSide, into: solution)
  }

  private func vector(_ elements: UnsafeMutablePointer<Double>) -> cholmod_dense {
    var vector = cholmod_dense()
    vector.nrow = pattern.columnCount
    vector.ncol = 1
    vector.nzmax = pattern.columnCount
    vector.d = pattern.columnCount
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
