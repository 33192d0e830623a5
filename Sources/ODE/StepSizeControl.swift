/// A proportional–integral control of the step size.
///
/// After an accepted step of error norm εₙ, hₙ₊₁ = hₙ · safety · εₙ^(−α) εₙ₋₁^β, where
/// α = 1/(q + 1) − 0.75 β and q is the order of the error estimate, with the change limited to
/// `minimumFactor … maximumFactor`; after a rejected one, hₙ · safety · εₙ^(−α), and the next step
/// must not grow. Source: Gustafsson, *ACM Trans. Math. Softw.* 17 (1991) 533–554; Hairer and Wanner,
/// *Solving Ordinary Differential Equations II*, 2nd ed., Springer 1996, §IV.2, eq. 2.43; the
/// defaults are those of Hairer's code DOPRI5.
public struct StepSizeControl: Sendable, Hashable {
  /// Holds the expected error below the tolerance.
  public var safety = 0.9
  /// The exponent β of the previous error; 0 gives the classical control.
  public var stabilization = 0.04
  /// The strongest reduction of a step.
  public var minimumFactor = 0.2
  /// The strongest growth of a step.
  public var maximumFactor = 10.0

  /// Constants, each with its default.
  public init(
    safety: Double = 0.9, stabilization: Double = 0.04, minimumFactor: Double = 0.2,
    maximumFactor: Double = 10
  ) {
    self.safety = safety
    self.stabilization = stabilization
    self.minimumFactor = minimumFactor
    self.maximumFactor = maximumFactor
  }

  /// Throws `InputError` unless every constant lies in its range.
  public func validate() throws {
    try InputError.require(
      safety > 0 && safety < 1, "safety", safety, "between 0 and 1, exclusively")
    try InputError.require(
      stabilization >= 0 && stabilization <= 0.2, "stabilization", stabilization,
      "between 0 and 0.2")
    try InputError.require(
      minimumFactor > 0 && minimumFactor < 1, "minimumFactor", minimumFactor,
      "between 0 and 1, exclusively")
    try InputError.require(
      maximumFactor > 1 && maximumFactor.isFinite, "maximumFactor", maximumFactor,
      "greater than 1 and finite")
  }

  /// The control in the course of an integration.
  struct State {
    private let constants: StepSizeControl
    private let exponent: Double
    /// log max(εₙ₋₁, 1e-4), the floor of DOPRI5.
    private var previousLogarithm = State.floor
    private var wasRejected = false

    private static let floor = Double.log(1e-4)

    init(_ constants: StepSizeControl, errorOrder: Int) {
      self.constants = constants
      exponent = 1 / Double(errorOrder + 1) - 0.75 * constants.stabilization
    }

    /// The factor for the step after an accepted one with error norm √`square`.
    mutating func factorAfterAcceptance(errorSquare square: Double) -> Double {
      let logarithm: Double = 0.5 * .log(max(square, 1e-100))
      let change: Double = constants.stabilization * previousLogarithm - exponent * logarithm
      previousLogarithm = max(logarithm, Self.floor)
      let limit = wasRejected ? 1 : constants.maximumFactor
      wasRejected = false
      return max(constants.minimumFactor, min(limit, constants.safety * .exp(change)))
    }

    /// The factor for another attempt after a step with error norm √`square`, which may be NaN.
    mutating func factorAfterRejection(errorSquare square: Double) -> Double {
      wasRejected = true
      guard square.isFinite else { return constants.minimumFactor }
      let change: Double = -0.5 * exponent * .log(square)
      return max(constants.minimumFactor, constants.safety * .exp(change))
    }
  }
}
