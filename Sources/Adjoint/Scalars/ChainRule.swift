/// A scalar that carries derivatives and needs to know only the chain rule.
///
/// Conforming types say how a value with known partial derivatives is made from one or two
/// arguments; every operator and elementary function follows from the rules below, which are
/// therefore written once. The derivatives are the classical ones (NIST Digital Library of
/// Mathematical Functions, §4.4–4.38, https://dlmf.nist.gov/4).
///
/// Values and partial derivatives are numbers of a ``Base``. The rules compute partial derivatives
/// as functions of that base, so a base with derivatives turns first derivatives into second ones.
/// Each rule is written such that its own derivative loses no digits either.
///
/// Where a derivative does not exist the rule gives its one-sided limit, possibly infinite, or NaN.
public protocol ChainRuleScalar: BaseScalar, OperatorScalar {
  /// What the value and its partial derivatives are made of.
  associatedtype Base: BaseScalar

  /// The value, with the derivatives that the base carries.
  var base: Base { get }

  /// The scalar f(x) with ∂f/∂x = `derivative`.
  static func chain(_ x: Self, value: Base, derivative: Base) -> Self

  /// The scalar f(x, y) with ∂f/∂x = `byFirst` and ∂f/∂y = `bySecond`.
  static func chain(_ x: Self, _ y: Self, value: Base, byFirst: Base, bySecond: Base) -> Self

  /// The scalar of the given value with the derivatives that x and y share, NaN where they differ.
  static func commonDerivatives(of x: Self, _ y: Self, value: Base) -> Self
}

// MARK: Arithmetic

extension ChainRuleScalar {
  /// |x|, whose derivative at zero is NaN.
  @inlinable public var magnitude: Self {
    let sign: Double = value > 0 ? 1 : (value < 0 ? -1 : .nan)
    return .chain(self, value: base.magnitude, derivative: Base(sign))
  }

  /// 1/x, with derivative −1/x², infinite at zero; nil where rounding 1/x loses digits.
  @inlinable public var reciprocal: Self? {
    guard let value = base.reciprocal else { return nil }
    return .chain(self, value: value, derivative: -value * value)
  }

  /// −x.
  @inlinable public static func negative(_ x: Self) -> Self {
    .chain(x, value: -x.base, derivative: -1)
  }

  /// x + y.
  @inlinable public static func sum(_ x: Self, _ y: Self) -> Self {
    .chain(x, y, value: x.base + y.base, byFirst: 1, bySecond: 1)
  }

  /// x − y.
  @inlinable public static func difference(_ x: Self, _ y: Self) -> Self {
    .chain(x, y, value: x.base - y.base, byFirst: 1, bySecond: -1)
  }

  /// x·y.
  @inlinable public static func product(_ x: Self, _ y: Self) -> Self {
    .chain(x, y, value: x.base * y.base, byFirst: y.base, bySecond: x.base)
  }

  /// x/y.
  @inlinable public static func quotient(_ x: Self, _ y: Self) -> Self {
    let quotient: Base = x.base / y.base
    return .chain(
      x, y, value: quotient, byFirst: 1 / y.base, bySecond: -quotient / y.base)
  }

  /// Whether the values are equal; derivatives are not compared.
  @inlinable public static func isEqual(_ x: Self, _ y: Self) -> Bool { x.value == y.value }

  /// Whether the value of x is less than that of y.
  @inlinable public static func isLess(_ x: Self, _ y: Self) -> Bool { x.value < y.value }

  /// Whether the value of x is at most that of y.
  @inlinable public static func isAtMost(_ x: Self, _ y: Self) -> Bool { x.value <= y.value }

  /// The lesser of x and y.
  @inlinable public static func minimum(_ x: Self, _ y: Self) -> Self {
    if x.value < y.value || y.value.isNaN { return x }
    if x.value > y.value || x.value.isNaN { return y }
    return commonDerivatives(of: x, y, value: .minimum(x.base, y.base))
  }

  /// The greater of x and y.
  @inlinable public static func maximum(_ x: Self, _ y: Self) -> Self {
    if x.value > y.value || y.value.isNaN { return x }
    if x.value < y.value || x.value.isNaN { return y }
    return commonDerivatives(of: x, y, value: .maximum(x.base, y.base))
  }
}
