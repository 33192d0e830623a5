/// The state of a fit: a point with its linearization, and the damping of the next step.
struct LevenbergMarquardtIteration {
  /// The predictions and their derivative at a point.
  private struct Linearization {
    var variables: [Double]
    var parameters: [Double]
    var predictions: [Double]
    var residuals: [Double]
    var misfit: Double
    /// ∂misfit/∂x.
    var gradient: [Double]
    /// The Jacobian of the residuals with respect to the variables, columns one after the other.
    var jacobian: [Double]
    var columnNorms: [Double]
    /// The variables that no bound holds.
    var free: [Int]
    var scaledGradientNorm: Double
    /// The largest cosine between a column of the Jacobian and the residual.
    var largestCosine: Double

    var gradientMeasure: Double { max(scaledGradientNorm, largestCosine) }
  }

  private let problem: LeastSquaresProblem
  private let options: LevenbergMarquardt.Options
  private let lower: [Double]
  private let upper: [Double]
  private let rootWeights: [Double]
  private var current: Linearization
  private var columnScales: [Double]
  private var damping: Double
  private var dampingGrowth = 2.0
  private var statistics = LeastSquaresSolution.Statistics()

  /// Why to stop here, once there is a reason.
  private(set) var stopReason: StopReason?

  /// The misfit at the current point.
  var misfit: Double { current.misfit }

  init(
    _ problem: LeastSquaresProblem, start: [Double], options: LevenbergMarquardt.Options
  ) throws {
    self.problem = problem
    self.options = options
    lower = problem.parameters.map { $0.internalValue($0.lowerBound) }
    upper = problem.parameters.map { $0.internalValue($0.upperBound) }
    rootWeights = problem.misfit.weights.map { $0.squareRoot() }
    damping = options.initialDamping
    let variables = zip(problem.parameters, start).map { $0.internalValue($1) }
    do {
      let first = try Self.linearize(
        problem, at: variables, bounds: (lower, upper), rootWeights: rootWeights)
      guard let first else {
        throw OptimizationError.startNotEvaluable(
          point: start, reason: "the misfit or a derivative is not finite")
      }
      current = first
    } catch let error as PointOutsideDomain {
      throw OptimizationError.startNotEvaluable(point: start, reason: error.reason)
    }
    statistics.linearizations += 1
    columnScales = current.columnNorms.map { $0 > 0 ? $0 : 1 }
    stopReason = reasonToStop()
  }

  // MARK: Steps

  /// Tries one step; takes it or increases the damping.
  mutating func step() throws {
    guard let step = proposedStep() else { return refuse() }
    let variables = current.variables.indices.map { index in
      min(max(current.variables[index] + step[index], lower[index]), upper[index])
    }
    let taken = zip(variables, current.variables).map { $0 - $1 }
    let predicted = predictedReduction(taken)
    let size = weightedNorm(taken)
    guard size > options.stepTolerance * weightedNorm(current.variables) else {
      // A short step means an optimum unless only the damping made it short.
      stopReason = size > 0 && damping <= 1 ? .pointTolerance : .noProgress
      return
    }
    guard predicted > 0, let misfit = try trialMisfit(variables) else { return refuse() }
    let actual = current.misfit - misfit
    if predicted <= options.misfitNoise * current.misfit {
      guard abs(actual) <= 10 * options.misfitNoise * current.misfit,
        let trial = try linearize(variables), trial.gradientMeasure < current.gradientMeasure
      else { return refuse() }
      accept(trial, ratio: 1)
    } else if actual > 1e-4 * predicted, let trial = try linearize(variables) {
      accept(trial, ratio: actual / predicted)
    } else {
      refuse()
    }
  }

  private mutating func accept(_ trial: Linearization, ratio: Double) {
    statistics.iterations += 1
    current = trial
    for index in columnScales.indices {
      if trial.columnNorms[index] > 0 { columnScales[index] = trial.columnNorms[index] }
    }
    let deviation = 2 * ratio - 1
    damping *= max(1 / 3, 1 - deviation * deviation * deviation)
    dampingGrowth = 2
    stopReason = reasonToStop()
  }

  private mutating func refuse() {
    damping *= dampingGrowth
    dampingGrowth *= 2
    if !damping.isFinite { stopReason = .noProgress }
  }

  private func reasonToStop() -> StopReason? {
    if current.gradientMeasure <= options.gradientTolerance { return .gradientTolerance }
    // The data and the predictions carry rounding errors of a few ulps each.
    let data = problem.misfit.data.indices.map { rootWeights[$0] * problem.misfit.data[$0] }
    let rounding = 4 * Double.ulpOfOne * norm(data[...])
    return norm(current.residuals[...]) <= rounding ? .targetReached : nil
  }

  /// The solution of the damped linear problem, zero for the variables that a bound holds; nil if the
  /// damping is too small for a Jacobian without full rank.
  private func proposedStep() -> [Double]? {
    let rowCount = current.residuals.count
    let free = current.free
    let rows = rowCount + free.count
    var matrix = [Double](repeating: 0, count: rows * free.count)
    for (position, index) in free.enumerated() {
      for row in 0..<rowCount {
        matrix[position * rows + row] = current.jacobian[index * rowCount + row]
      }
      matrix[position * rows + rowCount + position] =
        damping.squareRoot() * columnScales[index]
    }
    var rightHandSide = [Double](repeating: 0, count: rows)
    for row in 0..<rowCount { rightHandSide[row] = -current.residuals[row] }
    let factors = HouseholderQR(matrix, rowCount: rows, columnCount: free.count)
    var step = [Double](repeating: 0, count: current.variables.count)
    guard let solution = factors.solveUpper(factors.transposedTimes(rightHandSide)) else {
      return nil
    }
    for (position, index) in free.enumerated() { step[index] = solution[position] }
    return step
  }

