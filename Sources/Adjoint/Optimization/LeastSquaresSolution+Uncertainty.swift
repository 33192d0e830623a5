import RealModule

extension LeastSquaresSolution {
  /// The square roots of the covariance's diagonal; zero for a parameter that a bound holds.
  public var standardErrors: [Double]? {
    guard let covariance else { return nil }
    let count = parameters.count
    return (0..<count).map { covariance[$0 * count + $0].squareRoot() }
  }

  /// The correlations of the parameters' errors, row after row.
  ///
  /// ρᵢⱼ = Cᵢⱼ/√(Cᵢᵢ Cⱼⱼ), which is zero for i ≠ j where a bound holds one of the two.
  public var correlations: [Double]? {
    guard let covariance, let errors = standardErrors else { return nil }
    let count = parameters.count
    return (0..<count * count).map { entry in
      let (row, column) = (entry / count, entry % count)
      if row == column { return 1 }
      let product: Double = errors[row] * errors[column]
      return product > 0 ? min(max(covariance[entry] / product, -1), 1) : 0
    }
  }

  /// For each parameter the interval that holds the true value with probability `level`, as far as the
  /// model is linear within it: x̂ ± t·(standard error).
  ///
  /// t is the quantile of ``StudentDistribution`` with ``degreesOfFreedom``, or of the normal distribution
  /// where the noise is known. The interval of a parameter that is varied by its logarithm is that of the
  /// logarithm, x̂ exp(± t·(standard error)/x̂), and so positive; that of a parameter that a bound
  /// holds is the bound alone. ``ProfileLikelihood`` gives intervals without the assumption of linearity.
  ///
  /// Nil where there is no ``covariance``; throws ``InputError`` unless 0 < level < 1.
  public func confidenceIntervals(level: Double = 0.95) throws -> [ClosedRange<Double>]? {
    let factor = try errorDistribution.halfWidth(level: level)
    guard let errors = standardErrors else { return nil }
    return parameters.indices.map { index in
      let value = parameters[index]
      let half: Double = factor * errors[index]
      if half == 0 { return value...value }
      if scales[index] == .linear { return value - half...value + half }
      let ratio: Double = .exp(half / value)
      return value / ratio...value * ratio
    }
  }

  /// The distribution of an estimate's error in standard errors.
  var errorDistribution: StudentDistribution {
    get throws {
      try StudentDistribution(
        degreesOfFreedom: noise == .known || degreesOfFreedom == 0
          ? .infinity : Double(degreesOfFreedom))
    }
  }
}
