import CSuiteSparse

/// UMFPACK's settings: no refinement of solutions, which triples the cost of a solve.
///
/// Without refinement pivots must be better than its default of 0.001 for diagonal ones allows; with
/// a threshold of 0.1 entries grow at most elevenfold a step instead of a thousandfold.
func multifrontalControl(_ options: SymbolicFactorization.Options) -> [Double] {
  var control = [Double](repeating: 0, count: Int(UMFPACK_CONTROL))
  umfpack_dl_defaults(&control)
  control[Int(UMFPACK_IRSTEP)] = 0
  control[Int(UMFPACK_SYM_PIVOT_TOLERANCE)] = 0.1
  control[Int(UMFPACK_PRL)] = 0
  switch options.ordering {
  case .minimumDegree: control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_AMD)
  case .nestedDissection: control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_METIS)
  case .columnMinimumDegree:
    // UMFPACK takes COLAMD for AMD where its strategy does not count on symmetry.
    control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_AMD)
    control[Int(UMFPACK_STRATEGY)] = Double(UMFPACK_STRATEGY_UNSYMMETRIC)
  case .natural: control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_NONE)
  case .given: control[Int(UMFPACK_ORDERING)] = Double(UMFPACK_ORDERING_GIVEN)
  }
  return control
}

/// Throws what a status means, unless it is success or a singular matrix.
func checkMultifrontal(_ status: Int, _ routine: String) throws {
  switch Int32(truncatingIfNeeded: status) {
  case UMFPACK_OK, UMFPACK_WARNING_singular_matrix: return
  case UMFPACK_ERROR_out_of_memory: throw FactorizationError.outOfMemory
  default: throw FactorizationError.libraryFailure(routine: routine, status: status)
  }
}

/// UMFPACK's symbolic factorization of a pattern.
///
/// Sendable because it is only read after `init`.
final class MultifrontalAnalysis: Analysis, @unchecked Sendable {
  let pattern: SparsityPattern
  let options: SymbolicFactorization.Options
  fileprivate private(set) var symbolic: UnsafeMutableRawPointer?

  init(_ pattern: SparsityPattern, options: SymbolicFactorization.Options) throws {
    self.pattern = pattern
    self.options = options
    let control = multifrontalControl(options)
    var handle: UnsafeMutableRawPointer?
    let (rowCount, columnCount) = (pattern.rowCount, pattern.columnCount)
    let status = options.ordering.inTurn {
      withThreads(options.threads) {
        pattern.withPointers { pointers, rows in
          options.ordering.withGiven { order in
            guard let order else {
              return umfpack_dl_symbolic(
                numericCast(rowCount), numericCast(columnCount), indices(pointers), indices(rows),
                nil, &handle, control, nil)
            }
            return umfpack_dl_qsymbolic(
              numericCast(rowCount), numericCast(columnCount), indices(pointers), indices(rows),
              nil, indices(order), &handle, control, nil)
          }
        }
      }
    }
    symbolic = handle
    try checkMultifrontal(Int(status), "umfpack_dl_symbolic")
  }

  deinit { umfpack_dl_free_symbolic(&symbolic) }

  func makeEngine() -> MultifrontalEngine { MultifrontalEngine(self) }
}

/// UMFPACK's factors L and U, and the workspace to solve with them.
final class MultifrontalEngine: TriangularEngine {
  private let analysis: MultifrontalAnalysis
  private let control: [Double]
  private var numeric: UnsafeMutableRawPointer?
  private let integers: Buffer<Int>
  private let reals: Buffer<Double>
  private let source: Buffer<Double>

  init(_ analysis: MultifrontalAnalysis) {
    self.analysis = analysis
    control = multifrontalControl(analysis.options)
    let order = analysis.pattern.columnCount
    integers = Buffer(count: order, repeating: 0)
    reals = Buffer(count: 5 * order, repeating: 0)
    source = Buffer(count: order, repeating: 0)
  }

