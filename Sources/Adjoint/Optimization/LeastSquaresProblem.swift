import RealModule

/// Find the parameters x within bounds whose predictions y(x) fit data best.
///
/// Minimize ½ Σ ρ(wᵢ (yᵢ(x) − dᵢ)²) + ½ Σ πⱼ(xⱼ)² subject to l ≤ x ≤ u, where π are the residuals of the
/// ``Prior``s, one more datum each.
public struct LeastSquaresProblem {
  /// An unknown of the fit.
  public struct Parameter: Sendable, Hashable {
    /// How a parameter is varied.
    public enum Scale: Sendable, Hashable {
      /// As it is.
      case linear
      /// By its logarithm, which keeps it positive and makes steps relative.
      case logarithmic
    }

    /// The name, for reports; unique in a problem.
    public var name: String

    /// Where the search starts.
    public var start: Double

    /// l; −∞ for none.
    public var lowerBound: Double

    /// u; +∞ for none.
    public var upperBound: Double

    /// How the parameter is varied.
    public var scale: Scale

    /// What is known of the parameter beforehand, if anything.
    public var prior: Prior?

    /// A parameter; by default without bounds or prior and varied as it is.
    public init(
      _ name: String, start: Double, lowerBound: Double = -.infinity,
      upperBound: Double = .infinity, scale: Scale = .linear, prior: Prior? = nil
    ) {
      self.name = name
      self.start = start
      self.lowerBound = lowerBound
      self.upperBound = upperBound
      self.scale = scale
      self.prior = prior
    }
  }

  /// What is known of a parameter x before the data are looked at.
  public enum Prior: Sendable, Hashable {
    /// x is normal: π = (x − mean)/standardDeviation.
    case normal(mean: Double, standardDeviation: Double)
    /// ln x is normal: π = (ln x − ln median)/standardDeviation; for positive parameters.
    case logNormal(median: Double, standardDeviation: Double)
  }

  /// How large the errors of the data are.
  public enum Noise: Sendable, Hashable {
    /// The weights and priors are right up to a common factor, which the residuals tell.
    case estimated
    /// The weights are 1/σᵢ², and priors are as sure as they say.
    case known
  }

  /// The unknowns.
  public let parameters: [Parameter]

  /// y(x) with its derivative.
  ///
  /// It may throw ``PointOutsideDomain`` where y has no value. The Jacobian is made of one pushforward for
  /// each parameter, or, where the map has none, of one pullback for each datum.
  public let predictions: DifferentiableMap

  /// The data and their weights.
  public let misfit: LeastSquaresMisfit

  /// How large the errors of the data are; it scales the uncertainties, not the optimum.
  public let noise: Noise

  /// A problem from its parts.
  ///
  /// Throws ``InputError`` or ``OptimizationError`` if there are fewer data and priors than parameters,
  /// two parameters of one name, bounds in the wrong order, a start outside of its bounds, or a prior
  /// without a positive standard deviation.
  public init(
    parameters: [Parameter], predictions: DifferentiableMap, misfit: LeastSquaresMisfit,
    noise: Noise = .estimated
  ) throws {
    self.parameters = parameters
    self.predictions = predictions
    self.misfit = misfit
    self.noise = noise
    let count = misfit.data.count + parameters.reduce(0) { $0 + ($1.prior == nil ? 0 : 1) }
    guard count >= parameters.count else {
      throw OptimizationError.tooFewData(count: count, parameterCount: parameters.count)
    }
    try InputError.require(
      !parameters.isEmpty, "number of parameters", Double(parameters.count), "positive")
    var names: Set<String> = []
    for parameter in parameters where !names.insert(parameter.name).inserted {
      throw OptimizationError.duplicateParameter(name: parameter.name)
    }
    try validate(start: parameters.map(\.start))
  }

