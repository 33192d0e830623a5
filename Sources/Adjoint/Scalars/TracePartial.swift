/// One operation on variables: its value and its partial derivatives by the rules of
/// ``ChainRuleScalar``, which are thereby those of duals and tapes.
///
/// Only good for a single operation, whose arguments are made by `init(_:isConstant:)`.
struct TracePartial<Base: BaseScalar>: ChainRuleScalar {
  /// The value.
  let base: Base
  var byFirst: Base = 0
  var bySecond: Base = 0
  let isConstant: Bool

  init(_ value: Base, isConstant: Bool) {
    base = value
    self.isConstant = isConstant
  }

  init(_ value: Double) { self.init(Base(value), isConstant: true) }

  var value: Double { base.value }

  static var zero: Self { Self(0) }

  static func chain(_ x: Self, value: Base, derivative: Base) -> Self {
    var result = Self(value, isConstant: false)
    result.byFirst = derivative
    return result
  }

  static func chain(
    _ x: Self, _ y: Self, value: Base, byFirst: Base, bySecond: Base
  ) -> Self {
    var result = Self(value, isConstant: false)
    result.byFirst = byFirst
    result.bySecond = bySecond
    return result
  }

  /// Two different variables share no derivatives.
  static func commonDerivatives(of x: Self, _ y: Self, value: Base) -> Self {
    chain(x, y, value: value, byFirst: Base(.nan), bySecond: Base(.nan))
  }

  static func minimum(_ x: Self, _ y: Self) -> Self {
    select(x, y, value: .minimum(x.base, y.base))
  }

  static func maximum(_ x: Self, _ y: Self) -> Self {
    select(x, y, value: .maximum(x.base, y.base))
  }

  /// The argument that `value` is, with derivative 1; neither at a tie.
  private static func select(_ x: Self, _ y: Self, value: Base) -> Self {
    if x.value == y.value { return commonDerivatives(of: x, y, value: value) }
    let isFirst = y.value.isNaN || value.value == x.value
    return chain(x, y, value: value, byFirst: isFirst ? 1 : 0, bySecond: isFirst ? 0 : 1)
  }
}

extension TraceOperation {
  /// The result of the operation; a guard or leaf has none.
  @inline(__always)
  func apply<S: Scalar>(_ x: S, _ y: S, integer n: Int) -> S {
    switch self {
    case .add: x + y
    case .subtract: x - y
    case .multiply: x * y
    case .divide: x / y
    case .negate: -x
    case .magnitude: x.magnitude
    case .exp: S.exp(x)
    case .expMinusOne: S.expMinusOne(x)
    case .log: S.log(x)
    case .logOnePlus: S.log(onePlus: x)
    case .sqrt: S.sqrt(x)
    case .sin: S.sin(x)
    case .cos: S.cos(x)
    case .tan: S.tan(x)
    case .asin: S.asin(x)
    case .acos: S.acos(x)
    case .atan: S.atan(x)
    case .sinh: S.sinh(x)
    case .cosh: S.cosh(x)
    case .tanh: S.tanh(x)
    case .asinh: S.asinh(x)
    case .acosh: S.acosh(x)
    case .atanh: S.atanh(x)
    case .integerPower: S.pow(x, n)
    case .root: S.root(x, n)
    case .power: S.pow(x, y)
    case .hypot: S.hypot(x, y)
    case .atan2: S.atan2(y: x, x: y)
    case .minimum: S.minimum(x, y)
    case .maximum: S.maximum(x, y)
    case .constant, .integer, .input, .less, .notLess, .lessOrEqual, .notLessOrEqual, .equal,
      .notEqual, .hasReciprocal, .hasNoReciprocal, .read:
      S(.nan)
    }
  }

  /// Whether a guard's answer is still the one recorded, for the arguments x and y.
  func holds(_ x: Double, _ y: Double) -> Bool {
    switch self {
    case .less: x < y
    case .notLess: !(x < y)
    case .lessOrEqual: x <= y
    case .notLessOrEqual: !(x <= y)
    case .equal: x == y
    case .notEqual: !(x == y)
    case .hasReciprocal: x.reciprocal != nil
    case .hasNoReciprocal: x.reciprocal == nil
    case .read: x.bitPattern == y.bitPattern
    default: false
    }
  }

  /// Whether the partial derivatives are cheap enough to be found anew in a reverse sweep.
  var isArithmetic: Bool {
    switch self {
    case .add, .subtract, .multiply, .divide, .negate: true
    default: false
    }
  }
}
