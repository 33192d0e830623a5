/// The nonzero terms of a linear combination of vectors that lie one after another in memory.
///
/// The memory belongs to a ``StepPlan``.
@usableFromInline struct Combination: BitwiseCopyable {
  @usableFromInline let count: Int
  @usableFromInline let weights: UnsafePointer<Double>
  /// Which vector each weight belongs to.
  @usableFromInline let slots: UnsafePointer<Int>

  /// Writes base + scale Σ weightₑ vectorₑ to `target`, all vectors of length `length`.
  ///
  /// Up to six terms, which is every row of the methods offered here, are one pass over memory;
  /// `target` must not overlap the vectors, unless it is `base`.
  @inlinable func apply(
    scale: Double, base: UnsafePointer<Double>, vectors: UnsafePointer<Double>, length: Int,
    into target: UnsafeMutablePointer<Double>
  ) {
    var done = 0
    var base = base
    while count - done > 6 {
      pass(6, from: done, scale, base, vectors, length, target)
      base = UnsafePointer(target)
      done += 6
    }
    pass(count - done, from: done, scale, base, vectors, length, target)
  }

  /// One pass over memory with `terms` ≤ 6 terms, each case a loop without inner loop.
  @inlinable @inline(__always) func pass(
    _ terms: Int, from first: Int, _ scale: Double, _ base: UnsafePointer<Double>,
    _ vectors: UnsafePointer<Double>, _ length: Int, _ target: UnsafeMutablePointer<Double>
  ) {
    @inline(__always) func weight(_ term: Int) -> Double { scale * weights[first + term] }
    @inline(__always) func vector(_ term: Int) -> UnsafePointer<Double> {
      vectors + slots[first + term] * length
    }
    switch terms {
    case 0:
      for index in 0..<length { target[index] = base[index] }
    case 1:
      let (w0, v0) = (weight(0), vector(0))
      for index in 0..<length { target[index] = base[index] + w0 * v0[index] }
    case 2:
      let (w0, w1) = (weight(0), weight(1))
      let (v0, v1) = (vector(0), vector(1))
      for index in 0..<length {
        target[index] = base[index] + w0 * v0[index] + w1 * v1[index]
      }
    case 3:
      let (w0, w1, w2) = (weight(0), weight(1), weight(2))
      let (v0, v1, v2) = (vector(0), vector(1), vector(2))
      for index in 0..<length {
        let first: Double = base[index] + w0 * v0[index]
        target[index] = first + w1 * v1[index] + w2 * v2[index]
      }
    case 4:
      let (w0, w1, w2, w3) = (weight(0), weight(1), weight(2), weight(3))
      let (v0, v1, v2, v3) = (vector(0), vector(1), vector(2), vector(3))
      for index in 0..<length {
        let first: Double = base[index] + w0 * v0[index] + w1 * v1[index]
        target[index] = first + w2 * v2[index] + w3 * v3[index]
      }
    case 5:
      let (w0, w1, w2, w3, w4) = (weight(0), weight(1), weight(2), weight(3), weight(4))
      let (v0, v1, v2, v3, v4) = (vector(0), vector(1), vector(2), vector(3), vector(4))
      for index in 0..<length {
        let first: Double = base[index] + w0 * v0[index] + w1 * v1[index]
        target[index] = first + w2 * v2[index] + w3 * v3[index] + w4 * v4[index]
      }
    default:
      let (w0, w1, w2) = (weight(0), weight(1), weight(2))
      let (w3, w4, w5) = (weight(3), weight(4), weight(5))
      let (v0, v1, v2) = (vector(0), vector(1), vector(2))
      let (v3, v4, v5) = (vector(3), vector(4), vector(5))
      for index in 0..<length {
        let first: Double = base[index] + w0 * v0[index] + w1 * v1[index]
        let second: Double = first + w2 * v2[index] + w3 * v3[index]
        target[index] = second + w4 * v4[index] + w5 * v5[index]
      }
    }
  }
}
