import Adjoint
import ODE
import ReferenceProblems
import Testing

private struct Decay<S: Scalar>: ParameterStructure {
  var rate: S = 0
  var delays: [S] = []

  mutating func visit(_ visitor: inout ParameterVisitor<S>) {
    visitor.visit(&rate, "rate")
    visitor.visit(&delays, "delays")
  }
}

private struct Rates<S: Scalar>: ParameterStructure {
  var growth: S = 0
  var decay = Decay<S>()
  var loads: [S] = []
  var species: [Decay<S>] = []

  mutating func visit(_ visitor: inout ParameterVisitor<S>) {
    visitor.visit(&growth, "growth")
    visitor.visit(&decay, "decay")
    visitor.visit(&loads, "loads")
    visitor.visit(&species, "species")
  }
}

private struct Nothing<S: Scalar>: ParameterStructure {
  mutating func visit(_ visitor: inout ParameterVisitor<S>) {}
}

private var sample: Rates<Double> {
  Rates(
    growth: 1, decay: Decay(rate: 2, delays: [3, 4]), loads: [5, 6, 7],
    species: [Decay(rate: 8), Decay(rate: 9, delays: [10])])
}

@Suite("Structured parameters") struct ParameterStructureTests {
  @Test("A structure is flattened in the order of its visits, and rebuilt")
  func roundTrip() throws {
    #expect(sample.parameterCount == 10)
    #expect(sample.flattened() == (1...10).map(Double.init))
    let doubled = try sample.rebuilt(from: (1...10).map { 2 * Double($0) })
    #expect(doubled.growth == 2)
    #expect(doubled.decay.rate == 4 && doubled.decay.delays == [6, 8])
    #expect(doubled.loads == [10, 12, 14])
    #expect(doubled.species.map(\.rate) == [16, 18])
    #expect(doubled.species.map(\.delays) == [[], [20]])
    #expect(sample.flattened() == (1...10).map(Double.init), "the template is untouched")
    #expect(sample.filled(from: doubled.flattened().span).flattened() == doubled.flattened())
  }

  @Test("Names are paths of fields and indices")
  func names() {
    #expect(
      sample.parameterNames == [
        "growth", "decay.rate", "decay.delays[0]", "decay.delays[1]", "loads[0]", "loads[1]",
        "loads[2]", "species[0].rate", "species[1].rate", "species[1].delays[0]",
      ])
  }

  @Test("Nothing is a structure, too")
  func empty() throws {
    #expect(Nothing<Double>().parameterCount == 0)
    #expect(Nothing<Double>().flattened().isEmpty)
    #expect(Nothing<Double>().parameterNames.isEmpty)
    _ = try Nothing<Double>().rebuilt(from: [])
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 0, found: 1)) {
      try Nothing<Double>().rebuilt(from: [1])
    }
  }

  @Test("Wrong lengths and numbers that are not finite are named", arguments: [0, 9, 11])
  func badInput(count: Int) throws {
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 10, found: count)) {
      try sample.rebuilt(from: [Double](repeating: 1, count: count))
    }
    var broken = sample
    broken.species[1].rate = .infinity
    #expect(
      throws: InputError.outOfRange(
        argument: "parameters.species[1].rate", value: .infinity, requirement: "a finite number")
    ) { try broken.requireFinite() }
    try sample.requireFinite()
  }

  @Test("It works in every scalar")
  func scalars() {
    let duals = Rates<Dual>(growth: Dual(1.5), loads: [Dual(2), Dual(3)])
    #expect(duals.flattened().map(\.value) == [1.5, 0, 2, 3])
    let filled = duals.filled(from: [Dual(4), Dual(5), Dual(6), Dual(7)].span)
    #expect(filled.decay.rate.value == 5 && filled.loads[1].value == 7)
  }
}

// MARK: Models

/// A chain of masses on springs that stiffen: kᵢ(dᵢ + s dᵢ³) − kᵢ₊₁(dᵢ₊₁ + s dᵢ₊₁³) = loadᵢ.
private struct Chain<S: Scalar>: ParameterStructure {
  var stiffening: S = 0
  var springs: [S]
  var loads: [S]

  init(length: Int) {
    springs = [S](repeating: 0, count: length)
    loads = [S](repeating: 0, count: length)
  }

  mutating func visit(_ visitor: inout ParameterVisitor<S>) {
    visitor.visit(&stiffening, "stiffening")
    visitor.visit(&springs, "springs")
    visitor.visit(&loads, "loads")
  }
}

