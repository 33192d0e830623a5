import CSerialRegion
import Synchronization

/// The symbolic part of one library's method; immutable once made.
protocol Analysis: Sendable {
  /// Memory for the factors of one matrix.
  func makeEngine() throws -> any FactorizationEngine
}

/// The numeric part of one library's method: the factors of one matrix at a time.
///
/// Not safe for concurrent use: ``GuardedEngine`` sees to that.
protocol FactorizationEngine: AnyObject {
  /// Factorizes the matrix with these values, all finite.
  func factorize(_ values: UnsafePointer<Double>) throws

  /// Writes A⁻¹ b to x; the two may be the same memory.
  func solve(_ rightHandSide: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>)
    throws

  /// Writes A⁻ᵀ b to x; the two may be the same memory.
  func solveTransposed(
    _ rightHandSide: UnsafePointer<Double>, into solution: UnsafeMutablePointer<Double>) throws
}

/// An engine whose callers take turns, and which refuses to solve without factors.
///
/// Sendable because the engine and the flag are touched under the lock only.
final class GuardedEngine: @unchecked Sendable {
  private let engine: any FactorizationEngine
  private let pattern: SparsityPattern
  private var hasFactors = false
  private let lock = Mutex<Void>(())

  init(_ engine: any FactorizationEngine, pattern: SparsityPattern) {
    self.engine = engine
    self.pattern = pattern
  }

  func refactorize(_ values: Span<Double>) throws {
    try InputError.requireLength("values", expected: pattern.entryCount, found: values.count)
    try values.withUnsafeBufferPointer { values in
      try requireFinite(values)
      // A pattern without entries has no base address; one zero stands in for its values.
      try withUnsafePointer(to: 0.0) { zero in
        try lock.withLock { _ in
          hasFactors = false
          try engine.factorize(values.baseAddress ?? zero)
          hasFactors = true
        }
      }
    }
  }

  func solve(
    _ rightHandSide: Span<Double>, into solution: inout MutableSpan<Double>, transposed: Bool
  ) throws {
    let order = pattern.columnCount
    try InputError.requireLength("rightHandSide", expected: order, found: rightHandSide.count)
    try InputError.requireLength("solution", expected: order, found: solution.count)
    try rightHandSide.withUnsafeBufferPointer { rightHandSide in
      try solution.withUnsafeMutableBufferPointer { solution in
        guard let source = rightHandSide.baseAddress, let target = solution.baseAddress else {
          return
        }
        try lock.withLock { _ in
          guard hasFactors else { throw FactorizationError.noFactors }
          if transposed {
            try engine.solveTransposed(source, into: target)
          } else {
            try engine.solve(source, into: target)
          }
        }
      }
    }
  }

  /// Calls `body` with the engine and its factors while nobody else is at it.
  func withEngine<Result>(
    _ body: (any FactorizationEngine) throws -> Result
  ) throws -> Result {
    // Not the result of `withLock`, which would have to be sendable.
    var result: Result?
    try lock.withLock { _ in
      guard hasFactors else { throw FactorizationError.noFactors }
      result = try body(engine)
    }
    guard let result else { throw FactorizationError.noFactors }
    return result
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

/// Runs `body` while the libraries called from this thread use at most `threads` threads.
func withThreads<Result>(_ threads: Int, _ body: () throws -> Result) rethrows -> Result {
  let previous = serial_region_enter(Int32(threads))
  defer { serial_region_leave(previous) }
  return try body()
}

/// A pointer to `Int` as the pointer to a 64-bit integer that SuiteSparse's header of this version
/// and platform spells (`long`, `int64_t`).
///
/// All of them have the size and layout of `Int`, and the C code accesses them as such.
func indices<Index: FixedWidthInteger>(_ pointer: UnsafePointer<Int>) -> UnsafePointer<Index> {
  UnsafeRawPointer(pointer).assumingMemoryBound(to: Index.self)
}

/// As above, for C functions that do not say `const` but do not write either, or write integers.
func indices<Index: FixedWidthInteger>(
  _ pointer: UnsafePointer<Int>
) -> UnsafeMutablePointer<Index> {
  UnsafeMutableRawPointer(mutating: pointer).assumingMemoryBound(to: Index.self)
}

extension SparsityPattern {
  /// Calls `body` with the addresses of the column pointers and the row indices.
  ///
  /// Patterns given to the libraries have at least one column; without entries the second address is
  /// that of the first array, of which then nothing is read.
  func withPointers<Result>(
    _ body: (UnsafePointer<Int>, UnsafePointer<Int>) throws -> Result
  ) rethrows -> Result {
    try columnPointers.withUnsafeBufferPointer { pointers in
      try rowIndices.withUnsafeBufferPointer { rows in
        guard let first = pointers.baseAddress else {
          preconditionFailure("column pointers are never empty")
        }
        return try body(first, rows.baseAddress ?? first)
      }
    }
  }
}
