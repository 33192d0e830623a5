/// One implicit Euler step of du/dt = −F(u): (J + I/δ) d = −F.
///
/// See ``NewtonSolver/Globalization/pseudoTransient(timeStep:)``. A step out of F's domain, one that makes
/// ‖F‖ ten times larger, or a singular matrix makes δ four times smaller.
struct PseudoTransientStep: NewtonStep {
  /// By how much ‖F‖ may grow in a step.
  private static let growthLimit = 10.0

  /// The δ‖J‖∞ from which on steps are Newton's, and δ grows only as ‖F‖ falls.
  private static let newtonDuration = 1e6

  /// By how much δ grows below that where ‖F‖ stays the same.
  ///
  /// With 1 the steps stay short for ever where ‖F‖ has to rise first. Of the 54 runs with up to 30 unknowns of
  /// the article's table 23 find a root from δ₀ = 0.1/‖J‖∞ with 1, 29 with 1.5, 33 with 2 and 33 with 3; with 1
  /// from δ₀ = 1/‖J‖∞ there are 29. Away from an unstable state ‖F‖ grows by 1/(1 − δ|λ|) a step, so that δ
  /// comes to rest at δ|λ| = 1 − 1/2 < 1, and the state is left, not approached.
  private static let increment = 2.0

  let timeStep: Double
  private var duration: Double?

  init(timeStep: Double) { self.timeStep = timeStep }

  mutating func advance(_ run: NonlinearRun, _ factors: JacobianFactors) throws -> Bool {
    do {
      try factors.evaluate(state: run.state)
    } catch {
      throw run.singularJacobian(error)
    }
    let scale = factors.rowSumNorm > 0 ? factors.rowSumNorm : 1
    var duration = duration ?? timeStep / scale
    for _ in 0..<60 {
      let norm = run.residualNorm
      if let direction = try? direction(run, factors, duration),
        run.move(direction) <= Self.growthLimit * norm
      {
        let isNewton = duration * scale > Self.newtonDuration
        run.accept(isNewton ? direction : nil)
        let growth: Double = (isNewton ? 1 : Self.increment) * norm / run.residualNorm
        self.duration = min(duration * min(max(growth, 0.1), 10), 1e20 / scale)
        return true
      }
      duration *= 0.25
    }
    return false
  }

  private func direction(
    _ run: NonlinearRun, _ factors: JacobianFactors, _ duration: Double
  ) throws -> [Double] {
    try factors.factorize(shift: 1 / duration)
    return try factors.newtonDirection(run.residual)
  }
}
