/// Minimize g(x) subject to bounds l ≤ x ≤ u, inequalities c(x) ≤ 0 and equalities h(x) = 0.
public struct OptimizationProblem {
  /// A function of the variables that must be at most zero, or zero.
  public struct Constraint {
    /// The constraint's left-hand side.
    public var function: Objective

    /// The violation that counts as none, in the function's units.
    public var tolerance: Double

    /// A constraint on `function`.
    public init(_ function: Objective, tolerance: Double = 1e-8) {
      self.function = function
      self.tolerance = tolerance
    }
  }

  /// g, to be minimized.
  public var objective: Objective

  /// l; empty for none, −∞ for a variable without one.
  public var lowerBounds: [Double]

  /// u; empty for none, +∞ for a variable without one.
  public var upperBounds: [Double]

  /// c(x) ≤ 0, each.
  public var inequalities: [Constraint] = []

  /// h(x) = 0, each.
  public var equalities: [Constraint] = []

  /// A problem without constraints but the bounds; add them afterwards.
  public init(
    minimizing objective: Objective, lowerBounds: [Double] = [], upperBounds: [Double] = []
  ) {
    self.objective = objective
    self.lowerBounds = lowerBounds
    self.upperBounds = upperBounds
  }

  /// Throws ``InputError`` or ``OptimizationError`` unless `start` is a point within the bounds and
  /// all functions depend on as many variables.
  public func validate(start: [Double]) throws {
    let count = objective.variableCount
    try InputError.require(count > 0, "number of variables", Double(count), "positive")
    try InputError.requireLength("start", expected: count, found: start.count)
    try InputError.requireFinite("start", start)
    for (name, bounds) in [("lowerBounds", lowerBounds), ("upperBounds", upperBounds)]
    where !bounds.isEmpty {
      try InputError.requireLength(name, expected: count, found: bounds.count)
    }
    for (index, value) in start.enumerated() {
      let lower = lowerBounds.isEmpty ? -Double.infinity : lowerBounds[index]
      let upper = upperBounds.isEmpty ? Double.infinity : upperBounds[index]
      guard lower <= upper else {
        throw OptimizationError.invalidBounds(index: index, lower: lower, upper: upper)
      }
      guard lower <= value && value <= upper else {
        throw OptimizationError.startOutsideBounds(
          index: index, value: value, lower: lower, upper: upper)
      }
    }
    for constraint in inequalities + equalities {
      try InputError.requireLength(
        "variables of a constraint", expected: count, found: constraint.function.variableCount)
      try InputError.require(
        constraint.tolerance >= 0 && constraint.tolerance.isFinite, "tolerance of a constraint",
        constraint.tolerance, "finite and not negative")
    }
  }
}
