/// When a nonlinear iteration has converged.
///
/// The *residual test* is ‖S F(u)‖₂ ≤ absoluteTolerance + relativeTolerance·‖S F(u₀)‖₂ with
/// S = diag(1/sᵢ) of ``residualScales``. It changes if equations are multiplied by numbers. The *step
/// test* does not: maxᵢ |dᵢ|/max(|uᵢ|, tᵢ) ≤ stepTolerance, where d is the last full correction, for
/// Newton's method −J⁻¹F, and tᵢ are the ``stateScales``: it is affine invariant (Deuflhard, *Newton
/// Methods for Nonlinear Problems*, Springer 2004, §2.1; Dennis and Schnabel, *Numerical Methods for
/// Unconstrained Optimization and Nonlinear Equations*, SIAM 1996, §7.2).
///
/// Whatever the test, an iteration also ends where F is zero, and where no step makes F smaller
/// because it is down to its rounding errors.
public struct ConvergenceTest: Sendable, Hashable {
  /// What must be small.
  public enum Criterion: Sendable, Hashable {
    /// The residual.
    case residual
    /// The last full correction.
    case step
    /// Residual and correction.
    case both
  }

  /// What must be small.
  public var criterion = Criterion.residual
  /// Bound on ‖S F‖₂, added to the relative one.
  public var absoluteTolerance = 1e-10
  /// Bound on ‖S F‖₂ relative to its value at the initial guess; zero by default, since a guess far
  /// away would make a root of anything.
  public var relativeTolerance = 0.0
  /// Bound on the relative size of the last full correction.
  public var stepTolerance = 1e-10
  /// The size s of a typical residual of each equation; nil means ones.
  public var residualScales: [Double]?
  /// The size t of each unknown below which its changes count absolutely; nil means ones.
  public var stateScales: [Double]?

  /// The residual test with default tolerances.
  public init() {}

  /// Throws `InputError` if a tolerance or a scale makes no sense.
  public func validate() throws {
    try InputError.require(
      absoluteTolerance >= 0 && absoluteTolerance.isFinite, "absoluteTolerance",
      absoluteTolerance, "finite and not negative")
    try InputError.require(
      relativeTolerance >= 0 && relativeTolerance < 1, "relativeTolerance", relativeTolerance,
      "in [0, 1)")
    try InputError.require(
      stepTolerance >= 0 && stepTolerance < 1, "stepTolerance", stepTolerance, "in [0, 1)")
    for (name, scales) in [("residualScales", residualScales), ("stateScales", stateScales)] {
      for (index, scale) in (scales ?? []).enumerated() {
        try InputError.require(
          scale > 0 && scale.isFinite, "\(name)[\(index)]", scale, "positive and finite")
      }
    }
  }

  /// Throws `InputError` unless the scales have the lengths of a problem.
  func validate(for problem: NonlinearProblem) throws {
    for (name, scales) in [("residualScales", residualScales), ("stateScales", stateScales)] {
      guard let scales else { continue }
      try InputError.requireLength(
        name, expected: problem.model.stateCount, found: scales.count)
    }
  }

  /// maxᵢ |dᵢ|/max(|uᵢ|, tᵢ).
  func relativeSize(of correction: [Double], at state: [Double]) -> Double {
    var largest = 0.0
    for index in correction.indices {
      let size = correction[index].magnitude / max(state[index].magnitude, stateScales?[index] ?? 1)
      if !(size <= largest) { largest = size }
    }
    return largest
  }
}

/// Options of a solver with a ``ConvergenceTest``.
public protocol ConvergenceOptions: Sendable {
  /// When the iteration has converged.
  var convergence: ConvergenceTest { get set }
}

extension ConvergenceOptions {
  /// ``ConvergenceTest/absoluteTolerance`` of the convergence test.
  public var absoluteTolerance: Double {
    get { convergence.absoluteTolerance }
    set { convergence.absoluteTolerance = newValue }
  }

  /// ``ConvergenceTest/relativeTolerance`` of the convergence test.
  public var relativeTolerance: Double {
    get { convergence.relativeTolerance }
    set { convergence.relativeTolerance = newValue }
  }
}
