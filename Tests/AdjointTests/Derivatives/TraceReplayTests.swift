import Adjoint
import ODE
import ReferenceProblems
import Testing

@Suite("Replays of traces") struct TraceReplayTests {
  /// A model with a time at which it has no branch.
  struct Case: CustomStringConvertible, Sendable {
    let model: Model
    var time = 0.0
    var description: String { "\(model.name), \(model.stateCount) states" }
  }

  static let cases: [Case] = [
    Case(model: Model(Ring(stateCount: 2))), Case(model: Model(Ring(stateCount: 41))),
    Case(model: Model(Bratu(side: 9))), Case(model: Model(Brusselator2D(side: 12)), time: 2),
    Case(model: Model(LotkaVolterra())), Case(model: Model(SmallModel.functions)),
    Case(model: Model(SmallModel.kinks)), Case(model: Model(SmallModel.vanishing)),
    Case(model: Model(SmallModel.sums)), Case(model: Model(SmallModel.trivial)),
    Case(model: Model(Products())), Case(model: Model(ValleyChain(stateCount: 300))),
    Case(model: Model(Clocked()), time: 0.7), Case(model: Model(Recurrence(kind: 0))),
    Case(model: Model(Recurrence(kind: 1))), Case(model: Model(Recurrence(kind: 2))),
    Case(model: Model(Recurrence(kind: 3))), Case(model: Model(Recurrence(kind: 4))),
    Case(model: Model(Brusselator2D(side: 65))),
    Case(
      model: Model(ProgramSystem(program: RandomProgram(inputCount: 8, stepCount: 400, seed: 4)))),
  ]

  private func point(_ model: Model, seed: UInt64) -> (state: [Double], parameters: [Double]) {
    var generator = SeededGenerator(seed: seed)
    return (
      (0..<model.stateCount).map { _ in generator.uniform(in: 0.2..<0.8) },
      (0..<model.parameterCount).map { _ in generator.uniform(in: 0.2..<0.8) }
    )
  }

  private func replay(_ test: Case) throws -> TraceReplay {
    let (state, parameters) = point(test.model, seed: 100)
    let trace = try test.model.recordTrace(
      time: test.time, state: state, parameters: parameters)
    return TraceReplay(trace)
  }

  @Test("A replay on new values equals the model bit for bit", arguments: cases)
  func values(test: Case) throws {
    let replay = try replay(test)
    for seed in 1...5 {
      let (state, parameters) = point(test.model, seed: UInt64(seed))
      var direct = [Double](repeating: .nan, count: test.model.outputCount)
      var directSpan = direct.mutableSpan
      ModelEvaluator(test.model, parameters: parameters).evaluate(
        time: test.time, state: state.span, into: &directSpan)
      var replayed = direct.map { _ in Double.nan }
      var replayedSpan = replayed.mutableSpan
      try replay.evaluate(
        time: test.time, state: state.span, parameters: parameters.span, into: &replayedSpan)
      #expect(direct.map(\.bitPattern) == replayed.map(\.bitPattern))
    }
  }

  @Test("A replayed gradient is that of the tape", arguments: cases)
  func gradients(test: Case) throws {
    let replay = try replay(test)
    for seed in 1...5 {
      let (state, parameters) = point(test.model, seed: UInt64(seed))
      var generator = SeededGenerator(seed: UInt64(seed) + 50)
      let cotangent = generator.direction(count: test.model.outputCount)
      // Cotangents are added to what is there, by both.
      var expected = [1.0] + [Double](repeating: 1, count: state.count + parameters.count)
      var found = expected
      let evaluator = ModelEvaluator(test.model, parameters: parameters, reverseMode: .tape)
      pullback(into: &expected, stateCount: state.count) { stateSpan, parameterSpan in
        evaluator.pullback(
          time: test.time, state: state.span, cotangent: cotangent.span, addingTo: &stateSpan,
          parameters: &parameterSpan)
      }
      try pullback(into: &found, stateCount: state.count) { stateSpan, parameterSpan in
        try replay.pullback(
          time: test.time, state: state.span, parameters: parameters.span,
          cotangent: cotangent.span, addingTo: &stateSpan, parameters: &parameterSpan)
      }
      // The same terms in another order, each with a few roundings: an input of these models has at
      // most 400 terms of size below 100 times the largest sum, so 1e-12 = 4500 eps of it suffices.
      let scale = expected.reduce(1) { max($0, $1.magnitude) }
      for (index, pair) in zip(expected, found).enumerated() {
        #expect((pair.0 - pair.1).magnitude <= 1e-12 * scale, "component \(index)")
      }
    }
  }

