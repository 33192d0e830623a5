/// What derivatives cost, in evaluations of the model in `Double`: rules by which one is chosen.
///
/// Medians over the models of `adjoint-bench derivatives`, which repeats the measurement. The spread
/// is wide: a model of additions and multiplications runs at several operations a nanosecond in
/// `Double`, and no scalar with derivatives keeps that pace; a model of elementary functions hardly
/// slows down. The rules only compare these figures with one another.
public enum KernelCost {
  /// One evaluation in ``DirectionalScalar``.
  public static let directional = 2.0

  /// One evaluation in ``Dual``: eight directions (2.6 to 5.3 measured).
  public static let dual = 3.5

  /// One recording and one reverse sweep on a ``Tape`` (6 to 20 measured).
  public static let tape = 8.0

  /// One recording and one reverse sweep along a direction.
  public static let directionalTape = 15.0

  /// A vector–Jacobian product of a function of `inputCount` numbers by evaluations in ``Dual``.
  public static func dualPullback(inputCount: Int) -> Double {
    dual * Double((inputCount + Dual.laneCount - 1) / Dual.laneCount)
  }
}

extension Model {
  /// Whether a tape is the cheaper way to a vector–Jacobian product, by ``KernelCost``.
  ///
  /// Up to 16 inputs two sweeps in ``Dual`` cost less than a recording.
  public var prefersTape: Bool {
    KernelCost.dualPullback(inputCount: stateCount + parameterCount) > KernelCost.tape
  }

  /// How vector–Jacobian products are computed if `mode` is asked for.
  func resolve(_ mode: ReverseMode) -> ReverseMode {
    guard mode == .automatic else { return mode }
    if supplied.pullback != nil { return .supplied }
    return prefersTape ? .tape : .dual
  }
}
