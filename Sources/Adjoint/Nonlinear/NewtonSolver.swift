/// Newton's method, made safe far from the root by a line search, a trust region or a pseudo-time.
///
/// Iterates J(uₖ) d = −F(uₖ), uₖ₊₁ = uₖ + d, with the changes that ``Options/globalization`` makes until
/// the full step is good. Convergence is quadratic near a regular root. A trial point where F is NaN
/// or infinite, or outside of the problem's domain, makes the step shorter.
///
/// ```swift
/// var options = NewtonSolver.Options()
/// options.globalization = .trustRegion(.dogleg)
/// let solution = try NewtonSolver(options).solve(problem)
/// ```
/// For large systems see ``NewtonKrylovSolver``, without Jacobians ``BroydenSolver`` and
/// ``AndersonSolver``, and for one that tries several methods ``NonlinearSolver``.
public struct NewtonSolver: Sendable {
  /// Tolerances, limits, and how steps are made.
  public struct Options: ConvergenceOptions {
    /// When the iteration has converged.
    public var convergence = ConvergenceTest()
    /// The largest number of Newton steps.
    public var maximumIterations = 50
    /// What makes the iteration converge from far away.
    public var globalization = Globalization.lineSearch(.backtracking)
    /// How long factors are kept; other than ``FactorReuse/never`` with a line search or none only.
    public var factorReuse = FactorReuse.never
    /// The shortest fraction of a Newton step that a line search tries.
    public var minimumStep = 1e-10
    /// How the Jacobian is stored and factorized.
    public var jacobian = JacobianStorage.automatic

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a tolerance or limit makes no sense.
    public func validate() throws {
      try convergence.validate()
      try globalization.validate()
      try factorReuse.validate(with: globalization)
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
      try InputError.require(
        minimumStep > 0 && minimumStep < 1, "minimumStep", minimumStep, "in (0, 1)")
    }
  }

  /// How the Jacobian is stored and factorized.
  public enum JacobianStorage: Sendable, Hashable {
    /// As ``sparse`` if the model supplies its Jacobian; else dense up to 32 unknowns, and beyond where a
    /// quarter of the entries or more may be nonzero.
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
  /// - Throws: ``NonlinearError`` if there is no convergence (the last state is in the error),
  ///   `InputError` for options that make no sense.
  public func solve(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    try options.validate()
    let run = try NonlinearRun(problem, options.convergence, method: options.methodName)
    let factors = try JacobianFactors(
      problem, storage: options.jacobian, withDiagonal: options.globalization.shiftsDiagonal)
    var step = options.makeStep()
    return try run.iterate(
      atMost: options.maximumIterations, factors,
      holdsOldJacobian: options.factorReuse != .never
    ) {
      try step.advance(run, factors)
    }
  }
}

/// The part of Newton's method that finds one step.
protocol NewtonStep {
  /// Takes one step; false if none is good.
  mutating func advance(_ run: NonlinearRun, _ factors: JacobianFactors) throws -> Bool
}

extension NewtonSolver.Options {
  var methodName: String {
    factorReuse == .never
      ? "Newton, \(globalization)" : "Newton, \(globalization), \(factorReuse)"
  }

  func makeStep() -> any NewtonStep {
    switch globalization {
    case .none: LineSearchStep(search: nil, reuse: factorReuse, minimumStep: 1)
    case .lineSearch(.affineInvariant): AffineInvariantStep(minimumStep: minimumStep)
    case .lineSearch(let search):
      LineSearchStep(search: search, reuse: factorReuse, minimumStep: minimumStep)
    case .trustRegion(let subproblem): TrustRegionStep(subproblem)
    case .pseudoTransient(let timeStep): PseudoTransientStep(timeStep: timeStep)
    }
  }
}
