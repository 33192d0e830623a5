import Adjoint
import Testing

@Suite("Robust losses, priors and bounds in fits")
struct RobustFitTests {
  /// a exp(−b x) + c, fitted to data with two gross errors.
  func decay(
    _ loss: Loss, a: LeastSquaresProblem.Parameter = .init("a", start: 5),
    b: LeastSquaresProblem.Parameter = .init("b", start: 0.4),
    c: LeastSquaresProblem.Parameter = .init("c", start: 0.5)
  ) throws -> LeastSquaresProblem {
    let map = curveMap(at: FittingReference.values("x")) { p, x in
      p[0] * Dual.exp(-p[1] * Dual(x)) + p[2]
    }
    return try LeastSquaresProblem(
      parameters: [a, b, c], predictions: map,
      misfit: LeastSquaresMisfit(data: FittingReference.values("y"), loss: loss))
  }

  static let losses: [(Loss, String)] = [
    (.huber(scale: 0.1), "huber 0.1"), (.cauchy(scale: 0.1), "cauchy 0.1"),
    (.huber(scale: 1), "huber 1.0"), (.cauchy(scale: 1), "cauchy 1.0"),
  ]

  @Test("Robust optima agree with SciPy's, polished in 40 digits", arguments: losses)
  func reference(loss: Loss, name: String) throws {
    let expected = FittingReference.values(name)
    #expect(expected.count == 3)
    for start in [1.0, 0.2] {
      var parameters = [5, 0.4, 0.5]
      for index in parameters.indices { parameters[index] *= start == 1 ? 1 : 1 + start }
      let solution = try LevenbergMarquardt().solve(decay(loss), from: parameters)
      #expect(solution.stopReason.isConvergence)
      // A cosine of 1e-9 with the residual, and standard errors of at most a fifth of a parameter.
      for (found, value) in zip(solution.parameters, expected) {
        #expect(abs(found - value) <= 1e-8 * abs(value))
      }
      // Reweighted least squares alone would need several times as many.
      #expect(solution.statistics.iterations <= 60)
    }
  }

  @Test("Loss, influence and curvature are derivatives of each other", arguments: losses)
  func consistency(loss: Loss, name: String) {
    for residual in [1e-9, 0.03, 0.4, 0.97, 1.5, 40] {
      // ½ρ(r²) has the derivative ρ′ r and the second derivative ρ′ + 2sρ″.
      let step = 1e-5 * residual
      func value(_ r: Double) -> Double { 0.5 * loss.value(r * r) }
      func influence(_ r: Double) -> Double { loss.weight(r * r) * r }
      let slope: Double = (value(residual + step) - value(residual - step)) / (2 * step)
      let curvature: Double =
        (influence(residual + step) - influence(residual - step)) / (2 * step)
      // Differences with a relative step of 1e-5: truncation 1e-10, rounding 1e-11 of value/residual.
      let roundingOfSlope: Double = 1e-10 * value(residual) / residual
      #expect(abs(slope - influence(residual)) <= 1e-8 * influence(residual) + roundingOfSlope)
      #expect(abs(curvature - loss.curvature(residual * residual)) <= 1e-8)
    }
    #expect(loss.weight(0) == 1 && loss.value(0) == 0)
  }

  @Test("The errors of a robust line are Huber's, as statsmodels computes them")
  func robustErrors() throws {
    let data = FittingReference.values("line")
    let map = curveMap(at: data.indices.map(Double.init)) { p, x in p[0] + Dual(x) * p[1] }
    let problem = try LeastSquaresProblem(
      parameters: [.init("intercept", start: 0), .init("slope", start: 0)], predictions: map,
      misfit: LeastSquaresMisfit(data: data, loss: .huber(scale: 0.5)))
    let solution = try LevenbergMarquardt().solve(problem)
    let estimates = FittingReference.values("line estimate")
    let errors = FittingReference.values("line error")
    #expect(estimates.count == 2)
    // statsmodels iterates to 1e-14 of the parameters by reweighting.
    for index in 0..<2 {
      #expect(abs(solution.parameters[index] - estimates[index]) <= 1e-8)
      let error = try #require(solution.standardErrors)[index]
      #expect(abs(error - errors[index]) <= 1e-8 * errors[index])
    }
  }

  @Test("A normal prior is one more datum")
  func priors() throws {
    // The mean of n data with variance 1 and a prior N(μ, s²): (Σd + μ/s²)/(n + 1/s²).
    let data: [Double] = [1, 2, 4]
    let map = curveMap(at: [0, 0, 0]) { p, _ in p[0] }
    let problem = try LeastSquaresProblem(
      parameters: [
        .init("mean", start: 9, prior: .normal(mean: 10, standardDeviation: 0.5))
      ], predictions: map, misfit: LeastSquaresMisfit(data: data), noise: .known)
    let solution = try LevenbergMarquardt().solve(problem)
    // The fit stops at a cosine of 1e-9 between residual (norm 8.5) and Jacobian (norm √7).
    #expect(abs(solution.parameters[0] - 47.0 / 7) <= 4e-9)
    // The posterior's variance is 1/(n + 1/s²).
    #expect(abs(try #require(solution.standardErrors)[0] - (1.0 / 7).squareRoot()) <= 1e-14)
    let (value, gradient) = try problem.objective.valueWithGradient(at: solution.parameters)
    #expect(abs(value - solution.misfit) <= 1e-13)
    #expect(abs(gradient[0]) <= 3e-8)
    #expect(solution.degreesOfFreedom == 3)
  }

