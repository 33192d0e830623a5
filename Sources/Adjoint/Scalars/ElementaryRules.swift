// The derivatives of the elementary functions. `x.base + 0` is x with −0 replaced by +0: the end of a
// domain is approached from within, whatever the sign of its zero.

// MARK: Exponential and logarithm

extension ChainRuleScalar {
  /// eˣ.
  @inlinable public static func exp(_ x: Self) -> Self {
    let value = Base.exp(x.base)
    return chain(x, value: value, derivative: value)
  }

  /// eˣ − 1, accurate near zero.
  @inlinable public static func expMinusOne(_ x: Self) -> Self {
    chain(x, value: .expMinusOne(x.base), derivative: .exp(x.base))
  }

  /// The natural logarithm; NaN, with a NaN derivative, below zero.
  @inlinable public static func log(_ x: Self) -> Self {
    let derivative: Base = x.value < 0 ? Base(.nan) : 1 / (x.base + 0)
    return chain(x, value: .log(x.base), derivative: derivative)
  }

  /// log(1 + x), accurate near zero; NaN, with a NaN derivative, below −1.
  @inlinable public static func log(onePlus x: Self) -> Self {
    let derivative: Base = x.value < -1 ? Base(.nan) : 1 / (1 + x.base)
    return chain(x, value: .log(onePlus: x.base), derivative: derivative)
  }
}

// MARK: Circular functions

extension ChainRuleScalar {
  /// The sine.
  @inlinable public static func sin(_ x: Self) -> Self {
    chain(x, value: .sin(x.base), derivative: .cos(x.base))
  }

  /// The cosine.
  @inlinable public static func cos(_ x: Self) -> Self {
    chain(x, value: .cos(x.base), derivative: -.sin(x.base))
  }

  /// The tangent, with derivative 1 + tan² x.
  @inlinable public static func tan(_ x: Self) -> Self {
    let value = Base.tan(x.base)
    return chain(x, value: value, derivative: 1 + value * value)
  }

  /// The arc sine, with derivative 1/√(1 − x²), infinite at ±1.
  @inlinable public static func asin(_ x: Self) -> Self {
    chain(x, value: .asin(x.base), derivative: 1 / .sqrt(squareComplement(x.base)))
  }

  /// The arc cosine, with derivative −1/√(1 − x²), infinite at ±1.
  @inlinable public static func acos(_ x: Self) -> Self {
    chain(x, value: .acos(x.base), derivative: -1 / .sqrt(squareComplement(x.base)))
  }

  /// 1 − x², accurate near ±1, with an accurate derivative near zero.
  @inlinable static func squareComplement(_ x: Base) -> Base {
    if x.value.magnitude < 0.5 { return 1 - x * x }
    let below: Base = 1 - x
    let above: Base = 1 + x
    return below * above
  }

  /// The arc tangent, with derivative 1/(1 + x²).
  @inlinable public static func atan(_ x: Self) -> Self {
    let derivative: Base
    if x.value.magnitude > 1 {
      // In terms of 1/x, whose square does not overflow.
      let reciprocal: Base = 1 / x.base
      let square: Base = reciprocal * reciprocal
      derivative = square / (1 + square)
    } else {
      derivative = 1 / (1 + x.base * x.base)
    }
    return chain(x, value: .atan(x.base), derivative: derivative)
  }

  /// The angle of (x, y), with gradient (−y, x)/(x² + y²); NaN at the origin.
  @inlinable public static func atan2(y: Self, x: Self) -> Self {
    let radius = Base.hypot(x.base, y.base)
    let direction = unitVector(x.base, y.base, length: radius)
    return chain(
      y, x, value: .atan2(y: y.base, x: x.base),
      byFirst: direction.x / radius, bySecond: -direction.y / radius)
  }

  /// √(x² + y²), with gradient (x, y)/√(x² + y²); NaN at the origin.
  @inlinable public static func hypot(_ x: Self, _ y: Self) -> Self {
    let value = Base.hypot(x.base, y.base)
    let direction = unitVector(x.base, y.base, length: value)
    return chain(x, y, value: value, byFirst: direction.x, bySecond: direction.y)
  }

  /// (x, y)/√(x² + y²), also where the length overflows; NaN at the origin.
  @inlinable static func unitVector(_ x: Base, _ y: Base, length: Base) -> (x: Base, y: Base) {
    if Base.self == Double.self && length.value.isFinite { return (x / length, y / length) }
    // In terms of the ratio t of the smaller to the larger: the derivative of 1/√(1 + t²) is a
    // product, that of x/√(x² + y²) a difference of almost equal numbers where y is small.
    if x.value.magnitude >= y.value.magnitude {
      let (larger, smaller) = unitVector(largerSign: x.value, ratio: y / x)
      return (larger, smaller)
    } else {
      let (larger, smaller) = unitVector(largerSign: y.value, ratio: x / y)
      return (smaller, larger)
    }
  }

  /// ±(1, t)/√(1 + t²) with the sign of a number.
  @inlinable static func unitVector(
    largerSign: Double, ratio: Base
  ) -> (larger: Base, smaller: Base) {
    let norm: Base = .sqrt(1 + ratio * ratio)
    let larger: Base = (largerSign < 0 ? -1 : 1) / norm
    return (larger, ratio * larger)
  }
}

// MARK: Hyperbolic functions

extension ChainRuleScalar {
  /// The hyperbolic sine.
  @inlinable public static func sinh(_ x: Self) -> Self {
    chain(x, value: .sinh(x.base), derivative: .cosh(x.base))
  }

  /// The hyperbolic cosine.
  @inlinable public static func cosh(_ x: Self) -> Self {
    chain(x, value: .cosh(x.base), derivative: .sinh(x.base))
  }

  /// The hyperbolic tangent, with derivative 1/cosh² x.
  @inlinable public static func tanh(_ x: Self) -> Self {
    let derivative: Base
    if x.value.magnitude > 375 {
      // 4 exp(−2|x|) is less than the least number, and so are its derivatives.
      derivative = 0
    } else {
      let reciprocal: Base = 1 / .cosh(x.base)
      derivative = reciprocal * reciprocal
    }
    return chain(x, value: .tanh(x.base), derivative: derivative)
  }

  /// The inverse hyperbolic sine, with derivative 1/√(1 + x²).
  @inlinable public static func asinh(_ x: Self) -> Self {
    chain(x, value: .asinh(x.base), derivative: 1 / .hypot(1, x.base))
  }

  /// The inverse hyperbolic cosine, with derivative 1/√(x² − 1), infinite at 1.
  @inlinable public static func acosh(_ x: Self) -> Self {
    let product: Base = .sqrt(x.base - 1) * .sqrt(x.base + 1)
    return chain(x, value: .acosh(x.base), derivative: 1 / product)
  }

  /// The inverse hyperbolic tangent, with derivative 1/(1 − x²); NaN outside [−1, 1].
  @inlinable public static func atanh(_ x: Self) -> Self {
    let complement: Base = squareComplement(x.base)
    let derivative: Base = complement.value < 0 ? Base(.nan) : 1 / complement
    return chain(x, value: .atanh(x.base), derivative: derivative)
  }
}
