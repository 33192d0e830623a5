/// One implicit Euler step of du/dt = −F(u): (J + I/δ) d = −F.
///
/// See ``NewtonSolver/Globalization/pseudoTransient(timeStep:)``. A step out of F's domain, one that makes
/// ‖F‖ ten times larger, or a singular matrix makes δ four times smaller.
struct PseudoTransientStep: NewtonStep {
  private static let growthLimit = 10.0

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
        run.accept(duration * scale > 1e6 ? direction : nil)
        let growth = norm / run.residualNorm
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
