/// The SplitMix64 generator: reproducible random numbers, the same on every platform.
///
/// The state advances by the odd constant γ = 0x9E3779B97F4A7C15 and each output is a bijective mix
/// of it (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014, §3,
/// with the constants of Stafford's variant 13). Not for cryptography.
public struct SeededGenerator: RandomNumberGenerator, Sendable {
  private static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  private var state: UInt64

  /// A generator whose sequence is a function of `seed` alone.
  public init(seed: UInt64) { state = seed }

  /// The next 64 random bits.
  public mutating func next() -> UInt64 {
    state &+= Self.increment
    return Self.mix(state)
  }

  /// A number uniformly distributed in [0, 1): the upper 53 bits of the next output times 2⁻⁵³.
  public mutating func uniform() -> Double { Self.fraction(next()) }

  /// A number uniformly distributed in [`range.lowerBound`, `range.upperBound`).
  public mutating func uniform(in range: Range<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// `count` numbers of modulus in [½, 1) and random sign: no component is small by chance.
  public mutating func direction(count: Int) -> [Double] {
    (0..<count).map { _ in
      let modulus: Double = uniform(in: 0.5..<1)
      return next() >> 63 == 0 ? modulus : -modulus
    }
  }

  /// The element `index` (from 0) of the sequence ``uniform()`` with seed 0, without the others.
  public static func uniform(at index: Int) -> Double {
    fraction(mix((UInt64(truncatingIfNeeded: index) &+ 1) &* increment))
  }

  private static func mix(_ state: UInt64) -> UInt64 {
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  private static func fraction(_ bits: UInt64) -> Double { Double(bits >> 11) * 0x1p-53 }
}
