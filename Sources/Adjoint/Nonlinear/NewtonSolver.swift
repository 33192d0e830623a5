/// Newton's method with a backtracking line search.
///
/// Iterates J(uₖ) d = −F(uₖ), uₖ₊₁ = uₖ + α d, where α ∈ (0, 1] is the first of 1, … that satisfies
/// ‖F(uₖ + α d)‖ ≤ (1 − 10⁻⁴ α)‖F(uₖ)‖; each rejected α is replaced by the minimizer of the parabola
/// through what is known of ‖F‖², kept within [0.1 α, 0.5 α] (Dennis and Schnabel, *Numerical Methods
/// for Unconstrained Optimization and Nonlinear Equations*, SIAM 1996, §6.3). A step out of the
/// residual's domain, where F is NaN or infinite, is halved.
///
/// The iteration stops when ‖F(u)‖₂ ≤ absoluteTolerance + relativeTolerance·‖F(u₀)‖₂, or when F is
/// down to its rounding errors. Convergence is quadratic near a regular root.
public struct NewtonSolver: Sendable {
  /// Tolerances, limits, and how the Jacobian is stored.
  public struct Options: Sendable {
    /// Bound on ‖F‖₂, added to the relative one.
    public var absoluteTolerance = 1e-10
    /// Bound on ‖F‖₂ relative to its value at the initial guess.
    public var relativeTolerance = 1e-12
    /// The largest number of Newton steps.
    public var maximumIterations = 50
    /// The shortest fraction of a Newton step that the line search tries.
    public var minimumStep = 1e-10
    /// How the Jacobian is stored and factorized.
    public var jacobian = JacobianStorage.automatic

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

  /// How the Jacobian is stored and factorized.
  public enum JacobianStorage: Sendable, Hashable {
    /// As ``sparse`` if the model supplies its Jacobian; else dense up to 32 unknowns, sparse beyond.
    case automatic
    /// A full matrix.
    case dense
    /// Sparse, on the pattern of the Jacobian that the model supplies, or else on the pattern found from
    /// the model at the initial guess.
    case sparse
    /// Sparse, on a pattern that holds every nonzero of ∂F/∂u.
    case pattern(SparsityPattern)
  }

  /// The options of every solve.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// Solves F(u, p) = 0.
  ///
  /// - Returns: a converged solution that can be differentiated.
  /// - Throws: `NonlinearError` if there is no convergence (the last state is in the error),
  ///   `InputError` for options that make no sense.
  public func solve(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    try options.validate()
    var iteration = try NewtonIteration(problem, options)
    while !iteration.isConverged {
      if iteration.count == options.maximumIterations {
        throw NonlinearError.iterationLimit(iteration.solution())
      }
      guard try iteration.advance() else {
        if iteration.isAtRounding { break }
        throw NonlinearError.stagnation(iteration.solution())
      }
    }
    return iteration.solution()
  }
}
