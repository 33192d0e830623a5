/// BiCGStab, preconditioned from the right.
///
/// Source: van der Vorst, SIAM J. Sci. Stat. Comput. 13, 1992; Saad, *Iterative Methods*, 2nd ed.,
/// algorithm 7.7. With the shadow residual r̂ = r₀: a biconjugate step α = ⟨r̂, r⟩/⟨r̂, A M⁻¹ p⟩
/// and a step of one minimal residual, ω = ⟨A M⁻¹ s, s⟩/‖A M⁻¹ s‖². When ⟨r̂, r⟩ has become small,
/// the method starts anew from the true residual. Five vectors beside x, r; two products an
/// iteration.
struct StabilizedBiconjugateGradients: KrylovCycle {
  private let operand: KrylovOperand
  private let shadow: Buffer<Double>
  private let direction: Buffer<Double>
  private let preconditioned: Buffer<Double>
  private let directionImage: Buffer<Double>
  private let residualImage: Buffer<Double>

  init(_ operand: KrylovOperand) {
    self.operand = operand
    let count = operand.unknownCount
    shadow = Buffer(zeros: count)
    direction = Buffer(zeros: count)
    preconditioned = Buffer(zeros: count)
    directionImage = Buffer(zeros: count)
    residualImage = Buffer(zeros: count)
  }

  mutating func run(
    _ solution: Buffer<Double>, residual: Buffer<Double>, norm: Double, target: Double,
    on run: KrylovRun
  ) throws -> KrylovOutcome {
    shadow.copy(residual)
    direction.copy(residual)
    var product = residual.dot(residual)
    let shadowNorm = norm
    while true {
      try operand.precondition(direction, into: preconditioned)
      try operand.multiply(preconditioned, into: directionImage)
      let denominator = shadow.dot(directionImage)
      guard denominator.isFinite else { throw KrylovError.notFinite(run.history) }
      guard denominator != 0 else { return .breakdown("⟨r₀, A p⟩") }
      let alpha: Double = product / denominator
      solution.add(alpha, preconditioned)
      residual.add(-alpha, directionImage)
      try operand.precondition(residual, into: preconditioned)
      try operand.multiply(preconditioned, into: residualImage)
      let square = residualImage.dot(residualImage)
      let omega: Double = square == 0 ? 0 : residualImage.dot(residual) / square
      solution.add(omega, preconditioned)
      residual.add(-omega, residualImage)
      let norm = residual.norm
      guard try run.record(norm) else { return norm <= target ? .converged : .limit }
      if norm <= target { return .converged }
      guard omega != 0 else { return .breakdown("⟨A s, s⟩") }
      let next = shadow.dot(residual)
      // Nearly orthogonal: the next step would amplify rounding errors by the reciprocal.
      if next.magnitude <= 1e-14 * shadowNorm * norm { return .restart }
      let beta: Double = (next / product) * (alpha / omega)
      // p ← r + β (p − ω A M⁻¹ p).
      direction.add(-omega, directionImage)
      direction.scale(by: beta, thenAdd: residual)
      product = next
    }
  }
}
