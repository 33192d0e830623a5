/// One branch under way.
struct ContinuationRun {
  private let options: ContinuationSolver.Options
  private let range: ClosedRange<Double>
  private let index: Int
  private let model: Model
  private let matrix: BorderedJacobian
  private var step: Double
  private(set) var branch: SolutionBranch

  /// A corrected point, and how fast its corrector converged.
  private struct Corrected {
    var state: [Double]
    var parameter: Double
    var contraction: Double
  }

  private static let maximumCorrections = 10

  init(
    _ problem: NonlinearProblem, _ index: Int, _ range: ClosedRange<Double>,
    _ options: ContinuationSolver.Options
  ) throws {
    self.options = options
    self.range = range
    self.index = index
    model = problem.model
    var newton = NewtonSolver.Options()
    newton.absoluteTolerance = options.tolerance
    let start = try NewtonSolver(newton).solve(problem)
    matrix = try BorderedJacobian(
      problem.model, state: start.value, parameters: problem.parameters)
    step = min(options.initialStep.magnitude, options.maximumStep)
    branch = SolutionBranch(
      problem: problem, parameterIndex: index, points: [], folds: [],
      statistics: SolutionBranch.Statistics())
    let first = SolutionBranch.Point(
      state: start.value, parameter: problem.parameters[index],
      stateTangent: start.value.map { _ in 0 },
      parameterTangent: options.initialStep < 0 ? -1 : 1, arclength: 0)
    branch.points = [try withTangent(first, previous: first)]
  }

  // MARK: Steps

  /// Adds a point; false if the branch is complete.
  mutating func advance() throws -> Bool {
    let last = branch.points[branch.points.count - 1]
    guard branch.points.count < options.maximumPoints,
      branch.folds.count < options.maximumFolds
    else { return false }
    while true {
      guard step >= options.minimumStep else {
        throw ContinuationError.stepUnderflow(branch, step: step)
      }
      guard let corrected = try correct(from: last) else {
        refuse()
        continue
      }
      if !range.contains(corrected.parameter) {
        do {
          try finish(from: last, near: corrected)
          return false
        } catch is NonlinearError {
          // There is no solution at the end of the range near this line.
          refuse()
          continue
        }
      }
      var point = SolutionBranch.Point(
        state: corrected.state, parameter: corrected.parameter, stateTangent: last.stateTangent,
        parameterTangent: last.parameterTangent, arclength: last.arclength)
      point = try withTangent(point, previous: last)
      guard inner(point, last) >= 0.9 else {
        refuse()
        continue
      }
      point.arclength += distance(corrected.state, corrected.parameter, last)
      try add(point, after: last)
      let factor: Double = (options.targetContraction / max(corrected.contraction, 1e-12))
        .squareRoot()
      step = min(step * min(max(factor, 0.5), 2), options.maximumStep)
      return true
    }
  }

  private mutating func refuse() {
    step *= 0.5
    branch.statistics.refusedSteps += 1
  }

  private mutating func add(
    _ point: SolutionBranch.Point, after last: SolutionBranch.Point
  ) throws {
    branch.points.append(point)
    guard last.parameterTangent * point.parameterTangent < 0 else { return }
    // The zero of dλ/ds, taken as linear in between.
    let slope: Double = last.parameterTangent - point.parameterTangent
    let part: Double = last.parameterTangent / slope
    let guess = zip(last.state, point.state).map { $0 + part * ($1 - $0) }
    let direction = zip(last.stateTangent, point.stateTangent).map { $0 + part * ($1 - $0) }
    let parameter: Double = last.parameter + part * (point.parameter - last.parameter)
    branch.folds.append(
      try FoldSolver(tolerance: options.tolerance).solve(
        branch.problem(parameter: parameter, guess: guess), parameter: index,
        nullVector: direction))
  }

  /// The last point, at the end of the range that `beyond` has passed.
  private mutating func finish(
    from last: SolutionBranch.Point, near beyond: Corrected
  ) throws {
    let end = beyond.parameter > range.upperBound ? range.upperBound : range.lowerBound
    guard end != last.parameter else { return }
    let part: Double = (end - last.parameter) / (beyond.parameter - last.parameter)
    let guess = zip(last.state, beyond.state).map { $0 + part * ($1 - $0) }
    var newton = NewtonSolver.Options()
    newton.absoluteTolerance = options.tolerance
    let solution = try NewtonSolver(newton).solve(branch.problem(parameter: end, guess: guess))
    var point = SolutionBranch.Point(
      state: solution.value, parameter: end, stateTangent: last.stateTangent,
      parameterTangent: last.parameterTangent, arclength: last.arclength)
    point = try withTangent(point, previous: last)
    point.arclength += distance(point.state, end, last)
    try add(point, after: last)
  }

  // MARK: Predictor and corrector

