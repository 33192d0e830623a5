/// Why a nonlinear system was not solved, or its solution not differentiated.
public enum NonlinearError: Error, CustomStringConvertible {
  /// The residual is infinite or NaN at the initial guess.
  case undefinedAtInitialGuess(model: String, component: Int, value: Double)

  /// The iteration limit was reached; the solution holds the last state and the residual history.
  case iterationLimit(NonlinearSolution)

  /// No step along the Newton direction reduces the residual; the solution holds the last state.
  case stagnation(NonlinearSolution)

  /// The Jacobian could not be factorized at an iterate.
  case singularJacobian(model: String, iteration: Int, state: [Double], reason: String)

  /// A derivative was asked of a solve that did not converge.
  case derivativeOfUnconverged(residualNorm: Double, tolerance: Double)

  /// The adjoint system could not be solved to rounding, even with fresh factors.
  case adjointNotSolved(model: String, backwardError: Double)

  /// What is wrong and what is likely to have caused it, for a person.
  public var description: String {
    switch self {
    case .undefinedAtInitialGuess(let model, let component, let value):
      return """
        \(model): residual \(component) is \(value) at the initial guess. Likely causes: the guess \
        lies outside the residual's domain; the model divides by zero there
        """
    case .iterationLimit(let solution):
      return """
        \(solution.problem.model.name): no convergence in \(solution.statistics.iterations) \
        iterations, residual \(solution.statistics.residualNorm). Likely causes: a poor initial \
        guess; too few iterations allowed; an inexact Jacobian; no solution at these parameters
        """
    case .stagnation(let solution):
      return """
        \(solution.problem.model.name): no step along the Newton direction reduces the residual \
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
        derivative would be silently wrong. Solve to convergence first
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
