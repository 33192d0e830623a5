extension NewtonSolver {
  /// What makes Newton's method converge from far away.
  public enum Globalization: Sendable, Hashable, CustomStringConvertible {
    /// Nothing: full steps wherever they lead, as long as F is defined there.
    case none
    /// A fraction of each Newton step.
    case lineSearch(LineSearch)
    /// A step that makes ‖F + J d‖ small within a ball that grows and shrinks with the success of that
    /// model; it needs no regular Jacobian.
    case trustRegion(TrustRegion)
    /// An implicit Euler step of du/dt = −F(u), whose length grows as F falls: (J + I/δₖ) d = −F.
    ///
    /// δ₀ is `timeStep`/‖J(u₀)‖∞, and δₖ₊₁ = 2 δₖ ‖F(uₖ)‖/‖F(uₖ₊₁)‖, at least δₖ/10 and at most 10 δₖ (switched
    /// evolution relaxation: Kelley and Keyes, "Convergence analysis of pseudo-transient continuation", *SIAM J.
    /// Numer. Anal.* 35, 1998; with limits: Coffey, Kelley and Keyes, "Pseudotransient continuation and
    /// differential-algebraic equations", *SIAM J. Sci. Comput.* 25, 2003; the factor, as in PETSc's TSPSEUDO, as
    /// long as δₖ‖J‖∞ ≤ 10⁶). Finds the steady states that are stable in that time; ‖F‖ may rise on the way. With a
    /// `timeStep` of 1 or more a step may cross an instability at the guess, as Newton's do.
    case pseudoTransient(timeStep: Double = Self.firstTimeStep)

    /// The first pseudo-time step unless another is asked for, in units of 1/‖J(u₀)‖∞.
    public static let firstTimeStep = 0.1

    /// A short name.
    public var description: String {
      switch self {
      case .none: "full steps"
      case .lineSearch(let search): search.rawValue
      case .trustRegion(let subproblem): subproblem.rawValue
      case .pseudoTransient: "pseudo-transient"
      }
    }

    var shiftsDiagonal: Bool {
      if case .pseudoTransient = self { true } else { false }
    }

    func validate() throws {
      guard case .pseudoTransient(let timeStep) = self else { return }
      try InputError.require(
        timeStep > 0 && timeStep.isFinite, "timeStep", timeStep, "positive and finite")
    }
  }

  /// How the fraction of a Newton step is found.
  public enum LineSearch: String, Sendable, Hashable, CaseIterable {
    /// The first α of 1, … with ‖F(u + α d)‖ ≤ (1 − 10⁻⁴ α)‖F(u)‖.
    ///
    /// Each rejected α is replaced by the minimizer of the parabola through what is known of ‖F‖²,
    /// kept within [0.1 α, 0.5 α] (Dennis and Schnabel, *Numerical Methods for Unconstrained
    /// Optimization and Nonlinear Equations*, SIAM 1996, §6.3).
    case backtracking = "backtracking"
    /// The same, but from the second rejection on by the cubic through the last two (ibid., A6.3.1).
    case cubic = "cubic line search"
    /// Contraction of the simplified Newton correction J(u)⁻¹F(u + α d), whatever F does.
    ///
    /// It does not change when equations are scaled or combined, and is at its best where J varies by
    /// orders of magnitude: algorithm NLEQ-ERR of Deuflhard, *Newton Methods for Nonlinear Problems*,
    /// Springer 2004, §3.3.3. Costs one more solve per trial.
    case affineInvariant = "affine-invariant line search"
  }

  /// How the model ‖F + J d‖ is made small within ‖D d‖ ≤ Δ, D being the largest norms of J's columns
  /// so far.
  public enum TrustRegion: String, Sendable, Hashable, CaseIterable {
    /// Along the path from the steepest descent's minimizer to the Newton step (Powell 1970; Dennis and
    /// Schnabel, §6.4.2).
    case dogleg = "dogleg"
    /// Its minimizer, which is a Levenberg–Marquardt step (Moré, "The Levenberg–Marquardt algorithm",
    /// *Lecture Notes in Mathematics* 630, 1978): by singular values up to 64 unknowns, beyond
    /// by one bidiagonal matrix for all λ where J is nearly full, or else by sparse factorizations of
    /// [I J; Jᵀ −λD²].
    ///
    /// For systems with more equations than unknowns see ``LevenbergMarquardt``.
    case exact = "Levenberg-Marquardt"
  }

  /// How long the factors of a Jacobian are kept.
  public enum FactorReuse: Sendable, Hashable, CustomStringConvertible {
    /// New factors for every step: Newton's method.
    case never
    /// As long as a full step reduces ‖F‖ by the factor or more: the modified Newton method.
    case whileContracting(by: Double = 0.25)
    /// One factorization for all steps: the chord method, which converges linearly.
    case always

    /// A short name.
    public var description: String {
      switch self {
      case .never: "new factors for each step"
      case .whileContracting: "factors kept while contracting"
      case .always: "chord"
      }
    }

    func validate(with globalization: Globalization) throws {
      if case .whileContracting(let factor) = self {
        try InputError.require(
          factor > 0 && factor < 1, "factor of .whileContracting(by:)", factor, "in (0, 1)")
      }
      guard self != .never else { return }
      switch globalization {
      case .none, .lineSearch(.backtracking), .lineSearch(.cubic): return
      default:
        throw InputError.outOfRange(
          argument: "factorReuse with \(globalization)", value: 1, requirement: ".never")
      }
    }
  }
}
