extension NonlinearSolution {
  /// What the solve took.
  public struct Statistics: Sendable, Hashable {
    /// The method that found the root.
    public var method: String
    /// Steps taken.
    public var iterations: Int
    /// Evaluations of F.
    public var residualEvaluations: Int
    /// Numeric factorizations of the Jacobian, or setups of a preconditioner.
    public var factorizations: Int
    /// Iterations of linear solvers.
    public var linearIterations: Int
    /// ‖S F‖₂ at the initial guess and after each step; S = I without residual scales.
    public var residualNorms: [Double]
    /// The relative size of the last correction, infinite if it was not a full one.
    public var correctionSize: Double
    /// What ‖S F‖₂ had to fall below, where the residual counts.
    public var tolerance: Double
    /// Whether the convergence test was passed, or F is down to rounding errors.
    public var isConverged: Bool
    /// What ``NonlinearSolver`` tried, in order, the method that succeeded included.
    public var attempts: [Attempt] = []

    /// ‖S F‖₂ at the end.
    public var residualNorm: Double { residualNorms[residualNorms.count - 1] }
  }

  /// One of the methods that ``NonlinearSolver`` tried.
  public struct Attempt: Sendable, Hashable {
    /// The method.
    public var method: String
    /// Steps taken.
    public var iterations: Int
    /// ‖S F‖₂ at the end.
    public var residualNorm: Double
    /// How it ended.
    public var outcome: Outcome
  }

  /// How an attempt ended.
  public enum Outcome: String, Sendable, Hashable {
    /// With a root.
    case converged = "converged"
    /// No step made the residual smaller.
    case stagnation = "stagnation"
    /// After the largest number of iterations.
    case iterationLimit = "iteration limit"
    /// With a Jacobian that could not be factorized.
    case singularJacobian = "singular Jacobian"
  }
}
