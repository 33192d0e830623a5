import ODE
import ReferenceProblems
import Testing

@Suite("Errors of the ODE library")
struct ODEErrorTests {
  private func problem() throws -> ODEProblem { try LotkaVolterra.standard() }

  @Test("a problem with wrong lengths, numbers or times is refused")
  func problems() throws {
    func build(
      _ state: [Double], _ parameters: [Double], _ span: ClosedRange<Double> = 0...1
    ) throws -> ODEProblem {
      try ODEProblem(
        LotkaVolterra(), initialState: state, parameters: parameters, timeSpan: span)
    }
    #expect(throws: InputError.wrongLength(argument: "initialState", expected: 2, found: 1)) {
      try build([1], [1, 1, 1, 1])
    }
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 4, found: 0)) {
      try build([1, 1], [])
    }
    #expect(throws: InputError.self) { try build([1, .nan], [1, 1, 1, 1]) }
    #expect(throws: InputError.self) { try build([1, 1], [1, .infinity, 1, 1]) }
    #expect(throws: InputError.self) { try build([1, 1], [1, 1, 1, 1], 2...2) }
    #expect(throws: InputError.self) { try build([1, 1], [1, 1, 1, 1], 0...(.infinity)) }
    #expect(throws: InputError.self) { try problem().with(parameters: [1]) }
    #expect(throws: InputError.self) { try problem().with(initialState: [.nan, 1]) }
    let moved = try problem().with(parameters: [1, 2, 3, 4])
    #expect(moved.parameters == [1, 2, 3, 4])
    #expect(moved.initialState == [1, 1])
  }

  @Test("options out of their range are refused")
  func options() throws {
    let bad: [RungeKuttaSolver.Options] = [
      .init(stepping: .fixed(stepSize: 0)), .init(stepping: .fixed(stepSize: .nan)),
      .init(stepping: .prescribed(stepSizes: [])),
      .init(stepping: .prescribed(stepSizes: [11, -1])),
      .init(stepping: .prescribed(stepSizes: [.nan])),
      .init(stepping: .prescribed(stepSizes: [3, 3])),
      .init(relativeTolerance: -1), .init(relativeTolerance: .nan),
      .init(absoluteTolerance: 0), .init(absoluteTolerance: .infinity),
      .init(initialStepSize: -0.1), .init(maximumSteps: 0),
      .init(control: .init(safety: 1)), .init(control: .init(stabilization: 0.3)),
      .init(control: .init(minimumFactor: 0)), .init(control: .init(maximumFactor: 1)),
    ]
    for options in bad {
      #expect(throws: InputError.self, "\(options)") {
        try RungeKuttaSolver(options: options).solve(problem())
      }
    }
    #expect(throws: ODEError.noErrorEstimate(method: "rungeKutta4")) {
      try RungeKuttaSolver(.rungeKutta4).solve(problem())
    }
  }

  @Test("observation times out of range or order are refused")
  func observationTimes() throws {
    let solver = RungeKuttaSolver()
    #expect(throws: ODEError.unorderedObservationTimes(index: 2, time: 1, previous: 3)) {
      try solver.solve(problem(), observationTimes: [2, 3, 1])
    }
    for times in [[-0.1], [10.1], [.nan], [1, .infinity]] as [[Double]] {
      #expect(throws: InputError.self) {
        try solver.solve(problem(), observationTimes: times)
      }
    }
    let solution = try solver.solve(problem())
    #expect(throws: InputError.self) { try solution.state(at: 11) }
    #expect(throws: InputError.self) { try solution.state(at: .nan) }
  }

  @Test("cotangents and tangents of wrong length or not finite are refused")
  func derivatives() throws {
    let solution = try RungeKuttaSolver().solve(problem(), observationTimes: [1])
    #expect(throws: InputError.wrongLength(argument: "cotangent", expected: 2, found: 3)) {
      try solution.pullback([1, 2, 3])
    }
    #expect(throws: InputError.wrongLength(argument: "finalState", expected: 2, found: 1)) {
      try solution.pullback([1, 2], finalState: [1])
    }
    #expect(throws: InputError.self) { try solution.pullback([1, .nan]) }
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 4, found: 1)) {
      try solution.pushforward(initialState: [1, 1], parameters: [1])
    }
    #expect(throws: InputError.self) {
      try solution.pushforward(initialState: [1, .infinity], parameters: [1, 1, 1, 1])
    }
  }

  @Test("a solution that grows without bound ends in a step size underflow at that time")
  func blowUp() throws {
    for method in [ButcherTableau.dormandPrince5, .tsitouras5] {
      let problem = try ODEProblem(BlowUp(), initialState: [1], parameters: [], timeSpan: 0...2)
      let error = #expect(throws: ODEError.self) {
        try RungeKuttaSolver(method).solve(problem)
      }
      guard case .stepSizeUnderflow(_, let time, _, let state) = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      // u = 1/(1 − t): the last state tells how near the pole is; tolerances are relative there.
      #expect((time - 1).magnitude <= 1e-3)
      #expect(state[0] > 1e3)
      #expect(
        "\(ODEError.stepSizeUnderflow(model: "BlowUp", time: time, stepSize: 0, state: state))"
          .contains("grows without bound"))
    }
  }

  @Test("a model that leaves its domain is named with the component and the time")
  func notFinite() throws {
    let problem = try ODEProblem(
      LeavingDomain(), initialState: [0, 2], parameters: [], timeSpan: 0...3)
    for stepping in [RungeKuttaSolver.Stepping.adaptive, .fixed(stepSize: 0.01)] {
      let error = #expect(throws: ODEError.self) {
        try RungeKuttaSolver(options: .init(stepping: stepping)).solve(problem)
      }
      guard case .notFinite(let model, let time, let component, let value, let state) = error
      else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(model == "LeavingDomain")
      #expect(component == 0)
      #expect(value.isNaN)
      // u₁ = 2 − t is zero at t = 2.
      #expect((time - 2).magnitude <= 0.011)
      #expect((state[1] - (2 - time)).magnitude <= 1e-12)
    }
    let start = try ODEProblem(
      LeavingDomain(), initialState: [0, -1], parameters: [], timeSpan: 0...1)
    #expect(throws: ODEError.self) { try RungeKuttaSolver().solve(start) }
  }

  @Test("a derivative that is infinite is refused")
  func infiniteDerivative() throws {
    // The state stays zero, where √u has an infinite derivative.
    let problem = try ODEProblem(
      LeakingTank(), initialState: [0], parameters: [], timeSpan: 0...1)
    let solution = try RungeKuttaSolver(
      .rungeKutta4, options: .init(stepping: .fixed(stepSize: 0.5))
    ).solve(problem)
    #expect(solution.finalState == [0])
    let error = #expect(throws: ODEError.self) { try solution.pullback(finalState: [1]) }
    guard case .derivativeNotFinite(_, _, let component) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(component == 0)
    #expect(throws: ODEError.self) {
      try solution.pushforward(initialState: [1], parameters: [])
    }
  }

  @Test("too many steps are an error that names stiffness first")
  func tooManySteps() throws {
    let error = #expect(throws: ODEError.self) {
      try RungeKuttaSolver(options: .init(maximumSteps: 500)).solve(
        Robertson.standard(until: 1000))
    }
    guard case .tooManySteps(let model, let time, let steps, _, let state) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(model == "Robertson")
    #expect(time > 0 && time < 1000)
    #expect(steps == 500)
    #expect(state.count == 3)
    #expect(error?.description.contains("stiff") == true)
    #expect(throws: ODEError.self) {
      try RungeKuttaSolver(
        .rungeKutta4, options: .init(stepping: .fixed(stepSize: 1e-300))
      ).solve(problem())
    }
  }
}
