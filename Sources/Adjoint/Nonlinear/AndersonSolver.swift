/// Fixed-point iteration with Anderson acceleration.
///
/// The plain iteration is u ← u + β f(u) with f = −F, or f = −J(u₀)⁻¹F (``Options/correction``). With the last
/// m differences of iterates ΔU and of f's ΔF,
///
///     uₖ₊₁ = uₖ + β fₖ − (ΔU + β ΔF) γ,      γ = argmin ‖fₖ − ΔF γ‖₂
///
/// (Anderson, *J. ACM* 12, 1965; Walker and Ni, "Anderson acceleration for fixed-point iterations",
/// *SIAM J. Numer. Anal.* 49, 2011). No Jacobian is needed for the solve; the derivative of the root
/// computes and factorizes it once. ‖F‖ may rise from step to step: an iterate where F is not
/// defined, or where it is much larger, is replaced by a shorter plain step, and the history begins
/// anew.
public struct AndersonSolver: Sendable {
  /// What a plain step goes along.
  public enum Correction: Sendable, Hashable {
    /// −F(u): for models whose residual is u − g(u), or a small multiple of it.
    case residual
    /// −J(u₀)⁻¹F(u): the chord method.
    case chord
  }

  /// Tolerances and limits.
  public struct Options: ConvergenceOptions {
    /// When the iteration has converged.
    public var convergence = ConvergenceTest()
    /// The largest number of steps.
    public var maximumIterations = 500
    /// m, the number of earlier steps that are combined; none is the plain iteration.
    public var depth = 8
    /// β, the fraction of a correction that is taken; negative for a residual with the other sign.
    public var mixing = 1.0
    /// What a plain step goes along.
    public var correction = Correction.residual
    /// How the Jacobian is stored and factorized, for the chord method and derivatives.
    public var jacobian = NewtonSolver.JacobianStorage.automatic

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a tolerance or limit makes no sense.
    public func validate() throws {
      try convergence.validate()
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
      try InputError.require((0...100).contains(depth), "depth", Double(depth), "in 0...100")
      try InputError.require(
        mixing != 0 && mixing.isFinite, "mixing", mixing, "finite and not zero")
    }
  }

  /// The options of every solve.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// Solves F(u, p) = 0.
  ///
  /// - Throws: as ``NewtonSolver/solve(_:)`` does.
  public func solve(_ problem: NonlinearProblem) throws -> NonlinearSolution {
    try options.validate()
    let run = try NonlinearRun(problem, options.convergence, method: "Anderson")
    let factors = try JacobianFactors(problem, storage: options.jacobian)
    if options.correction == .chord {
      do {
        try factors.update(state: run.state)
      } catch {
        throw run.singularJacobian(error)
      }
    }
    var history = AndersonHistory(depth: options.depth)
    return try run.iterate(
      atMost: options.maximumIterations, factors, holdsOldJacobian: true
    ) {
      try advance(run, factors, &history)
    }
  }

  private func advance(
    _ run: NonlinearRun, _ factors: JacobianFactors, _ history: inout AndersonHistory
  ) throws -> Bool {
    let correction =
      options.correction == .chord
      ? try factors.newtonDirection(run.residual) : run.residual.negated
    let limit = 100 * (run.residualNorms.min() ?? run.residualNorm)
    var mixing = options.mixing
    history.add(state: run.state, correction: correction)
    for _ in 0..<40 {
      let step = history.step(correction, mixing: mixing)
      if step.isFinite, run.move(step) <= limit {
        run.accept(step)
        return true
      }
      if history.isEmpty { mixing *= 0.25 }
      history.removeAll(butLast: run.state, correction)
    }
    return false
  }
}

/// The last differences of iterates and corrections.
private struct AndersonHistory {
  private let depth: Int
  private var last: (state: [Double], correction: [Double])?
  private var stateChanges: [[Double]] = []
  private var correctionChanges: [[Double]] = []

  init(depth: Int) { self.depth = depth }

  var isEmpty: Bool { stateChanges.isEmpty }

  mutating func add(state: [Double], correction: [Double]) {
    if let last, depth > 0 {
      if stateChanges.count == depth {
        stateChanges.removeFirst()
        correctionChanges.removeFirst()
      }
      stateChanges.append(state.combined(last.state, -))
      correctionChanges.append(correction.combined(last.correction, -))
    }
    last = (state, correction)
  }

  mutating func removeAll(butLast state: [Double], _ correction: [Double]) {
    stateChanges = []
    correctionChanges = []
    last = (state, correction)
  }

  /// β f − (ΔU + β ΔF) γ.
  func step(_ correction: [Double], mixing: Double) -> [Double] {
    // ΔF = Q R by Gram and Schmidt, newest first; what is nearly dependent on newer ones is left out. The
    // changes of u follow the same combinations.
    var basis: [(correction: [Double], state: [Double])] = []
    var step = correction.map { mixing * $0 }
    for index in correctionChanges.indices.reversed() {
      var change = correctionChanges[index]
      var stateChange = stateChanges[index]
      let size = change.euclideanNorm
      for _ in 0..<2 {
        for other in basis {
          let product = other.correction.dot(change)
          change.add(-product, other.correction)
          stateChange.add(-product, other.state)
        }
      }
      let rest = change.euclideanNorm
      guard rest > 1e-10 * size, rest.isFinite else { continue }
      basis.append((change.map { $0 / rest }, stateChange.map { $0 / rest }))
    }
    for vector in basis {
      let product = vector.correction.dot(correction)
      step.add(-product, vector.state)
      step.add(-product * mixing, vector.correction)
    }
    return step
  }
}
