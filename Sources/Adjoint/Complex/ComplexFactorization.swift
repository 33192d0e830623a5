import CSuiteSparse
import Synchronization

/// What LU factorizations of complex matrices on one pattern share: the order of elimination.
///
/// ```swift
/// let symbolic = try ComplexSymbolicFactorization(analyzing: matrix.pattern)
/// let factors = try symbolic.factorize(matrix)
/// let x = try factors.solve(b)                     // A x = b
/// let y = try factors.solveConjugateTransposed(w)  // Aᴴ y = w, the same factors
/// ```
/// An analysis is immutable and may be shared between threads.
public final class ComplexSymbolicFactorization: @unchecked Sendable {
  /// The pattern that was analyzed.
  public let pattern: SparsityPattern

  /// The settings.
  public let options: SymbolicFactorization.Options

  // Only read after `init`, hence Sendable.
  fileprivate private(set) var symbolic: UnsafeMutableRawPointer?
  fileprivate let control: [Double]

  /// Analyzes a pattern.
  ///
  /// - Throws: ``FactorizationError`` if the matrix is empty or not square; `InputError` for bad options.
  public init(
    analyzing pattern: SparsityPattern,
    options: SymbolicFactorization.Options = SymbolicFactorization.Options()
  ) throws {
    try options.validate()
    try pattern.requireSolvable(in: options.ordering)
    self.pattern = pattern
    self.options = options
    control = multifrontalControl(options)
    let settings = control
    var handle: UnsafeMutableRawPointer?
    let status = options.ordering.inTurn {
      withThreads(options.threads) {
        pattern.withPointers { pointers, rows in
          options.ordering.withGiven { order in
            guard let order else {
              return umfpack_zl_symbolic(
                numericCast(pattern.rowCount), numericCast(pattern.columnCount), indices(pointers),
                indices(rows), nil, nil, &handle, settings, nil)
            }
            return umfpack_zl_qsymbolic(
              numericCast(pattern.rowCount), numericCast(pattern.columnCount), indices(pointers),
              indices(rows), nil, nil, indices(order), &handle, settings, nil)
          }
        }
      }
    }
    symbolic = handle
    try checkMultifrontal(Int(status), "umfpack_zl_symbolic")
  }

  deinit { umfpack_zl_free_symbolic(&symbolic) }

  /// The factors of a matrix on the analyzed pattern.
  ///
  /// - Throws: ``FactorizationError/singular(column:)``, ``FactorizationError/differentPattern``,
  ///   ``FactorizationError/outOfMemory``.
  public func factorize(_ matrix: ComplexSparseMatrix) throws -> ComplexLUFactorization {
    let factors = ComplexLUFactorization(self)
    try factors.refactorize(matrix)
    return factors
  }
}

/// P R A Q = L U of a square complex matrix by UMFPACK, with R real and scaling its rows.
///
/// Source: Davis, "Algorithm 832", *ACM TOMS* 30 (2004). Factors may be shared between threads: calls
/// take turns. Memory: 16 bytes for each entry of L and U, twice that of real factors.
public final class ComplexLUFactorization: @unchecked Sendable {
  /// Which system the factors solve.
  enum Operation {
    /// A x = b.
    case plain
    /// Aᵀ x = b.
    case transposed
    /// Aᴴ x = b.
    case conjugateTransposed
  }

  /// The analysis of A's pattern that the factors were made with.
  public let symbolic: ComplexSymbolicFactorization

  // Touched under the lock only, hence Sendable.
  private let engine: ComplexMultifrontalEngine
  private let lock = Mutex<Void>(())

  fileprivate init(_ symbolic: ComplexSymbolicFactorization) {
    self.symbolic = symbolic
    engine = ComplexMultifrontalEngine(symbolic)
  }

  /// The number of unknowns n.
  public var order: Int { symbolic.pattern.columnCount }

  /// Replaces the factors by those of another matrix on the same pattern.
  ///
  /// - Throws: ``FactorizationError/differentPattern``, after which the old factors remain;
  ///   ``FactorizationError/singular(column:)`` and ``FactorizationError/outOfMemory``, after which
  ///   there are none and solving throws ``FactorizationError/noFactors``.
  public func refactorize(_ matrix: ComplexSparseMatrix) throws {
    guard matrix.pattern == symbolic.pattern else { throw FactorizationError.differentPattern }
    try lock.withLock { _ in try engine.factorize(matrix.values) }
  }

  /// The solution x of A x = b.
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite,
  ///   ``FactorizationError/noFactors``.
  public func solve(_ rightHandSide: [Complex<Double>]) throws -> [Complex<Double>] {
    try solve(.plain, rightHandSide)
  }

  /// The solution y of Aᵀ y = w, without conjugation, by the same factors.
  ///
  /// - Throws: as ``solve(_:)`` does.
  public func solveTransposed(_ rightHandSide: [Complex<Double>]) throws -> [Complex<Double>] {
    try solve(.transposed, rightHandSide)
  }

  /// The solution y of Aᴴ y = w by the same factors: the adjoint system.
  ///
  /// - Throws: as ``solve(_:)`` does.
  public func solveConjugateTransposed(
    _ rightHandSide: [Complex<Double>]
  ) throws -> [Complex<Double>] {
    try solve(.conjugateTransposed, rightHandSide)
  }

