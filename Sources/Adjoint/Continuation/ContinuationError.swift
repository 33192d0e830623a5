/// Why a branch of solutions could not be followed, or a fold not be found.
public enum ContinuationError: Error, CustomStringConvertible {
  /// There is no parameter of this number.
  case noSuchParameter(index: Int, count: Int)
  /// The step became too short; the branch so far is in the error.
  case stepUnderflow(SolutionBranch, step: Double)
  /// The bordered matrix at a point is singular.
  case singular(model: String, parameter: Double, reason: String)
  /// Newton's method for a fold does not converge; the last state is in the error.
  case foldNotFound(model: String, state: [Double], parameter: Double, residual: Double)
  /// The Jacobian is singular, but the point is no simple quadratic fold.
  case degenerateFold(model: String, parameter: Double, transversality: Double, curvature: Double)

  /// What is wrong, and its likely causes in order.
  public var description: String {
    switch self {
    case .noSuchParameter(let index, let count):
      return "there is no parameter \(index): the model has \(count), counted from 0"
    case .stepUnderflow(let branch, let step):
      let last = branch.points.last?.parameter ?? .nan
      return """
        \(branch.problem.model.name): no point is found a step of \(step) beyond parameter \(last), after \
        \(branch.points.count) points. Likely causes: a fold, if the continuation is the natural one; \
        the end of the model's domain; a corner of the branch
        """
    case .singular(let model, let parameter, let reason):
      return """
        \(model): the bordered Jacobian is singular at parameter \(parameter): \(reason). Likely \
        causes: a bifurcation point; unknowns that no residual depends on
        """
    case .foldNotFound(let model, _, let parameter, let residual):
      return """
        \(model): Newton's method for a fold ended at parameter \(parameter) with residual \
        \(residual). Likely causes: a guess far from a fold; a model that is not twice differentiable
        """
    case .degenerateFold(let model, let parameter, let transversality, let curvature):
      return """
        \(model): the Jacobian is singular at parameter \(parameter), but the point is no simple fold: \
        ψᵀ∂F/∂λ is \(transversality) and ψᵀF_uu φφ is \(curvature), relative to their terms. Likely \
        causes: a bifurcation point (the first is zero); a cusp (the second is)
        """
    }
  }
}
