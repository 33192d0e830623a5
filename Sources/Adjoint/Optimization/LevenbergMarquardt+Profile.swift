import RealModule

extension LevenbergMarquardt {
  /// The profile likelihood of one parameter around a fit.
  ///
  /// Steps along the parameter's variable from the optimum to both sides, each starting from the last
  /// fit, until |τ| exceeds the threshold; the end of the interval is then located between the last
  /// two points to 1e-6 of their |τ|. A side is given up at the parameter's bound, or after 40 steps
  /// of growing length.
  ///
  /// Cost: about ten fits a side, each of a few iterations.
  /// Throws ``OptimizationError`` for a name that does not exist, a fit without uncertainty (as many
  /// parameters as data, noise not known), or a misfit that is less than that of the fit; ``InputError``
  /// unless 0 < level < 1.
  public func profile(
    _ name: String, of problem: LeastSquaresProblem, around solution: LeastSquaresSolution,
    level: Double = 0.95
  ) throws -> ProfileLikelihood {
    guard let index = problem.parameters.firstIndex(where: { $0.name == name }) else {
      throw OptimizationError.unknownParameter(name: name, known: problem.parameters.map(\.name))
    }
    let threshold = try solution.errorDistribution.halfWidth(level: level)
    let isKnown = problem.noise == .known && problem.misfit.loss == .squares
    guard let variance = isKnown ? 1 : solution.residualVariance, variance > 0 else {
      throw OptimizationError.tooFewData(
        count: problem.misfit.data.count, parameterCount: problem.parameters.count)
    }
    var run = ProfileRun(
      problem: problem, index: index, solver: self, solution: solution, variance: variance,
      threshold: threshold)
    let upper = try run.end(direction: 1)
    let lower = try run.end(direction: -1)
    return ProfileLikelihood(
      name: name, points: run.points.sorted { $0.value < $1.value }, level: level,
      threshold: threshold, lowerEnd: lower, upperEnd: upper)
  }
}

/// One profile under way.
private struct ProfileRun {
  let problem: LeastSquaresProblem
  let index: Int
  let solver: LevenbergMarquardt
  let variance: Double
  let threshold: Double
  let optimum: ProfileLikelihood.Point
  /// A standard error of the variable, or a guess of it.
  let unit: Double
  var points: [ProfileLikelihood.Point]

  private static let maximumSteps = 40

  init(
    problem: LeastSquaresProblem, index: Int, solver: LevenbergMarquardt,
    solution: LeastSquaresSolution, variance: Double, threshold: Double
  ) {
    self.problem = problem
    self.index = index
    self.solver = solver
    self.variance = variance
    self.threshold = threshold
    optimum = ProfileLikelihood.Point(
      value: solution.parameters[index], misfit: solution.misfit, standardizedError: 0,
      parameters: solution.parameters)
    points = [optimum]
    let parameter = problem.parameters[index]
    let scaling = parameter.scaling(at: optimum.value)
    let variable = parameter.internalValue(optimum.value)
    let error: Double = (solution.standardErrors?[index] ?? 0) / scaling
    let guess: Double = parameter.scale == .logarithmic ? 0.1 : 0.1 * max(variable.magnitude, 1e-3)
    unit = error > 0 && error.isFinite ? error : guess
  }

  /// The value at which |τ| reaches the threshold on one side; nil if it does not.
  mutating func end(direction: Double) throws -> Double? {
    let parameter = problem.parameters[index]
    var inside = optimum
    var step: Double = 0.5 * unit
    for _ in 0..<Self.maximumSteps {
      let from = parameter.internalValue(inside.value)
      let value = parameter.externalValue(from + direction * step)
      guard value != inside.value, value.isFinite else { return nil }
      let point = try fit(at: value, from: inside.parameters)
      guard let point else {
        // No value of the model: the domain ends here.
        step *= 0.25
        if step < 1e-3 * unit { return nil }
        continue
      }
      points.append(point)
      if point.standardizedError.magnitude >= threshold {
        return try locate(between: inside, and: point)
      }
      let gain: Double = point.standardizedError.magnitude - inside.standardizedError.magnitude
      // Aim at a quarter of the threshold a step.
      let wanted: Double = gain > 0 ? 0.25 * threshold / gain : 2
      step *= min(max(wanted, 0.5), 2)
      inside = point
    }
    return nil
  }

