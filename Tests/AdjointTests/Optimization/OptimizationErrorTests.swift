import Adjoint
import Testing

@Suite("Errors of optimizers and fits")
struct OptimizationErrorTests {
  let valley = OptimizerTests.valley

  @Test("Bounds in the wrong order, of the wrong length or NaN are refused")
  func bounds() throws {
    let optimizer = try Optimizer(.lbfgs)
    #expect(throws: OptimizationError.invalidBounds(index: 1, lower: 3, upper: 2)) {
      try optimizer.minimize(
        OptimizationProblem(minimizing: valley, lowerBounds: [0, 3], upperBounds: [1, 2]),
        from: [0.5, 2.5])
    }
    #expect(throws: OptimizationError.self) {
      try optimizer.minimize(
        OptimizationProblem(minimizing: valley, lowerBounds: [0, .nan]), from: [0.5, 2.5])
    }
    #expect(
      throws: InputError.wrongLength(argument: "upperBounds", expected: 2, found: 1)
    ) {
      try optimizer.minimize(
        OptimizationProblem(minimizing: valley, upperBounds: [1]), from: [0.5, 0.5])
    }
  }

  @Test("A start outside its bounds, of the wrong length or not finite is refused")
  func start() throws {
    let optimizer = try Optimizer(.lbfgs)
    let problem = OptimizationProblem(minimizing: valley, upperBounds: [1, 1])
    #expect(
      throws: OptimizationError.startOutsideBounds(
        index: 0, value: 2, lower: -.infinity, upper: 1)
    ) { try optimizer.minimize(problem, from: [2, 0]) }
    #expect(throws: InputError.wrongLength(argument: "start", expected: 2, found: 3)) {
      try optimizer.minimize(problem, from: [0, 0, 0])
    }
    #expect(throws: InputError.self) { try optimizer.minimize(problem, from: [.nan, 0]) }
    #expect(throws: InputError.self) {
      try optimizer.minimize(Objective(variableCount: 0) { _ in (0, []) }, from: [])
    }
  }

  @Test("Constraints that a method cannot handle are refused")
  func unsupportedConstraints() throws {
    var problem = OptimizationProblem(minimizing: valley)
    problem.inequalities = [.init(valley)]
    #expect(
      throws: OptimizationError.unsupportedConstraints(method: "lbfgs", kind: "inequality")
    ) { try Optimizer(.lbfgs).minimize(problem, from: [0, 0]) }
    problem.inequalities = []
    problem.equalities = [.init(valley)]
    #expect(throws: OptimizationError.unsupportedConstraints(method: "mma", kind: "equality")) {
      try Optimizer(.mma).minimize(problem, from: [0, 0])
    }
    problem.equalities = [.init(valley, tolerance: -1)]
    #expect(throws: InputError.self) {
      try Optimizer(.slsqp).minimize(problem, from: [0, 0])
    }
    problem.equalities = [.init(Objective(variableCount: 1) { _ in (0, [0]) })]
    #expect(throws: InputError.self) {
      try Optimizer(.slsqp).minimize(problem, from: [0, 0])
    }
  }

  @Test("Values and gradients that are not finite are named with the point")
  func notFinite() throws {
    let optimizer = try Optimizer(.lbfgs)
    let infinite = Objective(variableCount: 1) { _ in (value: .infinity, gradient: [0]) }
    #expect(throws: OptimizationError.valueNotFinite(.infinity, point: [4])) {
      try optimizer.minimize(infinite, from: [4])
    }
    let undefined = Objective(variableCount: 1) { _ in (value: 0, gradient: [.nan]) }
    #expect(throws: OptimizationError.gradientNotFinite(index: 0, point: [4])) {
      try optimizer.minimize(undefined, from: [4])
    }
    let short = Objective(variableCount: 2) { _ in (value: 0, gradient: [1]) }
    #expect(
      throws: InputError.wrongLength(
        argument: "gradient of the objective", expected: 2, found: 1)
    ) { try optimizer.minimize(short, from: [4, 4]) }
  }

  @Test("Options out of range are refused")
  func options() {
    #expect(throws: InputError.self) {
      var options = Optimizer.Options()
      options.maximumEvaluations = 0
      _ = try Optimizer(.lbfgs, options: options)
    }
    #expect(throws: InputError.self) {
      var options = Optimizer.Options()
      options.relativePointTolerance = .nan
      _ = try Optimizer(.lbfgs, options: options)
    }
    #expect(throws: InputError.self) {
      var options = LevenbergMarquardt.Options()
      options.gradientTolerance = 0
      _ = try LevenbergMarquardt(options: options)
    }
  }

  @Test("A fit that cannot be stated is refused")
  func fits() throws {
    let map = curveMap(at: [1, 2, 3]) { p, x in p[0] + Dual(x) * p[1] }
    let misfit = try LeastSquaresMisfit(data: [1, 2, 3])
    #expect(throws: OptimizationError.tooFewData(count: 3, parameterCount: 4)) {
      try LeastSquaresProblem(
        parameters: (0..<4).map { .init("p\($0)", start: 0) }, predictions: map, misfit: misfit)
    }
    #expect(throws: OptimizationError.duplicateParameter(name: "a")) {
      try LeastSquaresProblem(
        parameters: [.init("a", start: 0), .init("a", start: 0)], predictions: map,
        misfit: misfit)
    }
    #expect(throws: InputError.self) {
      try LeastSquaresProblem(
        parameters: [.init("a", start: 0, scale: .logarithmic)], predictions: map, misfit: misfit)
    }
    #expect(throws: OptimizationError.self) {
      try LeastSquaresProblem(
        parameters: [.init("a", start: 0, lowerBound: 1)], predictions: map, misfit: misfit)
    }
    #expect(throws: InputError.self) { try LeastSquaresMisfit(data: [1, .nan]) }
    #expect(throws: InputError.self) { try LeastSquaresMisfit(data: [1, 2], weights: [1]) }
    #expect(throws: InputError.self) { try LeastSquaresMisfit(data: [1, 2], weights: [1, 0]) }
    #expect(throws: InputError.self) { try misfit.cotangent(of: [1, 2]) }
  }

  @Test("Every error says what is wrong in words")
  func descriptions() {
    let errors: [OptimizationError] = [
      .invalidBounds(index: 1, lower: 3, upper: 2),
      .startOutsideBounds(index: 1, value: 4, lower: 2, upper: 3),
      .unsupportedConstraints(method: "lbfgs", kind: "equality"),
      .valueNotFinite(.nan, point: [1]), .gradientNotFinite(index: 2, point: [1]),
      .refused(method: "slsqp", message: "out of memory"),
      .tooFewData(count: 2, parameterCount: 3), .duplicateParameter(name: "rate"),
      .startNotEvaluable(point: [Double](repeating: 1, count: 20), reason: "overflow"),
      .unknownParameter(name: "q", known: ["rate"]),
      .profileFoundBetterFit(parameter: "rate", value: 2, misfit: 1, best: 3),
    ]
    let words = [
      "variable 1", "outside", "cannot handle", "domain", "component 2", "out of memory",
      "2 data", "rate", "20 in all", "there are rate", "local optimum",
    ]
    for (error, word) in zip(errors, words) { #expect(error.description.contains(word)) }
  }
}
