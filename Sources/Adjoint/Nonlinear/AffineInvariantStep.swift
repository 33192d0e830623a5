/// A Newton step shortened until the simplified Newton correction is smaller than the Newton
/// correction: algorithm NLEQ-ERR (Deuflhard, *Newton Methods for Nonlinear Problems*, §3.3.3).
///
/// With d = −J⁻¹F(u) and d̄(α) = −J⁻¹F(u + α d), a step is good if ‖d̄‖ ≤ (1 − α/4)‖d‖. The next α to try
/// is μ = ‖d‖ α²/(2‖d̄ − (1 − α)d‖), which estimates where the Lipschitz constant of J allows contraction;
/// at the start of a step it is predicted from the last one.
struct AffineInvariantStep: NewtonStep {
  let minimumStep: Double
  /// α, ‖d‖ and d̄ of the last step.
  private var last: (step: Double, norm: Double, simplified: [Double])?

  init(minimumStep: Double) { self.minimumStep = minimumStep }

  mutating func advance(_ run: NonlinearRun, _ factors: JacobianFactors) throws -> Bool {
    let direction: [Double]
    do {
      try factors.update(state: run.state)
      direction = try factors.newtonDirection(run.residual)
    } catch {
      throw run.singularJacobian(error)
    }
    let scales = run.state.map { max($0.magnitude, 1) }
    func norm(_ vector: [Double]) -> Double { vector.combined(scales, /).euclideanNorm }
    let length = norm(direction)
    var step = firstStep(direction, length, norm)
    var hasGrown = false
    while step >= minimumStep {
      guard run.move(direction, by: step).isFinite,
        let simplified = try? factors.newtonDirection(run.candidateResidual)
      else {
        step *= 0.5
        continue
      }
      let deviation = norm(simplified.combined(direction) { $0 - (1 - step) * $1 })
      let estimate: Double = deviation == 0 ? 1 : 0.5 * length * step * step / deviation
      let contraction = norm(simplified) / length
      guard contraction <= 1 - 0.25 * step else {
        step = min(max(estimate, 0.1 * step), 0.5 * step)
        continue
      }
      if estimate >= 4 * step && step < 1 && !hasGrown {
        hasGrown = true
        step = min(1, estimate)
        continue
      }
      last = (step, length, simplified)
      run.accept(step == 1 ? direction : nil)
      return true
    }
    return false
  }

  private func firstStep(
    _ direction: [Double], _ length: Double, _ norm: ([Double]) -> Double
  ) -> Double {
    guard let last else { return 1 }
    let change = norm(last.simplified.combined(direction, -)) * length
    guard change > 0 else { return 1 }
    return min(1, max(last.step * last.norm * norm(last.simplified) / change, 2 * minimumStep))
  }
}
