/// A number that records what is done to it on a ``Recording`` (reverse mode).
///
/// The gradient of one output with respect to all inputs costs one evaluation and one sweep of the
/// recording, whatever the number of inputs. Constants carry no recording and are not recorded.
///
/// In the base `Double` this is a ``TapeScalar``. In the base ``DirectionalScalar`` adjoints come with
/// their derivative along a direction (forward over reverse).
public struct RecordedScalar<Base: BaseScalar>: ChainRuleScalar, BitwiseCopyable {
  /// The value, with the derivatives that the base carries.
  public let base: Base

  /// The node on the recording; 0 for a constant.
  @usableFromInline let index: UInt32

  /// The recording's buffer, valid as long as the recording lives, or nil for a constant.
  @usableFromInline let storage: UnsafeMutablePointer<Recording<Base>.Storage>?

  /// A constant.
  @inlinable public init(_ value: Double) {
    self.init(base: Base(value), index: 0, storage: nil)
  }

  @inlinable init(
    base: Base, index: UInt32, storage: UnsafeMutablePointer<Recording<Base>.Storage>?
  ) {
    self.base = base
    self.index = index
    self.storage = storage
  }

  /// The value.
  @inlinable public var value: Double { base.value }

  /// Whether this is a constant, of which no derivative is recorded.
  @inlinable public var isConstant: Bool { index == 0 }

  /// Records f(x).
  @inlinable public static func chain(_ x: Self, value: Base, derivative: Base) -> Self {
    guard let storage = x.storage else { return Self(base: value, index: 0, storage: nil) }
    let index = storage.pointee.append(
      Recording<Base>.Node(byFirst: derivative, bySecond: 0, first: x.index, second: 0))
    return Self(base: value, index: index, storage: storage)
  }

  /// Records f(x, y); arguments that are constant leave no trace.
  @inlinable public static func chain(
    _ x: Self, _ y: Self, value: Base, byFirst: Base, bySecond: Base
  ) -> Self {
    guard let storage = x.storage ?? y.storage else {
      return Self(base: value, index: 0, storage: nil)
    }
    assert(y.storage == nil || y.storage == storage, "scalars of two recordings do not mix")
    let index = storage.pointee.append(
      Recording<Base>.Node(byFirst: byFirst, bySecond: bySecond, first: x.index, second: y.index))
    return Self(base: value, index: index, storage: storage)
  }

  /// The node of x if y is the same node or both are constants.
  @inlinable public static func commonDerivatives(of x: Self, _ y: Self, value: Base) -> Self {
    if x.index == y.index { return Self(base: value, index: x.index, storage: x.storage) }
    return chain(x, y, value: value, byFirst: Base(.nan), bySecond: Base(.nan))
  }
}

/// A number that records what is done to it on a ``Tape``, for a gradient.
public typealias TapeScalar = RecordedScalar<Double>
