/// LSMR, preconditioned from the right.
///
/// Source: Fong and Saunders, SIAM J. Sci. Comput. 33, 2011, §2 and §5.
/// Golub–Kahan bidiagonalization of B = A M⁻¹: β u = B v − α u, α v = Bᵀ u − β v; two sequences of Givens
/// rotations give the y that minimizes ‖Bᵀ(r − B y)‖₂, and x ← x + M⁻¹ y. That is MINRES on the normal
/// equations, with a condition number squared but no breakdown: it solves every regular system,
/// rectangular ones in the least-squares or minimum-norm sense. Six vectors beside x, r.
struct LeastSquaresMinimalResiduals: KrylovCycle {
  private let operand: KrylovOperand
  private let left: Buffer<Double>
  private let leftImage: Buffer<Double>
  private let right: Buffer<Double>
  private let rightImage: Buffer<Double>
  private let direction: Buffer<Double>
  private let update: Buffer<Double>
  private let sum: Buffer<Double>
  private let scratch: Buffer<Double>
  /// Whether there are more equations than unknowns, so that a residual may remain.
  private var isOverdetermined: Bool { operand.equationCount > operand.unknownCount }

  init(_ operand: KrylovOperand) {
    self.operand = operand
    left = Buffer(zeros: operand.equationCount)
    leftImage = Buffer(zeros: operand.equationCount)
    right = Buffer(zeros: operand.unknownCount)
    rightImage = Buffer(zeros: operand.unknownCount)
    direction = Buffer(zeros: operand.unknownCount)
    update = Buffer(zeros: operand.unknownCount)
    sum = Buffer(zeros: operand.unknownCount)
    scratch = Buffer(zeros: operand.unknownCount)
  }

  mutating func run(
    _ solution: Buffer<Double>, residual: Buffer<Double>, norm: Double, target: Double,
    on run: KrylovRun
  ) throws -> KrylovOutcome {
    left.copy(residual)
    left.scale(by: 1 / norm)
    try multiplyTransposed(left, into: right)
    var alpha = right.norm
    guard alpha.isFinite else { throw KrylovError.notFinite(run.history) }
    guard alpha > 0 else { return .breakdown("‖Aᵀ r‖") }
    right.scale(by: 1 / alpha)
    direction.copy(right)
    update.clear()
    sum.clear()
    var rotations = LeastSquaresRotations(alpha: alpha, beta: norm)
    var squaredNorm: Double = alpha * alpha
    let aim = min(target, 0.1 * norm)
    let relativeAim: Double = target / norm
    while true {
      // u, v.
      try multiply(right, into: leftImage)
      left.scale(by: -alpha, thenAdd: leftImage)
      let beta = left.norm
      if beta > 0 { left.scale(by: 1 / beta) }
      try multiplyTransposed(left, into: rightImage)
      right.scale(by: -beta, thenAdd: rightImage)
      alpha = beta == 0 ? 0 : right.norm
      if alpha > 0 { right.scale(by: 1 / alpha) }
      // Rotations, then the three vectors.
      let factors = rotations.advance(alpha: alpha, beta: beta)
      update.scale(by: -factors.update, thenAdd: direction)
      sum.add(factors.solution, update)
      direction.scale(by: -factors.direction, thenAdd: right)
      squaredNorm += alpha * alpha + beta * beta
      let estimate = rotations.residualNorm
      let mayContinue = try run.record(estimate)
      let isOptimal =
        rotations.gradientNorm <= relativeAim * squaredNorm.squareRoot() * estimate
      let isDone = estimate <= aim || (isOverdetermined && isOptimal) || alpha == 0 || beta == 0
      if isDone || !mayContinue {
        try operand.precondition(sum, into: scratch)
        solution.add(1, scratch)
        return isDone ? .converged : .limit
      }
    }
  }

  /// A M⁻¹ v.
  private func multiply(_ vector: Buffer<Double>, into product: Buffer<Double>) throws {
    guard operand.preconditioner != nil else {
      try operand.multiply(vector, into: product)
      return
    }
    try operand.precondition(vector, into: scratch)
    try operand.multiply(scratch, into: product)
  }

  /// M⁻ᵀ Aᵀ u.
  private func multiplyTransposed(_ vector: Buffer<Double>, into product: Buffer<Double>) throws {
    guard operand.preconditioner != nil else {
      try operand.multiplyTransposed(vector, into: product)
      return
    }
    try operand.multiplyTransposed(vector, into: scratch)
    try operand.preconditionTransposed(scratch, into: product)
  }
}

/// The scalars of LSMR: the rotations that make the bidiagonal matrix triangular, and those that make
/// that triangle's product lower triangular; the norms of r and of Bᵀr (§5.1 of the paper).
private struct LeastSquaresRotations {
  private(set) var gradientNorm: Double
  private(set) var residualNorm: Double

  private var alphaBar: Double
  private var zetaBar: Double
  private var (rho, rhoBar, cosineBar, sineBar) = (1.0, 1.0, 1.0, 0.0)
  private var zeta = 0.0
  private var betaDoubleDot: Double
  private var (betaDot, rhoDot, tauTilde, thetaTilde) = (0.0, 1.0, 0.0, 0.0)

  init(alpha: Double, beta: Double) {
    alphaBar = alpha
    zetaBar = alpha * beta
    gradientNorm = alpha * beta
    residualNorm = beta
    betaDoubleDot = beta
  }

  /// The next α and β; the factors of the three vectors.
  mutating func advance(
    alpha: Double, beta: Double
  ) -> (update: Double, solution: Double, direction: Double) {
    let (oldRho, oldRhoBar, oldZeta) = (rho, rhoBar, zeta)
    let (cosine, sine, newRho) = Self.rotation(alphaBar, beta)
    rho = newRho
    let theta: Double = sine * alpha
    alphaBar = cosine * alpha
    let thetaBar: Double = sineBar * rho
    (cosineBar, sineBar, rhoBar) = Self.rotation(cosineBar * rho, theta)
    zeta = cosineBar * zetaBar
    zetaBar *= -sineBar
    gradientNorm = zetaBar.magnitude
    let betaHat: Double = cosine * betaDoubleDot
    betaDoubleDot *= -sine
    let oldThetaTilde = thetaTilde
    let (cosineTilde, sineTilde, rhoTilde) = Self.rotation(rhoDot, thetaBar)
    thetaTilde = sineTilde * rhoBar
    rhoDot = cosineTilde * rhoBar
    betaDot = cosineTilde * betaHat - sineTilde * betaDot
    tauTilde = (oldZeta - oldThetaTilde * tauTilde) / rhoTilde
    let tauDot: Double = (zeta - thetaTilde * tauTilde) / rhoDot
    let difference: Double = betaDot - tauDot
    residualNorm = (difference * difference + betaDoubleDot * betaDoubleDot).squareRoot()
    return (
      update: thetaBar * rho / (oldRho * oldRhoBar), solution: zeta / (rho * rhoBar),
      direction: theta / rho
    )
  }

  /// cos, sin and r of the rotation that takes (a, b) to (r, 0).
  private static func rotation(_ a: Double, _ b: Double) -> (Double, Double, Double) {
    let radius = (a * a + b * b).squareRoot()
    return radius == 0 ? (1, 0, 0) : (a / radius, b / radius, radius)
  }
}
