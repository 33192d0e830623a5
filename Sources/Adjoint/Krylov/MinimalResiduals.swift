/// Preconditioned MINRES.
///
/// Source: Paige and Saunders, SIAM J. Numer. Anal. 12, 1975, §6; preconditioned form: Elman,
/// Silvester and Wathen, *Finite Elements and Fast Iterative Solvers*, 2nd ed., Oxford 2014,
/// algorithm 4.1. The Lanczos recurrence γₖ₊₁ vₖ₊₁ = A zₖ − δₖ vₖ − γₖ vₖ₋₁, zₖ = M⁻¹ vₖ, makes a
/// tridiagonal matrix that Givens rotations reduce as it grows; x minimizes ‖b − A x‖ in the norm
/// of M⁻¹. A is symmetric, M symmetric positive definite. Seven vectors beside x, r.
struct MinimalResiduals: KrylovCycle {
  private let operand: KrylovOperand
  private var previous: Buffer<Double>
  private var current: Buffer<Double>
  private var next: Buffer<Double>
  private let preconditioned: Buffer<Double>
  private var olderDirection: Buffer<Double>
  private var oldDirection: Buffer<Double>
  private var direction: Buffer<Double>

  init(_ operand: KrylovOperand) {
    self.operand = operand
    let count = operand.unknownCount
    previous = Buffer(zeros: count)
    current = Buffer(zeros: count)
    next = Buffer(zeros: count)
    preconditioned = Buffer(zeros: count)
    olderDirection = Buffer(zeros: count)
    oldDirection = Buffer(zeros: count)
    direction = Buffer(zeros: count)
  }

  mutating func run(
    _ solution: Buffer<Double>, residual: Buffer<Double>, norm: Double, target: Double,
    on run: KrylovRun
  ) throws -> KrylovOutcome {
    // v₁ = r/γ₁ from here on; z₁ = M⁻¹ v₁.
    current.copy(residual)
    previous.clear()
    olderDirection.clear()
    oldDirection.clear()
    try operand.precondition(current, into: preconditioned)
    let gamma = try normOfLanczosVector(current, run)
    current.scale(by: 1 / gamma)
    preconditioned.scale(by: 1 / gamma)
    var lastGamma = 0.0
    var remainder = gamma
    var (cosine, lastCosine, sine, lastSine) = (1.0, 1.0, 0.0, 0.0)
    // The M⁻¹-norm that is minimized stands for the Euclidean one, in which the target is given.
    let unit: Double = norm / gamma
    let aim = min(target, 0.1 * norm)
    while true {
      try operand.multiply(preconditioned, into: next)
      let delta = next.dot(preconditioned)
      next.add(-delta, current)
      next.add(-lastGamma, previous)
      // Directions need zₖ before M⁻¹ overwrites it: w = zₖ − α₃ wₖ₋₂ − α₂ wₖ₋₁, divided by α₁
      // below.
      let alpha2: Double = sine * delta + lastCosine * cosine * lastGamma
      let alpha3: Double = lastSine * lastGamma
      direction.copy(preconditioned)
      direction.add(-alpha3, olderDirection)
      direction.add(-alpha2, oldDirection)
      let alpha0: Double = cosine * delta - lastCosine * sine * lastGamma
      try operand.precondition(next, into: preconditioned)
      let nextGamma = try normOfLanczosVector(next, run, mayVanish: true)
      let alpha1: Double = (alpha0 * alpha0 + nextGamma * nextGamma).squareRoot()
      guard alpha1.isFinite else { throw KrylovError.notFinite(run.history) }
      guard alpha1 > 0 else { return .breakdown("a pivot of the tridiagonal matrix") }
      direction.scale(by: 1 / alpha1)
      (lastCosine, cosine) = (cosine, alpha0 / alpha1)
      (lastSine, sine) = (sine, nextGamma / alpha1)
      solution.add(cosine * remainder, direction)
      remainder *= -sine
      let estimate: Double = remainder.magnitude * unit
      guard try run.record(estimate) else { return estimate <= target ? .converged : .limit }
      if estimate <= aim || nextGamma == 0 { return .converged }
      next.scale(by: 1 / nextGamma)
      preconditioned.scale(by: 1 / nextGamma)
      (previous, current, next) = (current, next, previous)
      (olderDirection, oldDirection, direction) = (oldDirection, direction, olderDirection)
      lastGamma = nextGamma
    }
  }

  /// √⟨v, M⁻¹ v⟩.
  private func normOfLanczosVector(
    _ vector: Buffer<Double>, _ run: KrylovRun, mayVanish: Bool = false
  ) throws -> Double {
    let product = vector.dot(preconditioned)
    guard product.isFinite else { throw KrylovError.notFinite(run.history) }
    guard product > 0 || (mayVanish && product == 0) else {
      throw KrylovError.indefinitePreconditioner(run.history, product: product)
    }
    return product.squareRoot()
  }
}
