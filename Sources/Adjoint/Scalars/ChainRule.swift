/// A scalar that carries first derivatives and needs to know only the chain rule.
///
/// Conforming types say how a value with known partial derivatives is made from one or two
/// arguments; every operator and elementary function follows from the rules below, which are
/// therefore written once. The derivatives are the classical ones (NIST Digital Library of
/// Mathematical Functions, §4.4–4.38, https://dlmf.nist.gov/4).
///
/// Where a derivative does not exist the rule gives its one-sided limit, possibly infinite, or NaN.
public protocol ChainRuleScalar: Scalar {
  /// Whether all derivatives carried are zero, so that finite partial derivatives need not be known.
  var isConstant: Bool { get }

  /// The scalar f(x) with ∂f/∂x = `derivative`.
  static func chain(_ x: Self, value: Double, derivative: Double) -> Self

  /// The scalar f(x, y) with ∂f/∂x = `byFirst` and ∂f/∂y = `bySecond`.
  static func chain(
    _ x: Self, _ y: Self, value: Double, byFirst: Double, bySecond: Double
  ) -> Self

  /// The scalar of the given value with the derivatives that x and y share, NaN where they differ.
  static func commonDerivatives(of x: Self, _ y: Self, value: Double) -> Self
}

// MARK: Arithmetic

extension ChainRuleScalar {
  /// A constant from a literal.
  @inlinable public init(floatLiteral value: Double) { self.init(value) }

  /// A constant from a literal.
  @inlinable public init(integerLiteral value: Int) { self.init(Double(value)) }

  /// A constant, if the integer is exactly a `Double`.
  @inlinable public init?<T: BinaryInteger>(exactly source: T) {
    guard let value = Double(exactly: source) else { return nil }
    self.init(value)
  }

  /// |x|, whose derivative at zero is NaN.
  @inlinable public var magnitude: Self {
    let derivative: Double = value > 0 ? 1 : (value < 0 ? -1 : .nan)
    return .chain(self, value: value.magnitude, derivative: derivative)
  }

  /// 1/x, with derivative −1/x², infinite at zero; nil where rounding 1/x loses digits.
  @inlinable public var reciprocal: Self? {
    guard let value = value.reciprocal else { return nil }
    return .chain(self, value: value, derivative: -value * value)
  }

  /// −x.
  @inlinable public static prefix func - (x: Self) -> Self {
    .chain(x, value: -x.value, derivative: -1)
  }

  /// x + y.
  @inlinable public static func + (x: Self, y: Self) -> Self {
    .chain(x, y, value: x.value + y.value, byFirst: 1, bySecond: 1)
  }

  /// x − y.
  @inlinable public static func - (x: Self, y: Self) -> Self {
    .chain(x, y, value: x.value - y.value, byFirst: 1, bySecond: -1)
  }

  /// x·y.
  @inlinable public static func * (x: Self, y: Self) -> Self {
    .chain(x, y, value: x.value * y.value, byFirst: y.value, bySecond: x.value)
  }

  /// x/y.
  @inlinable public static func / (x: Self, y: Self) -> Self {
    let quotient = x.value / y.value
    return .chain(
      x, y, value: quotient, byFirst: 1 / y.value, bySecond: -quotient / y.value)
  }

  /// Replaces x by −x.
  @inlinable public mutating func negate() { self = -self }

  /// Replaces x by x·y.
  @inlinable public static func *= (x: inout Self, y: Self) { x = x * y }

  /// Replaces x by x/y.
  @inlinable public static func /= (x: inout Self, y: Self) { x = x / y }

  /// Whether the values are equal; derivatives are not compared.
  @inlinable public static func == (x: Self, y: Self) -> Bool { x.value == y.value }

  /// Whether the value of x is less than that of y.
  @inlinable public static func < (x: Self, y: Self) -> Bool { x.value < y.value }

  /// The lesser of x and y.
  @inlinable public static func minimum(_ x: Self, _ y: Self) -> Self {
    if x.value < y.value || y.value.isNaN { return x }
    if x.value > y.value || x.value.isNaN { return y }
    return commonDerivatives(of: x, y, value: .minimum(x.value, y.value))
  }

  /// The greater of x and y.
  @inlinable public static func maximum(_ x: Self, _ y: Self) -> Self {
    if x.value > y.value || y.value.isNaN { return x }
    if x.value < y.value || x.value.isNaN { return y }
    return commonDerivatives(of: x, y, value: .maximum(x.value, y.value))
  }
}

