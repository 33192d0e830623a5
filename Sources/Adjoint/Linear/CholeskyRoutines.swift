import CSuiteSparse

/// CHOLMOD's functions for one width of its integers.
///
/// Both widths have the same signatures, because the integer arrays hide behind `void *`. Measured on
/// the 512² Poisson matrix with one thread: analysis 0.088 s with 32 bits and 0.150 s with 64,
/// factorization 0.239 s and 0.246 s. So 32 bits are used wherever everything, L included, fits.
struct CholeskyRoutines: Sendable {
  typealias Common = UnsafeMutablePointer<cholmod_common>
  typealias Sparse = UnsafeMutablePointer<cholmod_sparse>
  typealias Dense = UnsafeMutablePointer<cholmod_dense>
  typealias Factor = UnsafeMutablePointer<cholmod_factor>

  let integerType: Int32
  let start: @convention(c) @Sendable (Common?) -> Int32
  let finish: @convention(c) @Sendable (Common?) -> Int32
  let analyze: @convention(c) @Sendable (Sparse?, Common?) -> Factor?
  let copyFactor: @convention(c) @Sendable (Factor?, Common?) -> Factor?
  let factorize: @convention(c) @Sendable (Sparse?, Factor?, Common?) -> Int32
  let solve:
    @convention(c) @Sendable (
      Int32, Factor?, Dense?, Sparse?, UnsafeMutablePointer<Dense?>?,
      UnsafeMutablePointer<Sparse?>?, UnsafeMutablePointer<Dense?>?, UnsafeMutablePointer<Dense?>?,
      Common?
    ) -> Int32
  let freeFactor: @convention(c) @Sendable (UnsafeMutablePointer<Factor?>?, Common?) -> Int32
  let freeDense: @convention(c) @Sendable (UnsafeMutablePointer<Dense?>?, Common?) -> Int32

  static let narrow = CholeskyRoutines(
    integerType: CHOLMOD_INT, start: cholmod_start, finish: cholmod_finish,
    analyze: cholmod_analyze, copyFactor: cholmod_copy_factor, factorize: cholmod_factorize,
    solve: cholmod_solve2, freeFactor: cholmod_free_factor, freeDense: cholmod_free_dense)

  static let wide = CholeskyRoutines(
    integerType: CHOLMOD_LONG, start: cholmod_l_start, finish: cholmod_l_finish,
    analyze: cholmod_l_analyze, copyFactor: cholmod_l_copy_factor,
    factorize: cholmod_l_factorize, solve: cholmod_l_solve2, freeFactor: cholmod_l_free_factor,
    freeDense: cholmod_l_free_dense)
}

/// CHOLMOD's settings, statistics and workspace: one object for each factorization.
///
/// CHOLMOD neither prints nor calls handlers with these settings.
final class CholeskyWorkspace {
  let common: UnsafeMutablePointer<cholmod_common>
  let routines: CholeskyRoutines

  init(_ routines: CholeskyRoutines, _ options: SymbolicFactorization.Options) {
    self.routines = routines
    common = .allocate(capacity: 1)
    _ = routines.start(common)
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
    _ = routines.finish(common)
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

/// CHOLMOD's view of the lower triangle of a square matrix on a pattern.
///
/// `stype` −1 says symmetric, entries above the diagonal ignored.
struct CholeskyPattern: Sendable {
  let pattern: SparsityPattern
  /// Pointers and rows with 32 bits, or empty where CHOLMOD reads those of the pattern.
  private let narrowPointers: [Int32]
  private let narrowRows: [Int32]
  private let isNarrow: Bool

  init(_ pattern: SparsityPattern, isNarrow: Bool) {
    self.pattern = pattern
    self.isNarrow = isNarrow
    narrowPointers = isNarrow ? pattern.columnPointers.map { Int32(truncatingIfNeeded: $0) } : []
    narrowRows = isNarrow ? pattern.rowIndices.map { Int32(truncatingIfNeeded: $0) } : []
  }

  var routines: CholeskyRoutines { isNarrow ? .narrow : .wide }

  func withMatrix<Result>(
    values: UnsafePointer<Double>?, _ body: (UnsafeMutablePointer<cholmod_sparse>) throws -> Result
  ) rethrows -> Result {
    try withIndices { pointers, rows in
      var matrix = cholmod_sparse()
      matrix.nrow = pattern.rowCount
      matrix.ncol = pattern.columnCount
      matrix.nzmax = pattern.entryCount
      matrix.p = UnsafeMutableRawPointer(mutating: pointers)
      matrix.i = UnsafeMutableRawPointer(mutating: rows)
      matrix.x = values.map { UnsafeMutableRawPointer(mutating: $0) }
      matrix.stype = -1
      matrix.itype = routines.integerType
      matrix.xtype = values == nil ? CHOLMOD_PATTERN : CHOLMOD_REAL
      matrix.dtype = CHOLMOD_DOUBLE
      matrix.sorted = 1
      matrix.packed = 1
      return try body(&matrix)
    }
  }

  private func withIndices<Result>(
    _ body: (UnsafeRawPointer, UnsafeRawPointer) throws -> Result
  ) rethrows -> Result {
    guard isNarrow else {
      return try pattern.withPointers { try body(UnsafeRawPointer($0), UnsafeRawPointer($1)) }
    }
    return try narrowPointers.withUnsafeBytes { pointers in
      try narrowRows.withUnsafeBytes { rows in
        guard let first = pointers.baseAddress else {
          preconditionFailure("column pointers are never empty")
        }
        return try body(first, rows.baseAddress ?? first)
      }
    }
  }

  /// The caller's column that is column `index` of L.
  func column(_ index: Int, of factor: UnsafeMutablePointer<cholmod_factor>) -> Int {
    guard let permutation = factor.pointee.Perm else { return index }
    return isNarrow
      ? Int(permutation.assumingMemoryBound(to: Int32.self)[index])
      : permutation.assumingMemoryBound(to: Int.self)[index]
  }
}
