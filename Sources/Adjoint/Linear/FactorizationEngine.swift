import Synchronization

/// The symbolic part of one library's method; immutable once made.
protocol Analysis: Sendable {
  associatedtype Engine: FactorizationEngine

  /// Memory for the factors of one matrix.
  func makeEngine() throws -> Engine
}

/// The numeric part of one library's method: the factors of one matrix at a time.
///
/// Not safe for concurrent use: ``GuardedEngine`` sees to that.
protocol FactorizationEngine: AnyObject {
  /// Factorizes the matrix with these values, all finite.
  func factorize(_ values: UnsafePointer<Double>) throws -> FactorizationStatistics

  /// Writes A⁻¹ B, or A⁻ᵀ B, to X; both have `count` > 0 columns of n > 0 numbers, one after the other,
  /// and may be the same memory.
  func solve(
    _ rightHandSides: UnsafePointer<Double>, count: Int,
    into solutions: UnsafeMutablePointer<Double>, transposed: Bool) throws
}

/// An engine whose callers take turns, and which refuses to solve without factors.
///
/// Sendable because the engine and the statistics are touched under the lock only.
final class GuardedEngine: @unchecked Sendable {
  private let engine: any FactorizationEngine
  private let pattern: SparsityPattern
  private var latest: FactorizationStatistics
  private var hasFactors = false
  private let lock = Mutex<Void>(())

  init(_ engine: any FactorizationEngine, for symbolic: SymbolicFactorization) {
    self.engine = engine
    pattern = symbolic.pattern
    latest = FactorizationStatistics(
      method: symbolic.method, factorEntryCount: 0, pivotRatio: 0)
  }

  /// What the last factorization that succeeded took.
  var statistics: FactorizationStatistics { lock.withLock { _ in latest } }

  func refactorize(_ values: Span<Double>) throws {
    try InputError.requireLength("values", expected: pattern.entryCount, found: values.count)
    try values.withUnsafeBufferPointer { values in
      try requireFinite(values)
      // A pattern without entries has no base address; one zero stands in for its values.
      try withUnsafePointer(to: 0.0) { zero in
        try replaceFactors(needsFactors: false) {
          try engine.factorize(values.baseAddress ?? zero)
        }
      }
    }
  }

  /// Runs `body`, which makes other factors, while nobody else is at the engine; if it throws there are
  /// no factors any more.
  func replaceFactors(
    needsFactors: Bool, _ body: () throws -> FactorizationStatistics
  ) throws {
    try lock.withLock { _ in
      if needsFactors && !hasFactors { throw FactorizationError.noFactors }
      hasFactors = false
      latest = try body()
      hasFactors = true
    }
  }

  /// Runs `body`, which uses the factors, while nobody else is at the engine.
  func withFactors<Result>(_ body: () throws -> Result) throws -> Result {
    // Not `withLock`, whose result would have to be sendable.
    try lock.withLock { _ in
      guard hasFactors else { throw FactorizationError.noFactors }
      return try body()
    }
  }

  /// Calls `body` with the engine and its factors while nobody else is at it.
  func withEngine<Result>(
    _ body: (any FactorizationEngine) throws -> Result
  ) throws -> Result {
    try withFactors { try body(engine) }
  }

  func solve(
    _ rightHandSides: Span<Double>, count: Int, into solutions: inout MutableSpan<Double>,
    transposed: Bool
  ) throws {
    let size = try pattern.size(ofColumns: count)
    try InputError.requireLength("rightHandSide", expected: size, found: rightHandSides.count)
    try InputError.requireLength("solution", expected: size, found: solutions.count)
    try rightHandSides.withUnsafeBufferPointer { rightHandSides in
      try solutions.withUnsafeMutableBufferPointer { solutions in
        guard let source = rightHandSides.baseAddress, let target = solutions.baseAddress else {
          return
        }
        if count == 0 { return }
        try withFactors {
          try engine.solve(source, count: count, into: target, transposed: transposed)
        }
      }
    }
  }

  /// The sum of x − x is zero exactly if all x are finite; only then is the culprit looked for.
  private func requireFinite(_ values: UnsafeBufferPointer<Double>) throws {
    var lanes = SIMD8<Double>.zero
    let vectorCount = values.count / 8
    for index in 0..<vectorCount {
      let vector = UnsafeRawBufferPointer(values).loadUnaligned(
        fromByteOffset: 64 * index, as: SIMD8<Double>.self)
      lanes += vector - vector
    }
    var sum = lanes.sum()
    for index in 8 * vectorCount..<values.count { sum += values[index] - values[index] }
    guard sum != 0 else { return }
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw InputError.notFinite(argument: "values", index: index, value: values[index])
  }
}

extension SparsityPattern {
  /// How many numbers `count` columns of a right-hand side hold.
  ///
  /// - Throws: `InputError` if the count is negative or too large to exist.
  func size(ofColumns count: Int) throws -> Int {
    let (size, overflow) = rowCount.multipliedReportingOverflow(by: count)
    try InputError.require(
      count >= 0 && !overflow, "count", Double(count), "a number of right-hand sides")
    return size
  }
}
