/// GMRES(m), preconditioned from the right, and flexible GMRES.
///
/// Source: Saad and Schultz, SIAM J. Sci. Stat. Comput. 7, 1986; Saad, *Iterative Methods for
/// Sparse Linear Systems*, 2nd ed., SIAM 2003, algorithms 9.5 and 9.6.
///
/// Arnoldi's method by modified Gram–Schmidt, A zⱼ = Σᵢ hᵢⱼ vᵢ with zⱼ = M⁻¹ vⱼ; Givens rotations
/// make H triangular as it grows, so that the residual's norm is known at every step. x ← x + M⁻¹(V
/// y), or x + Z y where M varies, minimizes ‖b − A x‖₂. m + 1 vectors, flexible 2m + 1.
struct GeneralizedMinimalResiduals: KrylovCycle {
  private let operand: KrylovOperand
  private let isFlexible: Bool
  private let restartLength: Int
  /// v₁ … vₘ₊₁.
  private let basis: [Buffer<Double>]
  /// z₁ … zₘ where M varies, otherwise one vector for all.
  private let preconditioned: [Buffer<Double>]
  /// R, the triangle of H, column by column in m + 1 rows.
  private let triangle: Buffer<Double>
  private let cosines: Buffer<Double>
  private let sines: Buffer<Double>
  /// What the rotations make of ‖r‖ e₁; later y.
  private let coefficients: Buffer<Double>

  init(_ operand: KrylovOperand, restartLength: Int, isFlexible: Bool) {
    let count = operand.unknownCount
    let length = max(1, min(restartLength, count))
    self.operand = operand
    self.isFlexible = isFlexible
    self.restartLength = length
    basis = (0...length).map { _ in Buffer(zeros: count) }
    preconditioned = (0..<(isFlexible ? length : 1)).map { _ in Buffer(zeros: count) }
    triangle = Buffer(zeros: (length + 1) * length)
    cosines = Buffer(zeros: length)
    sines = Buffer(zeros: length)
    coefficients = Buffer(zeros: length + 1)
  }

  mutating func run(
    _ solution: Buffer<Double>, residual: Buffer<Double>, norm: Double, target: Double,
    on run: KrylovRun
  ) throws -> KrylovOutcome {
    basis[0].copy(residual)
    basis[0].scale(by: 1 / norm)
    coefficients.clear()
    coefficients[0] = norm
    for step in 0..<restartLength {
      let isInvariant = try extendBasis(step)
      let pivot = rotate(step)
      guard pivot.isFinite else { throw KrylovError.notFinite(run.history) }
      guard pivot != 0 else {
        try update(solution, step)
        return .breakdown("a pivot of the Hessenberg matrix")
      }
      let norm = coefficients[step + 1].magnitude
      let mayContinue = try run.record(norm)
      if norm <= target || isInvariant || !mayContinue {
        try update(solution, step + 1)
        return norm <= target || isInvariant ? .converged : .limit
      }
    }
    try update(solution, restartLength)
    return .restart
  }

  /// Adds vⱼ₊₂ and column j of H; true if the Krylov space is invariant, so that x is exact.
  private func extendBasis(_ step: Int) throws -> Bool {
    let preconditioned = preconditioned[isFlexible ? step : 0]
    let next = basis[step + 1]
    try operand.precondition(basis[step], into: preconditioned)
    try operand.multiply(preconditioned, into: next)
    let column = step * (restartLength + 1)
    let imageNorm = next.norm
    for index in 0...step {
      let product = next.dot(basis[index])
      triangle[column + index] = product
      next.add(-product, basis[index])
    }
    let height = next.norm
    // What is left of A z by rounding alone is no new direction.
    let isInvariant = height <= Double.ulpOfOne * imageNorm
    triangle[column + step + 1] = isInvariant ? 0 : height
    if !isInvariant { next.scale(by: 1 / height) }
    return isInvariant
  }

  /// Applies the earlier rotations to column j and a new one to clear its last entry; the pivot.
  private func rotate(_ step: Int) -> Double {
    let column = step * (restartLength + 1)
    for index in 0..<step {
      let upper = triangle[column + index]
      let lower = triangle[column + index + 1]
      triangle[column + index] = cosines[index] * upper + sines[index] * lower
      triangle[column + index + 1] = cosines[index] * lower - sines[index] * upper
    }
    let upper = triangle[column + step]
    let lower = triangle[column + step + 1]
    let pivot = (upper * upper + lower * lower).squareRoot()
    guard pivot > 0 && pivot.isFinite else { return pivot }
    cosines[step] = upper / pivot
    sines[step] = lower / pivot
    triangle[column + step] = pivot
    coefficients[step + 1] = -sines[step] * coefficients[step]
    coefficients[step] *= cosines[step]
    return pivot
  }

  /// x ← x + M⁻¹ V y with R y = the rotated right-hand side, of the first `size` columns.
  private func update(_ solution: Buffer<Double>, _ size: Int) throws {
    guard size > 0 else { return }
    for index in stride(from: size - 1, through: 0, by: -1) {
      let column = index * (restartLength + 1)
      coefficients[index] /= triangle[column + index]
      for other in 0..<index {
        coefficients[other] -= triangle[column + other] * coefficients[index]
      }
    }
    if isFlexible {
      for index in 0..<size { solution.add(coefficients[index], preconditioned[index]) }
      return
    }
    // v₁ is not needed any more: the next cycle starts from a new residual.
    let sum = basis[0]
    sum.scale(by: coefficients[0])
    for index in stride(from: 1, to: size, by: 1) { sum.add(coefficients[index], basis[index]) }
    try operand.precondition(sum, into: preconditioned[0])
    solution.add(1, preconditioned[0])
  }
}
