/// A dual number: a value and its derivatives in eight directions at once.
///
/// f(x + Σᵢ εᵢ vᵢ) = f(x) + Σᵢ εᵢ f′(x)·vᵢ with εᵢ εⱼ = 0, so one evaluation of a model in `Dual`
/// gives eight directional derivatives (forward mode). The lanes are one SIMD vector.
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

  /// The directional derivatives.
  public var tangent: Lanes

  /// A constant.
  @inlinable public init(_ value: Double) {
    self.value = value
    self.tangent = .zero
  }

  /// A value with its directional derivatives.
  @inlinable public init(value: Double, tangent: Lanes) {
    self.value = value
    self.tangent = tangent
  }

  /// The value.
  @inlinable public var base: Double { value }

  /// f(x) with f′(x)·vᵢ in lane i.
  @inlinable public static func chain(_ x: Self, value: Double, derivative: Double) -> Self {
    Self(value: value, tangent: derivative * x.tangent)
  }

  /// f(x, y) with ∂f/∂x·vᵢ + ∂f/∂y·wᵢ in lane i.
  @inlinable public static func chain(
    _ x: Self, _ y: Self, value: Double, byFirst: Double, bySecond: Double
  ) -> Self {
    Self(value: value, tangent: byFirst * x.tangent + bySecond * y.tangent)
  }

  /// The tangent of x and y in the lanes in which they agree, NaN in the others.
  @inlinable public static func commonDerivatives(of x: Self, _ y: Self, value: Double) -> Self {
    let undefined = Lanes(repeating: .nan)
    return Self(
      value: value, tangent: undefined.replacing(with: x.tangent, where: x.tangent .== y.tangent))
  }

  /// Whether all eight derivatives are +0.
  @inlinable public var isConstant: Bool {
    // The bits combined: three vector instructions where `==` takes the lanes one by one.
    let bits = unsafeBitCast(tangent, to: SIMD8<UInt64>.self)
    let four = bits.lowHalf | bits.highHalf
    let two = four.lowHalf | four.highHalf
    return two.x | two.y == 0
  }

  // Arithmetic again, without the detour through partial derivatives: these are the hot ones.

  /// −x.
  @inlinable @inline(__always) public static func negative(_ x: Self) -> Self {
    Self(value: -x.value, tangent: -x.tangent)
  }

  /// x + y.
  @inlinable @inline(__always) public static func sum(_ x: Self, _ y: Self) -> Self {
    Self(value: x.value + y.value, tangent: x.tangent + y.tangent)
  }

  /// x − y.
  @inlinable @inline(__always) public static func difference(_ x: Self, _ y: Self) -> Self {
    Self(value: x.value - y.value, tangent: x.tangent - y.tangent)
  }

  /// x·y.
  @inlinable @inline(__always) public static func product(_ x: Self, _ y: Self) -> Self {
    Self(value: x.value * y.value, tangent: y.value * x.tangent + x.value * y.tangent)
  }

  /// x/y.
  @inlinable @inline(__always) public static func quotient(_ x: Self, _ y: Self) -> Self {
    let quotient: Double = x.value / y.value
    let reciprocal: Double = 1 / y.value
    let numerator: Lanes = x.tangent - quotient * y.tangent
    // One division instead of eight, unless the reciprocal overflows.
    return Self(
      value: quotient,
      tangent: reciprocal.isFinite ? numerator * reciprocal : numerator / y.value)
  }
}
