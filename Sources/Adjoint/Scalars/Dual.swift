/// A dual number: a value and its derivatives in eight directions at once.
///
/// f(x + Σᵢ εᵢ vᵢ) = f(x) + Σᵢ εᵢ f′(x)·vᵢ with εᵢ εⱼ = 0, so one evaluation of a model in `Dual`
/// gives eight directional derivatives (forward mode). The lanes are four SIMD vectors of two.
///
/// A lane whose tangent is zero stays zero under every finite derivative; where the derivative is
/// infinite or NaN the lane becomes NaN, for the product 0·∞ says nothing: √(t²) at t = 0 has no
/// derivative, though t² has the derivative zero. That holds for constants too, of which a dual
/// number does not know that they are; a ``TapeScalar`` does.
public struct Dual: ChainRuleScalar, Sendable, BitwiseCopyable {
  /// The number of directions carried at once.
  public static let laneCount = 8

  /// The directional derivatives, one lane each.
  public typealias Lanes = SIMD8<Double>

  /// The value.
  public var value: Double

  // Four pairs, not one vector of eight: such a vector would be aligned to 64 bytes, and a dual
  // number take 128 instead of 80.
  @usableFromInline var first: Pair
  @usableFromInline var second: Pair
  @usableFromInline var third: Pair
  @usableFromInline var fourth: Pair

  @usableFromInline typealias Pair = SIMD2<Double>

  /// Where the derivatives begin, in bytes; they follow one another.
  static var tangentOffset: Int { MemoryLayout<Self>.offset(of: \.first) ?? 0 }

  /// The directional derivatives.
  @inlinable public var tangent: Lanes {
    @inline(__always) get {
      Lanes(
        lowHalf: SIMD4(lowHalf: first, highHalf: second),
        highHalf: SIMD4(lowHalf: third, highHalf: fourth))
    }
    @inline(__always) set { self = Self(value: value, tangent: newValue) }
  }

  /// A constant.
  @inlinable @inline(__always) public init(_ value: Double) {
    self.init(value: value, .zero, .zero, .zero, .zero)
  }

  /// A value with its directional derivatives.
  @inlinable @inline(__always) public init(value: Double, tangent: Lanes) {
    self.init(
      value: value, tangent.lowHalf.lowHalf, tangent.lowHalf.highHalf, tangent.highHalf.lowHalf,
      tangent.highHalf.highHalf)
  }

  @inlinable @inline(__always)
  init(value: Double, _ first: Pair, _ second: Pair, _ third: Pair, _ fourth: Pair) {
    self.value = value
    self.first = first
    self.second = second
    self.third = third
    self.fourth = fourth
  }

  /// A value with derivatives that are made, pair by pair, from those of x.
  @inlinable @inline(__always)
  static func map(_ x: Self, value: Double, _ tangent: (Pair) -> Pair) -> Self {
    Self(
      value: value, tangent(x.first), tangent(x.second), tangent(x.third), tangent(x.fourth))
  }

  /// A value with derivatives that are made, pair by pair, from those of x and y.
  @inlinable @inline(__always)
  static func map(
    _ x: Self, _ y: Self, value: Double, _ tangent: (Pair, Pair) -> Pair
  ) -> Self {
    Self(
      value: value, tangent(x.first, y.first), tangent(x.second, y.second),
      tangent(x.third, y.third), tangent(x.fourth, y.fourth))
  }

  /// The value.
  @inlinable public var base: Double { value }

  /// f(x) with f′(x)·vᵢ in lane i.
  @inlinable @inline(__always)
  public static func chain(_ x: Self, value: Double, derivative: Double) -> Self {
    map(x, value: value) { derivative * $0 }
  }

  /// f(x, y) with ∂f/∂x·vᵢ + ∂f/∂y·wᵢ in lane i.
  @inlinable @inline(__always) public static func chain(
    _ x: Self, _ y: Self, value: Double, byFirst: Double, bySecond: Double
  ) -> Self {
    map(x, y, value: value) { byFirst * $0 + bySecond * $1 }
  }

  /// The tangent of x and y in the lanes in which they agree, NaN in the others.
  @inlinable public static func commonDerivatives(of x: Self, _ y: Self, value: Double) -> Self {
    map(x, y, value: value) { Pair(repeating: .nan).replacing(with: $0, where: $0 .== $1) }
  }

  /// Whether all eight derivatives are +0.
  @inlinable public var isConstant: Bool {
    // The bits combined: `==` takes the lanes one by one.
    typealias Bits = SIMD2<UInt64>
    let low = unsafeBitCast(first, to: Bits.self) | unsafeBitCast(second, to: Bits.self)
    let high = unsafeBitCast(third, to: Bits.self) | unsafeBitCast(fourth, to: Bits.self)
    let all = low | high
    return all.x | all.y == 0
  }

  // Arithmetic again, without the detour through partial derivatives: these are the hot ones.

  /// −x.
  @inlinable @inline(__always) public static func negative(_ x: Self) -> Self {
    map(x, value: -x.value) { -$0 }
  }

  /// x + y.
  @inlinable @inline(__always) public static func sum(_ x: Self, _ y: Self) -> Self {
    map(x, y, value: x.value + y.value) { $0 + $1 }
  }

  /// x − y.
  @inlinable @inline(__always) public static func difference(_ x: Self, _ y: Self) -> Self {
    map(x, y, value: x.value - y.value) { $0 - $1 }
  }

  /// x·y.
  @inlinable @inline(__always) public static func product(_ x: Self, _ y: Self) -> Self {
    let (a, b) = (x.value, y.value)
    return map(x, y, value: a * b) { b * $0 + a * $1 }
  }

  /// x/y.
  @inlinable @inline(__always) public static func quotient(_ x: Self, _ y: Self) -> Self {
    let quotient: Double = x.value / y.value
    let divisor: Double = y.value
    let reciprocal: Double = 1 / divisor
    // One division instead of eight, unless the reciprocal overflows.
    return reciprocal.isFinite
      ? map(x, y, value: quotient) { ($0 - quotient * $1) * reciprocal }
      : map(x, y, value: quotient) { ($0 - quotient * $1) / divisor }
  }
}