  @Test("A log-normal prior holds a parameter that the data do not determine")
  func logNormal() throws {
    let map = curveMap(at: [1, 2, 3]) { p, x in p[0] * p[1] * Dual(x) }
    let problem = try LeastSquaresProblem(
      parameters: [
        .init("a", start: 1, scale: .logarithmic),
        .init(
          "b", start: 1, scale: .logarithmic,
          prior: .logNormal(median: 4, standardDeviation: 0.1)),
      ], predictions: map, misfit: LeastSquaresMisfit(data: [2, 4, 6.3]))
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(solution.stopReason.isConvergence)
    // The product is free to fit, so the prior is met exactly: b = 4.
    #expect(abs(solution.parameters[1] - 4) <= 1e-7)
    #expect(solution.identifiability.isComplete)
    #expect(throws: InputError.self) {
      try LeastSquaresProblem(
        parameters: [.init("a", start: 1, prior: .logNormal(median: 1, standardDeviation: 1))],
        predictions: map, misfit: LeastSquaresMisfit(data: [2, 4, 6]))
    }
    #expect(throws: InputError.self) {
      try LeastSquaresProblem(
        parameters: [.init("a", start: 1, prior: .normal(mean: 1, standardDeviation: 0))],
        predictions: map, misfit: LeastSquaresMisfit(data: [2, 4, 6]))
    }
    #expect(throws: InputError.self) { try LeastSquaresMisfit(data: [1], loss: .huber(scale: 0)) }
    #expect(throws: InputError.self) {
      try LeastSquaresMisfit(data: [1], loss: .cauchy(scale: .nan))
    }
  }

  @Test("Gauss–Newton reaches certified optima, and a rank-deficient Jacobian ends it")
  func gaussNewton() throws {
    var options = LevenbergMarquardt.Options()
    options.method = .gaussNewton
    let solver = try LevenbergMarquardt(options: options)
    let reference = LeastSquaresReference.misra1a
    let problem = try LeastSquaresProblem(
      parameters: [.init("b1", start: 250), .init("b2", start: 5e-4)],
      predictions: curveMap(at: reference.x, reference.curve),
      misfit: LeastSquaresMisfit(data: reference.y))
    let solution = try solver.solve(problem)
    #expect(solution.stopReason.isConvergence)
    #expect(solution.statistics.iterations <= 10)
    for (found, certified) in zip(solution.parameters, reference.parameters) {
      #expect(abs(found - certified) <= 1e-8 * abs(certified))
    }
    let flat = curveMap(at: [1, 2, 3]) { p, x in (p[0] + p[1]) * Dual(x) }
    let singular = try solver.solve(
      LeastSquaresProblem(
        parameters: [.init("a", start: 0), .init("b", start: 0)], predictions: flat,
        misfit: LeastSquaresMisfit(data: [1, 2, 4])))
    #expect(singular.stopReason == .noProgress)
    #expect(!singular.identifiability.isComplete)
  }

  @Test("Two active bounds are found, and only free parameters have an uncertainty")
  func activeSet() throws {
    // Without bounds the optimum of this strongly coupled quadratic violates both bounds.
    let map = curveMap(at: [0, 1, 2, 3, 4]) { p, x in
      p[0] + Dual(x) * p[1] + Dual(x * x) * p[2]
    }
    let data: [Double] = [3, 1.2, 0.8, 2.1, 5.5]
    let problem = try LeastSquaresProblem(
      parameters: [
        .init("a", start: 0.5, lowerBound: 0, upperBound: 1.5),
        .init("b", start: 0.3, lowerBound: -1, upperBound: 1), .init("c", start: 5),
      ], predictions: map, misfit: LeastSquaresMisfit(data: data))
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(solution.stopReason.isConvergence)
    #expect(solution.activeBounds == [0, 1])
    #expect(solution.parameters[0] == 1.5 && solution.parameters[1] == -1)
    // c = Σ x²(d − 1.5 + x)/Σ x⁴.
    let numerator = (0..<5).reduce(0.0) { sum, index in
      let x = Double(index)
      return sum + x * x * (data[index] - 1.5 + x)
    }
    #expect(abs(solution.parameters[2] - numerator / 354) <= 1e-9)
    let errors = try #require(solution.standardErrors)
    #expect(errors[0] == 0 && errors[1] == 0)
    let variance: Double = 2 * solution.misfit / 4
    #expect(abs(errors[2] - (variance / 354).squareRoot()) <= 1e-12)
    #expect(solution.degreesOfFreedom == 4)
    let intervals = try #require(try solution.confidenceIntervals())
    #expect(intervals[0] == 1.5...1.5)
    #expect(solution.correlations == [1, 0, 0, 0, 1, 0, 0, 0, 1])
  }
}
