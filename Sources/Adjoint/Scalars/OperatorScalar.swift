/// A scalar whose operators are spelled by named functions.
///
/// Every overload of an operator slows down the type checking of every expression in every module
/// that imports it. So the operators of all scalars of this package are declared once, below, and each
/// scalar says with named functions what they do. Comparisons with a NaN are false, as for `Double`.
public protocol OperatorScalar: Scalar {
  /// −x.
  static func negative(_ x: Self) -> Self

  /// x + y.
  static func sum(_ x: Self, _ y: Self) -> Self

  /// x − y.
  static func difference(_ x: Self, _ y: Self) -> Self

  /// x·y.
  static func product(_ x: Self, _ y: Self) -> Self

  /// x/y.
  static func quotient(_ x: Self, _ y: Self) -> Self

  /// Whether the values are equal.
  static func isEqual(_ x: Self, _ y: Self) -> Bool

  /// Whether the value of x is less than that of y.
  static func isLess(_ x: Self, _ y: Self) -> Bool

  /// Whether the value of x is at most that of y.
  static func isAtMost(_ x: Self, _ y: Self) -> Bool
}

extension OperatorScalar {
  /// A constant from a literal.
  @inlinable public init(floatLiteral value: Double) { self.init(value) }

  /// A constant from a literal.
  @inlinable public init(integerLiteral value: Int) { self.init(Double(value)) }

  /// A constant, if the integer is exactly a `Double`.
  @inlinable public init?<T: BinaryInteger>(exactly source: T) {
    guard let value = Double(exactly: source) else { return nil }
    self.init(value)
  }

  /// Zero, a constant.
  @inlinable public static var zero: Self { Self(0) }

  /// −x.
  @inlinable @inline(__always) public static prefix func - (x: Self) -> Self { negative(x) }

  /// Replaces x by −x.
  @inlinable public mutating func negate() { self = .negative(self) }

  /// x + y.
  @inlinable @inline(__always) public static func + (x: Self, y: Self) -> Self { sum(x, y) }

  /// x − y.
  @inlinable @inline(__always) public static func - (x: Self, y: Self) -> Self {
    difference(x, y)
  }

  /// x·y.
  @inlinable @inline(__always) public static func * (x: Self, y: Self) -> Self { product(x, y) }

  /// x/y.
  @inlinable @inline(__always) public static func / (x: Self, y: Self) -> Self { quotient(x, y) }

  /// Replaces x by x·y.
  @inlinable @inline(__always) public static func *= (x: inout Self, y: Self) { x = product(x, y) }

  /// Replaces x by x/y.
  @inlinable @inline(__always) public static func /= (x: inout Self, y: Self) {
    x = quotient(x, y)
  }

  /// Whether the values are equal; derivatives are not compared.
  @inlinable public static func == (x: Self, y: Self) -> Bool { isEqual(x, y) }

  /// Whether the value of x is less than that of y.
  @inlinable public static func < (x: Self, y: Self) -> Bool { isLess(x, y) }

  /// Whether the value of x is at most that of y.
  @inlinable public static func <= (x: Self, y: Self) -> Bool { isAtMost(x, y) }

  /// Whether the value of x is greater than that of y.
  @inlinable public static func > (x: Self, y: Self) -> Bool { isLess(y, x) }

  /// Whether the value of x is at least that of y.
  @inlinable public static func >= (x: Self, y: Self) -> Bool { isAtMost(y, x) }
}
