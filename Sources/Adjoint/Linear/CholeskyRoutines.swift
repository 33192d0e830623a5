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
  /// With the given order, an array of the integers of this width, or with that of the settings.
  let analyze: @Sendable (Sparse?, UnsafeMutableRawPointer?, Common?) -> Factor?
  let copyFactor: @convention(c) @Sendable (Factor?, Common?) -> Factor?
  let factorize: @convention(c) @Sendable (Sparse?, Factor?, Common?) -> Int32
  let solve:
    @convention(c) @Sendable (
      Int32, Factor?, Dense?, Sparse?, UnsafeMutablePointer<Dense?>?,
      UnsafeMutablePointer<Sparse?>?, UnsafeMutablePointer<Dense?>?, UnsafeMutablePointer<Dense?>?,
      Common?
    ) -> Int32
  let reciprocalCondition: @convention(c) @Sendable (Factor?, Common?) -> Double
  let changeBy: @convention(c) @Sendable (Int32, Sparse?, Factor?, Common?) -> Int32
  let changeFactor:
    @convention(c) @Sendable (Int32, Int32, Int32, Int32, Int32, Factor?, Common?) -> Int32
  let freeFactor: @convention(c) @Sendable (UnsafeMutablePointer<Factor?>?, Common?) -> Int32
  let freeDense: @convention(c) @Sendable (UnsafeMutablePointer<Dense?>?, Common?) -> Int32

  static let narrow = CholeskyRoutines(
    integerType: CHOLMOD_INT, start: cholmod_start, finish: cholmod_finish,
    analyze: { matrix, order, common in
      guard let order else { return cholmod_analyze(matrix, common) }
      return cholmod_analyze_p(
        matrix, order.assumingMemoryBound(to: Int32.self), nil, 0, common)
    },
    copyFactor: cholmod_copy_factor, factorize: cholmod_factorize, solve: cholmod_solve2,
    reciprocalCondition: cholmod_rcond, changeBy: cholmod_updown,
    changeFactor: cholmod_change_factor, freeFactor: cholmod_free_factor,
    freeDense: cholmod_free_dense)

  static let wide = CholeskyRoutines(
    integerType: CHOLMOD_LONG, start: cholmod_l_start, finish: cholmod_l_finish,
    analyze: { matrix, order, common in
      guard let order else { return cholmod_l_analyze(matrix, common) }
      return cholmod_l_analyze_p(
        matrix, indices(UnsafePointer(order.assumingMemoryBound(to: Int.self))), nil, 0, common)
    },
    copyFactor: cholmod_l_copy_factor, factorize: cholmod_l_factorize, solve: cholmod_l_solve2,
    reciprocalCondition: cholmod_l_rcond, changeBy: cholmod_l_updown,
    changeFactor: cholmod_l_change_factor, freeFactor: cholmod_l_free_factor,
    freeDense: cholmod_l_free_dense)
}

/// CHOLMOD's settings, statistics and workspace: one object for each factorization.
///
/// CHOLMOD neither prints nor calls handlers with these settings.
final class CholeskyWorkspace {
  let common: UnsafeMutablePointer<cholmod_common>
  let routines: CholeskyRoutines

  /// Without settings of its own, as SPQR takes it.
  init(_ routines: CholeskyRoutines, threads: Int) {
    self.routines = routines
    common = .allocate(capacity: 1)
    _ = routines.start(common)
    common.pointee.print = 0
    common.pointee.error_handler = nil
    cholmod_common_set_threads(common, Int32(threads))
  }

