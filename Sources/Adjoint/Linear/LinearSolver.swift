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
    /// Cholesky for a matrix that is symmetric (to rounding) and turns out positive definite, LU by
    /// UMFPACK for all others.
    case automatic
    /// See ``SymbolicFactorization/Method/cholesky``.
    case cholesky
    /// See ``SymbolicFactorization/Method/lu``.
    case lu
    /// See ``SymbolicFactorization/Method/klu``.
    case klu
  }

  /// Settings.
  public struct Options: Sendable, Hashable {
    /// How to factorize.
    public var method: Method = .automatic
    /// How unknowns are ordered.
    public var ordering: SymbolicFactorization.Ordering = .minimumDegree
    /// The most threads that the libraries underneath may use.
    public var threads = 1
    /// The most steps of iterative refinement; a step is taken only while the backward error exceeds
    /// 4 eps and the last step has halved it.
    public var maximumRefinementSteps = 2

    /// The default settings.
    public init() {}

    /// Throws `InputError.outOfRange` for settings that make no sense.
    public func validate() throws {
      try InputError.require(
        (0...100).contains(maximumRefinementSteps), "maximumRefinementSteps",
        Double(maximumRefinementSteps), "between 0 and 100")
      try factorization.validate()
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
    let (matrix, method) = try plan(system)
    let wish = options.method
    do {
      return try solve(system, matrix: matrix, method: method)
    } catch FactorizationError.notPositiveDefinite where wish == .automatic {
      return try solve(system, matrix: system.fullMatrix, method: .lu)
    }
  }

  /// Factorizes and solves with an analysis made before, for instance by a solve of another system on
  /// the same pattern: `solver.solve(next, reusing: solution.factors.symbolic)`.
  ///
  /// - Throws: ``FactorizationError``; among others if the pattern is another one.
  public func solve(
    _ system: LinearSystem, reusing symbolic: SymbolicFactorization
  ) throws -> LinearSolution {
    if symbolic.method == .cholesky { try requireSymmetric(system) }
    let matrix = symbolic.method == .cholesky ? system.matrix : system.fullMatrix
    return try LinearSolution(
      system, factors: symbolic.factorize(matrix),
      maximumRefinementSteps: options.maximumRefinementSteps)
  }

  private func solve(
    _ system: LinearSystem, matrix: SparseMatrix, method: SymbolicFactorization.Method
  ) throws -> LinearSolution {
    let symbolic = try SymbolicFactorization(
      analyzing: matrix.pattern, method: method, options: options.factorization)
    return try LinearSolution(
      system, factors: symbolic.factorize(matrix),
      maximumRefinementSteps: options.maximumRefinementSteps)
  }

  /// The matrix to factorize, and how.
  private func plan(
    _ system: LinearSystem
  ) throws -> (matrix: SparseMatrix, method: SymbolicFactorization.Method) {
    switch options.method {
    case .lu: return (system.fullMatrix, .lu)
    case .klu: return (system.fullMatrix, .klu)
    case .cholesky:
      try requireSymmetric(system)
      return (system.matrix, .cholesky)
    case .automatic:
      let isSymmetric =
        system.storage == .symmetricLower || system.matrix.entryWithoutEqualMirror == nil
      return (system.matrix, isSymmetric ? .cholesky : .lu)
    }
  }

  private func requireSymmetric(_ system: LinearSystem) throws {
    guard system.storage == .full else { return }
    if let entry = system.matrix.entryWithoutEqualMirror {
      throw FactorizationError.notSymmetric(row: entry.row, column: entry.column)
    }
  }
}
