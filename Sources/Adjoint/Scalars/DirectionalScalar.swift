/// A number with its derivative along one direction.
///
/// f(x + ε v) = f(x) + ε f′(x)·v with ε² = 0. This is the base of second derivatives: a
/// ``RecordedScalar`` of these yields adjoints together with their derivative along the direction.
/// For several first derivatives at once use ``Dual``, whose rules for zero tangents hold here too.
public struct DirectionalScalar: ChainRuleScalar, Sendable, BitwiseCopyable {
  /// The value.
  public var value: Double

  /// The directional derivative.
  public var tangent: Double

  /// A constant.
  @inlinable public init(_ value: Double) { self.init(value: value, tangent: 0) }

  /// A value with its directional derivative.
  @inlinable public init(value: Double, tangent: Double) {
    self.value = value
    self.tangent = tangent
  }

  /// The value.
  @inlinable public var base: Double { value }

  /// Whether the derivative is zero.
  @inlinable public var isConstant: Bool { tangent == 0 }

  /// f(x) with f′(x)·v.
  @inlinable public static func chain(_ x: Self, value: Double, derivative: Double) -> Self {
    Self(value: value, tangent: derivative * x.tangent)
  }

  /// f(x, y) with ∂f/∂x·v + ∂f/∂y·w.
  @inlinable public static func chain(
    _ x: Self, _ y: Self, value: Double, byFirst: Double, bySecond: Double
  ) -> Self {
    Self(value: value, tangent: byFirst * x.tangent + bySecond * y.tangent)
  }

  /// The tangent of x and y if they agree, NaN otherwise.
  @inlinable public static func commonDerivatives(of x: Self, _ y: Self, value: Double) -> Self {
    Self(value: value, tangent: x.tangent == y.tangent ? x.tangent : .nan)
  }

  /// x/y, bit for bit like a lane of ``Dual``: terms are subtracted before they are divided, when
  /// they might overflow.
  @inlinable public static func quotient(_ x: Self, _ y: Self) -> Self {
    let quotient: Double = x.value / y.value
    let reciprocal: Double = 1 / y.value
    let numerator: Double = x.tangent - quotient * y.tangent
    return Self(
      value: quotient,
      tangent: reciprocal.isFinite ? numerator * reciprocal : numerator / y.value)
  }
}
