/// What the linearization at the end of a fit says about the accuracy of its parameters.
struct FitUncertainty {
  var degreesOfFreedom: Int
  var residualVariance: Double?
  var covariance: [Double]?
  var identifiability: Identifiability

  /// The uncertainty of the free parameters; `noise` is the relative error of the predictions.
  init(_ problem: LeastSquaresProblem, at point: FitLinearization, noise: Double) {
    let free = point.free
    let rowCount = point.rowCount
    degreesOfFreedom = rowCount - free.count
    // The Jacobian without the loss, of the free variables.
    var jacobian: [Double] = []
    for index in free {
      for row in 0..<rowCount {
        jacobian.append(point.jacobian[index * rowCount + row] / point.rowScales[row])
      }
    }
    let scalings = zip(problem.parameters, point.parameters).map { $0.scaling(at: $1) }
    identifiability = Identifiability(
      jacobian: jacobian, rowCount: rowCount, names: free.map { problem.parameters[$0].name },
      scalings: free.map { scalings[$0] }, noise: noise)
    residualVariance = Self.residualVariance(problem, point, degreesOfFreedom: degreesOfFreedom)
    let variance: Double? =
      problem.noise == .known && problem.misfit.loss == .squares ? 1 : residualVariance
    guard let variance, !free.isEmpty,
      let inverse = HouseholderQR(jacobian, rowCount: rowCount, columnCount: free.count)
        .inverseNormalMatrix()
    else { return }
    let count = point.parameters.count
    var covariance = [Double](repeating: 0, count: count * count)
    for (row, first) in free.enumerated() {
      for (column, second) in free.enumerated() {
        let scale: Double = variance * scalings[first] * scalings[second]
        covariance[first * count + second] = scale * inverse[row * free.count + column]
      }
    }
    if covariance.allSatisfy(\.isFinite) { self.covariance = covariance }
  }

  /// The factor of (JᵀJ)⁻¹ in the covariance, σ² = Σr²/(m − k) for squares.
  ///
  /// For a loss with ψ(r) = ρ′(r²) r it is K² [Σψ²/(m − k)]/[Σψ′/m]² with
  /// K = 1 + (k/m) var ψ′/(mean ψ′)² (Huber, *Robust Statistics*, Wiley 1981, §7.6, eq. 6.5).
  private static func residualVariance(
    _ problem: LeastSquaresProblem, _ point: FitLinearization, degreesOfFreedom: Int
  ) -> Double? {
    guard degreesOfFreedom > 0 else { return nil }
    let loss = problem.misfit.loss
    let dataCount = point.residuals.count
    let rowCount = Double(point.rowCount)
    var influences = 0.0
    var curvatures = 0.0
    var squaredCurvatures = 0.0
    for row in 0..<point.rowCount {
      let residual = row < dataCount ? point.residuals[row] : point.rows[row]
      let square: Double = residual * residual
      let weight = row < dataCount ? loss.weight(square) : 1
      let curvature = row < dataCount ? loss.curvature(square) : 1
      influences += weight * weight * square
      curvatures += curvature
      squaredCurvatures += curvature * curvature
    }
    let mean: Double = curvatures / rowCount
    guard mean > 0 else { return nil }
    let spread: Double = max(squaredCurvatures / rowCount - mean * mean, 0)
    let correction: Double =
      1 + Double(point.free.count) / rowCount * spread / (mean * mean)
    return correction * correction * influences / Double(degreesOfFreedom) / (mean * mean)
  }
}
