import ODE
import ReferenceProblems
import Testing

@Suite("Observations of trajectories")
struct TrajectoryObservationTests {
  let times = [0, 0.5, 1.3, 2.7, 4.0]
  let unknowns = [1.5, 1.0, 3.0, 1.0, 1.2]

  /// Predator and prey, of whom the initial value of the predators is unknown; fixed steps, so that
  /// the predictions are smooth and differences can be trusted.
  func observation(
    components: [Int], isLogarithmic: Bool = false
  ) throws -> TrajectoryObservation {
    let problem = try ODEProblem(
      LotkaVolterra(), initialState: [1, 1], parameters: [0, 0, 0, 0], timeSpan: 0...4)
    let options = RungeKuttaSolver.Options(stepping: .fixed(stepSize: 0.05))
    return try TrajectoryObservation(
      of: problem, solver: RungeKuttaSolver(.dormandPrince5, options: options),
      observationTimes: times, components: components, estimatedInitialValues: [1],
      isLogarithmic: isLogarithmic)
  }

  @Test("Predictions are the observed components of the solution, row by row")
  func values() throws {
    let both = try observation(components: [1, 0])
    let solution = try both.solve(unknowns)
    #expect(solution.problem.initialState == [1, 1.2])
    #expect(solution.problem.parameters == [1.5, 1, 3, 1])
    let expected = times.indices.flatMap { index in
      [solution.state(atObservation: index)[1], solution.state(atObservation: index)[0]]
    }
    #expect(try both.map.value(unknowns) == expected)
    let logarithms = try observation(components: [1, 0], isLogarithmic: true)
    #expect(try logarithms.map.value(unknowns) == expected.map { Double.log($0) })
  }

  @Test("The derivatives obey the laws", arguments: [[0], [1], [0, 1], [1, 1]], [false, true])
  func laws(components: [Int], isLogarithmic: Bool) throws {
    let map = try observation(components: components, isLogarithmic: isLogarithmic).map
    let report = try DerivativeCheck(seed: 3).check(map, at: unknowns)
    #expect(report.passed, "\(report)")
  }

  @Test("A pullback that forgets the unknown initial value is rejected")
  func droppedInitialValue() throws {
    let map = try observation(components: [0, 1]).map
    let faulty = DifferentiableMap(name: "faulty", value: map.value) { point in
      var linearization = try map.linearize(point)
      let pullback = linearization.pullback
      linearization.pullback = { Array(try pullback($0).dropLast()) + [0] }
      return linearization
    }
    #expect(try !DerivativeCheck(seed: 3).check(faulty, at: unknowns).passed)
  }

  @Test("Where a trajectory ends or has no logarithm, a fit is told to turn round")
  func domain() throws {
    let logarithms = try observation(components: [0], isLogarithmic: true)
    let negative = try TrajectoryObservation(
      of: logarithms.problem.with(initialState: [-1, 1]), solver: logarithms.solver,
      observationTimes: times, components: [0], isLogarithmic: true)
    #expect(throws: PointOutsideDomain.self) { try negative.map.value([1.5, 1, 3, 1]) }
    #expect(throws: PointOutsideDomain.self) { try negative.map.linearize([1.5, 1, 3, 1]) }

    var short = try observation(components: [0])
    short.solver.options.maximumSteps = 3
    #expect(throws: PointOutsideDomain.self) { try short.map.value(unknowns) }
  }

  @Test("Components that do not exist and wrong lengths are refused")
  func wrongInput() throws {
    #expect(throws: InputError.self) { try observation(components: [2]) }
    let good = try observation(components: [0])
    #expect(throws: InputError.self) {
      try TrajectoryObservation(
        of: good.problem, solver: good.solver, observationTimes: times, components: [0],
        estimatedInitialValues: [-1])
    }
    #expect(throws: InputError.wrongLength(argument: "unknowns", expected: 5, found: 4)) {
      try good.map.value([1.5, 1, 3, 1])
    }
    let linearization = try good.map.linearize(unknowns)
    #expect(throws: InputError.self) { try linearization.pullback([1]) }
    #expect(throws: InputError.self) { try linearization.pushforward?([1]) }
  }
}
