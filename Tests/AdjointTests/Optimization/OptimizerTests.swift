import Adjoint
import Testing

@Suite("Optimizers")
struct OptimizerTests {
  /// (1 − x)² + 100 (y − x²)², with the minimum 0 at (1, 1).
  ///
  /// Rosenbrock, *Computer J.* 3, 1960.
  static var valley: Objective {
    Objective(variableCount: 2) { x in
      let a = 1 - x[0]
      let b = x[1] - x[0] * x[0]
      return (value: a * a + 100 * b * b, gradient: [-2 * a - 400 * x[0] * b, 200 * b])
    }
  }

  static let unconstrainedMethods: [Optimizer.Method] = [
    .lbfgs, .mma, .slsqp, .augmentedLagrangian(inner: .lbfgs),
  ]

  @Test("The minimum of Rosenbrock's valley is found", arguments: [Optimizer.Method.lbfgs, .slsqp])
  func rosenbrock(method: Optimizer.Method) throws {
    let result = try Optimizer(method).minimize(Self.valley, from: [-1.2, 1])
    // The condition number of the Hessian is 2.5e3, and the methods stop at a relative change of
    // the point of 1e-10; a quasi-Newton step converges superlinearly.
    #expect(abs(result.point[0] - 1) < 1e-6)
    #expect(abs(result.point[1] - 1) < 1e-6)
    #expect(result.value < 1e-12)
    #expect(result.stopReason.isConvergence)
    let (value, gradient) = try Self.valley.valueWithGradient(at: result.point)
    #expect(result.value == value)
    #expect(result.gradient == gradient)
    #expect(result.statistics.objectiveEvaluations > 10)
  }

  @Test("A bound that cuts off the minimum is respected", arguments: unconstrainedMethods)
  func bounds(method: Optimizer.Method) throws {
    // On x ≤ 0.8 the smallest value for each x is (1 − x)², at y = x²: minimum 0.04 at (0.8, 0.64).
    let problem = OptimizationProblem(
      minimizing: Self.valley, lowerBounds: [-2, -2], upperBounds: [0.8, 2])
    let result = try Optimizer(method).minimize(problem, from: [-1.2, 1])
    #expect(result.point[0] <= 0.8)
    #expect(abs(result.point[0] - 0.8) < 1e-5)
    #expect(abs(result.point[1] - 0.64) < 1e-5)
    #expect(abs(result.value - 0.04) < 1e-6)
  }

  @Test(
    "Nonlinear inequalities: the example of NLopt's tutorial",
    arguments: [
      Optimizer.Method.mma, .slsqp, .augmentedLagrangian(inner: .lbfgs),
      .augmentedLagrangian(inner: .mma), .augmentedLagrangian(inner: .slsqp),
    ])
  func inequalities(method: Optimizer.Method) throws {
    // Minimize √y with y ≥ (2x)³ and y ≥ (1 − x)³: both active at x = 1/3, y = 8/27.
    var problem = OptimizationProblem(
      minimizing: Objective(variableCount: 2) { x in
        (value: x[1].squareRoot(), gradient: [0, 0.5 / x[1].squareRoot()])
      }, lowerBounds: [-.infinity, 1e-3])
    for (a, b) in [(2.0, 0.0), (-1.0, 1.0)] {
      let function = Objective(variableCount: 2) { x in
        let s = a * x[0] + b
        return (value: s * s * s - x[1], gradient: [3 * a * s * s, -1])
      }
      problem.inequalities.append(.init(function))
    }
    let result = try Optimizer(method).minimize(problem, from: [1.234, 5.678])
    #expect(abs(result.point[0] - 1.0 / 3) < 1e-5)
    #expect(abs(result.point[1] - 8.0 / 27) < 1e-5)
    // √(8/27)
    #expect(abs(result.value - 0.544_331_053_951_817) < 1e-5)
    #expect(result.statistics.constraintEvaluations > 0)
    #expect(result.constraintViolation < 1e-6)
  }

  @Test(
    "Inequality, equality and bounds: problem 71 of Hock and Schittkowski",
    arguments: [Optimizer.Method.slsqp, .augmentedLagrangian(inner: .lbfgs)])
  func hockSchittkowski71(method: Optimizer.Method) throws {
    // Hock and Schittkowski, Test Examples for Nonlinear Programming Codes, 1981, problem 71:
    // minimize x₀x₃(x₀ + x₁ + x₂) + x₂ with x₀x₁x₂x₃ ≥ 25 and Σxᵢ² = 40.
    let cost = Objective(variableCount: 4) { x in
      let sum: Double = x[0] + x[1] + x[2]
      let gradient: [Double] = [
        x[3] * (sum + x[0]), x[0] * x[3], x[0] * x[3] + 1, x[0] * sum,
      ]
      return (value: x[0] * x[3] * sum + x[2], gradient: gradient)
    }
    let product = Objective(variableCount: 4) { x in
      let product = x.reduce(1, *)
      return (value: 25 - product, gradient: x.map { -product / $0 })
    }
    let sphere = Objective(variableCount: 4) { x in
      (value: x.reduce(-40) { $0 + $1 * $1 }, gradient: x.map { 2 * $0 })
    }
    var problem = OptimizationProblem(
      minimizing: cost, lowerBounds: [1, 1, 1, 1], upperBounds: [5, 5, 5, 5])
    problem.inequalities = [.init(product)]
    problem.equalities = [.init(sphere)]
    let result = try Optimizer(method).minimize(problem, from: [1, 5, 5, 1])
    let expected = [1, 4.742_999_6, 3.821_150_0, 1.379_408_3]
    for (found, value) in zip(result.point, expected) { #expect(abs(found - value) < 1e-4) }
    #expect(abs(result.value - 17.014_017_3) < 1e-5)
    #expect(result.constraintViolation < 1e-6)
  }

  struct Refusal: Error, Equatable { var evaluation: Int }

  @Test("An error of the objective reaches the caller unchanged", arguments: unconstrainedMethods)
  func objectiveError(method: Optimizer.Method) throws {
    for limit in [1, 2, 4] {
      var count = 0
      let objective = Objective(variableCount: 2) { x in
        count += 1
        if count == limit { throw Refusal(evaluation: count) }
        return try Self.valley.valueWithGradient(at: x)
      }
      #expect(throws: Refusal(evaluation: limit)) {
        try Optimizer(method).minimize(objective, from: [-1.2, 1])
      }
      // Nothing is evaluated after the error.
      #expect(count == limit)
    }
  }