  /// The crossing of the threshold, by false position with the Illinois rule.
  private mutating func locate(
    between inside: ProfileLikelihood.Point, and outside: ProfileLikelihood.Point
  ) throws -> Double {
    let parameter = problem.parameters[index]
    var (a, b) = (
      parameter.internalValue(inside.value), parameter.internalValue(outside.value)
    )
    var fa: Double = inside.standardizedError.magnitude - threshold
    var fb: Double = outside.standardizedError.magnitude - threshold
    var start = inside.parameters
    var last = 0
    for _ in 0..<30 {
      let middle: Double = (a * fb - b * fa) / (fb - fa)
      guard let point = try fit(at: parameter.externalValue(middle), from: start) else { break }
      points.append(point)
      let f: Double = point.standardizedError.magnitude - threshold
      if f.magnitude <= 1e-6 * threshold { return point.value }
      start = point.parameters
      if f < 0 {
        (a, fa) = (middle, f)
        if last < 0 { fb /= 2 }
        last = -1
      } else {
        (b, fb) = (middle, f)
        if last > 0 { fa /= 2 }
        last = 1
      }
    }
    return parameter.externalValue((a * fb - b * fa) / (fb - fa))
  }

  /// The fit of the other parameters; nil where the model has no value.
  private func fit(
    at value: Double, from start: [Double]
  ) throws -> ProfileLikelihood.Point? {
    var full = start
    full[index] = value
    let misfit: Double
    do {
      if problem.parameters.count == 1 {
        misfit = try problem.totalMisfit(at: full)
      } else {
        let reduced = try problem.fixing(index, at: value)
        var others = full
        others.remove(at: index)
        let solution = try solver.solve(reduced, from: others)
        misfit = solution.misfit + problem.priorMisfit(of: index, at: value)
        full = solution.parameters
        full.insert(value, at: index)
      }
    } catch is PointOutsideDomain {
      return nil
    } catch OptimizationError.startNotEvaluable {
      return nil
    }
    guard misfit.isFinite else { return nil }
    let excess: Double = misfit - optimum.misfit
    // A fit is as good as its noise.
    guard excess >= -1e-6 * (optimum.misfit + variance) else {
      throw OptimizationError.profileFoundBetterFit(
        parameter: problem.parameters[index].name, value: value, misfit: misfit,
        best: optimum.misfit)
    }
    let sign: Double = value < optimum.value ? -1 : 1
    return ProfileLikelihood.Point(
      value: value, misfit: misfit,
      standardizedError: sign * (2 * max(excess, 0) / variance).squareRoot(), parameters: full)
  }
}

extension LeastSquaresProblem {
  /// The problem of the other parameters, with one held at `value`.
  fileprivate func fixing(_ index: Int, at value: Double) throws -> LeastSquaresProblem {
    let predictions = predictions
    func full(_ others: [Double]) -> [Double] {
      var all = others
      all.insert(value, at: index)
      return all
    }
    var others = parameters
    others.remove(at: index)
    let map = DifferentiableMap(
      name: predictions.name, value: { try predictions.value(full($0)) },
      linearize: { point in
        let whole = try predictions.linearize(full(point))
        let pushforward = whole.pushforward.map { push in
          { (tangent: [Double]) throws -> [Double] in
            var all = tangent
            all.insert(0, at: index)
            return try push(all)
          }
        }
        return DifferentiableMap.Linearization(
          value: whole.value, pushforward: pushforward,
          pullback: { cotangent in
            var gradient = try whole.pullback(cotangent)
            gradient.remove(at: index)
            return gradient
          })
      })
    return try LeastSquaresProblem(
      parameters: others, predictions: map, misfit: misfit, noise: noise)
  }

  /// ½ πⱼ² of one parameter.
  fileprivate func priorMisfit(of index: Int, at value: Double) -> Double {
    let residual = parameters[index].prior?.residual(value) ?? 0
    return 0.5 * residual * residual
  }
}
