/// Why an initial value problem could not be integrated.
public enum ODEError: Error, Equatable, CustomStringConvertible {
  /// The error estimate asks for steps below the resolution of time.
  case stepSizeUnderflow(model: String, time: Double, stepSize: Double, state: [Double])
  /// The end was not reached within `Options.maximumSteps` accepted and rejected steps.
  case tooManySteps(model: String, time: Double, steps: Int, stepSize: Double, state: [Double])
  /// A state or derivative is infinite or NaN and smaller steps do not help.
  case notFinite(model: String, time: Double, component: Int, value: Double, state: [Double])
  /// A method without embedded weights was asked for adaptive steps.
  case noErrorEstimate(method: String)
  /// An observation time precedes the one before it.
  case unorderedObservationTimes(index: Int, time: Double, previous: Double)
  /// A component of a gradient or tangent overflowed or is NaN.
  case derivativeNotFinite(model: String, quantity: String, component: Int)

  /// What happened and why, likeliest causes first.
  public var description: String {
    switch self {
    case .stepSizeUnderflow(let model, let time, let stepSize, let state):
      "the step size of \(model) fell to \(stepSize) at time \(time), state \(Self.brief(state)): "
        + "the solution grows without bound there, the vector field jumps, "
        + "or the tolerances are below rounding error"
    case .tooManySteps(let model, let time, let steps, let stepSize, let state):
      "\(model) reached only time \(time) in \(steps) steps (the last \(stepSize) long, state "
        + "\(Self.brief(state))): the problem is stiff, so that an explicit method needs the steps "
        + "of its fastest time scale, the tolerances are too small, or maximumSteps is"
    case .notFinite(let model, let time, let component, let value, let state):
      "component \(component) of \(model) becomes \(value) near time \(time), state "
        + "\(Self.brief(state)): the model leaves its domain (logarithm, root or division), "
        + "the solution overflows, or a fixed step is too long"
    case .noErrorEstimate(let method):
      "\(method) has no embedded method and so no error estimate: use fixed steps"
    case .unorderedObservationTimes(let index, let time, let previous):
      "observationTimes[\(index)] = \(time) precedes the time before it, \(previous); "
        + "sort the observations by time"
    case .derivativeNotFinite(let model, let quantity, let component):
      "component \(component) of the \(quantity) of \(model) is not finite: the model has no "
        + "finite derivative at a state it passes through, or the sensitivity overflows"
    }
  }

  private static func brief(_ state: [Double]) -> String {
    let shown = state.prefix(4).map { "\($0)" }.joined(separator: ", ")
    return state.count > 4 ? "[\(shown), … \(state.count) in all]" : "[\(shown)]"
  }
}
