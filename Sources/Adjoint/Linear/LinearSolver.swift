/// Solves ``LinearSystem``s by factorization, giving solutions that can be differentiated.
///
/// ```swift
/// let system = try LinearSystem(matrix: a, rightHandSide: b)
/// let solution = try LinearSolver().solve(system)
/// let gradient = try solution.pullback(w)
/// ```
/// A solver is a value without state and may be shared between threads.
public struct LinearSolver: Sendable {
  /// How to factorize.
  public enum Method: Sendable, Hashable {
    /// Cholesky for a matrix that is symmetric (to rounding), has a positive diagonal and turns out
    /// positive definite; LU for all others: by KLU where its analysis finds little fill, else by UMFPACK.
    /// ``LinearSolution/Statistics/decisions`` tells what was found.
    case automatic
    /// See ``SymbolicFactorization/Method/cholesky``.
    case cholesky
    /// See ``SymbolicFactorization/Method/ldl``.
    case ldl
    /// See ``SymbolicFactorization/Method/lu``.
    case lu
    /// See ``SymbolicFactorization/Method/klu``.
    case klu
  }

  /// In which precision residuals are computed that solutions are refined with.
  public enum ResidualPrecision: Sendable, Hashable {
    /// Double precision: enough for a small backward error. The error of the solution remains a few eps
    /// times the condition number.
    case working
    /// Twice that: steps are taken until the solution no longer changes. Each step divides its error by
    /// about 1/(κ eps), so that with enough steps it becomes as accurate as its storage, whatever
    /// the condition number κ below 1/eps (Demmel et al., "Error bounds from extra-precise iterative
    /// refinement", *ACM TOMS* 32, 2006). Cost: at least one more solve.
    case twice
  }

  /// Settings.
  public struct Options: Sendable, Hashable {
    /// How to factorize.
    public var method: Method = .automatic
    /// How unknowns are ordered.
    public var ordering: SymbolicFactorization.Ordering = .minimumDegree
    /// The most threads that the libraries underneath may use.
    public var threads = 1
    /// The most steps of iterative refinement; a step is taken only while the componentwise backward
    /// error exceeds 8 eps and the last step has halved it.
    public var maximumRefinementSteps = 2
    /// In which precision residuals are computed that solutions are refined with.
    public var residualPrecision: ResidualPrecision = .working
    /// Whether ``LinearSolution/pullback(_:)`` estimates the error of its gradient.
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
  /// - Throws: ``FactorizationError`` if the matrix is singular, not positive definite, or not symmetric
  ///   where Cholesky is asked for.
  public func solve(_ system: LinearSystem) throws -> LinearSolution {
    let (factors, decisions) = try factorize(system)
    return try LinearSolution(
      system, factors: factors, decisions: decisions, options, refinement: options.refinement)
  }

  /// Factorizes and solves with an analysis made before, for instance by a solve of another system on
  /// the same pattern: `solver.solve(next, reusing: solution.factors.symbolic)`.
  ///
  /// - Throws: ``FactorizationError``; among others if the pattern is another one.
  public func solve(
    _ system: LinearSystem, reusing symbolic: SymbolicFactorization
  ) throws -> LinearSolution {
    let needsSymmetry = symbolic.method.needsSymmetry
    if needsSymmetry { try requireSymmetric(system) }
    return try LinearSolution(
      system, factors: symbolic.factorize(needsSymmetry ? system.matrix : system.fullMatrix),
      decisions: [.given], options, refinement: options.refinement)
  }

  /// Solves with the factors of a nearby matrix Ã, without factorizing A:
  /// x ← x + Ã⁻¹(b − A x) until nothing but rounding is left.
  ///
  /// The steps contract if ‖I − Ã⁻¹A‖ is well below 1; the derivatives of the solution are refined in
  /// the same way. At most 60 steps: halving the error each time gets there in 53.
  ///
  /// - Throws: ``FactorizationError/refinementStalled(backwardError:steps:)`` if the steps do not
  ///   contract: factorize A then; ``FactorizationError/differentOrder(expected:found:)``.
  public func solve(
    _ system: LinearSystem, refining factors: any Factorization
  ) throws -> LinearSolution {
    guard factors.order == system.rightHandSide.count else {
      throw FactorizationError.differentOrder(
        expected: system.rightHandSide.count, found: factors.order)
    }
    var refinement = options.refinement
    refinement.maximumSteps = max(60, refinement.maximumSteps)
    refinement.mustContract = true
    return try LinearSolution(
      system, factors: factors, decisions: [.given], options, refinement: refinement)
  }
}
