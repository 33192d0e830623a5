import Adjoint
import Testing

@Suite("Diagnosis of failed line searches")
struct LineSearchDiagnosisTests {
  /// A convex quartic bowl in three variables of different scales.
  static func value(_ x: [Double]) -> Double {
    let (a, b, c) = (x[0] - 1, 10 * (x[1] - 0.2), 0.01 * (x[2] + 300))
    return 2 + a * a + b * b + c * c + 0.3 * a * b + a * a * a * a
  }

  static func gradient(_ x: [Double]) -> [Double] {
    let (a, b, c) = (x[0] - 1, 10 * (x[1] - 0.2), 0.01 * (x[2] + 300))
    return [2 * a + 0.3 * b + 4 * a * a * a, 10 * (2 * b + 0.3 * a), 0.02 * c]
  }

  static let point = [0.3, 0.5, -100.0]

  func diagnose(
    at point: [Double] = point, gradient: [Double], value: ([Double]) throws -> Double
  ) -> LineSearchDiagnosis {
    LineSearchDiagnosis(
      of: "objective", at: point, value: (try? value(point)) ?? .nan, gradient: gradient,
      evaluate: { try value($0) })
  }

  @Test("A right gradient of a smooth function leaves the optimizer at fault")
  func optimizer() {
    let diagnosis = diagnose(gradient: Self.gradient(Self.point), value: Self.value)
    #expect(diagnosis.fault == .optimizer)
    #expect(diagnosis.description.contains("optimizer is at fault"))
    // The noise is rounding: a few ulps of a value near 13.
    #expect(diagnosis.noise < 1e-13)
  }

  @Test(
    "A wrong component is named, be it a sign, 1 %, or missing", arguments: 0..<3, [-1, 1.01, 0])
  func gradient(component: Int, factor: Double) {
    var gradient = Self.gradient(Self.point)
    let right = gradient[component]
    gradient[component] *= factor
    let diagnosis = diagnose(gradient: gradient, value: Self.value)
    guard case .gradient(let variable, let claimed, let measured) = diagnosis.fault else {
      Issue.record("\(diagnosis)")
      return
    }
    #expect(variable == component && claimed == gradient[component])
    #expect(abs(measured - right) <= 1e-8 * abs(right))
    #expect(diagnosis.description.contains("component \(component)"))
  }

  @Test("Noise far above rounding is named with its size")
  func noise() {
    var generator = SeededGenerator(seed: 3)
    let level = 1e-3
    let diagnosis = diagnose(at: [0.999, 0.2, -300], gradient: Self.gradient([0.999, 0.2, -300])) {
      Self.value($0) + level * generator.direction(count: 1)[0]
    }
    #expect(diagnosis.fault == .noise)
    // A direction's components have modulus of order one; the estimate is good to a factor of four.
    #expect(diagnosis.noise > 0.2 * level && diagnosis.noise < 8 * level)
    #expect(diagnosis.description.contains("noise of the objective"))
  }

  @Test("At the optimum nothing is at fault")
  func optimum() {
    let diagnosis = diagnose(at: [1, 0.2, -300], gradient: [0, 0, 0], value: Self.value)
    #expect(diagnosis.fault == .none)
    let wrong = diagnose(at: [1, 0.2, -300], gradient: [0.1, 0, 0], value: Self.value)
    #expect(wrong.gradientIsWrong)
  }

  @Test("Bounds are respected, and a variable at its bound is not looked at")
  func bounds() {
    var outside = 0
    let diagnosis = LineSearchDiagnosis(
      of: "objective", at: [2, 0, 1e-9], value: 2, gradient: [1, -99, 0],
      lowerBounds: [0, 0, 0]
    ) { x in
      if x.contains(where: { $0 < 0 }) { outside += 1 }
      return x[0]
    }
    #expect(outside == 0)
    #expect(diagnosis.fault == .optimizer)
    let short = LineSearchDiagnosis(
      of: "objective", at: [2, 0], value: 2, gradient: [1], evaluate: { $0[0] })
    guard case .notEvaluable = short.fault else {
      Issue.record("\(short)")
      return
    }
  }

  @Test("A function without values around the point is reported as such")
  func notEvaluable() {
    struct Outside: Error {}
    let diagnosis = diagnose(gradient: [1, 1, 1]) { x in
      guard x == Self.point else { throw Outside() }
      return 1
    }
    #expect(diagnosis.fault == .notEvaluable(reason: "Outside()"))
  }

  @Test("An optimizer with a wrong gradient fails with the diagnosis")
  func optimizerWithWrongGradient() throws {
    let method = Optimizer.Method.lbfgs
    let objective = Objective(variableCount: 3) { x in
      (value: Self.value(x), gradient: Self.gradient(x).map { -$0 })
    }
    do {
      let result = try Optimizer(method).minimize(objective, from: Self.point)
      Issue.record("\(method) returned \(result)")
    } catch OptimizationError.lineSearchFailed(let name, _, _, let diagnosis) {
      #expect(diagnosis.gradientIsWrong)
      #expect(name == "\(method)")
    }
  }

  @Test("A fit without progress carries the diagnosis")
  func fit() throws {
    let reference = LeastSquaresReference.misra1a
    let map = wrongSecondDerivative(of: curveMap(at: reference.x, reference.curve))
    let problem = try LeastSquaresProblem(
      parameters: [.init("b1", start: 500), .init("b2", start: 1e-4)], predictions: map,
      misfit: LeastSquaresMisfit(data: reference.y))
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(solution.stopReason == .noProgress)
    let diagnosis = try #require(solution.diagnosis)
    #expect(diagnosis.gradientIsWrong, "\(diagnosis)")
  }
}
