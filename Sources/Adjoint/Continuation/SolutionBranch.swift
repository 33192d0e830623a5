/// A curve of solutions (u, λ) of F(u, λ, p) = 0, where λ is one of the parameters: points in order.
public struct SolutionBranch: Sendable {
  /// A solution with the direction in which the curve goes on.
  public struct Point: Sendable, Hashable {
    /// u.
    public var state: [Double]

    /// λ.
    public var parameter: Double

    /// du/ds.
    public var stateTangent: [Double]

    /// dλ/ds; its sign changes at a fold.
    public var parameterTangent: Double

    /// s, the length of the curve from the first point, in the norm √(‖u̇‖²/n + λ̇²).
    public var arclength: Double
  }

  /// What following the branch took.
  public struct Statistics: Sendable, Hashable {
    /// Steps that were refused and repeated at half the length.
    public var refusedSteps = 0
    /// Newton steps of all correctors.
    public var correctorSteps = 0
    /// Numeric factorizations.
    public var factorizations = 0

    /// No cost yet.
    public init() {}
  }

  /// What was solved, with the parameters of the first point.
  public let problem: NonlinearProblem

  /// Which parameter λ is.
  public let parameterIndex: Int

  /// The points in order.
  public internal(set) var points: [Point]

  /// The folds passed, in order.
  public internal(set) var folds: [FoldSolution]

  /// What it took.
  public internal(set) var statistics: Statistics

  /// The problem with another value of λ.
  func problem(parameter: Double, guess: [Double]) throws -> NonlinearProblem {
    var parameters = problem.parameters
    parameters[parameterIndex] = parameter
    return try NonlinearProblem(problem.model, parameters: parameters, initialGuess: guess)
  }

  /// The solution at a point, at fixed λ, to be differentiated with respect to all parameters, λ included.
  ///
  /// Solves from the point, which takes no or one Newton step.
  /// - Throws: `NonlinearError`, among others where the point is at a fold and has no derivative;
  ///   `InputError` for an index out of range.
  public func solution(
    at index: Int, options: NewtonSolver.Options = NewtonSolver.Options()
  ) throws -> NonlinearSolution {
    try InputError.require(
      points.indices.contains(index), "index of the point", Double(index),
      "between 0 and \(points.count - 1)")
    let point = points[index]
    return try NewtonSolver(options).solve(
      problem(parameter: point.parameter, guess: point.state))
  }
}