  /// For L Lᵀ, which demands a definite matrix, or for L D Lᵀ.
  convenience init(
    _ routines: CholeskyRoutines, isDefinite: Bool, _ options: SymbolicFactorization.Options
  ) throws {
    self.init(routines, threads: options.threads)
    common.pointee.nmethods = 1
    common.pointee.postorder = 1
    switch options.ordering {
    case .minimumDegree: common.pointee.method.0.ordering = CHOLMOD_AMD
    case .nestedDissection: common.pointee.method.0.ordering = CHOLMOD_METIS
    case .natural: common.pointee.method.0.ordering = CHOLMOD_NATURAL
    case .given: common.pointee.method.0.ordering = CHOLMOD_GIVEN
    case .columnMinimumDegree:
      throw FactorizationError.unsupportedOrdering(
        options.ordering, isDefinite ? .cholesky : .ldl)
    }
    // L Lᵀ also where the factorization is not supernodal: L D Lᵀ, the default there, would accept an
    // indefinite matrix without pivoting.
    common.pointee.final_ll = isDefinite ? 1 : 0
    common.pointee.supernodal = isDefinite ? CHOLMOD_AUTO : CHOLMOD_SIMPLICIAL
    common.pointee.quick_return_if_not_posdef = 1
    if isDefinite { setSupernodes() }
  }

  /// How columns are joined to the supernodes of an ``AssemblyTree``.
  ///
  /// Its kernels are good with few columns, so that fewer zeros are stored to have more of them than CHOLMOD
  /// likes (nrelax 4, 16, 48, zrelax 0.8, 0.1, 0.05, supernodes from 40 operations an entry on). Measured on
  /// Poisson matrices, relative to these: on 256² nodes refactorization 0.90, solves 0.75, memory 0.9; on
  /// 100² 0.89, 0.9, 0.97. Without supernodes refactorization takes 1.9 times as long on 20², 2.1 on
  /// 32² and 3.1 on 64².
  private func setSupernodes() {
    common.pointee.nrelax = (2, 8, 32)
    common.pointee.zrelax = (0.3, 0.1, 0.05)
    common.pointee.supernodal_switch = 10
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

/// CHOLMOD's view of a matrix on a pattern.
struct CholeskyPattern: Sendable {
  let pattern: SparsityPattern
  /// Pointers and rows with 32 bits, or empty where CHOLMOD reads those of the pattern.
  private let narrowPointers: [Int32]
  private let narrowRows: [Int32]
  let isNarrow: Bool

  init(_ pattern: SparsityPattern, isNarrow: Bool) {
    self.pattern = pattern
    self.isNarrow = isNarrow
    narrowPointers = isNarrow ? pattern.columnPointers.map { Int32(truncatingIfNeeded: $0) } : []
    narrowRows = isNarrow ? pattern.rowIndices.map { Int32(truncatingIfNeeded: $0) } : []
  }

  var routines: CholeskyRoutines { isNarrow ? .narrow : .wide }

  /// The matrix with these values, or the pattern alone.
  ///
  /// If it is symmetric, only entries on and below the diagonal count (`stype` −1).
  func withMatrix<Result>(
    values: UnsafePointer<Double>?, isSymmetric: Bool = true,
    _ body: (UnsafeMutablePointer<cholmod_sparse>) throws -> Result
  ) rethrows -> Result {
    try withIndices { pointers, rows in
      var matrix = cholmod_sparse()
      matrix.nrow = pattern.rowCount
      matrix.ncol = pattern.columnCount
      matrix.nzmax = pattern.entryCount
      matrix.p = UnsafeMutableRawPointer(mutating: pointers)
      matrix.i = UnsafeMutableRawPointer(mutating: rows)
      matrix.x = values.map { UnsafeMutableRawPointer(mutating: $0) }
      matrix.stype = isSymmetric ? -1 : 0
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

  /// L's symbolic factorization, in the order of the options.
  func analyze(
    _ workspace: CholeskyWorkspace, _ options: SymbolicFactorization.Options
  ) -> UnsafeMutablePointer<cholmod_factor>? {
    options.ordering.withGiven { order in
      let count = order == nil ? 0 : pattern.columnCount
      let narrow = (0..<(isNarrow ? count : 0)).map { index in
        order.map { Int32(truncatingIfNeeded: $0[index]) } ?? 0
      }
      return narrow.withUnsafeBytes { narrow in
        let wide = order.map { UnsafeRawPointer($0) }
        let order = UnsafeMutableRawPointer(
          mutating: isNarrow && wide != nil ? narrow.baseAddress : wide)
        return options.ordering.inTurn {
          withThreads(options.threads) {
            withMatrix(values: nil) { routines.analyze($0, order, workspace.common) }
          }
        }
      }
    }
  }
}
