/// Solves ``ComplexLinearSystem``s by LU factorization, giving solutions that can be differentiated.
///
/// ```swift
/// let system = try ComplexLinearSystem(matrix: a, rightHandSide: b)
/// let solution = try ComplexLinearSolver().solve(system)
/// let gradient = try solution.pullback(w)  // w = ∂f/∂Re x + i ∂f/∂Im x
/// ```
/// A solver is a value without state and may be shared between threads.
public struct ComplexLinearSolver: Sendable {
  /// Settings, as those of ``LinearSolver/Options``.
  public struct Options: Sendable, Hashable {
    /// How unknowns are ordered.
    public var ordering: SymbolicFactorization.Ordering = .minimumDegree
    /// The most threads that the libraries underneath may use.
    public var threads = 1
    /// The most steps of iterative refinement; a step is taken only while the componentwise backward
    /// error exceeds 8 eps and the last step has halved it.
    public var maximumRefinementSteps = 2
    /// In which precision residuals are computed that solutions are refined with.
    public var residualPrecision: LinearSolver.ResidualPrecision = .working
    /// Whether ``ComplexLinearSolution/pullback(_:)`` estimates the error of its gradient.
    public var estimatesErrors = false

    /// The default settings.
    public init() {}

    /// Throws `InputError.outOfRange` for settings that make no sense.
    public func validate() throws {
      try InputError.require(
        (0...100).contains(maximumRefinementSteps), "maximumRefinementSteps",
        Double(maximumRefinementSteps), "between 0 and 100")
      try factorization.validate()
    }

    var refinement: Refinement {
      Refinement(maximumSteps: maximumRefinementSteps, precision: residualPrecision)
    }

    var factorization: SymbolicFactorization.Options {
      SymbolicFactorization.Options(ordering: ordering, threads: threads)
    }
  }

  /// The settings.
  public let options: Options

  /// A solver with default settings.
  public init() { options = Options() }

  /// A solver with the given settings.
  ///
  /// - Throws: `InputError` for settings that make no sense.
  public init(options: Options) throws {
    try options.validate()
    self.options = options
  }

  /// Analyzes, factorizes and solves.
  ///
  /// - Throws: ``FactorizationError`` if the matrix is empty or singular.
  public func solve(_ system: ComplexLinearSystem) throws -> ComplexLinearSolution {
    try solve(
      system,
      reusing: ComplexSymbolicFactorization(
        analyzing: system.matrix.pattern, options: options.factorization))
  }

  /// Factorizes and solves with an analysis made before, for instance by a solve of another system on
  /// the same pattern: `solver.solve(next, reusing: solution.factors.symbolic)`.
  ///
  /// - Throws: ``FactorizationError``; among others if the pattern is another one.
  public func solve(
    _ system: ComplexLinearSystem, reusing symbolic: ComplexSymbolicFactorization
  ) throws -> ComplexLinearSolution {
    try ComplexLinearSolution(
      system, factors: symbolic.factorize(system.matrix), options: options)
  }
}
