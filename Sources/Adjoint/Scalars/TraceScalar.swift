/// A number that records what is done to it, without derivatives.
///
/// From the recording follow the patterns of Jacobians and Hessians, for every input and not only the
/// present one, and a program that repeats the evaluation on new values. Both arguments of
/// `minimum` and `maximum` count, and both sides of `magnitude`.
///
/// What is *not* seen is the branch that a model did not take. A comparison of two scalars, and a
/// reading of a scalar's ``value``, are therefore recorded with their outcome: a trace knows whether
/// there were any, and a replay refuses to go on when the outcome would have been another.
public struct TraceScalar: OperatorScalar, BitwiseCopyable {
  /// The value, reading which leaves no trace.
  @usableFromInline let number: Double

  /// The node of the trace; 0 for a constant.
  @usableFromInline let index: UInt32

  /// The trace's buffer, valid as long as the trace lives, or nil for a constant.
  @usableFromInline let storage: UnsafeMutablePointer<Trace.Storage>?

  /// A constant.
  @inlinable public init(_ value: Double) {
    number = value
    index = 0
    storage = nil
  }

  @inlinable init(number: Double, index: UInt32, storage: UnsafeMutablePointer<Trace.Storage>?) {
    self.number = number
    self.index = index
    self.storage = storage
  }

  /// The value; the reading is recorded, for the model may branch on it.
  @inlinable public var value: Double {
    if let storage {
      let bits = storage.pointee.leaf(.constant, bits: number.bitPattern)
      _ = storage.pointee.append(.read, index, bits)
    }
    return number
  }

  /// Records f(x).
  @inlinable static func record(
    _ operation: TraceOperation, _ x: Self, value: Double
  ) -> Self {
    guard let storage = x.storage else { return Self(value) }
    let index = storage.pointee.append(operation, x.index, 0)
    return Self(number: value, index: index, storage: storage)
  }

  /// Records f(x, n) for an integer n.
  @inlinable static func record(
    _ operation: TraceOperation, _ x: Self, integer n: Int, value: Double
  ) -> Self {
    guard let storage = x.storage else { return Self(value) }
    let second = storage.pointee.leaf(.integer, bits: UInt64(bitPattern: Int64(n)))
    let index = storage.pointee.append(operation, x.index, second)
    return Self(number: value, index: index, storage: storage)
  }

  /// Records f(x, y), unless both are constants.
  @inlinable static func record(
    _ operation: TraceOperation, _ x: Self, _ y: Self, value: Double
  ) -> Self {
    guard let storage = x.storage ?? y.storage else { return Self(value) }
    let index = append(operation, x, y, to: storage)
    return Self(number: value, index: index, storage: storage)
  }

  /// Records the outcome of a comparison, unless both are constants.
  @inlinable static func record(
    _ outcome: Bool, _ x: Self, _ y: Self, true yes: TraceOperation, false no: TraceOperation
  ) -> Bool {
    if let storage = x.storage ?? y.storage {
      _ = append(outcome ? yes : no, x, y, to: storage)
    }
    return outcome
  }

  @inlinable static func append(
    _ operation: TraceOperation, _ x: Self, _ y: Self,
    to storage: UnsafeMutablePointer<Trace.Storage>
  ) -> UInt32 {
    assert(x.storage == nil || y.storage == nil || x.storage == y.storage, "one trace at a time")
    let first =
      x.storage == nil ? storage.pointee.leaf(.constant, bits: x.number.bitPattern) : x.index
    let second =
      y.storage == nil ? storage.pointee.leaf(.constant, bits: y.number.bitPattern) : y.index
    return storage.pointee.append(operation, first, second)
  }
}

// MARK: Arithmetic and comparison

extension TraceScalar {
  /// |x|.
  @inlinable public var magnitude: Self { .record(.magnitude, self, value: number.magnitude) }

  /// 1/x, nil where rounding loses digits; which of the two it was is recorded like a comparison.
  @inlinable public var reciprocal: Self? {
    guard let value = number.reciprocal else {
      _ = storage?.pointee.append(.hasNoReciprocal, index, 0)
      return nil
    }
    _ = storage?.pointee.append(.hasReciprocal, index, 0)
    return .record(.divide, 1, self, value: value)
  }

  /// −x.
  @inlinable public static func negative(_ x: Self) -> Self {
    record(.negate, x, value: -x.number)
  }

  /// x + y.
  @inlinable public static func sum(_ x: Self, _ y: Self) -> Self {
    record(.add, x, y, value: x.number + y.number)
  }

  /// x − y.
  @inlinable public static func difference(_ x: Self, _ y: Self) -> Self {
    record(.subtract, x, y, value: x.number - y.number)
  }

  /// x·y.
  @inlinable public static func product(_ x: Self, _ y: Self) -> Self {
    record(.multiply, x, y, value: x.number * y.number)
  }

  /// x/y.
  @inlinable public static func quotient(_ x: Self, _ y: Self) -> Self {
    record(.divide, x, y, value: x.number / y.number)
  }

