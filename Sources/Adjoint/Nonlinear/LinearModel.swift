/// The model r + A d of a trust region, with the scales D, and its minimizers within ‖D d‖ ≤ Δ.
///
/// A = S J and r = S F, S being the weights of the equations. Lazy: Newton's step is computed if the
/// region lets it matter, singular values if the Newton step leaves the region.
struct LinearModel {
  /// The order up to which singular values are used.
  private static let largestJacobiOrder = 64

  private let matrix: SparseMatrix
  private let residual: [Double]
  private let scales: [Double]
  private let factors: JacobianFactors
  private let unscaledResidual: [Double]
  private let residualNorm: Double

  private var newtonStep: [Double]?
  private var hasTriedNewton = false
  private var damped: (any DampedSolver)?

  /// Whether the last step was the full Newton step.
  private(set) var isNewtonStep = false

  init(
    _ matrix: SparseMatrix, residual: [Double], scales: [Double], factors: JacobianFactors,
    unscaled: [Double]
  ) {
    self.matrix = matrix
    self.residual = residual
    self.scales = scales
    self.factors = factors
    unscaledResidual = unscaled
    residualNorm = residual.euclideanNorm
  }

  /// 1 − (‖r + A d‖/‖r‖)².
  func predictedReduction(_ step: [Double]) -> Double {
    var prediction = residual
    var span = prediction.mutableSpan
    matrix.multiply(step.span, addingTo: &span)
    let ratio = prediction.euclideanNorm / residualNorm
    return 1 - ratio * ratio
  }

  private func length(_ step: [Double]) -> Double { step.combined(scales, *).euclideanNorm }

  /// −A⁻¹ r, or nil if A is singular to working precision.
  private mutating func newton() -> [Double]? {
    if !hasTriedNewton {
      hasTriedNewton = true
      newtonStep = try? {
        try factors.factorize()
        return try factors.newtonDirection(unscaledResidual)
      }()
      // A step that does not even solve its linear system comes from a singular matrix.
      if let step = newtonStep, !(predictedReduction(step) > 0.5) { newtonStep = nil }
    }
    return newtonStep
  }

  // MARK: Steps

  /// The point of the dogleg at distance Δ, or its end.
  ///
  /// Where there is no Newton step the model's minimizer is used.
  mutating func doglegStep(_ radius: Double) throws -> [Double] {
    isNewtonStep = false
    guard let newton = newton() else { return try exactStep(radius) }
    if length(newton) <= radius {
      isNewtonStep = true
      return newton
    }
    // In the variables D d: g = D⁻¹Aᵀr, the minimizer along −g is −(‖g‖²/‖A D⁻¹g‖²) g.
    var gradient = [Double](repeating: 0, count: scales.count)
    var gradientSpan = gradient.mutableSpan
    matrix.multiplyTransposed(residual.span, addingTo: &gradientSpan)
    gradient = gradient.combined(scales, /)
    let slope = gradient.euclideanNorm
    guard slope > 0 else { return try exactStep(radius) }
    let image = try matrix.multiply(gradient.combined(scales, /)).euclideanNorm
    let cauchy: Double = slope * (slope / image) * (slope / image)
    guard cauchy < radius else { return gradient.combined(scales) { -radius / slope * $0 / $1 } }
    let start = gradient.map { -cauchy / slope * $0 }
    let leg = newton.combined(scales, *).combined(start, -)
    let fraction = Self.crossing(start, leg, radius)
    return start.combined(leg) { $0 + fraction * $1 }.combined(scales, /)
  }

  /// τ ≥ 0 with ‖a + τ b‖ = Δ, for ‖a‖ < Δ.
  private static func crossing(_ a: [Double], _ b: [Double], _ radius: Double) -> Double {
    // Relative to Δ, so that squares do not overflow.
    let scaledA = a.map { $0 / radius }
    let scaledB = b.map { $0 / radius }
    let quadratic = scaledB.dot(scaledB)
    let linear = scaledA.dot(scaledB)
    let rest = 1 - scaledA.dot(scaledA)
    guard quadratic > 0 else { return 0 }
    let root = (linear * linear + quadratic * rest).squareRoot()
    return linear > 0 ? rest / (linear + root) : (root - linear) / quadratic
  }

  /// The minimizer of ‖r + A d‖ within ‖D d‖ ≤ Δ, the boundary kept to about 10 %.
  mutating func exactStep(_ radius: Double) throws -> [Double] {
    isNewtonStep = false
    if let newton = newton(), length(newton) <= 1.1 * radius {
      isNewtonStep = true
      return newton
    }
    if damped == nil { damped = try makeDampedSolver() }
    guard let damped else { return [] }
    return try damped.step(radius: radius)
  }

  private func makeDampedSolver() throws -> any DampedSolver {
    if matrix.columnCount <= Self.largestJacobiOrder {
      ScaledSingularValues(matrix, residual, scales)
    } else if matrix.pattern.isNearlyFull {
      DampedBidiagonal(matrix, residual, scales)
    } else {
      try AugmentedSystem(matrix, residual, scales)
    }
  }
}

extension SparsityPattern {
  /// Whether dense factors of a square matrix are cheaper than sparse ones: fill would leave few zeros.
  var isNearlyFull: Bool { 4 * entryCount >= rowCount * columnCount }
}

/// Solves (AᵀA + λD²) d = −Aᵀr with the λ ≥ 0 for which ‖D d‖ is about Δ.
protocol DampedSolver: AnyObject {
  func step(radius: Double) throws -> [Double]
}
