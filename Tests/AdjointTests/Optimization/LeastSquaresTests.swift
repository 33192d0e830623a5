import Adjoint
import Testing

@Suite("Least-squares fits")
struct LeastSquaresTests {
  func problem(
    _ reference: LeastSquaresReference, start: [Double], hasPushforward: Bool = true,
    scale: LeastSquaresProblem.Parameter.Scale = .linear
  ) throws -> LeastSquaresProblem {
    try LeastSquaresProblem(
      parameters: start.enumerated().map { .init("b\($0 + 1)", start: $1, scale: scale) },
      predictions: curveMap(at: reference.x, hasPushforward: hasPushforward, reference.curve),
      misfit: LeastSquaresMisfit(data: reference.y))
  }

  /// Compares with certified values, which have eleven digits.
  ///
  /// A fit stops at a cosine c = 1e-9 between residual and
  /// Jacobian, which leaves an error of about c·√m standard errors; these are at most 12 % of a
  /// parameter, so 1e-8 holds with a margin for rounding.
  func expectCertified(_ solution: LeastSquaresSolution, _ reference: LeastSquaresReference) {
    #expect(solution.stopReason.isConvergence)
    // Rounding in the predictions yᵢ leaves gᵢxᵢ uncertain by Σ δyᵢ |∂yᵢ/∂ln xⱼ|. The elasticities
    // of these models are at most 15, and so is the condition number of exp: δyᵢ is about
    // 3·15·eps·yᵢ. MGH10, which meets data of 1e4 within 1, comes to 1.5e-5, the others below 1e-9.
    let rounding =
      .ulpOfOne * 3 * 15 * 15 * reference.y.reduce(0) { $0 + $1 * $1 } / solution.misfit
    #expect(solution.scaledGradientNorm <= max(1e-8, rounding))
    for (found, certified) in zip(solution.parameters, reference.parameters) {
      #expect(abs(found - certified) <= 1e-8 * abs(certified))
    }
    #expect(abs(2 * solution.misfit - reference.sumOfSquares) <= 1e-9 * reference.sumOfSquares)
    // Errors in the parameters enter the standard errors through the Jacobian's change.
    for (found, certified) in zip(solution.standardErrors ?? [], reference.standardErrors) {
      #expect(abs(found - certified) <= 1e-7 * certified)
    }
    #expect(solution.standardErrors?.count == reference.parameters.count)
  }

  @Test(
    "Certified optima are reached from both of the published starts",
    arguments: LeastSquaresReference.nonlinear)
  func certified(reference: LeastSquaresReference) throws {
    // The first start of MGH10 leads along a curved valley for some 5000 steps.
    var options = LevenbergMarquardt.Options()
    options.maximumIterations = 10_000
    for start in reference.starts {
      let solution = try LevenbergMarquardt(options: options).solve(
        problem(reference, start: start))
      expectCertified(solution, reference)
    }
  }

  @Test(
    "Varying the parameters' logarithms leads to the same optimum",
    arguments: LeastSquaresReference.nonlinear)
  func logarithmic(reference: LeastSquaresReference) throws {
    let start = reference.starts[1]
    let solution = try LevenbergMarquardt().solve(
      problem(reference, start: start, scale: .logarithmic))
    expectCertified(solution, reference)
  }

  @Test("Without pushforwards the Jacobian is made of pullbacks")
  func pullbacksOnly() throws {
    let reference = LeastSquaresReference.thurber
    let solution = try LevenbergMarquardt().solve(
      problem(reference, start: reference.starts[0], hasPushforward: false))
    expectCertified(solution, reference)
  }