  private func solve(
    _ operation: Operation, _ rightHandSide: [Complex<Double>]
  ) throws -> [Complex<Double>] {
    try InputError.requireLength("rightHandSide", expected: order, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    var parts = rightHandSide.interleaved
    try solveInPlace(operation, &parts)
    return parts.complexNumbers
  }

  /// Replaces b, its real and imaginary parts in turn, by the solution.
  func solveInPlace(_ operation: Operation, _ parts: inout [Double]) throws {
    try InputError.requireLength("rightHandSide", expected: 2 * order, found: parts.count)
    try parts.withUnsafeMutableBufferPointer { parts in
      guard let vector = parts.baseAddress else { return }
      try lock.withLock { _ in try engine.solveInPlace(operation, vector) }
    }
  }
}

extension ComplexLUFactorization {
  /// A copy of all factors, or of all but the entries of L and U off the diagonal.
  ///
  /// - Throws: ``FactorizationError/noFactors``.
  func triangularFactors(withEntries: Bool) throws -> TriangularFactors<Complex<Double>> {
    try lock.withLock { _ in try engine.triangularFactors(withEntries: withEntries) }
  }
}

/// UMFPACK's complex factors in its packed form, and the workspace to solve with them.
private final class ComplexMultifrontalEngine {
  private let symbolic: ComplexSymbolicFactorization
  private var numeric: UnsafeMutableRawPointer?
  private let integers: Buffer<Int>
  private let reals: Buffer<Double>
  private let source: Buffer<Double>

  init(_ symbolic: ComplexSymbolicFactorization) {
    self.symbolic = symbolic
    let order = symbolic.pattern.columnCount
    integers = Buffer(count: order, repeating: 0)
    reals = Buffer(count: 10 * order, repeating: 0)
    source = Buffer(count: 2 * order, repeating: 0)
  }

  deinit { umfpack_zl_free_numeric(&numeric) }

  func factorize(_ values: [Complex<Double>]) throws {
    umfpack_zl_free_numeric(&numeric)
    // A pattern without entries has no base address; one zero stands in for its values.
    let packed = values.isEmpty ? [0, 0] : values.interleaved
    let status = withThreads(symbolic.options.threads) {
      symbolic.pattern.withPointers { pointers, rows in
        umfpack_zl_numeric(
          indices(pointers), indices(rows), packed, nil, symbolic.symbolic, &numeric,
          symbolic.control, nil)
      }
    }
    try checkMultifrontal(Int(status), "umfpack_zl_numeric")
    if Int32(truncatingIfNeeded: Int(status)) == UMFPACK_WARNING_singular_matrix {
      let column = try singularColumn()
      umfpack_zl_free_numeric(&numeric)
      throw FactorizationError.singular(column: column)
    }
  }

  func solveInPlace(
    _ operation: ComplexLUFactorization.Operation, _ vector: UnsafeMutablePointer<Double>
  ) throws {
    guard numeric != nil else { throw FactorizationError.noFactors }
    guard let first = integers.all.baseAddress, let copy = source.all.baseAddress else { return }
    copy.update(from: vector, count: source.count)
    let system =
      switch operation {
      case .plain: UMFPACK_A
      case .transposed: UMFPACK_Aat
      case .conjugateTransposed: UMFPACK_At
      }
    // The values of A would be needed for refinement only.
    let status = symbolic.pattern.withPointers { pointers, rows in
      umfpack_zl_wsolve(
        numericCast(system), indices(pointers), indices(rows), nil, nil, vector, nil, copy, nil,
        numeric, symbolic.control, nil, indices(first), reals.all.baseAddress)
    }
    try checkMultifrontal(Int(status), "umfpack_zl_wsolve")
  }

  func triangularFactors(withEntries: Bool) throws -> TriangularFactors<Complex<Double>> {
    guard numeric != nil else { throw FactorizationError.noFactors }
    let counts = FactorCounts()
    let countStatus = umfpack_zl_get_lunz(
      counts[0], counts[1], counts[2], counts[3], counts[4], numeric)
    try checkMultifrontal(Int(countStatus), "umfpack_zl_get_lunz")
    let copy = FactorBuffers(counts, withEntries: withEntries, width: 2)
    let status = umfpack_zl_get_numeric(
      copy.lowerStarts.integers(), copy.lowerColumns.integers(), copy.lowerValues.reals, nil,
      copy.upperStarts.integers(), copy.upperRows.integers(), copy.upperValues.reals, nil,
      copy.rows.integers(), copy.columns.integers(), copy.diagonal.reals, nil,
      copy.isReciprocal.integers(), copy.scales.reals, numeric)
    try checkMultifrontal(Int(status), "umfpack_zl_get_numeric")
    return copy.factors { parts, index in Complex(parts[2 * index], parts[2 * index + 1]) }
  }

  /// The column of the first pivot on U's diagonal that is zero.
  private func singularColumn() throws -> Int {
    let order = symbolic.pattern.columnCount
    let diagonal = Buffer(count: 2 * order, repeating: 0.0)
    let columns = Buffer(count: order, repeating: 0)
    let flag = Buffer(count: 1, repeating: 0)
    guard let columnsAddress = columns.all.baseAddress, let flagAddress = flag.all.baseAddress
    else { return 0 }
    let status = umfpack_zl_get_numeric(
      nil, nil, nil, nil, nil, nil, nil, nil, nil, indices(columnsAddress),
      diagonal.all.baseAddress, nil, indices(flagAddress), nil, numeric)
    try checkMultifrontal(Int(status), "umfpack_zl_get_numeric")
    let pivot = (0..<order).first { pivot in
      !(max(diagonal[2 * pivot].magnitude, diagonal[2 * pivot + 1].magnitude) > 0)
    }
    return columns[pivot ?? order - 1]
  }
}