  @Test(
    "An error of a constraint reaches the caller unchanged",
    arguments: [Optimizer.Method.mma, .slsqp, .augmentedLagrangian(inner: .mma)])
  func constraintError(method: Optimizer.Method) throws {
    // The third variable is fixed by its bounds, which NLopt eliminates by a problem of its own.
    let objective = Objective(variableCount: 3) { x in
      let (value, gradient) = try Self.valley.valueWithGradient(at: [x[0], x[1]])
      return (value, gradient + [0])
    }
    var problem = OptimizationProblem(
      minimizing: objective, lowerBounds: [-2, -2, 1], upperBounds: [2, 2, 1])
    var count = 0
    problem.inequalities = [
      .init(
        Objective(variableCount: 3) { x in
          count += 1
          if count == 3 { throw Refusal(evaluation: count) }
          return (value: x[0] - 0.5, gradient: [1, 0, 0])
        })
    ]
    #expect(throws: Refusal(evaluation: 3)) {
      try Optimizer(method).minimize(problem, from: [-1.2, 1, 1])
    }
  }

  @Test("Limits end the search and are named")
  func limits() throws {
    var options = Optimizer.Options()
    options.maximumEvaluations = 5
    let few = try Optimizer(.lbfgs, options: options).minimize(Self.valley, from: [-1.2, 1])
    #expect(few.stopReason == .evaluationLimit)
    #expect(!few.stopReason.isConvergence)
    let start = try Self.valley.valueWithGradient(at: [-1.2, 1]).value
    #expect(few.value <= start)

    options = Optimizer.Options()
    options.targetValue = 1
    let target = try Optimizer(.slsqp, options: options).minimize(Self.valley, from: [-1.2, 1])
    #expect(target.stopReason == .targetReached)
    #expect(target.value <= 1)

    options = Optimizer.Options()
    options.relativeValueTolerance = 0.5
    options.relativePointTolerance = 0
    let loose = try Optimizer(.slsqp, options: options).minimize(Self.valley, from: [-1.2, 1])
    #expect(loose.stopReason == .valueTolerance)
  }

  @Test("A start at the optimum stays there", arguments: unconstrainedMethods)
  func startAtOptimum(method: Optimizer.Method) throws {
    let result = try Optimizer(method).minimize(Self.valley, from: [1, 1])
    #expect(result.point == [1, 1])
    #expect(result.value == 0)
    #expect(result.gradient == [0, 0])
  }

  @Test("Calls from several threads do not disturb each other")
  func concurrency() async throws {
    let starts: [[Double]] = (0..<8).map { [-1.2 + 0.1 * Double($0), 1] }
    @Sendable func run(_ start: [Double]) throws -> [Double] {
      try Optimizer(.lbfgs).minimize(Self.valley, from: start).point
    }
    let serial = try starts.map(run)
    let parallel = try await withThrowingTaskGroup(of: (Int, [Double]).self) { group in
      for (index, start) in starts.enumerated() {
        group.addTask { (index, try run(start)) }
      }
      var points = [[Double]](repeating: [], count: starts.count)
      for try await (index, point) in group { points[index] = point }
      return points
    }
    #expect(serial == parallel)
  }

  final class Witness {}

  @Test("What the objective holds is released after the call, also after an error")
  func release() throws {
    weak var observed: Witness?
    for fails in [false, true] {
      do {
        let witness = Witness()
        observed = witness
        let objective = Objective(variableCount: 2) { x in
          _ = witness
          if fails { throw Refusal(evaluation: 1) }
          return try Self.valley.valueWithGradient(at: x)
        }
        _ = try? Optimizer(.lbfgs).minimize(objective, from: [-1.2, 1])
      }
      #expect(observed == nil)
    }
  }

  @Test("A value with a pullback is an objective")
  func pullback() throws {
    let objective = Objective(variableCount: 1) { x in
      (value: x[0] * x[0], pullback: { cotangent in [2 * x[0] * cotangent] })
    }
    #expect(try objective.valueWithGradient(at: [3]) == (9, [6]))
  }
}
