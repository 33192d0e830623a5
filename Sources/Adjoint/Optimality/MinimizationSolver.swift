/// Newton's method for the optimality conditions of a minimization, kept on the way to a minimum.
///
/// Each iteration solves [H + δI, Aᵀ; A, 0] (d, Δλ) = −(∇f + Aᵀλ, c), where δ ≥ 0 is the least of
/// 0, 1e-4‖H‖, 1e-3‖H‖, … that makes H + δI positive definite on the null space of A, and shortens d
/// until the merit function f + ν‖c‖₁ decreases (Nocedal and Wright, *Numerical Optimization*, 2nd ed.,
/// 2006, §3.4 and §18.3). It converges quadratically near a strict minimum. The point where it
/// ends is checked: a saddle point or a maximum is refused by name.
public struct MinimizationSolver: Sendable {
  /// Tolerances and limits.
  public struct Options: Sendable, Hashable {
    /// Bound on ‖(∇f + Aᵀλ, c)‖₂, added to the relative one.
    public var absoluteTolerance = 1e-10
    /// The same relative to its value at the initial guess.
    public var relativeTolerance = 1e-12
    /// The largest number of iterations.
    public var maximumIterations = 200
    /// The shortest part of a step that is tried.
    public var minimumStep = 1e-10

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a tolerance or limit makes no sense.
    public func validate() throws {
      try InputError.require(
        absoluteTolerance >= 0 && absoluteTolerance.isFinite, "absoluteTolerance",
        absoluteTolerance, "finite and not negative")
      try InputError.require(
        relativeTolerance >= 0 && relativeTolerance < 1, "relativeTolerance", relativeTolerance,
        "in [0, 1)")
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
      try InputError.require(
        minimumStep > 0 && minimumStep < 1, "minimumStep", minimumStep, "in (0, 1)")
    }
  }

  /// The options of every solve.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// Minimizes f(x, p) subject to c(x, p) = 0.
  ///
  /// - Returns: a strict local minimum that can be differentiated.
  /// - Throws: `MinimizationError` if none is found, `InputError` for options that make no sense.
  public func solve(_ problem: MinimizationProblem) throws -> MinimizationSolution {
    try options.validate()
    var iteration = try MinimizationIteration(problem, options)
    while !iteration.isConverged {
      guard iteration.count < options.maximumIterations else { throw iteration.limitReached }
      if try !iteration.advance() { break }
    }
    return try iteration.solution()
  }
}