  /// Throws ``InputError`` or ``OptimizationError`` unless a fit may start at `start`.
  public func validate(start: [Double]) throws {
    try InputError.requireLength("start", expected: parameters.count, found: start.count)
    try InputError.requireFinite("start", start)
    for (index, parameter) in parameters.enumerated() {
      let lower = parameter.lowerBound
      let upper = parameter.upperBound
      guard lower <= upper else {
        throw OptimizationError.invalidBounds(index: index, lower: lower, upper: upper)
      }
      guard lower <= start[index] && start[index] <= upper else {
        throw OptimizationError.startOutsideBounds(
          index: index, value: start[index], lower: lower, upper: upper)
      }
      if parameter.scale == .logarithmic {
        try InputError.require(
          start[index] > 0, "start of \(parameter.name)", start[index],
          "positive, since its logarithm is varied")
        try InputError.require(
          lower >= 0 || lower == -.infinity, "lower bound of \(parameter.name)", lower,
          "zero or more, since its logarithm is varied")
      }
      try parameter.prior?.validate(parameter, start: start[index])
    }
  }

  /// The misfit and the priors as a function of the parameters, for an ``Optimizer``.
  public var objective: Objective {
    let data = Objective(misfit, of: predictions, variableCount: parameters.count)
    return Objective(variableCount: parameters.count) { point in
      var (value, gradient) = try data.valueWithGradient(at: point)
      value += priorMisfit(at: point)
      for index in point.indices {
        guard let prior = parameters[index].prior else { continue }
        gradient[index] += prior.residual(point[index]) * prior.slope(point[index])
      }
      return (value, gradient)
    }
  }

  /// ½ Σ πⱼ².
  func priorMisfit(at point: [Double]) -> Double {
    zip(parameters, point).reduce(0) { sum, pair in
      let residual = pair.0.prior?.residual(pair.1) ?? 0
      return sum + 0.5 * residual * residual
    }
  }

  /// The value of the objective at `point`, without a derivative.
  func totalMisfit(at point: [Double]) throws -> Double {
    try misfit.value(of: predictions.value(point)) + priorMisfit(at: point)
  }
}

extension LeastSquaresProblem.Prior {
  /// π at x.
  func residual(_ value: Double) -> Double {
    switch self {
    case .normal(let mean, let deviation): (value - mean) / deviation
    case .logNormal(let median, let deviation): (.log(value) - .log(median)) / deviation
    }
  }

  /// dπ/dx.
  func slope(_ value: Double) -> Double {
    switch self {
    case .normal(_, let deviation): 1 / deviation
    case .logNormal(_, let deviation): 1 / (deviation * value)
    }
  }

  fileprivate func validate(_ parameter: LeastSquaresProblem.Parameter, start: Double) throws {
    let name = parameter.name
    switch self {
    case .normal(let mean, let deviation):
      try InputError.require(mean.isFinite, "prior mean of \(name)", mean, "finite")
      try InputError.require(
        deviation > 0 && deviation.isFinite, "prior standard deviation of \(name)", deviation,
        "positive")
    case .logNormal(let median, let deviation):
      try InputError.require(
        median > 0 && median.isFinite, "prior median of \(name)", median, "positive")
      try InputError.require(
        deviation > 0 && deviation.isFinite, "prior standard deviation of \(name)", deviation,
        "positive")
      try InputError.require(
        parameter.scale == .logarithmic || parameter.lowerBound > 0, "lower bound of \(name)",
        parameter.lowerBound, "positive, since its prior is that of a logarithm")
      try InputError.require(
        start > 0, "start of \(name)", start,
        "positive, since its prior is that of a logarithm")
    }
  }
}

extension LeastSquaresProblem.Parameter {
  /// The variable that a solver sees.
  func internalValue(_ value: Double) -> Double {
    scale == .linear ? value : .log(max(value, 0))
  }

  /// The parameter that a solver's variable stands for.
  func externalValue(_ variable: Double) -> Double {
    let value = scale == .linear ? variable : .exp(variable)
    return min(max(value, lowerBound), upperBound)
  }

  /// dx/dz, where z is the solver's variable, at the parameter x.
  func scaling(at value: Double) -> Double { scale == .linear ? 1 : value }
}
