import ODE
import ReferenceProblems
import Testing

@Suite("The adjoint of the steps")
struct DiscreteAdjointTests {
  /// max |found − expected| relative to the size of the terms that `expected` is a sum of.
  private func gap(_ found: [Double], _ columns: [[Double]], _ cotangent: [Double]) -> Double {
    var largest = 0.0
    for (value, column) in zip(found, columns) {
      let terms = zip(column, cotangent).map { $0 * $1 }
      let scale: Double = terms.reduce(1e-300) { $0 + $1.magnitude }
      largest = max(largest, (value - terms.reduce(0, +)).magnitude / scale)
    }
    return largest
  }

  private func compare<F: VectorField>(
    _ field: F, _ problem: ODEProblem, _ solver: RungeKuttaSolver, observationTimes: [Double]
  ) throws {
    let solution = try solver.solve(problem, observationTimes: observationTimes)
    let columns = DualRecursion(field: field, solution: solution).jacobianColumns()
    var generator = SeededGenerator(seed: 7)
    let observed = generator.direction(count: solution.value.count)
    let final = generator.direction(count: solution.finalState.count)
    let gradient = try solution.pullback(observed, finalState: final)
    // 1e-12 is 4,500 eps: rounding of some hundred steps, whose errors the flow hardly amplifies.
    let found = gradient.initialState + gradient.parameters
    #expect(gap(found, columns, observed + final) <= 1e-12)

    let tangent = generator.direction(count: columns.count)
    let count = problem.initialState.count
    let pushed = try solution.pushforward(
      initialState: Array(tangent[..<count]), parameters: Array(tangent[count...]))
    let rows = (observed + final).indices.map { row in columns.map { $0[row] } }
    #expect(gap(pushed.value + pushed.finalState, rows, tangent) <= 1e-12)
  }

  /// Both ends, a repeated time, several in one step and none in others.
  private static let times: [Double] = [0, 0.001, 0.002, 0.5, 1.7, 1.7, 2.9, 4]

  @Test("gradient and tangent equal duals pushed through the same steps, for every method")
  func lotkaVolterra() throws {
    for method in try TestTableaux.all() {
      let problem = try ODEProblem(
        LotkaVolterra(), initialState: [1, 1.3], parameters: [1.5, 1, 3, 1], timeSpan: 0...4)
      let fixed = RungeKuttaSolver(method, options: .init(stepping: .fixed(stepSize: 0.07)))
      try compare(LotkaVolterra(), problem, fixed, observationTimes: Self.times)
      guard method.embedded != nil else { continue }
      let adaptive = RungeKuttaSolver(
        method, options: .init(relativeTolerance: 1e-5, absoluteTolerance: 1e-5))
      try compare(LotkaVolterra(), problem, adaptive, observationTimes: Self.times)
    }
  }

  @Test("so they do for a field that depends on time, and from a start other than zero")
  func pendulum() throws {
    for method in try TestTableaux.all() {
      let problem = try ODEProblem(
        DrivenPendulum(), initialState: [0.4, -0.2], parameters: [0.3, 1.1, 0.7],
        timeSpan: -1...4)
      let solver = RungeKuttaSolver(method, options: .init(stepping: .fixed(stepSize: 0.11)))
      try compare(DrivenPendulum(), problem, solver, observationTimes: [-1, -0.3] + Self.times)
    }
  }

  @Test("so they do with a derivative written by hand, without parameters, and by the tape")
  func otherProducts() throws {
    let solver = RungeKuttaSolver(.tsitouras5)
    let analytic = try ODEProblem(
      DifferentiatedLotkaVolterra(), initialState: [1, 1.3], parameters: [1.5, 1, 3, 1],
      timeSpan: 0...4)
    try compare(LotkaVolterra(), analytic, solver, observationTimes: Self.times)
    let swing = try ODEProblem(Swing(), initialState: [0.7], parameters: [], timeSpan: 0...4)
    try compare(Swing(), swing, solver, observationTimes: Self.times)

    // 18 states and 18 parameters: more inputs than duals are used for.
    let field = Brusselator2D(side: 3)
    var generator = SeededGenerator(seed: 3)
    let large = try ODEProblem(
      field, initialState: generator.direction(count: 18).map { 1 + $0 },
      parameters: generator.direction(count: 18).map { 2 + $0 }, timeSpan: 1...1.5)
    try compare(field, large, solver, observationTimes: [1.001, 1.2, 1.45])
  }

  @Test(
    "the gradient at tolerance 1e-11 agrees with the oracle to 1e-8",
    arguments: [ButcherTableau.dormandPrince5, .tsitouras5])
  func oracle(method: ButcherTableau) throws {
    let solver = RungeKuttaSolver(
      method, options: .init(relativeTolerance: 1e-11, absoluteTolerance: 1e-11))
    let solution = try solver.solve(LotkaVolterra.standard(), observationTimes: [10])
    let gradient = try solution.pullback(solution.value.map { $0 - 1 })
    let atEnd = try solution.pullback(finalState: solution.finalState.map { $0 - 1 })
    #expect(gradient == atEnd)
    let found = gradient.initialState + gradient.parameters
    let expected = LotkaVolterra.Oracle.initialState + LotkaVolterra.Oracle.parameters
    for (index, value) in found.enumerated() {
      // Ten digits are known; some 800 steps of local error 1e-11 add up to less than 1e-8.
      #expect(
        (value - expected[index]).magnitude <= 1e-8 * expected[index].magnitude,
        "component \(index): \(value)")
    }
  }

  @Test("rows of cotangents are the same as one array")
  func rows() throws {
    let solution = try RungeKuttaSolver().solve(
      LotkaVolterra.standard(), observationTimes: [2, 5])
    let flat = try solution.pullback([1, 2, 3, 4])
    #expect(try solution.pullback(rows: [[1, 2], [3, 4]]) == flat)
    #expect(throws: InputError.wrongLength(argument: "cotangents", expected: 2, found: 1)) {
      try solution.pullback(rows: [[1, 2]])
    }
    #expect(throws: InputError.wrongLength(argument: "cotangents[1]", expected: 2, found: 1)) {
      try solution.pullback(rows: [[1, 2], [3]])
    }
  }

  @Test("the gradient of a linear flow is the exact one of the method")
  func stabilityFunction() throws {
    // RK4 maps u to R(z) u with R(z) = 1 + z + z²/2 + z³/6 + z⁴/24, z = −p h.
    let problem = try ODEProblem(
      ExponentialDecay(), initialState: [2], parameters: [0.8], timeSpan: 0...0.5)
    let solution = try RungeKuttaSolver(
      .rungeKutta4, options: .init(stepping: .fixed(stepSize: 0.5))
    ).solve(problem)
    let z = -0.4
    let factor: Double = 1 + z + z * z / 2 + z * z * z / 6 + z * z * z * z / 24
    let slope: Double = 1 + z + z * z / 2 + z * z * z / 6
    let gradient = try solution.pullback(finalState: [1])
    // A dozen roundings.
    #expect((solution.finalState[0] - 2 * factor).magnitude <= 1e-15)
    #expect((gradient.initialState[0] - factor).magnitude <= 1e-15)
    #expect((gradient.parameters[0] - 2 * -0.5 * slope).magnitude <= 1e-15)
  }
}
