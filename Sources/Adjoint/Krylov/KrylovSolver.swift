/// Solves A x = b by a Krylov method, giving solutions that can be differentiated.
///
/// ```swift
/// let multigrid = try AlgebraicMultigrid(system.matrix, storage: system.storage)
/// let solver = try KrylovSolver(.conjugateGradients)
/// let solution = try solver.solve(system, preconditioner: multigrid)
/// let gradient = try solution.pullback(w)
/// ```
/// A needs to be known by its products alone; see ``LinearOperator``. The adjoint system is solved
/// by the same method with Aᵀ and M⁻ᵀ, to a tolerance of its own. A solver is a value and may be
/// shared.
public struct KrylovSolver: Sendable {
  /// The iteration.
  public enum Method: Sendable, Hashable, CaseIterable {
    /// Conjugate gradients, for symmetric positive definite A (Hestenes and Stiefel 1952).
    case conjugateGradients
    /// Minimal residuals, for symmetric A, indefinite or not (Paige and Saunders 1975).
    case minres
    /// Generalized minimal residuals with restarts (Saad and Schultz 1986); any square A.
    case gmres
    /// GMRES with a preconditioner that may vary (Saad 1993); twice the memory.
    case flexibleGMRES
    /// Stabilized biconjugate gradients (van der Vorst 1992); any square A, short recurrences.
    case biCGStab
    /// LSMR (Fong and Saunders 2011), minimal residuals on the normal equations; any A, rectangular
    /// ones in the least-squares or minimum-norm sense.
    case lsmr

    var needsSymmetry: Bool { self == .conjugateGradients || self == .minres }
  }

  /// Tolerances and limits.
  public struct Options: Sendable, Hashable {
    /// The forward solve ends when ‖b − A x‖₂ ≤ relativeTolerance·‖b‖₂ + absoluteTolerance.
    ///
    /// Where rounding forbids so small a residual, the iteration is restarted from the true
    /// residual as long as that helps, and a residual of 64 eps (‖A‖‖x‖ + ‖b‖) is accepted; zero
    /// asks for that.
    public var relativeTolerance = 1e-10
    /// See ``relativeTolerance``; of the forward solve only.
    public var absoluteTolerance = 0.0
    /// The relative tolerance of adjoint and tangent solves.
    ///
    /// Not tied to that of the forward solve: a loose one makes a gradient that no law holds for.
    public var adjointTolerance = 1e-12
    /// The largest number of iterations of one solve; of products with A for GMRES.
    public var maximumIterations = 10_000
    /// The number of iterations after which GMRES starts anew; it stores as many vectors.
    public var restartLength = 50

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a tolerance or a limit makes no sense.
    public func validate() throws {
      try InputError.require(
        relativeTolerance >= 0 && relativeTolerance < 1, "relativeTolerance", relativeTolerance,
        "in [0, 1)")
      try InputError.require(
        absoluteTolerance >= 0 && absoluteTolerance.isFinite, "absoluteTolerance",
        absoluteTolerance, "finite and not negative")
      try InputError.require(
        adjointTolerance >= 0 && adjointTolerance < 1, "adjointTolerance", adjointTolerance,
        "in [0, 1)")
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
      try InputError.require(
        restartLength >= 1, "restartLength", Double(restartLength), "at least 1")
    }
  }

  /// The iteration.
  public let method: Method

  /// Tolerances and limits.
  public let options: Options

  /// A solver by the given method.
  ///
  /// - Throws: `InputError` for options that make no sense.
  public init(_ method: Method, options: Options = Options()) throws {
    try options.validate()
    self.method = method
    self.options = options
  }

  /// Solves A x = b from a guess, or from zero.
  ///
  /// - Throws: ``KrylovError`` if the iteration fails, with its history; `InputError` for wrong
  ///   lengths or numbers that are not finite; whatever the operator and the preconditioner throw.
  public func solve(
    _ system: LinearSystem, preconditioner: (any Preconditioner)? = nil,
    initialGuess: [Double]? = nil
  ) throws -> KrylovSolution {
    try solve(
      system.linearOperator, rightHandSide: system.rightHandSide, preconditioner: preconditioner,
      initialGuess: initialGuess)
  }

  /// Solves A x = b for an operator A, from a guess or from zero.
  ///
  /// Where A is not square, for which only ``Method/lsmr`` will do, x minimizes ‖b − A x‖₂, or is
  /// the shortest solution; A must have full rank for its derivative.
  ///
  /// - Throws: as ``solve(_:preconditioner:initialGuess:)`` does.
  public func solve(
    _ linearOperator: any LinearOperator, rightHandSide: [Double],
    preconditioner: (any Preconditioner)? = nil, initialGuess: [Double]? = nil
  ) throws -> KrylovSolution {
    try requireSuitable(linearOperator, preconditioner)
    try InputError.requireLength(
      "rightHandSide", expected: linearOperator.rowCount, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    if let initialGuess {
      guard linearOperator.columnCount <= linearOperator.rowCount else {
        throw KrylovError.unsuitable(
          method: method, reason: "the shortest solution is found from the guess zero only")
      }
      try InputError.requireLength(
        "initialGuess", expected: linearOperator.columnCount, found: initialGuess.count)
      try InputError.requireFinite("initialGuess", initialGuess)
    }
    return try KrylovSolution(
      solver: self, linearOperator: linearOperator, preconditioner: preconditioner,
      rightHandSide: rightHandSide, initialGuess: initialGuess)
  }

  private func requireSuitable(
    _ linearOperator: any LinearOperator, _ preconditioner: (any Preconditioner)?
  ) throws {
    let rows = linearOperator.rowCount
    let columns = linearOperator.columnCount
    if rows != columns {
      guard method == .lsmr else {
        throw KrylovError.unsuitable(
          method: method, reason: "the operator is \(rows) x \(columns); use LSMR")
      }
      guard preconditioner == nil else {
        throw KrylovError.unsuitable(
          method: method, reason: "a preconditioner needs a square operator")
      }
    }
    guard let preconditioner else { return }
    try InputError.requireLength(
      "rows of the preconditioner", expected: rows, found: preconditioner.rowCount)
    try InputError.requireLength(
      "columns of the preconditioner", expected: columns, found: preconditioner.columnCount)
    if method.needsSymmetry && !preconditioner.isSymmetric {
      throw KrylovError.unsuitable(
        method: method, reason: "the preconditioner \(type(of: preconditioner)) is not symmetric")
    }
  }
}
