import CNLopt

/// Minimizes a differentiable function by one of the gradient methods of NLopt.
///
/// The library is described in Johnson, *The NLopt nonlinear-optimization package*, 2007.
///
/// ```swift
/// let result = try Optimizer(.lbfgs).minimize(objective, from: [-1.2, 1])
/// ```
///
/// Each call has its own state: an optimizer may be used from several threads at once.
public struct Optimizer: Sendable {
  /// How the minimum is searched for.
  public enum Method: Sendable, Hashable {
    /// Limited-memory BFGS with bounds (Nocedal, *Math. Comput.* 35, 1980; Luksan's code).
    case lbfgs
    /// The method of moving asymptotes with inequalities, globally convergent
    /// (Svanberg, *SIAM J. Optim.* 12, 2002).
    case mma
    /// Sequential quadratic programming with inequalities and equalities (Kraft, *ACM TOMS* 20,
    /// 1994). Dense: O(n²) memory and O(n³) time an iteration.
    case slsqp
    /// Every constraint becomes a penalty and a multiplier; the inner method sees only bounds
    /// (Birgin and Martínez, *Optim. Methods Softw.* 23, 2008).
    case augmentedLagrangian(inner: InnerMethod)

    /// The methods that an augmented Lagrangian can be minimized with.
    public enum InnerMethod: Sendable, Hashable {
      /// ``Method/lbfgs``.
      case lbfgs
      /// ``Method/mma``.
      case mma
      /// ``Method/slsqp``.
      case slsqp
    }
  }

  /// When to stop: at the first limit that is reached.
  ///
  /// Zero turns a tolerance off.
  public struct Options: Sendable, Hashable {
    /// Stop when a step changes the value by less than this times the value.
    public var relativeValueTolerance = 1e-12

    /// Stop when a step changes the value by less than this.
    public var absoluteValueTolerance = 0.0

    /// Stop when a step changes every variable by less than this times the variable.
    public var relativePointTolerance = 1e-10

    /// Stop when a step changes every variable by less than this.
    public var absolutePointTolerance = 0.0

    /// Stop at a value this small.
    public var targetValue = -Double.infinity

    /// Stop after so many evaluations of the objective.
    public var maximumEvaluations = 10_000

    /// Stop after so many seconds.
    public var maximumSeconds = Double.infinity

    /// The defaults above.
    public init() {}

    /// Throws ``InputError`` at a value out of range.
    public func validate() throws {
      let tolerances = [
        ("relativeValueTolerance", relativeValueTolerance),
        ("absoluteValueTolerance", absoluteValueTolerance),
        ("relativePointTolerance", relativePointTolerance),
        ("absolutePointTolerance", absolutePointTolerance),
      ]
      for (name, tolerance) in tolerances {
        try InputError.require(
          tolerance >= 0 && tolerance.isFinite, name, tolerance, "finite and not negative")
      }
      try InputError.require(!targetValue.isNaN, "targetValue", targetValue, "a number")
      try InputError.require(
        maximumEvaluations > 0, "maximumEvaluations", Double(maximumEvaluations), "positive")
      try InputError.require(maximumSeconds > 0, "maximumSeconds", maximumSeconds, "positive")
    }
  }

  /// How the minimum is searched for.
  public let method: Method

  /// When to stop.
  public let options: Options

  /// An optimizer; throws ``InputError`` at an option out of range.
  public init(_ method: Method, options: Options = Options()) throws {
    try options.validate()
    self.method = method
    self.options = options
  }

  /// Minimizes a function without bounds or constraints.
  public func minimize(_ objective: Objective, from start: [Double]) throws -> OptimizationResult {
    try minimize(OptimizationProblem(minimizing: objective), from: start)
  }

  /// Minimizes a function within bounds and constraints, from a point within the bounds.
  ///
  /// Where a line search fails, the derivatives are checked there and then: if the point is optimal to
  /// rounding it is returned, otherwise the error says whether the gradient, the noise of the function or
  /// the optimizer is at fault. So they are where a method reports a tolerance as met although the gradient is
  /// much larger than that explains, or a variable has never moved because its derivative was zero: a wrong
  /// gradient is an error then, noise a ``StopReason/noProgress``, and the diagnosis part of the result.
  ///
  /// Throws ``InputError`` or ``OptimizationError`` for a problem that the method cannot solve,
  /// ``OptimizationError/lineSearchFailed(method:point:value:diagnosis:)``, and what the problem's
  /// functions throw, unchanged.
  public func minimize(
    _ problem: OptimizationProblem, from start: [Double]
  ) throws -> OptimizationResult {
    try problem.validate(start: start)
    if !problem.inequalities.isEmpty && !method.takesInequalities {
      throw OptimizationError.unsupportedConstraints(method: method.name, kind: "inequality")
    }
    if !problem.equalities.isEmpty && !method.takesEqualities {
      throw OptimizationError.unsupportedConstraints(method: method.name, kind: "equality")
    }
    return try NLoptRun(problem, method: method, options: options).minimize(from: start)
  }
}

extension Optimizer.Method {
  /// The method's name in messages.
  var name: String {
    switch self {
    case .lbfgs: "lbfgs"
    case .mma: "mma"
    case .slsqp: "slsqp"
    case .augmentedLagrangian: "augmentedLagrangian"
    }
  }

  fileprivate var takesInequalities: Bool { self != .lbfgs }

  fileprivate var takesEqualities: Bool { self != .lbfgs && self != .mma }

  /// NLopt's number for the method.
  var algorithm: nlopt_algorithm {
    switch self {
    case .lbfgs: NLOPT_LD_LBFGS
    case .mma: NLOPT_LD_MMA
    case .slsqp: NLOPT_LD_SLSQP
    case .augmentedLagrangian: NLOPT_AUGLAG
    }
  }

  /// NLopt's number for the inner method, where there is one.
  var innerAlgorithm: nlopt_algorithm? {
    guard case .augmentedLagrangian(let inner) = self else { return nil }
    switch inner {
    case .lbfgs: return NLOPT_LD_LBFGS
    case .mma: return NLOPT_LD_MMA
    case .slsqp: return NLOPT_LD_SLSQP
    }
  }
}
