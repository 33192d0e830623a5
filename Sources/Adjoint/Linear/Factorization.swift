/// The factors of a square matrix A, with which A x = b and Aᵀ y = w are solved.
///
/// Made by ``SymbolicFactorization/factorize(_:)``. Factors may be shared between threads: calls take
/// turns.
public protocol Factorization: AnyObject, Sendable {
  /// The analysis of A's pattern that the factors were made with.
  var symbolic: SymbolicFactorization { get }

  /// Replaces the factors by those of another matrix on the same pattern, in the same memory.
  ///
  /// - Throws: ``FactorizationError`` as the first factorization does; after that there are no factors
  ///   and solving throws ``FactorizationError/noFactors``. `InputError` if there is not one finite value for
  ///   each entry; then the old factors remain.
  func refactorize(_ values: Span<Double>) throws

  /// What the last factorization that succeeded took.
  var statistics: FactorizationStatistics { get }

  /// Writes A⁻¹ B to `solutions`, both of `count` columns with n numbers, one after the other.
  ///
  /// The two may be the same memory. Nothing is allocated after the first call with as many columns.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  func solve(
    _ rightHandSides: Span<Double>, count: Int, into solutions: inout MutableSpan<Double>) throws

  /// Writes A⁻ᵀ B to `solutions`; otherwise as ``solve(_:count:into:)``.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  func solveTransposed(
    _ rightHandSides: Span<Double>, count: Int, into solutions: inout MutableSpan<Double>) throws

  /// The given entries of the solutions X of A X = B with sparse B, column by column.
  ///
  /// ``CholeskyFactorization`` and ``LDLFactorization`` visit only the columns of L that B and the entries
  /// need; LU solves for all of X and picks.
  ///
  /// - Throws: `InputError` for a wrong number of rows of B or an entry that does not exist,
  ///   ``FactorizationError/noFactors``.
  func solve(_ rightHandSides: SparseMatrix, entries: [Int]) throws -> [Double]
}

extension Factorization {
  /// The number of unknowns n.
  public var order: Int { symbolic.pattern.columnCount }

  /// Replaces the factors by those of another matrix on the same pattern, in the same memory.
  ///
  /// - Throws: ``FactorizationError``, `InputError` if there is not one finite value for each entry.
  public func refactorize(_ values: [Double]) throws { try refactorize(values.span) }

  /// Replaces the factors by those of another matrix on the same pattern, in the same memory.
  ///
  /// - Throws: ``FactorizationError``, among others if the pattern is not the one that was analyzed.
  public func refactorize(_ matrix: SparseMatrix) throws {
    guard matrix.pattern == symbolic.pattern else { throw FactorizationError.differentPattern }
    try refactorize(matrix.values.span)
  }

  /// Writes A⁻¹ b to `solution`; nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  public func solve(
    _ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>
  ) throws {
    try solve(rightHandSide, count: 1, into: &solution)
  }

  /// Writes A⁻ᵀ b to `solution`; nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  public func solveTransposed(
    _ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>
  ) throws {
    try solveTransposed(rightHandSide, count: 1, into: &solution)
  }

  /// The solution x of A x = b, or the solutions of several such systems.
  ///
  /// With `count` > 1, b consists of as many columns, one after the other, and so does x. Cholesky and
  /// LDLᵀ read L once for many columns, KLU once for four, UMFPACK once for each.
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite,
  ///   ``FactorizationError/noFactors``.
  public func solve(_ rightHandSide: [Double], count: Int = 1) throws -> [Double] {
    try InputError.requireFinite("rightHandSide", rightHandSide)
    var solution = [Double](repeating: 0, count: rightHandSide.count)
    var span = solution.mutableSpan
    try solve(rightHandSide.span, count: count, into: &span)
    return solution
  }

  /// The solution y of Aᵀ y = w, or the solutions of several such systems, by the same factors.
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite,
  ///   ``FactorizationError/noFactors``.
  public func solveTransposed(_ rightHandSide: [Double], count: Int = 1) throws -> [Double] {
    try InputError.requireFinite("rightHandSide", rightHandSide)
    var solution = [Double](repeating: 0, count: rightHandSide.count)
    var span = solution.mutableSpan
    try solveTransposed(rightHandSide.span, count: count, into: &span)
    return solution
  }

  /// Replaces b by the solution x of A x = b, or several columns by as many solutions.
  ///
  /// Nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  public func solveInPlace(_ vector: inout [Double], count: Int = 1) throws {
    try vector.withUnsafeMutableBufferPointer { vector in
      var span = vector.mutableSpan
      try solve(vector.span, count: count, into: &span)
    }
  }

  /// Replaces w by the solution y of Aᵀ y = w, or several columns by as many solutions.
  ///
  /// Nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  public func solveTransposedInPlace(_ vector: inout [Double], count: Int = 1) throws {
    try vector.withUnsafeMutableBufferPointer { vector in
      var span = vector.mutableSpan
      try solveTransposed(vector.span, count: count, into: &span)
    }
  }
}

extension Factorization {
  /// Entries of the solutions with sparse right-hand sides, from the whole solutions.
  func solveAll(_ rightHandSides: SparseMatrix, entries: [Int]) throws -> [Double] {
    try requireEntries(rightHandSides, entries)
    var solution = [Double](repeating: 0, count: order)
    var result: [Double] = []
    result.reserveCapacity(entries.count * rightHandSides.columnCount)
    for column in 0..<rightHandSides.columnCount {
      for index in solution.indices { solution[index] = 0 }
      for slot in rightHandSides.pattern.slots(ofColumn: column) {
        solution[rightHandSides.pattern.rowIndices[slot]] = rightHandSides.values[slot]
      }
      try solveInPlace(&solution)
      for entry in entries { result.append(solution[entry]) }
    }
    return result
  }

  func requireEntries(_ rightHandSides: SparseMatrix, _ entries: [Int]) throws {
    try InputError.requireLength(
      "rightHandSides", expected: order, found: rightHandSides.rowCount)
    if let entry = entries.first(where: { $0 < 0 || $0 >= order }) {
      try InputError.require(false, "entries", Double(entry), "an index of an unknown")
    }
  }
}
