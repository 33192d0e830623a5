/// Preconditioned conjugate gradients (Hestenes and Stiefel 1952; Saad, *Iterative Methods*, 2nd
/// ed., algorithm 9.1).
///
/// With z = M⁻¹ r: α = ⟨r, z⟩/⟨p, A p⟩, x ← x + α p, r ← r − α A p, β = ⟨r, z⟩ₙₑᵥ/⟨r, z⟩, p ← z + β
/// p. x minimizes the energy norm of the error over the Krylov space; exact after n steps. Two
/// vectors beside x, r.
struct ConjugateGradients: KrylovCycle {
  private let operand: KrylovOperand
  private let preconditioned: Buffer<Double>
  private let direction: Buffer<Double>
  private let image: Buffer<Double>

  init(_ operand: KrylovOperand) {
    self.operand = operand
    preconditioned = Buffer(zeros: operand.unknownCount)
    direction = Buffer(zeros: operand.unknownCount)
    // A p is consumed before M⁻¹ r is computed, so the two share their memory.
    image = preconditioned
  }

  mutating func run(
    _ solution: Buffer<Double>, residual: Buffer<Double>, norm: Double, target: Double,
    on run: KrylovRun
  ) throws -> KrylovOutcome {
    try operand.precondition(residual, into: preconditioned)
    direction.copy(preconditioned)
    var product = try positiveProduct(residual, run)
    while true {
      try operand.multiply(direction, into: image)
      let curvature = direction.dot(image)
      guard curvature.isFinite else { throw KrylovError.notFinite(run.history) }
      guard curvature > 0 else {
        throw KrylovError.indefinite(run.history, curvature: curvature)
      }
      let step = product / curvature
      solution.add(step, direction)
      residual.add(-step, image)
      let norm = residual.norm
      guard try run.record(norm) else { return norm <= target ? .converged : .limit }
      if norm <= target { return .converged }
      try operand.precondition(residual, into: preconditioned)
      let next = try positiveProduct(residual, run)
      direction.scale(by: next / product, thenAdd: preconditioned)
      product = next
    }
  }

  /// ⟨r, M⁻¹ r⟩.
  private func positiveProduct(_ residual: Buffer<Double>, _ run: KrylovRun) throws -> Double {
    let product = residual.dot(preconditioned)
    guard product.isFinite else { throw KrylovError.notFinite(run.history) }
    guard product > 0 else {
      throw KrylovError.indefinitePreconditioner(run.history, product: product)
    }
    return product
  }
}
