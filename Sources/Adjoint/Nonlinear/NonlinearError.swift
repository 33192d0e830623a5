/// Why a nonlinear system was not solved, or its solution not differentiated.
public enum NonlinearError: Error, CustomStringConvertible {
  /// The residual is infinite or NaN at the initial guess.
  case undefinedAtInitialGuess(model: String, component: Int, value: Double)

  /// The initial guess is outside of the problem's domain.
  case outsideDomain(model: String, state: [Double])

  /// The iteration limit was reached; the solution holds the last state and the residual history.
  case iterationLimit(NonlinearSolution)

  /// No step of the method reduces the residual; the solution holds the last state.
  case stagnation(NonlinearSolution)

  /// None of the methods of a ``NonlinearSolver`` has found a root; the solution holds the state with the
  /// smallest residual and, in its statistics, what was tried.
  case noMethodConverged(NonlinearSolution)

  /// The Jacobian could not be factorized at an iterate.
  case singularJacobian(model: String, iteration: Int, state: [Double], reason: String)

  /// A derivative was asked of a solve that did not converge.
  case derivativeOfUnconverged(residualNorm: Double, tolerance: Double)

  /// The adjoint system could not be solved to rounding, even with fresh factors.
  case adjointNotSolved(model: String, backwardError: Double)

  /// The state that the solve had reached, where there is one.
  public var solution: NonlinearSolution? {
    switch self {
    case .iterationLimit(let solution), .stagnation(let solution),
      .noMethodConverged(let solution):
      solution
    default: nil
    }
  }

  /// What is wrong and what is likely to have caused it, for a person.
  public var description: String {
    switch self {
    case .undefinedAtInitialGuess(let model, let component, let value):
      return """
        \(model): residual \(component) is \(value) at the initial guess. Likely causes: the guess \
        lies outside the residual's domain; the model divides by zero there
        """
    case .outsideDomain(let model, let state):
      return """
        \(model): the initial guess \(state.prefix(8)) is outside of the domain that the problem \
        states. Likely causes: a guess of another problem; a predicate that is never true
        """
    case .noMethodConverged(let solution):
      let attempts = solution.statistics.attempts.map {
        "\($0.method): \($0.outcome.rawValue) at \($0.residualNorm) after \($0.iterations) steps"
      }
      return """
        \(solution.problem.model.name): no method has found a root (\(attempts.joined(separator: "; "))). \
        Likely causes: no solution at these parameters; a guess too far away; a model that is not \
        differentiable or not defined near the solution
        """
    case .iterationLimit(let solution):
      return """
        \(solution.problem.model.name): no convergence in \(solution.statistics.iterations) \
        iterations, residual \(solution.statistics.residualNorm). Likely causes: a poor initial \
        guess; too few iterations allowed; an inexact Jacobian; no solution at these parameters
        """
    case .stagnation(let solution):
      return """
        \(solution.problem.model.name): no step of \(solution.statistics.method) reduces the residual \
        \(solution.statistics.residualNorm) after \(solution.statistics.iterations) iterations. \
        Likely causes: a local minimum of ‖F‖ that is no root; a tolerance below the rounding of \
        F; a model that is not differentiable there
        """
    case .singularJacobian(let model, let iteration, _, let reason):
      return """
        \(model): the Jacobian of iteration \(iteration) could not be factorized: \(reason). \
        Likely causes: a fold or another singular point; a residual that does not depend on one \
        of the unknowns; two residuals that are the same
        """
    case .derivativeOfUnconverged(let residualNorm, let tolerance):
      return """
        the solution is not converged (residual \(residualNorm), tolerance \(tolerance)), so its \
        derivative would be silently wrong. Solve to convergence first, or ask for it `ofUnconverged:`
        """
    case .adjointNotSolved(let model, let backwardError):
      return """
        \(model): the adjoint system is solved to a backward error of \(backwardError) only. \
        Likely causes: a singular Jacobian at the solution; a stated sparsity pattern that misses \
        entries
        """
    }
  }
}
