import RealModule

/// Find the parameters x within bounds whose predictions y(x) fit data best.
///
/// Minimize ½ Σ wᵢ (yᵢ(x) − dᵢ)² subject to l ≤ x ≤ u.
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

    /// A parameter; by default without bounds and varied as it is.
    public init(
      _ name: String, start: Double, lowerBound: Double = -.infinity,
      upperBound: Double = .infinity, scale: Scale = .linear
    ) {
      self.name = name
      self.start = start
      self.lowerBound = lowerBound
      self.upperBound = upperBound
      self.scale = scale
    }
  }

  /// The unknowns.
  public let parameters: [Parameter]

  /// y(x) with its derivative.
  ///
  /// It may throw ``PointOutsideDomain`` where y has no value. The Jacobian is made of one pushforward for each parameter, or, where the map has none, of one
  /// pullback for each datum.
  public let predictions: DifferentiableMap

  /// The data and their weights.
  public let misfit: LeastSquaresMisfit

  /// A problem from its parts.
  ///
  /// Throws ``InputError`` or ``OptimizationError`` if there are fewer data than parameters, two
  /// parameters of one name, bounds in the wrong order, or a start outside of its bounds.
  public init(
    parameters: [Parameter], predictions: DifferentiableMap, misfit: LeastSquaresMisfit
  ) throws {
    self.parameters = parameters
    self.predictions = predictions
    self.misfit = misfit
    guard misfit.data.count >= parameters.count else {
      throw OptimizationError.tooFewData(
        count: misfit.data.count, parameterCount: parameters.count)
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
    }
  }

  /// The misfit as a function of the parameters, for an ``Optimizer``.
  public var objective: Objective {
    Objective(misfit, of: predictions, variableCount: parameters.count)
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
