import CSerialRegion

// What all calls of SuiteSparse's functions need.

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