  @Test("Longley's nearly dependent linear regression keeps the digits that its condition allows")
  func longley() throws {
    let rows = LeastSquaresReference.longleyRows
    let map = curveMap(at: rows.indices.map(Double.init)) { b, index in
      let row = rows[Int(index)]
      return (1..<7).reduce(b[0]) { $0 + Dual(row[$1]) * b[$1] }
    }
    let problem = try LeastSquaresProblem(
      parameters: (0..<7).map { .init("b\($0)", start: 0) }, predictions: map,
      misfit: LeastSquaresMisfit(data: rows.map { $0[0] }))
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(solution.stopReason.isConvergence)
    let certified = LeastSquaresReference.longleyParameters
    let errors = LeastSquaresReference.longleyStandardErrors
    // eps times the condition number 5e9 is 1e-6.
    for index in 0..<7 {
      #expect(abs(solution.parameters[index] - certified[index]) <= 1e-6 * abs(certified[index]))
      let error = try #require(solution.standardErrors)[index]
      #expect(abs(error - errors[index]) <= 1e-6 * errors[index])
    }
    #expect(abs(2 * solution.misfit - 836_424.055505915) <= 1e-8 * 836_424)
  }

  @Test("NLopt finds the same optimum from the misfit and one pullback a point")
  func optimizerAgrees() throws {
    let reference = LeastSquaresReference.misra1a
    // b₂ in units of 1e-4, since L-BFGS depends on the variables' scale.
    let map = curveMap(at: reference.x) { b, x in
      reference.curve([b[0], 1e-4 * b[1]], x)
    }
    let problem = try LeastSquaresProblem(
      parameters: [.init("b1", start: 250), .init("b2", start: 5)], predictions: map,
      misfit: LeastSquaresMisfit(data: reference.y))
    let result = try Optimizer(.slsqp).minimize(problem.objective, from: [250, 5])
    // The value is flat to its tolerance of 1e-12, so the point is good to its square root.
    #expect(abs(2 * result.value - reference.sumOfSquares) <= 1e-6 * reference.sumOfSquares)
    #expect(abs(result.point[0] - reference.parameters[0]) <= 1e-3 * reference.parameters[0])
  }

