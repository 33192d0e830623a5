/// Broyden's method: one Jacobian, and updates of rank one from the steps themselves.
///
/// With y = F(uₖ₊₁) − F(uₖ) and s = uₖ₊₁ − uₖ, Bₖ₊₁ = Bₖ + (y − Bₖ s) sᵀ/(sᵀs) satisfies Bₖ₊₁ s = y. Its
/// inverse is applied as that of the factorized Jacobian at the start followed by one product of
/// vectors per step,
///
///     Bₖ₊₁⁻¹ = (I + aₖ sᵀBₖ⁻¹) with aₖ = (s − Bₖ⁻¹y)/(sᵀBₖ⁻¹y)
///
/// (Broyden, *Math. Comp.* 19, 1965; Kelley, *Solving Nonlinear Equations with Newton's Method*, SIAM 2003,
/// ch. 4). Convergence is superlinear. Where a step fails, or after ``Options/memory`` steps, the
/// Jacobian is computed and factorized anew.
public struct BroydenSolver: Sendable {
  /// Tolerances and limits.
  public struct Options: ConvergenceOptions {
    /// When the iteration has converged.
    public var convergence = ConvergenceTest()
    /// The largest number of steps.
    public var maximumIterations = 100
    /// The number of updates that are kept before the Jacobian is computed anew.
    public var memory = 20
    /// The shortest fraction of a step that the line search tries.
    public var minimumStep = 1e-4
    /// How the Jacobian is stored and factorized.
    public var jacobian = NewtonSolver.JacobianStorage.automatic

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a tolerance or limit makes no sense.
    public func validate() throws {
      try convergence.validate()
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
      try InputError.require(memory >= 1, "memory", Double(memory), "at least 1")
      try InputError.require(
        minimumStep > 0 && minimumStep < 1, "minimumStep", minimumStep, "in (0, 1)")
    }
  }

  /// The options of every solve.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// Solves F(u, p) = 0.
  ///
  /// - Returns: a converged solution that can be differentiated; its derivatives use the Jacobian at the
  ///   root, not Broyden's approximation.
  /// - Throws: as ``NewtonSolver/solve(_:)`` does.
  public func solve(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    try options.validate()
    let run = try NonlinearRun(problem, options.convergence, method: "Broyden")
    let factors = try JacobianFactors(problem, storage: options.jacobian)
    var updates = BroydenUpdates(factors, memory: options.memory)
    return try run.iterate(
      atMost: options.maximumIterations, factors, holdsOldJacobian: true
    ) {
      try advance(run, &updates)
    }
  }

  private func advance(_ run: NonlinearRun, _ updates: inout BroydenUpdates) throws -> Bool {
    let search = Backtracking(minimumStep: options.minimumStep)
    // Once with the approximation, once more with a new Jacobian.
    for attempt in 0..<2 {
      if attempt == 1 && updates.isFresh { return false }
      let previous = run.state
      let direction: [Double]
      do {
        if attempt == 1 || updates.isFull { try updates.restart(at: run.state) }
        direction = try updates.solve(run.residual.negated)
      } catch {
        if attempt == 0 && !updates.isFresh { continue }
        throw run.singularJacobian(error)
      }
      guard direction.isFinite, search.search(run, along: direction) else { continue }
      // The residual before the step is that of the direction: B d = −F(uₖ).
      try updates.add(
        step: run.state.combined(previous, -), direction: direction, residual: run.residual)
      return true
    }
    return false
  }
}

/// B⁻¹ as factors and updates.
private struct BroydenUpdates {
  private let factors: JacobianFactors
  private let memory: Int
  private var updates: [(vector: [Double], step: [Double])] = []

  init(_ factors: JacobianFactors, memory: Int) {
    self.factors = factors
    self.memory = memory
  }

  /// Whether B is the Jacobian at the current iterate.
  var isFresh: Bool { updates.isEmpty }

  /// Whether the Jacobian is due, at the start or because the memory is full.
  var isFull: Bool { factors.isEmpty || updates.count >= memory }

  mutating func restart(at state: [Double]) throws {
    updates = []
    try factors.update(state: state)
  }

  /// B⁻¹ v.
  func solve(_ vector: [Double]) throws -> [Double] {
    var result = try factors.solve(vector)
    for update in updates { result.add(update.step.dot(result), update.vector) }
    return result
  }

  /// Takes the step s = uₖ₊₁ − uₖ into account; `residual` is F(uₖ₊₁).
  ///
  /// B⁻¹y = B⁻¹F(uₖ₊₁) − B⁻¹F(uₖ) = B⁻¹F(uₖ₊₁) + d. An update that would make B singular is left out.
  mutating func add(step: [Double], direction: [Double], residual: [Double]) throws {
    let image = try solve(residual).combined(direction, +)
    let product = step.dot(image)
    let size = step.dot(step)
    guard product.magnitude > 1e-8 * size, product.isFinite, image.isFinite else { return }
    updates.append((step.combined(image) { ($0 - $1) / product }, step))
  }
}
