/// Why a minimization has no solution, or none that can be differentiated.
public enum MinimizationError: Error, CustomStringConvertible {
  /// What a stationary point is that is no strict minimum.
  public enum StationaryKind: String, Sendable, Hashable {
    /// The curvature is positive in some directions and negative in others.
    case saddlePoint = "a saddle point"
    /// The curvature is negative in all directions.
    case maximum = "a maximum"
    /// The curvature is zero in some direction: the minimum, if it is one, is not unique nearby.
    case degenerate = "degenerate (flat in some direction)"
  }

  /// The objective, an equation or a derivative is infinite or NaN at the initial guess.
  case undefinedAtInitialGuess(model: String)

  /// The iteration limit was reached.
  case iterationLimit(model: String, iterations: Int, variables: [Double], residualNorms: [Double])

  /// No step decreases the merit function; the norm of the optimality conditions is in the error.
  case stagnation(model: String, iterations: Int, variables: [Double], residualNorm: Double)

  /// The conditions ∇L = 0, c = 0 hold at a point that is no strict minimum.
  case notAMinimum(model: String, kind: StationaryKind, variables: [Double])

  /// The matrix of the optimality conditions could not be factorized.
  case singular(model: String, iteration: Int, reason: String)

  /// Equations with dense rows and an objective that is not convex: second-order conditions would need a
  /// dense matrix.
  case equationsTooDense(model: String, entries: Int)

  /// The adjoint system could not be solved to rounding.
  case adjointNotSolved(model: String, backwardError: Double)

  /// What is wrong, and its likely causes in order.
  public var description: String {
    switch self {
    case .undefinedAtInitialGuess(let model):
      return """
        \(model): the objective, an equation or a derivative is not finite at the initial guess. \
        Likely causes: the guess lies outside the domain; a root or logarithm at its branch point
        """
    case .iterationLimit(let model, let iterations, _, let norms):
      return """
        \(model): no minimum after \(iterations) iterations, residual \(norms.last ?? .nan). Likely \
        causes: a poor initial guess; an objective without a lower bound; too few iterations
        """
    case .stagnation(let model, let iterations, _, let norm):
      return """
        \(model): no step decreases the merit function after \(iterations) iterations, residual \
        \(norm). Likely causes: equations that contradict each other; a tolerance below rounding; \
        a model that is not differentiable there
        """
    case .notAMinimum(let model, let kind, _):
      return """
        \(model): the stationary point found is \(kind.rawValue), not a strict minimum, so that it \
        does not depend smoothly on the parameters as a minimum. Start elsewhere\
        \(kind == .degenerate ? ", or regularize" : "")
        """
    case .singular(let model, let iteration, let reason):
      return """
        \(model): the matrix of the optimality conditions could not be factorized at iteration \
        \(iteration): \(reason). Likely causes: equations that depend on each other; a direction \
        without curvature
        """
    case .equationsTooDense(let model, let entries):
      return """
        \(model): the objective is not convex and the equations' rows are so dense that the check for \
        a minimum would need \(entries) entries. Write sums over all variables with auxiliary \
        variables that accumulate them
        """
    case .adjointNotSolved(let model, let backwardError):
      return """
        \(model): the adjoint system is solved to a backward error of \(backwardError) only. Likely \
        causes: a nearly degenerate minimum; a model that branches on values
        """
    }
  }
}
