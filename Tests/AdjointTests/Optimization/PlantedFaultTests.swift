import Adjoint
import Testing

@Suite("Planted faults under each optimizer")
struct PlantedFaultTests {
  static let methods: [Optimizer.Method] = [
    .lbfgs, .mma, .slsqp, .augmentedLagrangian(inner: .lbfgs), .augmentedLagrangian(inner: .mma),
    .augmentedLagrangian(inner: .slsqp),
  ]

  /// What may be wrong with a function.
  enum Fault: CaseIterable {
    case sign, componentSign, missingComponent, offset
    case onePercent, noise

    func apply(_ value: Double, _ gradient: [Double], _ random: Double) -> (Double, [Double]) {
      var gradient = gradient
      switch self {
      case .sign: gradient = gradient.map { -$0 }
      case .componentSign: gradient[1] = -gradient[1]
      case .missingComponent: gradient[0] = 0
      case .offset: gradient[0] += 0.01
      case .onePercent: gradient[1] *= 1.01
      case .noise: return (value + 1e-4 * random, gradient)
      }
      return (value, gradient)
    }
  }

  /// Two functions with their starts and minima.
  enum Landscape: CaseIterable {
    case bowl, valley

    var start: [Double] { self == .bowl ? LineSearchDiagnosisTests.point : [-1.2, 1, 0.3] }

    var minimum: [Double] { self == .bowl ? [1, 0.2, -300] : [1, 1, 1] }

    func callAsFunction(_ x: [Double]) -> (value: Double, gradient: [Double]) {
      if self == .bowl {
        return (LineSearchDiagnosisTests.value(x), LineSearchDiagnosisTests.gradient(x))
      }
      // Rosenbrock's valley and a third variable.
      let (a, b, c) = (1 - x[0], x[1] - x[0] * x[0], x[2] - 1)
      let value: Double = a * a + 100 * b * b + c * c
      return (value, [-2 * a - 400 * x[0] * b, 200 * b, 2 * c])
    }
  }

  private func objective(_ landscape: Landscape, _ fault: Fault) -> Objective {
    var generator = SeededGenerator(seed: 5)
    return Objective(variableCount: 3) { x in
      let (value, gradient) = landscape(x)
      let random = Double.random(in: -1...1, using: &generator)
      return fault.apply(value, gradient, random)
    }
  }

  @Test(
    "A gradient that is wrong at the end of the run is named", arguments: methods,
    [Fault.sign, .componentSign, .missingComponent, .offset])
  func wrongGradient(method: Optimizer.Method, fault: Fault) throws {
    for landscape in Landscape.allCases {
      do {
        let result = try Optimizer(method).minimize(
          objective(landscape, fault), from: landscape.start)
        Issue.record("\(landscape) ended: \(result.stopReason), \(result)")
      } catch OptimizationError.lineSearchFailed(_, let point, _, let diagnosis) {
        guard case .gradient(let variable, let claimed, let measured) = diagnosis.fault else {
          Issue.record("\(landscape): \(diagnosis)")
          continue
        }
        let right = landscape(point).gradient
        switch fault {
        case .sign: #expect(variable != nil)
        case .componentSign: #expect(variable == 1 && claimed == -right[1])
        case .missingComponent: #expect(variable == 0 && claimed == 0)
        default: #expect(variable == 0 && claimed == right[0] + 0.01)
        }
        // The differences are good to the 10⁻⁴ by which a slope must differ to be called wrong.
        if let variable {
          #expect(abs(measured - right[variable]) <= 1e-4 * abs(right[variable]) + 1e-8)
        }
      }
    }
  }

  @Test("Noise is named as such, and never the gradient", arguments: methods)
  func noise(method: Optimizer.Method) throws {
    for landscape in Landscape.allCases {
      do {
        let result = try Optimizer(method).minimize(
          objective(landscape, .noise), from: landscape.start)
        // No tolerance near 10⁻¹² can be met honestly under noise of 10⁻⁴.
        #expect(!result.stopReason.isConvergence, "\(landscape) \(result)")
        #expect(result.diagnosis?.fault == .noise, "\(landscape) \(result)")
      } catch OptimizationError.lineSearchFailed(_, _, _, let diagnosis) {
        #expect(diagnosis.fault == .noise, "\(landscape)")
      }
    }
  }

  @Test(
    "A component that is 1 % off has the same zero: the minimum is found", arguments: methods)
  func onePercent(method: Optimizer.Method) throws {
    for landscape in Landscape.allCases {
      let result = try Optimizer(method).minimize(
        objective(landscape, .onePercent), from: landscape.start)
      for (found, expected) in zip(result.point, landscape.minimum) {
        // A relative change of the value by 10⁻¹² is one of the point by 10⁻⁶, times √κ = 50 in the valley.
        #expect(abs(found - expected) <= 1e-4 * abs(expected), "\(landscape) \(result)")
      }
    }
  }