// MARK: Exponential, logarithm, powers

extension ChainRuleScalar {
  /// eˣ.
  @inlinable public static func exp(_ x: Self) -> Self {
    let value = Double.exp(x.value)
    return chain(x, value: value, derivative: value)
  }

  /// eˣ − 1, accurate near zero.
  @inlinable public static func expMinusOne(_ x: Self) -> Self {
    chain(x, value: .expMinusOne(x.value), derivative: .exp(x.value))
  }

  /// The natural logarithm; NaN, with a NaN derivative, below zero.
  @inlinable public static func log(_ x: Self) -> Self {
    let derivative: Double = x.value < 0 ? .nan : 1 / x.value.magnitude
    return chain(x, value: .log(x.value), derivative: derivative)
  }

  /// log(1 + x), accurate near zero; NaN, with a NaN derivative, below −1.
  @inlinable public static func log(onePlus x: Self) -> Self {
    let derivative: Double = x.value < -1 ? .nan : 1 / (1 + x.value)
    return chain(x, value: .log(onePlus: x.value), derivative: derivative)
  }

  /// xʸ for x ≥ 0.
  ///
  /// ∂/∂x = y xʸ⁻¹ and ∂/∂y = xʸ log x, with their limits at x = 0: for y > 0 the latter is 0.
  /// Like swift-numerics, 0⁰ and every power of a negative number are NaN; use `pow(x, n)` with an
  /// integer for those.
  @inlinable public static func pow(_ x: Self, _ y: Self) -> Self {
    let value = Double.pow(x.value, y.value)
    let byFirst: Double
    if value.isNormal {
      byFirst = powerDerivative(x.value, exponent: y.value, power: value)
    } else {
      byFirst = y.value == 1 && x.value >= 0 ? 1 : y.value * .pow(x.value, y.value - 1)
    }
    // Where xʸ is normal the logarithm is finite, and a constant exponent does without it.
    let needsNoLogarithm = value == 0 || (value.isNormal && y.isConstant)
    let bySecond: Double = needsNoLogarithm ? 0 : value * .log(x.value)
    return chain(x, y, value: value, byFirst: byFirst, bySecond: bySecond)
  }

  /// xⁿ, with derivative n xⁿ⁻¹, which is zero for n = 0.
  @inlinable public static func pow(_ x: Self, _ n: Int) -> Self {
    let value = Double.pow(x.value, n)
    let derivative: Double
    if n == 0 {
      derivative = 0
    } else if value.isNormal {
      derivative = powerDerivative(x.value, exponent: Double(n), power: value)
    } else {
      derivative = Double(n) * .pow(x.value, n == .min ? n : n - 1)
    }
    return chain(x, value: value, derivative: derivative)
  }

  /// y xʸ/x without undue overflow or underflow, for a normal power xʸ: a division costs a fifth of
  /// another power.
  @inlinable static func powerDerivative(
    _ x: Double, exponent: Double, power: Double
  ) -> Double {
    power.magnitude < 1 ? exponent * power / x : exponent * (power / x)
  }

  /// √x, with derivative 1/(2√x), infinite at zero.
  @inlinable public static func sqrt(_ x: Self) -> Self {
    let value = Double.sqrt(x.value)
    return chain(x, value: value, derivative: 0.5 / value.magnitude)
  }

  /// The n-th root, with derivative ⁿ√x/(n x), infinite at zero for n > 1; NaN for n = 0.
  @inlinable public static func root(_ x: Self, _ n: Int) -> Self {
    let value = Double.root(x.value, n)
    let derivative: Double
    if n == 1 {
      derivative = 1
    } else if n == 0 {
      derivative = .nan
    } else if x.value == 0 {
      derivative = n > 1 ? .infinity : -.infinity
    } else if x.value.isInfinite {
      // The limit is zero; an even root of −∞ is NaN and so is its derivative.
      derivative = value.isNaN ? .nan : 0
    } else {
      derivative = value / x.value / Double(n)
    }
    return chain(x, value: value, derivative: derivative)
  }

  /// √(x² + y²), with gradient (x, y)/√(x² + y²); NaN at the origin.
  @inlinable public static func hypot(_ x: Self, _ y: Self) -> Self {
    let value = Double.hypot(x.value, y.value)
    let direction = unitVector(x.value, y.value, length: value)
    return chain(x, y, value: value, byFirst: direction.x, bySecond: direction.y)
  }

