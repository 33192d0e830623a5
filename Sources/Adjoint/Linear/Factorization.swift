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

  /// Writes A⁻¹ b to `solution`; nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  func solve(_ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>) throws

  /// Writes A⁻ᵀ b to `solution`; nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  func solveTransposed(
    _ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>) throws
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

  /// The solution x of A x = b.
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite,
  ///   ``FactorizationError/noFactors``.
  public func solve(_ rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireFinite("rightHandSide", rightHandSide)
    var solution = [Double](repeating: 0, count: order)
    var span = solution.mutableSpan
    try solve(rightHandSide.span, into: &span)
    return solution
  }

  /// The solution y of Aᵀ y = w, by the same factors.
  ///
  /// - Throws: `InputError` for a wrong length or a number that is not finite,
  ///   ``FactorizationError/noFactors``.
  public func solveTransposed(_ rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireFinite("rightHandSide", rightHandSide)
    var solution = [Double](repeating: 0, count: order)
    var span = solution.mutableSpan
    try solveTransposed(rightHandSide.span, into: &span)
    return solution
  }

  /// Replaces b by the solution x of A x = b; nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  public func solveInPlace(_ vector: inout [Double]) throws {
    try vector.withUnsafeMutableBufferPointer { vector in
      var span = vector.mutableSpan
      try solve(vector.span, into: &span)
    }
  }

  /// Replaces w by the solution y of Aᵀ y = w; nothing is allocated after the first call.
  ///
  /// - Throws: `InputError` for a wrong length, ``FactorizationError/noFactors``.
  public func solveTransposedInPlace(_ vector: inout [Double]) throws {
    try vector.withUnsafeMutableBufferPointer { vector in
      var span = vector.mutableSpan
      try solveTransposed(vector.span, into: &span)
    }
  }
}
