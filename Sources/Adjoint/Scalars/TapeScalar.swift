/// A number that records what is done to it on a ``Tape`` (reverse mode).
///
/// The gradient of one output with respect to all inputs costs one evaluation and one sweep of the
/// tape, whatever the number of inputs. Constants carry no tape and are not recorded.
public struct TapeScalar: ChainRuleScalar, BitwiseCopyable {
  /// The value.
  public let value: Double

  /// The node on the tape; 0 for a constant.
  @usableFromInline let index: UInt32

  /// The tape's buffer, valid as long as the tape lives, or nil for a constant.
  @usableFromInline let storage: UnsafeMutablePointer<Tape.Storage>?

  /// A constant.
  @inlinable public init(_ value: Double) {
    self.value = value
    self.index = 0
    self.storage = nil
  }

  @inlinable init(value: Double, index: UInt32, storage: UnsafeMutablePointer<Tape.Storage>?) {
    self.value = value
    self.index = index
    self.storage = storage
  }

  /// Whether this is a constant, of which no derivative is recorded.
  @inlinable public var isConstant: Bool { index == 0 }

  /// Zero, a constant.
  @inlinable public static var zero: Self { Self(0) }

  /// Records f(x).
  @inlinable public static func chain(_ x: Self, value: Double, derivative: Double) -> Self {
    guard let storage = x.storage else { return Self(value) }
    let index = storage.pointee.append(
      Tape.Node(byFirst: derivative, bySecond: 0, first: x.index, second: 0))
    return Self(value: value, index: index, storage: storage)
  }

  /// Records f(x, y); arguments that are constant leave no trace.
  @inlinable public static func chain(
    _ x: Self, _ y: Self, value: Double, byFirst: Double, bySecond: Double
  ) -> Self {
    guard let storage = x.storage ?? y.storage else { return Self(value) }
    assert(y.storage == nil || y.storage == storage, "scalars of two tapes do not mix")
    let index = storage.pointee.append(
      Tape.Node(byFirst: byFirst, bySecond: bySecond, first: x.index, second: y.index))
    return Self(value: value, index: index, storage: storage)
  }

  /// x itself if y is the same node of the tape or both are constants.
  @inlinable public static func commonDerivatives(of x: Self, _ y: Self, value: Double) -> Self {
    if x.index == y.index {
      return Self(value: value, index: x.index, storage: x.storage)
    }
    return chain(x, y, value: value, byFirst: .nan, bySecond: .nan)
  }
}