  @Test(
    "Healthy runs are neither accused nor charged: minima inside, flat, and on a bound",
    arguments: methods)
  func healthy(method: Optimizer.Method) throws {
    var problems: [(OptimizationProblem, [Double])] = Landscape.allCases.map { landscape in
      (
        OptimizationProblem(minimizing: Objective(variableCount: 3) { landscape($0) }),
        landscape.start
      )
    }
    let flat = Objective(variableCount: 2) { x in
      let (a, b) = (x[0] - 1, x[1] + 2)
      return (value: a * a * a * a + b * b * b * b, gradient: [4 * a * a * a, 4 * b * b * b])
    }
    problems.append((OptimizationProblem(minimizing: flat), [3, -1]))
    let bounded = OptimizationProblem(
      minimizing: OptimizerTests.valley, lowerBounds: [-2, -2], upperBounds: [0.8, 2])
    problems.append((bounded, [-1.2, 1]))
    problems.append((OptimizationProblem(minimizing: OptimizerTests.valley), [1, 1]))
    for (problem, start) in problems {
      var calls = 0
      var counted = problem
      counted.objective = Objective(variableCount: problem.objective.variableCount) { x in
        calls += 1
        return try problem.objective.valueWithGradient(at: x)
      }
      let result = try Optimizer(method).minimize(counted, from: start)
      #expect(result.stopReason.isConvergence, "\(result)")
      if start == [1, 1] {
        // All derivatives are zero throughout: two values tell that none is missing.
        #expect(result.diagnosis == nil)
      } else if result.stopReason != .roundOffLimited {
        #expect(result.diagnosis == nil, "\(result)")
        #expect(calls == result.statistics.objectiveEvaluations)
      }
    }
  }

  @Test("A variable without influence is no missing derivative", arguments: methods)
  func idle(method: Optimizer.Method) throws {
    let objective = Objective(variableCount: 3) { x in
      let (value, gradient) = try OptimizerTests.valley.valueWithGradient(at: [x[0], x[1]])
      return (value, gradient + [0])
    }
    let result = try Optimizer(method).minimize(objective, from: [-1.2, 1, 7])
    #expect(result.point[2] == 7 && result.diagnosis == nil)
  }

  @Test(
    "Active constraints explain a gradient, and a wrong one is found beside them",
    arguments: methods.dropFirst())
  func constrained(method: Optimizer.Method) throws {
    // The least squared distance from (2, 1) with x + y ≤ 1: (1, 0).
    func problem(_ factor: Double) -> OptimizationProblem {
      var problem = OptimizationProblem(
        minimizing: Objective(variableCount: 2) { x in
          let (a, b) = (x[0] - 2, x[1] - 1)
          return (value: 1 + a * a + b * b, gradient: [factor * 2 * a, 2 * b])
        })
      problem.inequalities = [
        .init(Objective(variableCount: 2) { ($0[0] + $0[1] - 1, [1, 1]) })
      ]
      return problem
    }
    let result = try Optimizer(method).minimize(problem(1), from: [0.3, -0.5])
    #expect(abs(result.point[0] - 1) < 1e-5 && abs(result.point[1]) < 1e-5)
    #expect(result.diagnosis?.gradientIsWrong != true)
    #expect(throws: OptimizationError.self) {
      let wrong = try Optimizer(method).minimize(problem(-1), from: [0.3, -0.5])
      Issue.record("\(wrong)")
    }
  }

  @Test("A fit notices a Jacobian that its products contradict, and one without a column")
  func fits() throws {
    let reference = LeastSquaresReference.misra1a
    let good = curveMap(at: reference.x, reference.curve)
    func solve(_ map: DifferentiableMap) throws -> LeastSquaresSolution {
      let problem = try LeastSquaresProblem(
        parameters: [.init("b1", start: 250), .init("b2", start: 5e-4)], predictions: map,
        misfit: LeastSquaresMisfit(data: reference.y))
      return try LevenbergMarquardt().solve(problem)
    }
    /// The map with the derivatives by the second parameter changed in either direction.
    func changed(
      pushforward forward: Double, pullback backward: Double, offset: Double = 0
    ) -> DifferentiableMap {
      DifferentiableMap(name: "changed", value: good.value) { point in
        var linearization = try good.linearize(point)
        let pushforward = try #require(linearization.pushforward)
        let pullback = linearization.pullback
        linearization.pushforward = { tangent in
          try pushforward([tangent[0], forward * tangent[1]]).map {
            $0 + offset * tangent[0]
          }
        }
        linearization.pullback = { w in
          let gradient = try pullback(w)
          return [gradient[0] + offset * w.reduce(0, +), backward * gradient[1]]
        }
        return linearization
      }
    }
    let healthy = try solve(good)
    #expect(healthy.stopReason == .gradientTolerance && healthy.diagnosis == nil)
    for (name, map) in [
      ("sign in both", changed(pushforward: -1, pullback: -1)),
      ("sign of the pushforward", changed(pushforward: -1, pullback: 1)),
      ("missing in both", changed(pushforward: 0, pullback: 0)),
      ("missing in the pushforward", changed(pushforward: 0, pullback: 1)),
    ] {
      let solution = try solve(map)
      let found = abs(solution.parameters[0] / reference.parameters[0] - 1)
      #expect(solution.stopReason == .noProgress, "\(name): \(solution.stopReason), \(found)")
      #expect(solution.diagnosis?.gradientIsWrong == true, "\(name): \(solution.diagnosis as Any)")
    }
    // An offset has no zero to converge to.
    let offset = try solve(changed(pushforward: 1, pullback: 1, offset: 1e-2))
    #expect(!offset.stopReason.isConvergence)
    // One percent leaves the zero of the gradient where it is.
    let near = try solve(changed(pushforward: 1.01, pullback: 1.01))
    #expect(near.stopReason.isConvergence && near.diagnosis == nil)
    #expect(abs(near.parameters[0] / reference.parameters[0] - 1) < 1e-6)
  }
}
