/// Tries one method after another until one finds a root.
///
/// By default Newton's method with a line search, which is the cheapest where it converges; then
/// Levenberg–Marquardt steps in a trust region, which need no regular Jacobian; then the
/// affine-invariant line search, the dogleg and pseudo-transient continuation, each from the initial guess. What
/// was tried is in ``NonlinearSolution/Statistics/attempts``.
///
/// ```swift
/// let solution = try NonlinearSolver().solve(problem)
/// print(solution.statistics.method)
/// ```
public struct NonlinearSolver: Sendable {
  /// Tolerances, limits, and what to try.
  public struct Options: ConvergenceOptions {
    /// When an iteration has converged.
    public var convergence = ConvergenceTest()
    /// The largest number of steps of each attempt but the first.
    public var maximumIterations = 400
    /// The largest number of steps of the first attempt.
    public var firstIterations = 100
    /// What is tried, in order.
    public var globalizations: [NewtonSolver.Globalization] = [
      .lineSearch(.backtracking), .trustRegion(.exact), .lineSearch(.affineInvariant),
      .trustRegion(.dogleg), .pseudoTransient(),
    ]
    /// How the Jacobian is stored and factorized.
    public var jacobian = NewtonSolver.JacobianStorage.automatic

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a tolerance or limit makes no sense.
    public func validate() throws {
      try convergence.validate()
      for globalization in globalizations { try globalization.validate() }
      try InputError.require(
        !globalizations.isEmpty, "number of globalizations", 0, "at least 1")
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
      try InputError.require(
        firstIterations >= 1, "firstIterations", Double(firstIterations), "at least 1")
    }
  }

  /// The options of every solve.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// Solves F(u, p) = 0.
  ///
  /// - Returns: a converged solution that can be differentiated.
  /// - Throws: ``NonlinearError/noMethodConverged(_:)`` with the best state and what was tried;
  ///   ``NonlinearError/singularJacobian(model:iteration:state:reason:)`` if no attempt has got beyond
  ///   that; ``NonlinearError/undefinedAtInitialGuess(model:component:value:)``; `InputError` for options
  ///   that make no sense.
  public func solve(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    try options.validate()
    var attempts: [NonlinearSolution.Attempt] = []
    var best: NonlinearSolution?
    var lastSingularity: NonlinearError?
    for (index, globalization) in options.globalizations.enumerated() {
      var newton = NewtonSolver.Options()
      newton.convergence = options.convergence
      newton.globalization = globalization
      newton.jacobian = options.jacobian
      newton.maximumIterations =
        index == 0 ? options.firstIterations : options.maximumIterations
      let ended: (solution: NonlinearSolution, outcome: NonlinearSolution.Outcome)
      do {
        ended = (try NewtonSolver(newton).solve(problem), .converged)
      } catch NonlinearError.stagnation(let solution) {
        ended = (solution, .stagnation)
      } catch NonlinearError.iterationLimit(let solution) {
        ended = (solution, .iterationLimit)
      } catch let error as NonlinearError {
        guard case .singularJacobian(_, let iteration, _, _) = error else { throw error }
        lastSingularity = error
        attempts.append(
          NonlinearSolution.Attempt(
            method: newton.methodName, iterations: iteration, residualNorm: .nan,
            outcome: .singularJacobian))
        continue
      }
      let statistics = ended.solution.statistics
      attempts.append(
        NonlinearSolution.Attempt(
          method: statistics.method, iterations: statistics.iterations,
          residualNorm: statistics.residualNorm, outcome: ended.outcome))
      if ended.outcome == .converged { return ended.solution.with(attempts: attempts) }
      if statistics.residualNorm < best?.statistics.residualNorm ?? .infinity {
        best = ended.solution
      }
    }
    if let best { throw NonlinearError.noMethodConverged(best.with(attempts: attempts)) }
    guard let lastSingularity else { preconditionFailure("there is at least one attempt") }
    throw lastSingularity
  }
}
