/// A column-major matrix: an address and the distance of two columns.
struct Panel {
  let first: UnsafeMutablePointer<Double>
  let stride: Int

  @inline(__always) func at(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Double> {
    first + (row &+ column &* stride)
  }

  /// The part that begins at a row and a column.
  @inline(__always) func part(_ row: Int, _ column: Int) -> Panel {
    Panel(first: at(row, column), stride: stride)
  }

  /// Sets what is on and below the diagonal to zero.
  func clearLowerTriangle(order: Int) {
    for column in 0..<order { at(column, column).update(repeating: 0, count: order &- column) }
  }
}

/// Four adjacent numbers.
@inline(__always) func lanes(at pointer: UnsafePointer<Double>) -> SIMD4<Double> {
  UnsafeRawPointer(pointer).loadUnaligned(as: SIMD4<Double>.self)
}

/// Writes four adjacent numbers.
@inline(__always)
func setLanes(_ value: SIMD4<Double>, at pointer: UnsafeMutablePointer<Double>) {
  UnsafeMutableRawPointer(pointer).storeBytes(of: value, as: SIMD4<Double>.self)
}