  /// The smaller of two numbers, the other one if one is NaN; both count as arguments.
  @inlinable public static func minimum(_ x: Self, _ y: Self) -> Self {
    x.index == y.index && x.index != 0
      ? x : record(.minimum, x, y, value: .minimum(x.number, y.number))
  }

  /// The larger of two numbers, the other one if one is NaN; both count as arguments.
  @inlinable public static func maximum(_ x: Self, _ y: Self) -> Self {
    x.index == y.index && x.index != 0
      ? x : record(.maximum, x, y, value: .maximum(x.number, y.number))
  }

  /// Whether the values are equal; the outcome is recorded.
  @inlinable public static func isEqual(_ x: Self, _ y: Self) -> Bool {
    record(x.number == y.number, x, y, true: .equal, false: .notEqual)
  }

  /// Whether x < y; the outcome is recorded.
  @inlinable public static func isLess(_ x: Self, _ y: Self) -> Bool {
    record(x.number < y.number, x, y, true: .less, false: .notLess)
  }

  /// Whether x ≤ y; the outcome is recorded.
  @inlinable public static func isAtMost(_ x: Self, _ y: Self) -> Bool {
    record(x.number <= y.number, x, y, true: .lessOrEqual, false: .notLessOrEqual)
  }
}

// MARK: Functions

extension TraceScalar {
  /// eˣ.
  @inlinable public static func exp(_ x: Self) -> Self {
    record(.exp, x, value: .exp(x.number))
  }

  /// eˣ − 1, accurate near zero.
  @inlinable public static func expMinusOne(_ x: Self) -> Self {
    record(.expMinusOne, x, value: .expMinusOne(x.number))
  }

  /// The natural logarithm.
  @inlinable public static func log(_ x: Self) -> Self {
    record(.log, x, value: .log(x.number))
  }

  /// log(1 + x), accurate near zero.
  @inlinable public static func log(onePlus x: Self) -> Self {
    record(.logOnePlus, x, value: .log(onePlus: x.number))
  }

  /// √x.
  @inlinable public static func sqrt(_ x: Self) -> Self {
    record(.sqrt, x, value: .sqrt(x.number))
  }

  /// The sine.
  @inlinable public static func sin(_ x: Self) -> Self {
    record(.sin, x, value: .sin(x.number))
  }

  /// The cosine.
  @inlinable public static func cos(_ x: Self) -> Self {
    record(.cos, x, value: .cos(x.number))
  }

  /// The tangent.
  @inlinable public static func tan(_ x: Self) -> Self {
    record(.tan, x, value: .tan(x.number))
  }

  /// The arc sine.
  @inlinable public static func asin(_ x: Self) -> Self {
    record(.asin, x, value: .asin(x.number))
  }

  /// The arc cosine.
  @inlinable public static func acos(_ x: Self) -> Self {
    record(.acos, x, value: .acos(x.number))
  }

  /// The arc tangent.
  @inlinable public static func atan(_ x: Self) -> Self {
    record(.atan, x, value: .atan(x.number))
  }

  /// The hyperbolic sine.
  @inlinable public static func sinh(_ x: Self) -> Self {
    record(.sinh, x, value: .sinh(x.number))
  }

  /// The hyperbolic cosine.
  @inlinable public static func cosh(_ x: Self) -> Self {
    record(.cosh, x, value: .cosh(x.number))
  }

  /// The hyperbolic tangent.
  @inlinable public static func tanh(_ x: Self) -> Self {
    record(.tanh, x, value: .tanh(x.number))
  }

  /// The inverse hyperbolic sine.
  @inlinable public static func asinh(_ x: Self) -> Self {
    record(.asinh, x, value: .asinh(x.number))
  }

  /// The inverse hyperbolic cosine.
  @inlinable public static func acosh(_ x: Self) -> Self {
    record(.acosh, x, value: .acosh(x.number))
  }

  /// The inverse hyperbolic tangent.
  @inlinable public static func atanh(_ x: Self) -> Self {
    record(.atanh, x, value: .atanh(x.number))
  }

  /// xⁿ.
  @inlinable public static func pow(_ x: Self, _ n: Int) -> Self {
    record(.integerPower, x, integer: n, value: .pow(x.number, n))
  }

  /// The n-th root.
  @inlinable public static func root(_ x: Self, _ n: Int) -> Self {
    record(.root, x, integer: n, value: .root(x.number, n))
  }

  /// xʸ for x ≥ 0.
  @inlinable public static func pow(_ x: Self, _ y: Self) -> Self {
    record(.power, x, y, value: .pow(x.number, y.number))
  }

  /// √(x² + y²).
  @inlinable public static func hypot(_ x: Self, _ y: Self) -> Self {
    record(.hypot, x, y, value: .hypot(x.number, y.number))
  }

  /// The angle of (x, y); the first argument on the trace is y.
  @inlinable public static func atan2(y: Self, x: Self) -> Self {
    record(.atan2, y, x, value: .atan2(y: y.number, x: x.number))
  }
}