  deinit { umfpack_dl_free_numeric(&numeric) }

  func factorize(_ values: UnsafePointer<Double>) throws -> FactorizationStatistics {
    // UMFPACK has no refactorization in place: freeing first keeps one set of factors at a time.
    umfpack_dl_free_numeric(&numeric)
    var info = [Double](repeating: 0, count: Int(UMFPACK_INFO))
    let status = withThreads(analysis.options.threads) {
      analysis.pattern.withPointers { pointers, rows in
        umfpack_dl_numeric(
          indices(pointers), indices(rows), values, analysis.symbolic, &numeric, control, &info)
      }
    }
    try checkMultifrontal(Int(status), "umfpack_dl_numeric")
    if Int32(truncatingIfNeeded: Int(status)) == UMFPACK_WARNING_singular_matrix {
      throw FactorizationError.singular(column: try singularColumn())
    }
    return FactorizationStatistics(
      method: .lu, factorEntryCount: Int(info[Int(UMFPACK_LNZ)] + info[Int(UMFPACK_UNZ)]),
      pivotRatio: info[Int(UMFPACK_RCOND)])
  }

  func solve(
    _ rightHandSides: UnsafePointer<Double>, count: Int,
    into solutions: UnsafeMutablePointer<Double>, transposed: Bool
  ) throws {
    guard let first = integers.all.baseAddress, let sourceCopy = source.all.baseAddress else {
      return
    }
    let order = analysis.pattern.columnCount
    for column in 0..<count {
      sourceCopy.update(from: rightHandSides + column * order, count: order)
      // The values of A would be needed for refinement only.
      let status = analysis.pattern.withPointers { pointers, rows in
        umfpack_dl_wsolve(
          numericCast(transposed ? UMFPACK_At : UMFPACK_A), indices(pointers), indices(rows), nil,
          solutions + column * order, sourceCopy, numeric, control, nil, indices(first),
          reals.all.baseAddress)
      }
      try checkMultifrontal(Int(status), "umfpack_dl_wsolve")
    }
  }

  func triangularFactors(withEntries: Bool) throws -> TriangularFactors<Double> {
    let counts = FactorCounts()
    let countStatus = umfpack_dl_get_lunz(
      counts[0], counts[1], counts[2], counts[3], counts[4], numeric)
    try checkMultifrontal(Int(countStatus), "umfpack_dl_get_lunz")
    let copy = FactorBuffers(counts, withEntries: withEntries, width: 1)
    let status = umfpack_dl_get_numeric(
      copy.lowerStarts.integers(), copy.lowerColumns.integers(), copy.lowerValues.reals,
      copy.upperStarts.integers(), copy.upperRows.integers(), copy.upperValues.reals,
      copy.rows.integers(), copy.columns.integers(), copy.diagonal.reals,
      copy.isReciprocal.integers(), copy.scales.reals, numeric)
    try checkMultifrontal(Int(status), "umfpack_dl_get_numeric")
    return copy.factors { parts, index in parts[index] }
  }

  /// The column of the first pivot on U's diagonal that is zero.
  private func singularColumn() throws -> Int {
    let order = analysis.pattern.columnCount
    let diagonal = Buffer(count: order, repeating: 0.0)
    let columns = Buffer(count: order, repeating: 0)
    let flag = Buffer(count: 1, repeating: 0)
    guard let columnsAddress = columns.all.baseAddress, let flagAddress = flag.all.baseAddress
    else { return 0 }
    let status = umfpack_dl_get_numeric(
      nil, nil, nil, nil, nil, nil, nil, indices(columnsAddress), diagonal.all.baseAddress,
      indices(flagAddress), nil, numeric)
    try checkMultifrontal(Int(status), "umfpack_dl_get_numeric")
    let pivot = (0..<order).first { !(diagonal[$0].magnitude > 0) } ?? order - 1
    return columns[pivot]
  }
}
