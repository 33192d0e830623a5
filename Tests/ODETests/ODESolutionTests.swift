import ODE
import ReferenceProblems
import Testing

@Suite("Solutions of initial value problems")
struct ODESolutionTests {
  static let pairs = [ButcherTableau.dormandPrince5, .tsitouras5]

  @Test("decay and oscillation follow their exact solutions within the tolerance", arguments: pairs)
  func exactAnswers(method: ButcherTableau) throws {
    for tolerance in [1e-4, 1e-7, 1e-10] {
      let solver = RungeKuttaSolver(
        method, options: .init(relativeTolerance: tolerance, absoluteTolerance: tolerance))
      let times = (0...40).map { 0.25 * Double($0) }
      let decay = try solver.solve(
        ODEProblem(
          ExponentialDecay(), initialState: [3], parameters: [0.7], timeSpan: 0...10),
        observationTimes: times)
      let oscillation = try solver.solve(
        ODEProblem(
          HarmonicOscillator(), initialState: [1, 0], parameters: [2], timeSpan: 0...10),
        observationTimes: times)
      // Per step at most one tolerance (of a state up to 3, or 2): fewer than 100 tolerances in
      // all, since no problem amplifies an error by more than its frequency.
      for (index, time) in times.enumerated() {
        let exact: Double = 3 * .exp(-0.7 * time)
        #expect((decay.value[index] - exact).magnitude <= 100 * tolerance)
        let position = Double.cos(2 * time)
        #expect((oscillation.value[2 * index] - position).magnitude <= 100 * tolerance)
      }
      #expect(oscillation.statistics.acceptedSteps < 3000)
    }
  }

  @Test("observations come from dense output, at both ends from the steps themselves")
  func observations() throws {
    let problem = try LotkaVolterra.standard()
    let solution = try RungeKuttaSolver().solve(
      problem, observationTimes: [0, 0, 3.3, 3.3, 10, 10])
    #expect(solution.state(atObservation: 0) == [1, 1])
    #expect(solution.state(atObservation: 1) == [1, 1])
    #expect(solution.state(atObservation: 2) == solution.state(atObservation: 3))
    #expect(try solution.state(atObservation: 2) == solution.state(at: 3.3))
    #expect(solution.state(atObservation: 4) == solution.finalState)
    #expect(solution.state(atObservation: 5) == solution.finalState)
    #expect(try solution.state(at: 10) == solution.finalState)
    #expect(solution.stepTimes.first == 0)
    #expect(solution.stepTimes.last == 10)
    #expect(solution.stepSizes.count == solution.statistics.acceptedSteps)
    // Two for the first step and its size, then six for every step tried.
    let tried = solution.statistics.acceptedSteps + solution.statistics.rejectedSteps
    #expect(solution.statistics.evaluations == 2 + 6 * tried)
  }

  @Test("dense output is continuous from step to step")
  func continuity() throws {
    for method in try TestTableaux.all() {
      let solution = try RungeKuttaSolver(
        method, options: .init(stepping: .fixed(stepSize: 0.1))
      ).solve(LotkaVolterra.standard())
      for time in solution.stepTimes.dropFirst().dropLast() {
        let before = try solution.state(at: time.nextDown)
        let at = try solution.state(at: time)
        for (left, right) in zip(before, at) {
          // Rounding of weights up to 90, and a slope below 40 over one unit in the last place.
          #expect((left - right).magnitude <= 1e-13 * max(1, right.magnitude))
        }
      }
    }
  }

  @Test("observing and differentiating leave the solution bit for bit the same")
  func bitEqual() throws {
    let problem = try LotkaVolterra.standard()
    let plain = try RungeKuttaSolver().solve(problem)
    let observed = try RungeKuttaSolver().solve(problem, observationTimes: [1, 2, 3])
    _ = try observed.pullback([1, 0, 0, 1, 1, 1])
    _ = try observed.pushforward(initialState: [1, 0], parameters: [0, 0, 0, 1])
    #expect(plain.finalState == observed.finalState)
    #expect(plain.stepTimes == observed.stepTimes)
    let again = try RungeKuttaSolver().solve(problem, observationTimes: [1, 2, 3])
    #expect(again.value == observed.value)
    let replayed = try RungeKuttaSolver(
      options: .init(stepping: .prescribed(stepSizes: observed.stepSizes))
    ).solve(problem, observationTimes: [1, 2, 3])
    #expect(replayed.value == observed.value)
    #expect(replayed.stepTimes == observed.stepTimes)
    let analytic = try RungeKuttaSolver().solve(
      ODEProblem(
        DifferentiatedLotkaVolterra(), initialState: [1, 1], parameters: [1.5, 1, 3, 1],
        timeSpan: 0...10))
    #expect(analytic.finalState == plain.finalState)
  }

  @Test("fixed steps are equal and fill the span, whatever rounding says")
  func fixedSteps() throws {
    let problem = try ODEProblem(
      ExponentialDecay(), initialState: [1], parameters: [1], timeSpan: 0...1)
    for (stepSize, count) in [(0.1, 10), (0.3, 4), (1, 1), (5, 1), (1.0 / 49, 49)] {
      let solution = try RungeKuttaSolver(
        .rungeKutta4, options: .init(stepping: .fixed(stepSize: stepSize))
      ).solve(problem)
      #expect(solution.statistics.acceptedSteps == count)
      #expect(solution.statistics.evaluations == 1 + 4 * count)
      #expect(solution.stepTimes.last == 1)
      for size in solution.stepSizes {
        // The last step takes up the rounding of the sum of the others, times count here.
        let rounding = Double(count * count) * Double.ulpOfOne
        #expect((size * Double(count) - 1).magnitude <= rounding)
      }
    }
  }