  private func pullback(
    into gradient: inout [Double], stateCount: Int,
    _ body: (inout MutableSpan<Double>, inout MutableSpan<Double>) throws -> Void
  ) rethrows {
    var state = Array(gradient[1..<1 + stateCount])
    var parameters = Array(gradient[(1 + stateCount)...])
    var stateSpan = state.mutableSpan
    var parameterSpan = parameters.mutableSpan
    try body(&stateSpan, &parameterSpan)
    gradient = [1] + state + parameters
  }

  @Test("Every elementary function is replayed, with its derivatives")
  func elementary() throws {
    #expect(ElementaryReference.all.count > 100)
    for reference in ElementaryReference.all {
      let model = Model(ElementarySystem(reference: reference))
      let inputs = [reference.x, reference.y ?? 0]
      guard inputs.allSatisfy(\.isFinite) else { continue }
      let trace = try model.recordTrace(state: inputs, parameters: [])
      let replay = TraceReplay(trace)
      var value = [0.0, 0]
      var valueSpan = value.mutableSpan
      try replay.evaluate(
        time: 0, state: inputs.span, parameters: [Double]().span, into: &valueSpan)
      let direct = reference.evaluate(inputs[0], inputs[1])
      #expect(value[0].bitPattern == direct?.bitPattern, "\(reference)")
      var expected = [0.0, 0, 0]
      var found = expected
      let evaluator = ModelEvaluator(model, parameters: [], reverseMode: .tape)
      pullback(into: &expected, stateCount: 2) { state, parameters in
        evaluator.pullback(
          time: 0, state: inputs.span, cotangent: [1.0, 0].span, addingTo: &state,
          parameters: &parameters)
      }
      try pullback(into: &found, stateCount: 2) { state, parameters in
        try replay.pullback(
          time: 0, state: inputs.span, parameters: [Double]().span, cotangent: [1.0, 0].span,
          addingTo: &state, parameters: &parameters)
      }
      // Both round ∂/∂x a few times.
      for (one, other) in zip(expected, found) {
        let isSame = one == other || (one.isNaN && other.isNaN)
        #expect(
          isSame || (one - other).magnitude <= 4 * one.ulp, "\(reference): \(expected), \(found)")
      }
    }
  }

  @Test("Grids and sums are replayed in batches, recurrences one by one, and dead code not at all")
  func batches() throws {
    let grid = try replay(Case(model: Model(Brusselator2D(side: 12)), time: 2))
    #expect(grid.batchedOperationCount > grid.operationCount * 9 / 10)
    let sum = try replay(Case(model: Model(Recurrence(kind: 4))))
    #expect(sum.batchedOperationCount > sum.operationCount * 9 / 10)
    // Of the four operations of a step three depend on the step before.
    let recurrence = try replay(Case(model: Model(Recurrence(kind: 0))))
    #expect(recurrence.batchedOperationCount <= recurrence.operationCount / 4)
    let trivial = try replay(Case(model: Model(SmallModel.trivial)))
    #expect(trivial.operationCount == 0)
  }

  @Test("A comparison that changes its outcome is an error, not a number")
  func guards() throws {
    let replay = TraceReplay(try Model(Branching()).recordTrace(state: [1, 2], parameters: [3]))
    func evaluate(_ state: [Double]) throws -> [Double] {
      var output = [Double.nan, .nan]
      var span = output.mutableSpan
      try replay.evaluate(time: 0, state: state.span, parameters: [3.0].span, into: &span)
      return output
    }
    // u₁ was read, so it must stay; u₀ may move below it.
    #expect(try evaluate([1.5, 2]) == [4.5, 2])
    #expect(
      throws: TraceError.branchChanged(model: "Branching", comparison: 0, first: 2.5, second: 2)
    ) { try evaluate([2.5, 2]) }
    #expect(
      throws: TraceError.readChanged(model: "Branching", read: 0, recorded: 2, found: 2.25)
    ) { try evaluate([1.5, 2.25]) }
    var gradient = [1.0, 0, 0, 0]
    #expect(throws: TraceError.self) {
      try pullback(into: &gradient, stateCount: 2) { state, parameters in
        try replay.pullback(
          time: 0, state: [2.5, 2].span, parameters: [3.0].span, cotangent: [1.0, 1].span,
          addingTo: &state, parameters: &parameters)
      }
    }
    // An error leaves the object usable.
    #expect(try evaluate([1.25, 2]) == [3.75, 2])
  }

  @Test("Every kind of comparison is guarded", arguments: 0..<7)
  func comparisons(kind: Int) throws {
    let model = Model(Comparing(kind: kind))
    let points = [[1.0], [2.0], [3.0], [.leastNonzeroMagnitude]]
    var changes = 0
    for recorded in points {
      let replay = TraceReplay(try model.recordTrace(state: recorded, parameters: []))
      for point in points {
        var direct = [0.0]
        var directSpan = direct.mutableSpan
        model.value(0, point.span, [Double]().span, &directSpan)
        var output = [0.0]
        var span = output.mutableSpan
        do {
          try replay.evaluate(
            time: 0, state: point.span, parameters: [Double]().span, into: &span)
          #expect(output == direct)
        } catch TraceError.branchChanged {
          changes += 1
        }
      }
    }
    #expect(changes > 0)
    #expect(changes < 16)
  }

  @Test("A trace at another time is refused where the model read the time, and replayed elsewhere")
  func time() throws {
    let model = Model(Brusselator2D(side: 3))
    let (state, parameters) = point(model, seed: 1)
    let replay = TraceReplay(
      try model.recordTrace(time: 0, state: state, parameters: parameters))
    var output = state
    var span = output.mutableSpan
    #expect(throws: TraceError.self) {
      try replay.evaluate(
        time: 2, state: state.span, parameters: parameters.span, into: &span)
    }
    try replay.evaluate(time: 0, state: state.span, parameters: parameters.span, into: &span)
  }
}

