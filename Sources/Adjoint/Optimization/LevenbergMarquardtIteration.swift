/// The state of a fit: a point with its linearization, and the damping of the next step.
struct LevenbergMarquardtIteration {
  private let problem: LeastSquaresProblem
  private let options: LevenbergMarquardt.Options
  private let lower: [Double]
  private let upper: [Double]
  private let rootWeights: [Double]
  private var current: FitLinearization
  private var columnScales: [Double]
  private var damping: Double
  private var dampingGrowth = 2.0
  /// The part of a Gauss–Newton step that is tried.
  private var fraction = 1.0
  private var statistics = LeastSquaresSolution.Statistics()
  /// The actual reduction over the predicted one of the last step that was judged by the misfit.
  private var lastRatio = 1.0

  /// Why to stop here, once there is a reason.
  private(set) var stopReason: StopReason?

  /// The misfit at the current point.
  var misfit: Double { current.misfit }

  private var isDamped: Bool { options.method == .trustRegion }

  init(
    _ problem: LeastSquaresProblem, start: [Double], options: LevenbergMarquardt.Options
  ) throws {
    self.problem = problem
    self.options = options
    lower = problem.parameters.map { $0.internalValue($0.lowerBound) }
    upper = problem.parameters.map { $0.internalValue($0.upperBound) }
    rootWeights = problem.misfit.weights.map { $0.squareRoot() }
    damping = options.method == .trustRegion ? options.initialDamping : 0
    let variables = zip(problem.parameters, start).map { $0.internalValue($1) }
    do {
      let first = try FitLinearization(
        problem, at: variables, lower: lower, upper: upper, rootWeights: rootWeights)
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
    guard let step = proposedStep() else {
      if isDamped { return refuse() }
      stopReason = .noProgress
      return
    }
    let variables = current.variables.indices.map { index in
      min(max(current.variables[index] + step[index], lower[index]), upper[index])
    }
    let taken = zip(variables, current.variables).map { $0 - $1 }
    let predicted = predictedReduction(taken)
    let size = weightedNorm(taken)
    guard size > options.stepTolerance * weightedNorm(current.variables) else {
      // A short step means an optimum unless only the damping made it short.
      stopReason = size > 0 && damping <= 1 && fraction == 1 ? .pointTolerance : .noProgress
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
      lastRatio = actual / predicted
      accept(trial, ratio: lastRatio)
    } else {
      refuse()
    }
  }

  private mutating func accept(_ trial: FitLinearization, ratio: Double) {
    statistics.iterations += 1
    current = trial
    for index in columnScales.indices {
      if trial.columnNorms[index] > 0 { columnScales[index] = trial.columnNorms[index] }
    }
    let deviation = 2 * ratio - 1
    damping *= max(1 / 3, 1 - deviation * deviation * deviation)
    dampingGrowth = 2
    fraction = 1
    stopReason = reasonToStop()
  }

  private mutating func refuse() {
    if isDamped {
      damping *= dampingGrowth
      dampingGrowth *= 2
      if !damping.isFinite { stopReason = .noProgress }
    } else {
      fraction /= 2
      if fraction < 0x1p-40 { stopReason = .noProgress }
    }
  }

  private func reasonToStop() -> StopReason? {
    if current.gradientMeasure <= options.gradientTolerance { return .gradientTolerance }
    // The data and the predictions carry rounding errors of a few ulps each.
    let data = problem.misfit.data.indices.map { rootWeights[$0] * problem.misfit.data[$0] }
    let rounding = 4 * Double.ulpOfOne * norm(data[...])
    return (2 * current.misfit).squareRoot() <= rounding ? .targetReached : nil
  }

  /// The solution of the damped linear problem within the bounds, zero for the variables that a bound
  /// holds; nil if the damping is too small for a Jacobian without full rank.
  ///
  /// A variable whose step crosses a bound goes to that bound, and the others are solved for again.
  private func proposedStep() -> [Double]? {
    var free = current.free
    var step = [Double](repeating: 0, count: current.variables.count)
    while !free.isEmpty {
      guard let solution = linearSolution(free, others: step) else { return nil }
      var inside: [Int] = []
      for (position, index) in free.enumerated() {
        let wanted: Double = current.variables[index] + fraction * solution[position]
        if wanted < lower[index] || wanted > upper[index] {
          step[index] = min(max(wanted, lower[index]), upper[index]) - current.variables[index]
        } else {
          inside.append(index)
        }
      }
      if inside.count == free.count {
        for (position, index) in free.enumerated() { step[index] = fraction * solution[position] }
        break
      }
      free = inside
    }
    return step
  }

  /// The minimizer over the `free` variables of ‖J δ + r‖² + μ ‖D δ‖², the others' steps held.
  private func linearSolution(_ free: [Int], others: [Double]) -> [Double]? {
    let rowCount = current.rowCount
    let rows = isDamped ? rowCount + free.count : rowCount
    var matrix = [Double](repeating: 0, count: rows * free.count)
    for (position, index) in free.enumerated() {
      for row in 0..<rowCount {
        matrix[position * rows + row] = current.jacobian[index * rowCount + row]
      }
      if isDamped {
        matrix[position * rows + rowCount + position] = damping.squareRoot() * columnScales[index]
      }
    }
    var rightHandSide = [Double](repeating: 0, count: rows)
    for row in 0..<rowCount { rightHandSide[row] = -current.rows[row] }
    for (index, length) in others.enumerated() where length != 0 {
      for row in 0..<rowCount {
        rightHandSide[row] -= current.jacobian[index * rowCount + row] * length
      }
    }
    let factors = HouseholderQR(matrix, rowCount: rows, columnCount: free.count)
    return factors.solveUpper(factors.transposedTimes(rightHandSide))
  }

  /// −gᵀs − ½ ‖J s‖², by which the linear model decreases ½ ‖r‖².
  private func predictedReduction(_ step: [Double]) -> Double {
    let rowCount = current.rowCount
    var change = [Double](repeating: 0, count: rowCount)
    for (index, length) in step.enumerated() where length != 0 {
      for row in 0..<rowCount { change[row] += current.jacobian[index * rowCount + row] * length }
    }
    var reduction = 0.0
    for row in 0..<rowCount {
      reduction -= change[row] * (current.rows[row] + 0.5 * change[row])
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
      let misfit = try problem.totalMisfit(at: parameters)
      return misfit.isFinite ? misfit : nil
    } catch is PointOutsideDomain {
      return nil
    }
  }

  /// The linearization at `variables`; nil where the model has no value or no derivative.
  private mutating func linearize(_ variables: [Double]) throws -> FitLinearization? {
    statistics.linearizations += 1
    do {
      return try FitLinearization(
        problem, at: variables, lower: lower, upper: upper, rootWeights: rootWeights)
    } catch is PointOutsideDomain {
      return nil
    }
  }

  // MARK: The end

  /// The solution at the current point.
  func solution(_ reason: StopReason) -> LeastSquaresSolution {
    let uncertainty = FitUncertainty(problem, at: current, noise: options.misfitNoise)
    let diagnosis = diagnosis(reason)
    return LeastSquaresSolution(
      names: problem.parameters.map(\.name), parameters: current.parameters,
      predictions: current.predictions, misfit: current.misfit, gradient: current.gradient,
      activeBounds: current.variables.indices.filter { !current.free.contains($0) },
      scaledGradientNorm: current.scaledGradientNorm,
      degreesOfFreedom: uncertainty.degreesOfFreedom,
      residualVariance: uncertainty.residualVariance, covariance: uncertainty.covariance,
      identifiability: uncertainty.identifiability, diagnosis: diagnosis,
      stopReason: diagnosis == nil ? reason : .noProgress, statistics: statistics,
      noise: problem.noise, scales: problem.parameters.map(\.scale))
  }

  /// Why no step decreased the misfit; or why the misfit has another derivative than the one that the fit has
  /// converged with, where there are signs of that.
  private func diagnosis(_ reason: StopReason) -> LineSearchDiagnosis? {
    let suspicion = FitSuspicion(
      problem, at: current, reason: reason, lastRatio: lastRatio,
      gradientTolerance: options.gradientTolerance)
    let diagnosis = suspicion.diagnosis
    return reason == .noProgress || diagnosis?.gradientIsWrong == true ? diagnosis : nil
  }
}