  /// −gᵀs − ½ ‖J s‖², by which the linear model decreases ½ ‖r‖².
  private func predictedReduction(_ step: [Double]) -> Double {
    let rowCount = current.residuals.count
    var change = [Double](repeating: 0, count: rowCount)
    for (index, length) in step.enumerated() where length != 0 {
      for row in 0..<rowCount { change[row] += current.jacobian[index * rowCount + row] * length }
    }
    var reduction = 0.0
    for row in 0..<rowCount {
      reduction -= change[row] * (current.residuals[row] + 0.5 * change[row])
    }
    return reduction
  }

  private func weightedNorm(_ vector: [Double]) -> Double {
    norm(zip(columnScales, vector).map { $0 * $1 }[...])
  }

  // MARK: The model

  /// The misfit at `variables`; nil where the model has no value.
  private mutating func trialMisfit(_ variables: [Double]) throws -> Double? {
    statistics.evaluations += 1
    let parameters = zip(problem.parameters, variables).map { $0.externalValue($1) }
    do {
      let misfit = try problem.misfit.value(of: problem.predictions.value(parameters))
      return misfit.isFinite ? misfit : nil
    } catch is PointOutsideDomain {
      return nil
    }
  }

  /// The linearization at `variables`; nil where the model has no value or no derivative.
  private mutating func linearize(_ variables: [Double]) throws -> Linearization? {
    statistics.linearizations += 1
    do {
      return try Self.linearize(
        problem, at: variables, bounds: (lower, upper), rootWeights: rootWeights)
    } catch is PointOutsideDomain {
      return nil
    }
  }

  private static func linearize(
    _ problem: LeastSquaresProblem, at variables: [Double],
    bounds: (lower: [Double], upper: [Double]), rootWeights: [Double]
  ) throws -> Linearization? {
    let parameters = zip(problem.parameters, variables).map { $0.externalValue($1) }
    let map = try problem.predictions.linearize(parameters)
    let residuals = try problem.misfit.residuals(of: map.value)
    let gradient = try map.pullback(problem.misfit.cotangent(of: map.value))
    try InputError.requireLength(
      "gradient of the predictions", expected: parameters.count, found: gradient.count)
    let rowCount = residuals.count
    var jacobian = try Self.jacobian(of: map, parameterCount: parameters.count)
    for (column, parameter) in problem.parameters.enumerated() {
      let scaling = parameter.scaling(at: parameters[column])
      for row in 0..<rowCount {
        jacobian[column * rowCount + row] *= scaling * rootWeights[row]
      }
    }
    let residualNorm = norm(residuals[...])
    let misfit = 0.5 * residualNorm * residualNorm
    guard misfit.isFinite && (gradient + jacobian).allSatisfy(\.isFinite) else { return nil }

    let columnNorms = variables.indices.map { index in
      norm(jacobian[index * rowCount..<(index + 1) * rowCount])
    }
    let free = variables.indices.filter { index in
      !(variables[index] <= bounds.lower[index] && gradient[index] > 0)
        && !(variables[index] >= bounds.upper[index] && gradient[index] < 0)
    }
    var scaledGradientNorm = 0.0
    var largestCosine = 0.0
    for index in free where misfit > 0 {
      scaledGradientNorm = max(
        scaledGradientNorm, abs(gradient[index] * parameters[index]) / misfit)
      let slope = abs(gradient[index] * problem.parameters[index].scaling(at: parameters[index]))
      if slope > 0 {
        largestCosine = max(largestCosine, slope / (columnNorms[index] * residualNorm))
      }
    }
    return Linearization(
      variables: variables, parameters: parameters, predictions: map.value, residuals: residuals,
      misfit: misfit, gradient: gradient, jacobian: jacobian, columnNorms: columnNorms, free: free,
      scaledGradientNorm: scaledGradientNorm, largestCosine: largestCosine)
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

  // MARK: The end

  /// The solution at the current point.
  func solution(_ stopReason: StopReason) -> LeastSquaresSolution {
    LeastSquaresSolution(
      names: problem.parameters.map(\.name), parameters: current.parameters,
      predictions: current.predictions, misfit: current.misfit, gradient: current.gradient,
      activeBounds: current.variables.indices.filter { !current.free.contains($0) },
      scaledGradientNorm: current.scaledGradientNorm, covariance: covariance(),
      stopReason: stopReason, statistics: statistics)
  }

  /// σ² (JᵀJ)⁻¹ with respect to the parameters.
  private func covariance() -> [Double]? {
    let count = current.variables.count
    let rowCount = current.residuals.count
    guard rowCount > count else { return nil }
    let factors = HouseholderQR(current.jacobian, rowCount: rowCount, columnCount: count)
    guard let inverse = factors.inverseNormalMatrix() else { return nil }
    let variance = 2 * current.misfit / Double(rowCount - count)
    let scalings = zip(problem.parameters, current.parameters).map { $0.scaling(at: $1) }
    return (0..<count * count).map { entry in
      variance * inverse[entry] * scalings[entry / count] * scalings[entry % count]
    }
  }
}

/// √Σxᵢ².
private func norm(_ vector: ArraySlice<Double>) -> Double {
  vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
}