private struct ChainSystem: ResidualSystem {
  let stateCount: Int
  var parameterCount: Int { Chain<Double>(length: stateCount).parameterCount }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let chain = Chain<S>(length: stateCount).filled(from: parameters)
    for index in 0..<stateCount { residual[index] = -chain.loads[index] }
    for index in 0..<stateCount {
      let stretch: S = index == 0 ? state[0] : state[index] - state[index - 1]
      let force: S = chain.springs[index] * stretch * (1 + chain.stiffening * stretch * stretch)
      residual[index] += force
      if index > 0 { residual[index - 1] -= force }
    }
  }
}

private struct Populations<S: Scalar>: ParameterStructure {
  struct Species: ParameterStructure {
    var rate: S = 0
    var contact: S = 0

    mutating func visit(_ visitor: inout ParameterVisitor<S>) {
      visitor.visit(&rate, "rate")
      visitor.visit(&contact, "contact")
    }
  }

  var prey = Species()
  var predators = Species()

  mutating func visit(_ visitor: inout ParameterVisitor<S>) {
    visitor.visit(&prey, "prey")
    visitor.visit(&predators, "predators")
  }
}

private struct PredatorPrey: VectorField {
  let stateCount = 2
  let parameterCount = Populations<Double>().parameterCount

  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let populations = Populations<S>().filled(from: parameters)
    let meetings = state[0] * state[1]
    derivative[0] = populations.prey.rate * state[0] - populations.prey.contact * meetings
    derivative[1] =
      populations.predators.contact * meetings - populations.predators.rate * state[1]
  }
}

private struct Bars<S: Scalar>: ParameterStructure {
  var stiffnesses: [S] = [0, 0]
  var load: S = 0

  mutating func visit(_ visitor: inout ParameterVisitor<S>) {
    visitor.visit(&stiffnesses, "stiffnesses")
    visitor.visit(&load, "load")
  }
}

/// Two bars in a row under a load at their end, so that x₁ = F(1/k₀ + 1/k₁).
private struct TwoBars: ParametrizedLinearSystem {
  let pattern: SparsityPattern
  let parameterCount = 3

  func assemble<S: Scalar>(
    parameters: Span<S>, matrix: inout MutableSpan<S>, rightHandSide: inout MutableSpan<S>
  ) {
    let bars = Bars<S>().filled(from: parameters)
    matrix[0] = bars.stiffnesses[0] + bars.stiffnesses[1]
    matrix[1] = -bars.stiffnesses[1]
    matrix[2] = -bars.stiffnesses[1]
    matrix[3] = bars.stiffnesses[1]
    rightHandSide[1] = bars.load
  }
}

@Suite("Gradients as structures") struct StructuredGradientTests {
  private static func chain() -> Chain<Double> {
    var chain = Chain<Double>(length: 3)
    chain.stiffening = 0.1
    chain.springs = [3, 2, 1]
    chain.loads = [0.5, -0.2, 0.3]
    return chain
  }

  @Test("A root's gradient has the structure of its parameters")
  func root() throws {
    let chain = Self.chain()
    let problem = try NonlinearProblem(
      ChainSystem(stateCount: 3), parameters: chain, initialGuess: [0, 0, 0])
    let solution = try NewtonSolver().solve(problem)
    let gradient = try solution.pullback([0, 0, 1])
    let shaped = try gradient.parameters(like: chain)
    #expect(shaped.flattened() == gradient.parameters)
    #expect(shaped.stiffening == gradient.parameters[0])
    #expect(shaped.springs == Array(gradient.parameters[1...3]))
    #expect(shaped.loads == Array(gradient.parameters[4...6]))
    // All springs carry the loads beyond them: more load on the last mass moves it on.
    #expect(shaped.loads.allSatisfy { $0 > 0 })
    // The same by differences, parameter by parameter.
    let difference = try FiniteDifference().gradient(
      of: { parameters in
        let moved = try NonlinearProblem(
          ChainSystem(stateCount: 3), parameters: chain.rebuilt(from: parameters),
          initialGuess: [0, 0, 0])
        var options = NewtonSolver.Options()
        options.relativeTolerance = 0
        options.absoluteTolerance = 0
        return try NewtonSolver(options).solve(moved).value[2]
      }, at: chain.flattened())
    for (index, name) in chain.parameterNames.enumerated() {
      // The adjoint's own error: a backward error below 1e-12 (else refused) times κ < 100.
      let error = abs(gradient.parameters[index] - difference.value[index])
      #expect(error <= difference.error[index] + 1e-10, "\(name)")
    }
  }

