/// A number that records what is done to it on a ``Recording`` (reverse mode).
///
/// The gradient of one output with respect to all inputs costs one evaluation and one sweep of the
/// recording, whatever the number of inputs. Constants carry no recording and are not recorded.
///
/// Nor is a function of one variable: with v the node that it depends on, a scalar f(v) keeps the
/// derivative f′(v) beside its value, g(f(v)) the product g′·f′, and only an operation on scalars that
/// depend on two different nodes makes a new one. Half the operations of a typical model leave no
/// trace that way (preaccumulation: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., SIAM
/// 2008, §10.2).
///
/// In the base `Double` this is a ``TapeScalar``. In the base ``DirectionalScalar`` adjoints come with
/// their derivative along a direction (forward over reverse).
public struct RecordedScalar<Base: BaseScalar>: ChainRuleScalar, BitwiseCopyable {
  /// The value, with the derivatives that the base carries.
  public let base: Base

  /// The derivative of this number by its node; 0 for a constant.
  @usableFromInline let slope: Base

  /// The node on the recording; 0 for a constant.
  @usableFromInline let index: UInt32

  /// The recording's buffer, valid as long as the recording lives, or nil for a constant.
  @usableFromInline let storage: UnsafeMutablePointer<Recording<Base>.Storage>?

  /// A constant.
  @inlinable public init(_ value: Double) { self.init(constant: Base(value)) }

  /// A constant, of which the base may have derivatives.
  @inlinable init(constant: Base) {
    self.init(base: constant, slope: 0, index: 0, storage: nil)
  }

  @inlinable init(
    base: Base, slope: Base, index: UInt32,
    storage: UnsafeMutablePointer<Recording<Base>.Storage>?
  ) {
    self.base = base
    self.slope = slope
    self.index = index
    self.storage = storage
  }

  /// The same variable with another value.
  @inline(__always) func with(base: Base) -> Self {
    Self(base: base, slope: slope, index: index, storage: storage)
  }

  /// The value.
  @inlinable public var value: Double { base.value }

  /// Whether this is a constant, of which no derivative is recorded.
  @inlinable public var isConstant: Bool { index == 0 }

  /// f(x), which has the node of x.
  @inlinable @inline(__always)
  public static func chain(_ x: Self, value: Base, derivative: Base) -> Self {
    x.index == 0
      ? Self(constant: value)
      : Self(base: value, slope: derivative * x.slope, index: x.index, storage: x.storage)
  }

  /// Records f(x, y), unless it depends on one node only.
  @inlinable @inline(__always) public static func chain(
    _ x: Self, _ y: Self, value: Base, byFirst: Base, bySecond: Base
  ) -> Self {
    if x.index == 0 { return chain(y, value: value, derivative: bySecond) }
    if y.index == 0 { return chain(x, value: value, derivative: byFirst) }
    return join(x, y, value: value, byFirst: byFirst * x.slope, bySecond: bySecond * y.slope)
  }

  /// The result of an operation on two variables, with its derivatives by their nodes.
  @inlinable @inline(__always) static func join(
    _ x: Self, _ y: Self, value: Base, byFirst: Base, bySecond: Base
  ) -> Self {
    assert(x.storage == y.storage, "scalars of two recordings do not mix")
    if x.index == y.index {
      return Self(base: value, slope: byFirst + bySecond, index: x.index, storage: x.storage)
    }
    guard let storage = x.storage else { return Self(constant: value) }
    let index = storage.pointee.append(
      Recording<Base>.Node(
        byFirst: byFirst, bySecond: bySecond, first: x.index, second: y.index))
    return Self(base: value, slope: 1, index: index, storage: storage)
  }

  /// x if y has the same derivative by the same node, or both are constants.
  @inlinable public static func commonDerivatives(of x: Self, _ y: Self, value: Base) -> Self {
    if x.index == y.index && Self.isSame(x.slope, y.slope) {
      return Self(base: value, slope: x.slope, index: x.index, storage: x.storage)
    }
    return chain(x, y, value: value, byFirst: Base(.nan), bySecond: Base(.nan))
  }

  @inlinable static func isSame(_ x: Base, _ y: Base) -> Bool {
    x == y && (x - y).isConstant
  }

  // Sums again, whose partial derivatives need no product.

  /// −x.
  @inlinable @inline(__always) public static func negative(_ x: Self) -> Self {
    x.index == 0
      ? Self(constant: -x.base)
      : Self(base: -x.base, slope: -x.slope, index: x.index, storage: x.storage)
  }

  /// x + y.
  @inlinable @inline(__always) public static func sum(_ x: Self, _ y: Self) -> Self {
    let value: Base = x.base + y.base
    if y.index == 0 {
      return Self(base: value, slope: x.slope, index: x.index, storage: x.storage)
    }
    if x.index == 0 {
      return Self(base: value, slope: y.slope, index: y.index, storage: y.storage)
    }
    return join(x, y, value: value, byFirst: x.slope, bySecond: y.slope)
  }

  /// x − y.
  @inlinable @inline(__always) public static func difference(_ x: Self, _ y: Self) -> Self {
    let value: Base = x.base - y.base
    if y.index == 0 {
      return Self(base: value, slope: x.slope, index: x.index, storage: x.storage)
    }
    if x.index == 0 {
      return Self(base: value, slope: -y.slope, index: y.index, storage: y.storage)
    }
    return join(x, y, value: value, byFirst: x.slope, bySecond: -y.slope)
  }
}

/// A number that records what is done to it on a ``Tape``, for a gradient.
public typealias TapeScalar = RecordedScalar<Double>
