@_exported import RealModule

/// A number that a model can be written in: `Double`, ``Dual``, ``TapeScalar`` and others.
///
/// A model that is generic over its scalar is written once; values, directional derivatives and
/// gradients are the same code run with different scalars. Arithmetic comes from `AlgebraicField`
/// and the elementary functions from `ElementaryFunctions`, both of swift-numerics, so inside a
/// model one writes `S.exp(x)`, `S.pow(x, 3)`, `0.5 * x`.
///
/// Comparisons look at the ``value`` alone: the derivative is that of the branch taken.
///
/// At points where a function has no derivative (`magnitude`, `sqrt`, `hypot`, `atan2` at zero) the
/// derivative is the one-sided limit if that exists, possibly infinite, and NaN otherwise; it is never
/// silently zero.
public protocol Scalar: AlgebraicField, ElementaryFunctions, Comparable, ExpressibleByFloatLiteral
where Magnitude == Self, FloatLiteralType == Double {
  /// A constant: all its derivatives are zero.
  init(_ value: Double)

  /// The number itself, without its derivatives.
  var value: Double { get }

  /// The angle of the point (x, y), in (−π, π].
  static func atan2(y: Self, x: Self) -> Self

  /// √(x² + y²), without undue overflow or underflow.
  static func hypot(_ x: Self, _ y: Self) -> Self

  /// The lesser of two numbers with its derivative; a NaN is passed over, as by `Double.minimum`.
  ///
  /// Where both are equal the derivative is theirs if they share it, and NaN otherwise: the minimum
  /// has a kink there. `Swift.min` instead takes the derivative of the argument that it returns.
  static func minimum(_ x: Self, _ y: Self) -> Self

  /// The greater of two numbers with its derivative; a NaN is passed over, as by `Double.maximum`.
  ///
  /// Where both are equal the derivative is theirs if they share it, and NaN otherwise: the maximum
  /// has a kink there. `Swift.max` instead takes the derivative of the argument that it returns.
  static func maximum(_ x: Self, _ y: Self) -> Self
}

/// A scalar that values and partial derivatives of another scalar can be made of.
///
/// With `Double` as base a scalar carries first derivatives; with a base that carries derivatives
/// itself it carries second ones.
public protocol BaseScalar: Scalar, BitwiseCopyable {
  /// Whether all derivatives carried are zero, so that finite partial derivatives need not be known.
  var isConstant: Bool { get }
}

extension Double: BaseScalar {
  /// The number itself.
  @inlinable public var value: Double { self }

  /// True: a plain number carries no derivatives.
  @inlinable public var isConstant: Bool { true }
}
