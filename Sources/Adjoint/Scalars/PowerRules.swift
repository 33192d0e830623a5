// Powers and roots, whose derivatives have the most awkward points.

extension ChainRuleScalar {
  /// xʸ for x ≥ 0.
  ///
  /// ∂/∂x = y xʸ⁻¹ and ∂/∂y = xʸ log x, with their limits at x = 0: for y > 0 the latter is 0.
  /// Like swift-numerics, 0⁰ and every power of a negative number are NaN; use `pow(x, n)` with an
  /// integer for those.
  @inlinable public static func pow(_ x: Self, _ y: Self) -> Self {
    let value = Base.pow(x.base, y.base)
    let byFirst: Base
    if Base.self == Double.self && value.value.isNormal {
      byFirst = powerDerivative(x.base, exponent: y.base, power: value)
    } else if x.value == 0 && y.value == 1 {
      byFirst = y.base.isConstant ? 1 : 1 + kink(at: y.base - 1)
    } else {
      byFirst = y.base * .pow(x.base, y.base - 1)
    }
    let bySecond: Base
    if value.value.isNormal && y.isConstant {
      bySecond = 0
    } else if value.value == 0 && (Base.self == Double.self || x.value == 0 || x.value.isInfinite) {
      // xʸ log x has a derivative by x at zero if y > 1.
      bySecond = x.value != 0 || y.value > 1 || x.base.isConstant ? 0 : kink(at: x.base)
    } else {
      bySecond = value * .log(x.base)
    }
    return chain(x, y, value: value, byFirst: byFirst, bySecond: bySecond)
  }

  /// xⁿ, with derivative n xⁿ⁻¹, which is zero for n = 0.
  @inlinable public static func pow(_ x: Self, _ n: Int) -> Self {
    let value = Base.pow(x.base, n)
    let derivative: Base
    if n == 0 {
      derivative = 0
    } else if Base.self == Double.self && value.value.isNormal {
      derivative = powerDerivative(x.base, exponent: Base(Double(n)), power: value)
    } else {
      derivative = Base(Double(n)) * .pow(x.base, n == .min ? n : n - 1)
    }
    return chain(x, value: value, derivative: derivative)
  }

  /// y xʸ/x without undue overflow or underflow, for a normal power xʸ.
  ///
  /// A division costs a fifth of another power; but its own derivative is a difference that loses
  /// digits as y nears 1, so it serves first derivatives only.
  @inlinable static func powerDerivative(_ x: Base, exponent: Base, power: Base) -> Base {
    power.value.magnitude < 1 ? exponent * power / x : exponent * (power / x)
  }

  /// Zero with an undefined derivative, for x = 0.
  @inlinable static func kink(at x: Base) -> Base { x.magnitude }

  /// √x, with derivative 1/(2√x), infinite at zero.
  @inlinable public static func sqrt(_ x: Self) -> Self {
    let value = Base.sqrt(x.base)
    return chain(x, value: value, derivative: 0.5 / (value + 0))
  }

  /// The n-th root, with derivative ⁿ√x/(n x), infinite at zero for n > 1; NaN for n = 0.
  @inlinable public static func root(_ x: Self, _ n: Int) -> Self {
    let value = Base.root(x.base, n)
    let derivative: Base
    if n == 1 {
      derivative = 1
    } else if n == 0 {
      derivative = Base(.nan)
    } else if x.value == 0 {
      // Infinite, and so is its derivative on the right; at −0 that of an odd root is left open.
      let pole: Base = 1 / (x.value.sign == .plus || n % 2 == 0 ? x.base + 0 : x.base.magnitude)
      derivative = n > 1 ? pole : -pole
    } else if x.value.isInfinite {
      // The limit is zero; an even root of −∞ is NaN and so is its derivative.
      derivative = Base(value.value.isNaN ? .nan : 0)
    } else {
      derivative = value / x.base / Base(Double(n))
    }
    return chain(x, value: value, derivative: derivative)
  }
}
