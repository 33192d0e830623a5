/// Follows a branch of solutions of F(u, λ, p) = 0 along the parameter λ, through folds.
///
/// A step of length s goes along the tangent t = (u̇, λ̇) and is corrected by Newton's method for F = 0
/// together with ⟨t, x − x₀⟩ = s (Keller's pseudo-arclength, 1977), in the norm √(‖u̇‖²/n + λ̇²). Each
/// iteration factorizes [J, F_λ; tᵀ], and the next tangent is one more solve with such factors. The step
/// grows or shrinks by √(contraction wanted/contraction seen), at most twofold (Allgower and Georg,
/// *Numerical Continuation Methods*, 1990, §6.1); one that does not contract, or that turns the tangent by
/// more than about 26°, is halved.
///
/// Where λ̇ changes its sign the fold is located by ``FoldSolver``.
public struct ContinuationSolver: Sendable {
  /// What is held in a corrector.
  public enum Method: Sendable, Hashable {
    /// The distance along the tangent: passes folds.
    case pseudoArclength
    /// λ itself: ends before a fold.
    case natural
  }

  /// Lengths, limits and tolerances.
  public struct Options: Sendable, Hashable {
    /// What is held in a corrector.
    public var method = Method.pseudoArclength
    /// The length of the first step, in the direction of growing λ if it is positive.
    public var initialStep = 0.1
    /// The longest step.
    public var maximumStep = 1.0
    /// The shortest step, below which an error is thrown.
    public var minimumStep = 1e-8
    /// The most points.
    public var maximumPoints = 1000
    /// Stop after so many folds.
    public var maximumFolds = Int.max
    /// The contraction of a corrector's first steps that is aimed at.
    public var targetContraction = 0.05
    /// Tolerances of correctors and folds.
    public var tolerance = 1e-10

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a length, limit or tolerance makes no sense.
    public func validate() throws {
      for (name, value) in [
        ("initialStep", initialStep.magnitude), ("maximumStep", maximumStep),
        ("minimumStep", minimumStep), ("tolerance", tolerance),
      ] { try InputError.require(value > 0 && value.isFinite, name, value, "positive") }
      try InputError.require(
        targetContraction > 0 && targetContraction < 0.5, "targetContraction", targetContraction,
        "between 0 and 0.5")
      try InputError.require(
        maximumPoints >= 2, "maximumPoints", Double(maximumPoints), "at least 2")
      try InputError.require(maximumFolds >= 0, "maximumFolds", Double(maximumFolds), "at least 0")
    }
  }

  /// The options of every branch.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// The branch through the solution at the problem's parameters, while λ stays in `range`.
  ///
  /// The last point lies at an end of the range, unless a limit of the options was reached before.
  ///
  /// - Throws: ``ContinuationError``; `NonlinearError` if there is no solution to start from; `InputError`
  ///   for options that make no sense or a start outside of the range.
  public func follow(
    _ problem: NonlinearProblem, parameter index: Int, in range: ClosedRange<Double>
  ) throws -> SolutionBranch {
    try options.validate()
    guard problem.parameters.indices.contains(index) else {
      throw ContinuationError.noSuchParameter(index: index, count: problem.parameters.count)
    }
    try InputError.require(
      range.contains(problem.parameters[index]), "parameter \(index)", problem.parameters[index],
      "within the range of the continuation")
    var run = try ContinuationRun(problem, index, range, options)
    while try run.advance() {}
    return run.branch
  }
}
