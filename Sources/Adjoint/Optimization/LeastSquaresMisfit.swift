/// The weighted distance ½ Σ ρ(wᵢ (yᵢ − dᵢ)²) of predictions y from data d, with ρ the ``Loss``.
///
/// With least squares, ρ(s) = s, and wᵢ = 1/σᵢ², the variances of independent normal errors, it is the
/// negative logarithm of the likelihood up to a constant.
public struct LeastSquaresMisfit: Sendable, Hashable {
  /// d.
  public let data: [Double]

  /// w, all positive.
  public let weights: [Double]

  /// ρ.
  public let loss: Loss

  /// The misfit to `data`, with weights 1 if there are none; throws ``InputError`` unless all are
  /// finite, the weights are positive and as many as the data, and the loss has a positive scale.
  public init(data: [Double], weights: [Double] = [], loss: Loss = .squares) throws {
    try loss.validate()
    try InputError.requireFinite("data", data)
    if !weights.isEmpty {
      try InputError.requireLength("weights", expected: data.count, found: weights.count)
      try InputError.requireFinite("weights", weights)
    }
    for weight in weights { try InputError.require(weight > 0, "weight", weight, "positive") }
    self.data = data
    self.loss = loss
    self.weights = weights.isEmpty ? [Double](repeating: 1, count: data.count) : weights
  }

  /// ½ Σ ρ(wᵢ (yᵢ − dᵢ)²).
  public func value(of predictions: [Double]) throws -> Double {
    0.5 * (try residuals(of: predictions)).reduce(0) { $0 + loss.value($1 * $1) }
  }

  /// The derivative with respect to the predictions, ρ′ wᵢ (yᵢ − dᵢ): what to pull back.
  public func cotangent(of predictions: [Double]) throws -> [Double] {
    try InputError.requireLength("predictions", expected: data.count, found: predictions.count)
    return predictions.indices.map { index in
      let difference: Double = predictions[index] - data[index]
      let weighted: Double = weights[index] * difference
      return loss.weight(weighted * difference) * weighted
    }
  }

  /// rᵢ = √wᵢ (yᵢ − dᵢ), half the sum of ρ of whose squares is the misfit.
  public func residuals(of predictions: [Double]) throws -> [Double] {
    try InputError.requireLength("predictions", expected: data.count, found: predictions.count)
    return predictions.indices.map { weights[$0].squareRoot() * (predictions[$0] - data[$0]) }
  }
}

extension Objective {
  /// The misfit of a model's predictions as a function of its parameters, by one pullback.
  public init(_ misfit: LeastSquaresMisfit, of predictions: DifferentiableMap, variableCount: Int) {
    self.init(variableCount: variableCount) { point in
      let linearization = try predictions.linearize(point)
      let cotangent = try misfit.cotangent(of: linearization.value)
      return (try misfit.value(of: linearization.value), try linearization.pullback(cotangent))
    }
  }
}
