import ODE
import ReferenceProblems
import Testing

/// A mistake made around a solution's derivatives, not inside of the vector field.
enum MapFault: String, CaseIterable, Sendable {
  case onePercentInBoth
  case onePercentInPullback
  case droppedFinalState
  case droppedParameterInBoth
  case observationsExchanged
}

@Suite("Laws of ODE derivatives")
struct DerivativeLawTests {
  private static func lotkaVolterraMap(
    _ fault: FaultyLotkaVolterra.Fault, method: ButcherTableau
  ) throws -> DifferentiableMap {
    let problem = try ODEProblem(
      FaultyLotkaVolterra(fault: fault), initialState: [1, 1.3], parameters: [1.5, 1, 3, 1],
      timeSpan: 0...3)
    return try DifferentiableMap(
      solving: problem, by: RungeKuttaSolver(method, options: solverOptions(method)),
      observationTimes: [0, 0.4, 1.1, 2.5])
  }

  private static func solverOptions(_ method: ButcherTableau) -> RungeKuttaSolver.Options {
    method.embedded == nil
      ? .init(stepping: .fixed(stepSize: 0.05))
      : .init(relativeTolerance: 1e-6, absoluteTolerance: 1e-6)
  }

  private static let point: [Double] = [1, 1.3, 1.5, 1, 3, 1]

  @Test("all laws hold for every method")
  func methods() throws {
    for method in try TestTableaux.all() {
      let map = try Self.lotkaVolterraMap(.none, method: method)
      let report = try DerivativeCheck().check(map, at: Self.point)
      #expect(report.passed, "\(report)")
    }
  }

  @Test("all laws hold for the reference problems, whichever way products are computed")
  func problems() throws {
    let problems = [
      try LotkaVolterra.standard(),
      try ODEProblem(
        SIR(), initialState: [760, 3, 0.5], parameters: [1.7, 0.45], timeSpan: 0...14),
      try ODEProblem(
        HarmonicOscillator(), initialState: [1, 0.3], parameters: [2], timeSpan: 0...3),
      try ODEProblem(
        DrivenPendulum(), initialState: [0.4, -0.2], parameters: [0.3, 1.1, 0.7],
        timeSpan: 0...6),
      // Before the steps reach their limit of stability, where rounding errors grow a thousandfold.
      try ODEProblem(
        Brusselator2D(side: 3), initialState: (0..<18).map { 1 + 0.1 * Double($0) },
        parameters: (0..<18).map { 3 - 0.1 * Double($0) }, timeSpan: 0...0.1),
      try ODEProblem(Swing(), initialState: [0.7], parameters: [], timeSpan: 0...4),
      // While it is not stiff: moved parameters must not make the fixed steps unstable.
      try ODEProblem(
        Robertson(), initialState: [0.99, 3e-5, 0.01], parameters: [0.04, 1e4, 3e7],
        timeSpan: 0...0.01),
    ]
    for problem in problems {
      let end = problem.timeSpan.upperBound
      let map = try DifferentiableMap(
        solving: problem, by: RungeKuttaSolver(.tsitouras5),
        observationTimes: [0.1 * end, 0.55 * end])
      let point = problem.initialState + problem.parameters
      let report = try DerivativeCheck().check(map, at: point)
      #expect(report.passed, "\(report)")
    }
  }

  @Test(
    "a mistake in a hand-written product is found",
    arguments: FaultyLotkaVolterra.Fault.allCases.filter { $0 != .none })
  func plantedInField(fault: FaultyLotkaVolterra.Fault) throws {
    for method in [ButcherTableau.rungeKutta4, .dormandPrince5] {
      let map = try Self.lotkaVolterraMap(fault, method: method)
      let report = try DerivativeCheck().check(map, at: Self.point)
      #expect(report.failures.contains { $0.law == .dotProduct }, "\(report)")
      #expect(report.failures.contains { $0.law == .differences }, "\(report)")
    }
  }

  @Test("a mistake around the sweep is found", arguments: MapFault.allCases)
  func plantedInMap(fault: MapFault) throws {
    let good = try Self.lotkaVolterraMap(.none, method: .dormandPrince5)
    let faulty = DifferentiableMap(name: fault.rawValue, value: good.value) { x in
      var linearization = try good.linearize(x)
      let pushforward = try #require(linearization.pushforward)
      let pullback = linearization.pullback
      switch fault {
      case .onePercentInBoth:
        linearization.pushforward = { try pushforward($0).map { 1.01 * $0 } }
        linearization.pullback = { try pullback($0).map { 1.01 * $0 } }
      case .onePercentInPullback:
        linearization.pullback = { try pullback($0).map { 1.01 * $0 } }
      case .droppedFinalState:
        linearization.pullback = { try pullback($0.dropLast(2) + [0, 0]) }
      case .droppedParameterInBoth:
        linearization.pushforward = { try pushforward($0.dropLast() + [0]) }
        linearization.pullback = { try pullback($0).dropLast() + [0] }
      case .observationsExchanged:
        linearization.pullback = { try pullback(Array($0[2...]) + $0[..<2]) }
      }
      return linearization
    }
    let report = try DerivativeCheck().check(faulty, at: Self.point)
    #expect(!report.passed, "\(report)")
  }

  @Test("the Taylor remainder falls with order two where steps are fixed")
  func taylorRates() throws {
    let map = try Self.lotkaVolterraMap(.none, method: .rungeKutta4)
    let report = try DerivativeCheck().check(map, at: Self.point)
    let rate = try #require(report.taylorRates.last)
    // The next term of the remainder is O(h) relative to the first, and h is below 2⁻¹⁰ here.
    #expect((rate - 2).magnitude <= 0.1, "\(report.taylorRates)")
  }
}