  /// (x, y)/√(x² + y²), also where the length overflows; NaN at the origin and at infinity.
  @inlinable static func unitVector(
    _ x: Double, _ y: Double, length: Double
  ) -> (x: Double, y: Double) {
    guard length.isInfinite else { return (x / length, y / length) }
    let smaller = Double.hypot(0.25 * x, 0.25 * y)
    return (0.25 * x / smaller, 0.25 * y / smaller)
  }
}

// MARK: Circular functions

extension ChainRuleScalar {
  /// The sine.
  @inlinable public static func sin(_ x: Self) -> Self {
    chain(x, value: .sin(x.value), derivative: .cos(x.value))
  }

  /// The cosine.
  @inlinable public static func cos(_ x: Self) -> Self {
    chain(x, value: .cos(x.value), derivative: -.sin(x.value))
  }

  /// The tangent, with derivative 1 + tan² x.
  @inlinable public static func tan(_ x: Self) -> Self {
    let value = Double.tan(x.value)
    return chain(x, value: value, derivative: 1 + value * value)
  }

  /// The arc sine, with derivative 1/√(1 − x²), infinite at ±1.
  @inlinable public static func asin(_ x: Self) -> Self {
    let complement: Double = (1 - x.value) * (1 + x.value)
    return chain(x, value: .asin(x.value), derivative: 1 / .sqrt(complement))
  }

  /// The arc cosine, with derivative −1/√(1 − x²), infinite at ±1.
  @inlinable public static func acos(_ x: Self) -> Self {
    let complement: Double = (1 - x.value) * (1 + x.value)
    return chain(x, value: .acos(x.value), derivative: -1 / .sqrt(complement))
  }

  /// The arc tangent, with derivative 1/(1 + x²).
  @inlinable public static func atan(_ x: Self) -> Self {
    // Beyond 1 in terms of 1/x, whose square does not overflow.
    let reciprocal: Double = 1 / x.value
    let square: Double = reciprocal * reciprocal
    let derivative: Double =
      x.value.magnitude > 1 ? square / (1 + square) : 1 / (1 + x.value * x.value)
    return chain(x, value: .atan(x.value), derivative: derivative)
  }

  /// The angle of (x, y), with gradient (−y, x)/(x² + y²); NaN at the origin.
  @inlinable public static func atan2(y: Self, x: Self) -> Self {
    let radius = Double.hypot(x.value, y.value)
    let direction = unitVector(x.value, y.value, length: radius)
    return chain(
      y, x, value: .atan2(y: y.value, x: x.value),
      byFirst: direction.x / radius, bySecond: -direction.y / radius)
  }
}

// MARK: Hyperbolic functions

extension ChainRuleScalar {
  /// The hyperbolic sine.
  @inlinable public static func sinh(_ x: Self) -> Self {
    chain(x, value: .sinh(x.value), derivative: .cosh(x.value))
  }

  /// The hyperbolic cosine.
  @inlinable public static func cosh(_ x: Self) -> Self {
    chain(x, value: .cosh(x.value), derivative: .sinh(x.value))
  }

  /// The hyperbolic tangent, with derivative 1/cosh² x.
  @inlinable public static func tanh(_ x: Self) -> Self {
    let reciprocal: Double = 1 / .cosh(x.value)
    return chain(x, value: .tanh(x.value), derivative: reciprocal * reciprocal)
  }

  /// The inverse hyperbolic sine, with derivative 1/√(1 + x²).
  @inlinable public static func asinh(_ x: Self) -> Self {
    chain(x, value: .asinh(x.value), derivative: 1 / .hypot(1, x.value))
  }

  /// The inverse hyperbolic cosine, with derivative 1/√(x² − 1), infinite at 1.
  @inlinable public static func acosh(_ x: Self) -> Self {
    let product: Double = .sqrt(x.value - 1) * .sqrt(x.value + 1)
    return chain(x, value: .acosh(x.value), derivative: 1 / product)
  }

  /// The inverse hyperbolic tangent, with derivative 1/(1 − x²); NaN outside [−1, 1].
  @inlinable public static func atanh(_ x: Self) -> Self {
    let complement: Double = (1 - x.value) * (1 + x.value)
    let derivative: Double = complement < 0 ? .nan : 1 / complement.magnitude
    return chain(x, value: .atanh(x.value), derivative: derivative)
  }
}