/// f = u sin(t p) + t², which depends on time without branching on it.
struct Clocked: VectorField {
  let stateCount = 5
  let parameterCount = 5
  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      let phase: S = time * parameters[index]
      derivative[index] = state[index] * S.sin(phase) + time * time
    }
  }
}

/// One line of the reference table as a model.
struct ElementarySystem: ResidualSystem {
  let reference: ElementaryReference
  let stateCount = 2
  let parameterCount = 0
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = reference.evaluate(state[0], state[1]) ?? 0
    residual[1] = 0
  }
}

/// Takes one of two ways by one kind of comparison with 2.
struct Comparing: ResidualSystem {
  let kind: Int
  let stateCount = 1
  let parameterCount = 0
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let x = state[0]
    let answer =
      switch kind {
      case 0: x < 2
      case 1: x <= 2
      case 2: x > 2
      case 3: x >= 2
      case 4: x == 2
      case 5: x != 2
      default: x.reciprocal == nil
      }
    residual[0] = answer ? x * x : -x
  }
}

/// Chains of operations that depend on each other, 50 long: 0 a logistic map; 1 sums of the two partial
/// sums before; 2 a sum whose partial sums are outputs, and squared; 3 sums of terms of which some
/// are used twice or are outputs themselves; 4 one sum of products.
struct Recurrence: ResidualSystem {
  let kind: Int
  let stateCount = 50
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    var value: S = state[0]
    var before: S = parameters[0]
    for index in 0..<stateCount {
      residual[index] = 0
      switch kind {
      case 0: value = (1 + parameters[0]) * value * (1 - value)
      case 1: (value, before) = (value + before, 0.5 * value - 0.25 * before + 1)
      case 2:
        value += state[index] * state[stateCount - 1 - index]
        residual[index] = index % 2 == 0 ? value : value * value
      case 4: value += state[index] * state[stateCount - 1 - index]
      default:
        let product: S = state[index] * state[(index + 3) % stateCount]
        let sum: S = state[(index + 7) % stateCount] * parameters[0] + product
        residual[index] = index < 25 ? sum - product * sum : product
        before = sum + value
        value = before + 1
      }
    }
    residual[0] = residual[0] + value + before
  }
}