  /// The row of the bordered matrix that holds what the corrector holds.
  private func row(_ point: SolutionBranch.Point) -> (state: [Double], parameter: Double) {
    if options.method == .natural { return (point.state.map { _ in 0 }, 1) }
    let weight: Double = 1 / Double(point.state.count)
    return (point.stateTangent.map { weight * $0 }, point.parameterTangent)
  }

  /// The point a step along the tangent, corrected; nil if the corrector does not contract.
  private mutating func correct(from last: SolutionBranch.Point) throws -> Corrected? {
    var state = zip(last.state, last.stateTangent).map { $0 + step * $1 }
    var parameter: Double = last.parameter + step * last.parameterTangent
    let held = row(last)
    var contraction = 0.0
    var previous = Double.infinity
    for _ in 0..<Self.maximumCorrections {
      let (residual, slope) = residual(at: state, parameter)
      guard residual.euclideanNorm.isFinite && slope.euclideanNorm.isFinite else { return nil }
      do {
        try matrix.linearize(state: state, parameters: parameters(parameter))
        try matrix.factorize(column: slope, row: held.state, corner: held.parameter)
      } catch is FactorizationError {
        return nil
      }
      branch.statistics.factorizations = matrix.factorizationCount
      branch.statistics.correctorSteps += 1
      let correction = try matrix.solve(residual.map { -$0 } + [0]).solution
      let size = weightedNorm(correction)
      if size > 0.5 * previous {
        // Rounding, or no contraction.
        return size <= 1e-8 * (1 + distance(state, parameter, nil))
          ? Corrected(state: state, parameter: parameter, contraction: contraction) : nil
      }
      if previous.isFinite { contraction = max(contraction, size / previous) }
      previous = size
      for index in state.indices { state[index] += correction[index] }
      parameter += correction[state.count]
      if residual.euclideanNorm <= options.tolerance
        && size <= options.tolerance * (1 + distance(state, parameter, nil))
      {
        return Corrected(state: state, parameter: parameter, contraction: contraction)
      }
    }
    return nil
  }

  /// The point with its unit tangent, on the same side as that of `previous`.
  private func withTangent(
    _ point: SolutionBranch.Point, previous: SolutionBranch.Point
  ) throws -> SolutionBranch.Point {
    let (_, slope) = residual(at: point.state, point.parameter)
    var point = point
    do {
      let held = row(previous)
      try matrix.linearize(state: point.state, parameters: parameters(point.parameter))
      try matrix.factorize(column: slope, row: held.state, corner: held.parameter)
    } catch let error as FactorizationError {
      throw ContinuationError.singular(
        model: model.name, parameter: point.parameter, reason: "\(error)")
    }
    let unit = [Double](repeating: 0, count: point.state.count) + [1]
    var tangent = try matrix.solve(unit).solution
    let length = weightedNorm(tangent)
    // A natural corrector holds λ: its tangents keep the direction they were started in.
    let sign: Double =
      options.method == .natural && previous.parameterTangent < 0 ? -1 : 1
    for index in tangent.indices { tangent[index] *= sign / length }
    point.parameterTangent = tangent.removeLast()
    point.stateTangent = tangent
    return point
  }

  // MARK: The model

  private func parameters(_ parameter: Double) -> [Double] {
    var parameters = branch.problem.parameters
    parameters[index] = parameter
    return parameters
  }

  /// F and ∂F/∂λ.
  private func residual(
    at state: [Double], _ parameter: Double
  ) -> (residual: [Double], slope: [Double]) {
    let evaluator = ModelEvaluator(model, parameters: parameters(parameter))
    return evaluator.residual(at: state, withDerivativeBy: index)
  }

  // MARK: The norm

  private func weightedNorm(_ x: [Double]) -> Double {
    let count = Double(x.count - 1)
    let state: Double = x.dropLast().reduce(0) { $0 + $1 * $1 }
    let parameter = x[x.count - 1]
    return (state / count + parameter * parameter).squareRoot()
  }

  private func distance(
    _ state: [Double], _ parameter: Double, _ origin: SolutionBranch.Point?
  ) -> Double {
    guard let origin else { return weightedNorm(state + [parameter]) }
    return weightedNorm(
      zip(state, origin.state).map { $0 - $1 } + [parameter - origin.parameter])
  }

  private func inner(_ a: SolutionBranch.Point, _ b: SolutionBranch.Point) -> Double {
    let state = a.stateTangent.dot(b.stateTangent)
    return state / Double(a.state.count) + a.parameterTangent * b.parameterTangent
  }
}

extension ModelEvaluator {
  /// F and its derivative by one parameter.
  func residual(
    at state: [Double], withDerivativeBy index: Int
  ) -> (residual: [Double], slope: [Double]) {
    var residual = [Double](repeating: 0, count: model.outputCount)
    evaluate(state, into: &residual)
    var tangent = [Double](repeating: 0, count: model.parameterCount)
    tangent[index] = 1
    var slope = residual
    pushforward(
      state, stateTangent: state.map { _ in 0 }, parameterTangent: tangent, into: &slope)
    return (residual, slope)
  }
}