  @Test("An ODE's gradient is that of the model with numbered parameters, and known")
  func trajectory() throws {
    var populations = Populations<Double>()
    populations.prey = .init(rate: 1.5, contact: 1)
    populations.predators = .init(rate: 3, contact: 1)
    let problem = try ODEProblem(
      PredatorPrey(), initialState: [1, 1], parameters: populations, timeSpan: 0...10)
    let options = RungeKuttaSolver.Options(relativeTolerance: 1e-11, absoluteTolerance: 1e-11)
    let solution = try RungeKuttaSolver(options: options).solve(problem)
    let gradient = try solution.pullback(finalState: solution.finalState.map { $0 - 1 })
    let shaped = try gradient.parameters(like: populations)
    let found = [
      shaped.prey.rate, shaped.prey.contact, shaped.predators.rate, shaped.predators.contact,
    ]
    for (value, known) in zip(found, LotkaVolterra.Oracle.parameters) {
      // The tolerance, amplified some hundredfold over a cycle and a half; the oracle has ten digits.
      #expect(abs(value - known) <= 1e-8 * abs(known))
    }
  }

  @Test("A linear system's gradient has the structure of its parameters")
  func linear() throws {
    let bars = Bars<Double>(stiffnesses: [2, 4], load: 3)
    let pattern = try SparsityPattern(
      rowCount: 2, columnCount: 2, columnPointers: [0, 2, 4], rowIndices: [0, 1, 0, 1])
    let problem = try ParametrizedLinearProblem(TwoBars(pattern: pattern), parameters: bars)
    let gradient = try LinearSolver().solve(problem).pullback([0, 1])
    let shaped = try gradient.parameters(like: bars)
    // x₁ = F(1/k₀ + 1/k₁): −F/k₀², −F/k₁², 1/k₀ + 1/k₁; κ < 10.
    for (value, known) in zip(shaped.stiffnesses + [shaped.load], [-0.75, -0.1875, 0.75]) {
      #expect(abs(value - known) <= 100 * Double.ulpOfOne)
    }
  }

  @Test("Models that read their parameters from structures obey the laws, in both modes")
  func laws() throws {
    let chain = Self.chain()
    var generator = SeededGenerator(seed: 4)
    for mode in [Model.ReverseMode.dual, .tape] {
      let map = DifferentiableMap(
        Model(ChainSystem(stateCount: 3)), reverseMode: mode, parameterNames: chain.parameterNames)
      let report = try DerivativeCheck().check(
        map, at: generator.direction(count: 3) + chain.flattened())
      #expect(report.passed, "\(report)")
      let field = DifferentiableMap(Model(PredatorPrey()), reverseMode: mode)
      #expect(try DerivativeCheck().check(field, at: [1, 2, 1.5, 1, 3, 0.7]).passed)
    }
  }

  @Test("A fault is reported with the name of its parameter")
  func namesInReports() throws {
    let chain = Self.chain()
    var map = DifferentiableMap(
      Model(ChainSystem(stateCount: 3)), parameterNames: chain.parameterNames)
    let right = map.linearize
    let dropped = try #require(chain.parameterNames.firstIndex(of: "springs[1]"))
    map.linearize = { x in
      var linearization = try right(x)
      let pullback = linearization.pullback
      linearization.pullback = { cotangent in
        var gradient = try pullback(cotangent)
        gradient[3 + dropped] = 0
        return gradient
      }
      return linearization
    }
    let report = try DerivativeCheck().check(map, at: [0.3, 0.5, -0.4] + chain.flattened())
    #expect(!report.passed)
    #expect(report.finding(.inputs)?.detail.contains("springs[1]") == true, "\(report)")
  }

  @Test("Structures of the wrong size or with NaN are refused with names")
  func badStructures() throws {
    let system = ChainSystem(stateCount: 3)
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 7, found: 5)) {
      try NonlinearProblem(
        system, parameters: Chain<Double>(length: 2), initialGuess: [0, 0, 0])
    }
    var chain = Self.chain()
    chain.loads[2] = .nan
    do {
      _ = try NonlinearProblem(system, parameters: chain, initialGuess: [0, 0, 0])
      Issue.record("NaN was accepted")
    } catch let error as InputError {
      #expect(error.description.hasPrefix("parameters.loads[2] is nan"))
    }
    var populations = Populations<Double>()
    populations.prey.contact = .infinity
    #expect(throws: InputError.self) {
      try ODEProblem(
        PredatorPrey(), initialState: [1, 1], parameters: populations, timeSpan: 0...1)
    }
    let solution = try NewtonSolver().solve(
      NonlinearProblem(system, parameters: Self.chain(), initialGuess: [0, 0, 0]))
    let gradient = try solution.pullback([1, 0, 0])
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 4, found: 7)) {
      try gradient.parameters(like: populations)
    }
  }
}
