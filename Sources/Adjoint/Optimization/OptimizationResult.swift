/// Why an optimizer stopped.
public enum StopReason: String, Sendable, Hashable, Codable {
  /// The gradient is as small as asked for.
  case gradientTolerance
  /// The value changes less than asked for.
  case valueTolerance
  /// The point changes less than asked for.
  case pointTolerance
  /// The value is as small as asked for.
  case targetReached
  /// The method's own test for an optimum holds.
  case methodConverged
  /// As many evaluations or iterations were made as allowed.
  case evaluationLimit
  /// As much time has passed as allowed.
  case timeLimit
  /// Rounding errors prevent progress; the point is often useful.
  case roundOffLimited
  /// No step decreases the value. Likely causes: the gradient is wrong, the value is noisy, or the
  /// point is an optimum already.
  case noProgress

  /// Whether a tolerance was met, as opposed to a limit or a failure.
  public var isConvergence: Bool {
    switch self {
    case .gradientTolerance, .valueTolerance, .pointTolerance, .targetReached, .methodConverged:
      true
    case .evaluationLimit, .timeLimit, .roundOffLimited, .noProgress: false
    }
  }
}

/// The end of an optimization.
public struct OptimizationResult: Sendable {
  /// What an optimization has cost.
  public struct Statistics: Sendable, Hashable {
    /// Evaluations of the objective with its gradient.
    public var objectiveEvaluations = 0

    /// Evaluations of constraints with their gradients, all together.
    public var constraintEvaluations = 0

    /// No cost yet.
    public init() {}
  }

  /// The best point found.
  ///
  /// Without constraints no point that was evaluated has a smaller value.
  public var point: [Double]

  /// The objective there.
  public var value: Double

  /// The objective's gradient there.
  public var gradient: [Double]

  /// The largest of cᵢ(x), |hⱼ(x)| and zero at the point, in the constraints' units.
  public var constraintViolation: Double

  /// Why the optimizer stopped.
  public var stopReason: StopReason

  /// If it stopped because of rounding or without progress, or with a gradient that its tolerances do not
  /// explain: what the function looks like there.
  public var diagnosis: LineSearchDiagnosis?

  /// What it has cost.
  public var statistics: Statistics
}