  @Test("Weights count as repeated data")
  func weights() throws {
    let x: [Double] = [0, 1, 2, 3]
    let y: [Double] = [1, 2, 2, 5]
    let line: ([Dual], Double) -> Dual = { p, x in p[0] + Dual(x) * p[1] }
    func fit(_ x: [Double], _ y: [Double], weights: [Double]) throws -> LeastSquaresSolution {
      try LevenbergMarquardt().solve(
        LeastSquaresProblem(
          parameters: [.init("a", start: 9), .init("b", start: -9)],
          predictions: curveMap(at: x, line),
          misfit: LeastSquaresMisfit(data: y, weights: weights)))
    }
    let weighted = try fit(x, y, weights: [1, 3, 1, 1])
    let repeated = try fit([0, 1, 1, 1, 2, 3], [1, 2, 2, 2, 2, 5], weights: [])
    // A well conditioned linear problem: rounding only.
    for (a, b) in zip(weighted.parameters, repeated.parameters) { #expect(abs(a - b) < 1e-12) }
    #expect(abs(weighted.misfit - repeated.misfit) < 1e-12)
    #expect(weighted["b"] == weighted.parameters[1])
    #expect(weighted["c"] == nil)
  }

  @Test("A bound holds a parameter, and the others are optimal along it")
  func boundedFit() throws {
    // The line through (0, 0), (1, 1), (2, 4) with slope at most 1: the best intercept is the mean
    // of y − x, 2/3.
    let map = curveMap(at: [0, 1, 2]) { p, x in p[0] + Dual(x) * p[1] }
    for scale in [LeastSquaresProblem.Parameter.Scale.linear, .logarithmic] {
      let problem = try LeastSquaresProblem(
        parameters: [
          .init("intercept", start: -3),
          .init("slope", start: 0.1, lowerBound: 0, upperBound: 1, scale: scale),
        ], predictions: map, misfit: LeastSquaresMisfit(data: [0, 1, 4]))
      let solution = try LevenbergMarquardt().solve(problem)
      #expect(solution.stopReason == .gradientTolerance)
      #expect(solution.parameters[1] == 1)
      #expect(solution.activeBounds == [1])
      // The cosine tolerance 1e-9 times the residual's norm, about 2, is the intercept's error.
      #expect(abs(solution.parameters[0] - 2.0 / 3) < 1e-8)
      #expect(solution.gradient[1] < 0)
    }
  }

  @Test("Data that the model can meet exactly are met")
  func exactFit() throws {
    let x: [Double] = [0, 0.5, 1, 2, 3]
    let map = curveMap(at: x) { p, x in p[0] * Dual.exp(-p[1] * Dual(x)) }
    let data = try map.value([3, 0.7])
    let problem = try LeastSquaresProblem(
      parameters: [.init("amplitude", start: 1), .init("rate", start: 0.01)], predictions: map,
      misfit: LeastSquaresMisfit(data: data))
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(solution.stopReason.isConvergence)
    // Rounding of the data times the condition number of J, below 10.
    #expect(abs(solution.parameters[0] - 3) < 1e-13)
    #expect(abs(solution.parameters[1] - 0.7) < 1e-13)
  }

  @Test("Parameters that the data do not determine have no standard errors")
  func undetermined() throws {
    let map = curveMap(at: [1, 2, 3]) { p, x in (p[0] + p[1]) * Dual(x) }
    let problem = try LeastSquaresProblem(
      parameters: [.init("a", start: 0), .init("b", start: 0)], predictions: map,
      misfit: LeastSquaresMisfit(data: [1, 2, 4]))
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(solution.stopReason == .gradientTolerance)
    // 17/14 is the slope of the line through the origin.
    #expect(abs(solution.parameters[0] + solution.parameters[1] - 17.0 / 14) < 1e-9)
    #expect(solution.covariance == nil)
    #expect(solution.standardErrors == nil)
  }

  @Test("A fit turns round where the model has no value, and fails if it starts there")
  func domain() throws {
    let x: [Double] = [1, 2, 3, 4]
    let inner = curveMap(at: x) { p, x in Dual.log(p[0] * Dual(x)) }
    var refusals = 0
    func guarded<Result>(_ p: [Double], _ body: ([Double]) throws -> Result) throws -> Result {
      guard p[0] > 0 else {
        refusals += 1
        throw PointOutsideDomain(reason: "the logarithm of a negative number")
      }
      return try body(p)
    }
    let map = DifferentiableMap(
      name: "logarithm", value: { try guarded($0, inner.value) },
      linearize: { try guarded($0, inner.linearize) })
    let data = try inner.value([0.01])
    // The first Gauss–Newton step from 5 leads to 5 (1 + ln(0.01/5)) < 0.
    let misfit = try LeastSquaresMisfit(data: data)
    let problem = try LeastSquaresProblem(
      parameters: [.init("p", start: 5)], predictions: map, misfit: misfit)
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(refusals > 0)
    #expect(abs(solution.parameters[0] - 0.01) < 1e-12)
    #expect(
      throws: OptimizationError.startNotEvaluable(
        point: [-1], reason: "the logarithm of a negative number")
    ) { try LevenbergMarquardt().solve(problem, from: [-1]) }
  }

  @Test("Errors of the model and of the progress callback pass through; limits are named")
  func errorsAndLimits() throws {
    struct Stop: Error, Equatable {}
    let reference = LeastSquaresReference.misra1a
    let fit = try problem(reference, start: reference.starts[0])
    #expect(throws: Stop()) {
      try LevenbergMarquardt().solve(fit) { iteration, _ in if iteration == 2 { throw Stop() } }
    }
    var options = LevenbergMarquardt.Options()
    options.maximumIterations = 1
    let early = try LevenbergMarquardt(options: options).solve(fit)
    #expect(early.stopReason == .evaluationLimit)
    #expect(early.scaledGradientNorm > 1e-6)
  }

  @Test("A wrong Jacobian cannot pass for an optimum")
  func wrongJacobian() throws {
    // The sign of one column is wrong in both directions: the reported gradient is zero where the
    // fit stops only if it stops at a point that is no optimum, so it must not stop converged with
    // the certified misfit.
    let reference = LeastSquaresReference.misra1a
    let map = wrongSecondDerivative(of: curveMap(at: reference.x, reference.curve))
    let problem = try LeastSquaresProblem(
      parameters: [.init("b1", start: 500), .init("b2", start: 1e-4)], predictions: map,
      misfit: LeastSquaresMisfit(data: reference.y))
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(!solution.stopReason.isConvergence)
  }
}
