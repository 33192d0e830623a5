/// Integrates initial value problems by an explicit Runge–Kutta method, with error control and dense
/// output.
///
/// Adaptive steps keep ‖h Σ (bᵢ − b̂ᵢ) kᵢ‖ ≤ 1 in the norm
/// √(1/n Σ (eⱼ/(absoluteTolerance + relativeTolerance max(|uₙⱼ|, |uₙ₊₁ⱼ|)))²)
/// (Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I*, 2nd ed., §II.4, eq. 4.10
/// and 4.11). Observations never shorten a step: they are read off the dense output.
public struct RungeKuttaSolver: Sendable {
  /// How a method steps through time.
  public enum Stepping: Sendable, Hashable {
    /// Error control with the embedded method.
    case adaptive
    /// The fewest equal steps no longer than `stepSize` that fill the time span.
    case fixed(stepSize: Double)
    /// Given steps, such as those of an earlier solution: ``ODESolution/stepSizes``.
    ///
    /// The same problem is then solved bit for bit as before, and a changed one without new
    /// decisions: a smooth function of initial state and parameters.
    case prescribed(stepSizes: [Double])
  }

  /// Tolerances and limits.
  public struct Options: Sendable, Hashable {
    /// Adaptive or fixed steps.
    public var stepping = Stepping.adaptive
    /// The error allowed in a step, relative to the size of a component.
    public var relativeTolerance = 1e-6
    /// The error allowed in a step whatever the size of the component; positive.
    public var absoluteTolerance = 1e-6
    /// The first step; nil chooses it from the derivatives at the start.
    public var initialStepSize: Double?
    /// The most steps, accepted and rejected together.
    public var maximumSteps = 100_000
    /// The constants of the step size control.
    public var control = StepSizeControl()

    /// Options, each with its default.
    public init(
      stepping: Stepping = .adaptive, relativeTolerance: Double = 1e-6,
      absoluteTolerance: Double = 1e-6, initialStepSize: Double? = nil,
      maximumSteps: Int = 100_000, control: StepSizeControl = StepSizeControl()
    ) {
      self.stepping = stepping
      self.relativeTolerance = relativeTolerance
      self.absoluteTolerance = absoluteTolerance
      self.initialStepSize = initialStepSize
      self.maximumSteps = maximumSteps
      self.control = control
    }

    /// Throws `InputError` unless every option lies in its range.
    public func validate() throws {
      switch stepping {
      case .adaptive: break
      case .fixed(let stepSize):
        try InputError.require(
          stepSize > 0 && stepSize.isFinite, "stepSize", stepSize, "positive and finite")
      case .prescribed(let stepSizes):
        try InputError.requireFinite("stepSizes", stepSizes)
        try InputError.require(
          !stepSizes.isEmpty, "number of stepSizes", 0, "at least 1")
        if let index = stepSizes.firstIndex(where: { $0 <= 0 }) {
          throw InputError.outOfRange(
            argument: "stepSizes[\(index)]", value: stepSizes[index], requirement: "positive")
        }
      }
      try InputError.require(
        relativeTolerance >= 0 && relativeTolerance < 1, "relativeTolerance", relativeTolerance,
        "at least 0 and less than 1")
      try InputError.require(
        absoluteTolerance > 0 && absoluteTolerance.isFinite, "absoluteTolerance",
        absoluteTolerance, "positive and finite")
      if let initialStepSize {
        try InputError.require(
          initialStepSize > 0 && initialStepSize.isFinite, "initialStepSize", initialStepSize,
          "positive and finite")
      }
      try InputError.require(
        maximumSteps > 0, "maximumSteps", Double(maximumSteps), "positive")
      try control.validate()
    }
  }

  /// The coefficients of the method.
  public let method: ButcherTableau
  /// Tolerances and limits.
  public var options: Options

  private let plan: StepPlan

  /// A solver for the given method.
  public init(_ method: ButcherTableau = .dormandPrince5, options: Options = Options()) {
    self.method = method
    self.options = options
    plan = StepPlan(method)
  }

  /// Integrates `problem` and reads its state off at `observationTimes`, which must be in ascending
  /// order (equal times are allowed) and within the problem's time span, its ends included.
  ///
  /// Cost: s − 1 evaluations a step for a method whose first stage is the same as its last, s
  /// otherwise; memory for s vectors a step (one more otherwise), which the pullback needs.
  ///
  /// - Throws: `InputError` for options, or observation times out of range or not finite;
  ///   ``ODEError`` if they are unordered or the integration fails.
  public func solve(
    _ problem: ODEProblem, observationTimes: [Double] = []
  ) throws -> ODESolution {
    try options.validate()
    try Self.validate(observationTimes, within: problem.timeSpan)
    let integration = Integration(problem: problem, method: method, plan: plan)
    switch options.stepping {
    case .fixed(let stepSize):
      try integration.runFixed(stepSize: stepSize, maximumSteps: options.maximumSteps)
    case .prescribed(let stepSizes):
      try integration.runPrescribed(stepSizes)
    case .adaptive:
      guard let embedded = method.embedded else {
        throw ODEError.noErrorEstimate(method: method.name)
      }
      try integration.runAdaptive(
        options, errorOrder: min(method.order, embedded.order))
    }
    return ODESolution(
      problem: problem, method: method, plan: plan, trajectory: integration.trajectory,
      observationTimes: observationTimes, statistics: integration.statistics)
  }

  private static func validate(
    _ times: [Double], within span: ClosedRange<Double>
  ) throws {
    var previous = -Double.infinity
    for (index, time) in times.enumerated() {
      guard time.isFinite else {
        throw InputError.notFinite(argument: "observationTimes", index: index, value: time)
      }
      guard span.contains(time) else {
        throw InputError.outOfRange(
          argument: "observationTimes[\(index)]", value: time, requirement: "within \(span)")
      }
      guard time >= previous else {
        throw ODEError.unorderedObservationTimes(index: index, time: time, previous: previous)
      }
      previous = time
    }
  }
}
