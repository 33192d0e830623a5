/// The residuals of a fit and their derivative at a point.
///
/// Rows are the data, then the priors. A robust loss enters as a weighted problem with the gradient of
/// the true one: row i of the residuals r and of their Jacobian J is replaced by √(ρ′/c) rᵢ and
/// √(ρ′ c) Jᵢ, where c = max(1 + 2sρ″/ρ′, 0.1) and s = rᵢ² (Triggs, McLauchlan, Hartley and Fitzgibbon,
/// "Bundle adjustment: a modern synthesis", 2000, §4.3, whose c is bounded below here, since an outlier
/// has a curvature of zero or less). With c = 1 it would be reweighted least squares, which converges
/// only linearly.
struct FitLinearization {
  var variables: [Double]
  var parameters: [Double]
  var predictions: [Double]
  /// The weighted residuals, before the loss.
  var residuals: [Double]
  /// √(ρ′/c) rᵢ, then the priors.
  var rows: [Double]
  /// The Jacobian of the rows with respect to the variables, columns one after the other.
  var jacobian: [Double]
  /// √(ρ′ c), by which each row of the residuals' Jacobian was multiplied.
  var rowScales: [Double]
  var misfit: Double
  /// ∂misfit/∂x.
  var gradient: [Double]
  var columnNorms: [Double]
  /// The variables that no bound holds.
  var free: [Int]
  var scaledGradientNorm: Double
  /// The largest cosine between a column of the Jacobian and the residual.
  var largestCosine: Double

  var rowCount: Int { rows.count }

  var gradientMeasure: Double { max(scaledGradientNorm, largestCosine) }

  /// The smallest curvature of a loss that a row may have, relative to its weight.
  private static let leastCurvature = 0.1

  /// The linearization at `variables`; nil where a number is not finite.
  init?(
    _ problem: LeastSquaresProblem, at variables: [Double], lower: [Double], upper: [Double],
    rootWeights: [Double]
  ) throws {
    let parameters = zip(problem.parameters, variables).map { $0.externalValue($1) }
    let map = try problem.predictions.linearize(parameters)
    self.variables = variables
    self.parameters = parameters
    predictions = map.value
    residuals = try problem.misfit.residuals(of: map.value)
    gradient = try map.pullback(problem.misfit.cotangent(of: map.value))
    try InputError.requireLength(
      "gradient of the predictions", expected: parameters.count, found: gradient.count)

    let loss = problem.misfit.loss
    misfit = 0
    rows = []
    rowScales = []
    for residual in residuals {
      let square: Double = residual * residual
      let weight = loss.weight(square)
      let curvature: Double = max(loss.curvature(square), Self.leastCurvature * weight)
      misfit += 0.5 * loss.value(square)
      rows.append(weight / curvature.squareRoot() * residual)
      rowScales.append(curvature.squareRoot())
    }
    let dataCount = residuals.count
    let derivatives = try Self.jacobian(of: map, parameterCount: parameters.count)
    let priors = problem.parameters.indices.filter { problem.parameters[$0].prior != nil }
    let rowCount = dataCount + priors.count
    jacobian = [Double](repeating: 0, count: rowCount * parameters.count)
    for (column, parameter) in problem.parameters.enumerated() {
      let scaling = parameter.scaling(at: parameters[column])
      for row in 0..<dataCount {
        let factor: Double = scaling * rootWeights[row] * rowScales[row]
        jacobian[column * rowCount + row] = derivatives[column * dataCount + row] * factor
      }
    }
    for (position, index) in priors.enumerated() {
      guard let prior = problem.parameters[index].prior else { continue }
      let residual = prior.residual(parameters[index])
      let slope = prior.slope(parameters[index])
      misfit += 0.5 * residual * residual
      gradient[index] += residual * slope
      rows.append(residual)
      rowScales.append(1)
      jacobian[index * rowCount + dataCount + position] =
        slope * problem.parameters[index].scaling(at: parameters[index])
    }
    guard misfit.isFinite && gradient.allSatisfy(\.isFinite) && jacobian.allSatisfy(\.isFinite)
    else { return nil }

    let (gradient, jacobian) = (gradient, jacobian)
    columnNorms = variables.indices.map { index in
      norm(jacobian[index * rowCount..<(index + 1) * rowCount])
    }
    free = variables.indices.filter { index in
      !(variables[index] <= lower[index] && gradient[index] > 0)
        && !(variables[index] >= upper[index] && gradient[index] < 0)
    }
    scaledGradientNorm = 0
    largestCosine = 0
    let residualNorm = (2 * misfit).squareRoot()
    for index in free where misfit > 0 {
      scaledGradientNorm = max(
        scaledGradientNorm, abs(gradient[index] * parameters[index]) / misfit)
      let slope = abs(gradient[index] * problem.parameters[index].scaling(at: parameters[index]))
      if slope > 0 {
        largestCosine = max(largestCosine, slope / (columnNorms[index] * residualNorm))
      }
    }
  }

  /// ∂y/∂x, columns one after the other.
  private static func jacobian(
    of map: DifferentiableMap.Linearization, parameterCount: Int
  ) throws -> [Double] {
    let rowCount = map.value.count
    var jacobian = [Double](repeating: 0, count: rowCount * parameterCount)
    if let pushforward = map.pushforward {
      for column in 0..<parameterCount {
        var tangent = [Double](repeating: 0, count: parameterCount)
        tangent[column] = 1
        let derivative = try pushforward(tangent)
        try InputError.requireLength(
          "pushforward of the predictions", expected: rowCount, found: derivative.count)
        jacobian.replaceSubrange(column * rowCount..<(column + 1) * rowCount, with: derivative)
      }
    } else {
      for row in 0..<rowCount {
        var cotangent = [Double](repeating: 0, count: rowCount)
        cotangent[row] = 1
        for (column, derivative) in try map.pullback(cotangent).enumerated() {
          jacobian[column * rowCount + row] = derivative
        }
      }
    }
    return jacobian
  }
}

/// √Σxᵢ².
func norm(_ vector: ArraySlice<Double>) -> Double {
  vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
}
