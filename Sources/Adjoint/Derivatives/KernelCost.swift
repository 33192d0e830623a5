/// What derivatives cost, in evaluations of the model in `Double`: rules by which one is chosen.
///
/// Medians of the ratios that `adjoint-bench derivatives` prints as `evaluations` for its small and
/// large models, from the variants that are named below; run it to repeat the measurement. The spread
/// is wide: a model of additions and multiplications runs at several operations a nanosecond in
/// `Double`, and no scalar with derivatives keeps that pace; a model of elementary functions hardly
/// slows down. The rules only compare these figures with one another.
public enum KernelCost {
  /// One evaluation in ``DirectionalScalar`` (*pushforward*: 1.5 to 3.9).
  public static let directional = 2.3

  /// One evaluation in ``Dual``: eight directions (*pullback by duals* by its sweeps, *sparse Jacobian
  /// by columns* by ⌈colors/8⌉, *pushforward, 8 directions*: 3.5 to 12).
  public static let dual = 6.5

  /// One recording on a ``Tape`` (*sparse Jacobian by rows* at no color).
  public static let recording = 9.0

  /// One reverse sweep of a recording (*sparse Jacobian by rows*, what a color adds).
  public static let reverseSweep = 4.0

  /// One recording and one reverse sweep (*pullback by tape*: 4.6 to 26).
  public static let tape = recording + reverseSweep

  /// One recording and one reverse sweep along a direction (*Hessian–vector product by tape*: 8 to 47).
  public static let directionalTape = 23.0

  /// One replay with its reverse sweep (*pullback by replay*: 2.4 to 23).
  public static let replay = 8.0

  /// One replay along a direction (*Hessian–vector product by replay*: 5 to 31).
  public static let directionalReplay = 12.0

  /// What is done once before the first replay (*preparation of a replay*: 300 to 1100).
  public static let replayPreparation = 750.0

  /// A vector–Jacobian product of a function of `inputCount` numbers by evaluations in ``Dual``.
  public static func dualPullback(inputCount: Int) -> Double {
    dual * Double(sweeps(inputCount))
  }

  /// A Jacobian by columns of `colorCount` colors.
  public static func columnCompression(colorCount: Int) -> Double {
    dual * Double(sweeps(colorCount))
  }

  /// A Jacobian by rows of `colorCount` colors.
  public static func rowCompression(colorCount: Int) -> Double {
    recording + reverseSweep * Double(colorCount)
  }

  /// The evaluations in ``Dual`` that `directionCount` directions take.
  static func sweeps(_ directionCount: Int) -> Int {
    (directionCount + Dual.laneCount - 1) / Dual.laneCount
  }
}

extension Model {
  /// Whether a tape is the cheaper way to a vector–Jacobian product, by ``KernelCost``.
  ///
  /// Up to 16 inputs two sweeps in ``Dual`` cost no more than a recording.
  public var prefersTape: Bool {
    KernelCost.dualPullback(inputCount: stateCount + parameterCount) > KernelCost.tape
  }

  /// How vector–Jacobian products are computed if `mode` is asked for and as many of them are expected.
  func resolve(_ mode: ReverseMode, productCount: Int) -> ReverseMode {
    guard mode == .automatic else { return mode }
    if supplied.pullback != nil { return .supplied }
    guard prefersTape else { return .dual }
    let count = Double(productCount)
    let replays = KernelCost.replayPreparation + count * KernelCost.replay
    return replays < count * KernelCost.tape ? .replay : .tape
  }
}