  @Test("many steps, whose trajectory must grow, stay intact")
  func growth() throws {
    let problem = try ODEProblem(
      HarmonicOscillator(), initialState: [1, 0], parameters: [1], timeSpan: 0...200)
    let solution = try RungeKuttaSolver(
      .rungeKutta4, options: .init(stepping: .fixed(stepSize: 0.01))
    ).solve(problem)
    #expect(solution.statistics.acceptedSteps == 20_000)
    for time in stride(from: 0.0, through: 200, by: 0.37) {
      // Global error T h⁴/120 ≈ 2e-8, that of cubic interpolation h⁴/384.
      let state = try solution.state(at: time)
      #expect((state[0] - Double.cos(time)).magnitude <= 3e-8)
    }
    let gradient = try solution.pullback(finalState: [1, 0])
    #expect((gradient.initialState[0] - Double.cos(200)).magnitude <= 3e-8)
    #expect((gradient.initialState[1] - Double.sin(200)).magnitude <= 3e-8)
  }

  @Test("error control shortens steps, and its constants matter")
  func control() throws {
    let problem = try LotkaVolterra.standard()
    func steps(_ options: RungeKuttaSolver.Options) throws -> ODESolution.Statistics {
      try RungeKuttaSolver(options: options).solve(problem).statistics
    }
    let loose = try steps(.init(relativeTolerance: 1e-4, absoluteTolerance: 1e-4))
    let tight = try steps(.init(relativeTolerance: 1e-9, absoluteTolerance: 1e-9))
    // Steps go with tolerance^(−1/5): ten times as many for five digits.
    let ratio = Double(tight.acceptedSteps) / Double(loose.acceptedSteps)
    #expect(ratio > 5 && ratio < 20)
    let careful = try steps(.init(control: .init(safety: 0.6)))
    #expect(careful.acceptedSteps > (try steps(.init())).acceptedSteps)
    let bold = try steps(.init(initialStepSize: 5))
    #expect(bold.rejectedSteps > 0)
  }

  @Test("the oscillation of predators and prey conserves its invariant")
  func invariant() throws {
    // V = p₃x − p₂ log x + p₁y − p₀ log y is constant along a solution.
    let solution = try RungeKuttaSolver(
      .tsitouras5, options: .init(relativeTolerance: 1e-10, absoluteTolerance: 1e-10)
    ).solve(LotkaVolterra.standard(), observationTimes: (0...100).map { 0.1 * Double($0) })
    for index in 0...100 {
      let state = solution.state(atObservation: index)
      let prey: Double = state[0] - 3 * .log(state[0])
      let predators: Double = state[1] - 1.5 * .log(state[1])
      #expect((prey + predators - 2).magnitude <= 1e-7)
    }
  }

  @Test("an epidemic conserves its people and its invariant")
  func epidemic() throws {
    let problem = try ODEProblem(
      SIR(), initialState: [760, 3, 0], parameters: [1.7, 0.45], timeSpan: 0...14)
    let solution = try RungeKuttaSolver(
      options: .init(relativeTolerance: 1e-9, absoluteTolerance: 1e-9)
    ).solve(problem, observationTimes: (0...14).map { Double($0) })
    func invariant(_ state: [Double]) -> Double {
      state[0] + state[1] - 763 * 0.45 / 1.7 * .log(state[0])
    }
    for index in 0...14 {
      let state = solution.state(atObservation: index)
      // Linear invariants survive every Runge–Kutta method up to rounding.
      #expect((state.reduce(0, +) - 763).magnitude <= 1e-10)
      #expect((invariant(state) - invariant([760, 3, 0])).magnitude <= 1e-4)
    }
  }

  @Test("Robertson's reaction reaches its known state although it is stiff")
  func robertson() throws {
    let solution = try RungeKuttaSolver(
      options: .init(relativeTolerance: 1e-8, absoluteTolerance: 1e-12)
    ).solve(Robertson.standard(until: 40))
    let expected: [Double] = [7.158270e-1, 9.185535e-6, 2.841637e-1]
    for (found, known) in zip(solution.finalState, expected) {
      // Seven digits are known.
      #expect((found - known).magnitude <= 1e-6 * known)
    }
  }

  @Test("the Brusselator's field is right at a uniform state and with its source")
  func brusselator() throws {
    let field = Brusselator2D(side: 4)
    let model = Model(field)
    let state = [Double](repeating: 2, count: 16) + [Double](repeating: 0.5, count: 16)
    let evaluator = ModelEvaluator(model, parameters: field.standardParameters)
    for (time, source) in [(1.0, 0.0), (1.1, 5.0)] {
      var output = [Double](repeating: .nan, count: 32)
      var span = output.mutableSpan
      evaluator.evaluate(time: time, state: state.span, into: &span)
      for j in 0..<4 {
        for i in 0..<4 {
          // u²v = 2, so u′ = 1 + 2 − 4.4·2 = −5.8 and v′ = 3.4·2 − 2 = 4.8. The disc around
          // (0.3, 0.6) of radius 0.1 holds the node (1/3, 2/3) alone.
          let inDisc = i == 1 && j == 2
          let u = output[i + 4 * j]
          #expect((u - (-5.8 + (inDisc ? source : 0))).magnitude <= 1e-13)
          #expect((output[16 + i + 4 * j] - 4.8).magnitude <= 1e-13)
        }
      }
    }
  }
}
