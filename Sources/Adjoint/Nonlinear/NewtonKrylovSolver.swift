/// Inexact Newton's method: each step is found by a Krylov method, to the accuracy that it is worth.
///
/// ‖F + J d‖₂ ≤ ηₖ‖F‖₂ with ηₖ = 0.9 (‖Fₖ‖/‖Fₖ₋₁‖)^φ, φ = (1 + √5)/2, so that early steps are cheap and the
/// convergence still superlinear: choice 2 of Eisenstat and Walker, "Choosing the forcing terms in an
/// inexact Newton method", *SIAM J. Sci. Comput.* 17, 1996, with their safeguards. Steps are shortened
/// as by ``NewtonSolver/LineSearch/backtracking``.
///
/// J enters by its products, from the model or from the assembled matrix. The preconditioner is made
/// from the Jacobian of an earlier iterate, and again once the iterations have doubled. Derivatives
/// of the root use the same method and preconditioner, with Jᵀ.
///
/// ```swift
/// var options = NewtonKrylovSolver.Options()
/// options.method = .conjugateGradients     // J symmetric and positive definite
/// options.products = .assembled
/// options.preconditioner = .multigrid
/// let solution = try NewtonKrylovSolver(options).solve(problem)
/// ```
public struct NewtonKrylovSolver: Sendable {
  /// Where products J v come from.
  public enum Products: Sendable, Hashable {
    /// Directional derivatives of the model: no matrix is stored for them.
    case model
    /// The sparse Jacobian of each iterate: dearer to make, cheaper to use.
    case assembled
  }

  /// What is made from the sparse Jacobian of an iterate to precondition the following ones.
  public enum Preconditioning: Sendable {
    /// Nothing; no matrix is ever assembled with ``Products/model``.
    case none
    /// ``JacobiPreconditioner``.
    case jacobi
    /// ``IncompleteLU``.
    case incompleteLU
    /// ``AlgebraicMultigrid``, for symmetric positive definite Jacobians.
    case multigrid
    /// Complete factors.
    case factorization
    /// Something else.
    case custom(@Sendable (SparseMatrix) throws -> any Preconditioner)
  }

  /// Tolerances, limits, and the linear method.
  public struct Options: ConvergenceOptions {
    /// When the iteration has converged.
    public var convergence = ConvergenceTest()
    /// The largest number of Newton steps.
    public var maximumIterations = 50
    /// The shortest fraction of a Newton step that the line search tries.
    public var minimumStep = 1e-10
    /// The Krylov method.
    public var method = KrylovSolver.Method.gmres
    /// Its limits; the tolerance of forward solves is ηₖ, that of derivatives
    /// `linear.adjointTolerance`.
    public var linear = KrylovSolver.Options()
    /// The largest ηₖ.
    public var largestForcing = 0.9
    /// Where products J v come from.
    public var products = Products.model
    /// The preconditioner.
    public var preconditioner = Preconditioning.none
    /// The pattern of the sparse Jacobian, where one is needed.
    public var jacobian = NewtonSolver.JacobianStorage.sparse

    /// The defaults.
    public init() { linear.maximumIterations = 1000 }

    /// Throws `InputError` if a tolerance or limit makes no sense.
    public func validate() throws {
      try convergence.validate()
      try linear.validate()
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
      try InputError.require(
        minimumStep > 0 && minimumStep < 1, "minimumStep", minimumStep, "in (0, 1)")
      try InputError.require(
        largestForcing > 0 && largestForcing < 1, "largestForcing", largestForcing, "in (0, 1)")
    }
  }

  /// The options of every solve.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// Solves F(u, p) = 0.
  ///
  /// - Returns: a converged solution that can be differentiated.
  /// - Throws: as ``NewtonSolver/solve(_:)`` does; `KrylovError.unsuitable` for a preconditioner that
  ///   does not fit the method.
  public func solve(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    try options.validate()
    let run = try NonlinearRun(problem, options.convergence, method: "Newton-Krylov")
    let inverse = try KrylovInverse(problem, run.evaluator, options)
    var forcing = EisenstatWalker(largest: options.largestForcing)
    return try run.iterate(atMost: options.maximumIterations, inverse) {
      try advance(run, inverse, &forcing)
    }
  }

  private func advance(
    _ run: NonlinearRun, _ inverse: KrylovInverse, _ forcing: inout EisenstatWalker
  ) throws -> Bool {
    let norm = run.residualNorm
    let term = forcing.next(norm, target: run.residualTolerance)
    for attempt in 0..<2 {
      if attempt == 1 && inverse.isFresh { return false }
      let direction: [Double]
      do {
        direction = try inverse.direction(
          at: run.state, run.residual, relativeTolerance: term, renewing: attempt == 1)
      } catch let error as KrylovError {
        if case .unsuitable = error { throw error }
        continue
      } catch {
        throw run.singularJacobian(error)
      }
      run.linearIterations = inverse.linearIterations
      let search = Backtracking(minimumStep: options.minimumStep, forcing: term)
      if direction.isFinite && search.search(run, along: direction) { return true }
    }
    return false
  }
}

/// The forcing terms ηₖ.
struct EisenstatWalker {
  private let largest: Double
  private var last: (term: Double, norm: Double)?

  init(largest: Double) { self.largest = largest }

  /// ηₖ for a residual of the given norm, not so small that the residual would fall far below `target`.
  mutating func next(_ norm: Double, target: Double) -> Double {
    let exponent = 0.5 * (1 + 5.0.squareRoot())
    var term = min(0.5, largest)
    if let last {
      term = 0.9 * Double.pow(norm / last.norm, exponent)
      // Not to fall at once after steps that were far from the root.
      let safeguard = 0.9 * Double.pow(last.term, exponent)
      if safeguard > 0.1 { term = max(term, safeguard) }
    }
    term = min(max(term, 0.5 * target / norm), largest)
    last = (term, norm)
    return max(term, 1e-14)
  }
}
