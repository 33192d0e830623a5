import Adjoint
import ReferenceProblems
import Testing

@Suite("Products by replays, and recordings that are full") struct ReplayModeTests {
  private func products(
    _ evaluator: ModelEvaluator, time: Double, state: [Double], cotangent: [Double]
  ) -> [Double] {
    var first = [Double](repeating: 0, count: evaluator.model.stateCount)
    var second = [Double](repeating: 0, count: evaluator.model.parameterCount)
    var firstSpan = first.mutableSpan
    var secondSpan = second.mutableSpan
    evaluator.pullback(
      time: time, state: state.span, cotangent: cotangent.span, addingTo: &firstSpan,
      parameters: &secondSpan)
    return first + second
  }

  @Test("Replays are chosen for many products, and tapes for few")
  func choice() {
    let model = Model(Brusselator2D(side: 4))
    let parameters = Brusselator2D(side: 4).standardParameters
    func mode(_ count: Int) -> Model.ReverseMode {
      ModelEvaluator(model, parameters: parameters, expectedProductCount: count).reverseMode
    }
    #expect(mode(1) == .tape)
    #expect(mode(100) == .tape)
    #expect(mode(1000) == .replay)
    // With few inputs duals are cheaper whatever the number of products.
    let few = ModelEvaluator(
      Model(LotkaVolterra()), parameters: [1, 1, 1, 1], expectedProductCount: 1_000_000)
    #expect(few.reverseMode == .dual)
  }

  @Test("A model that branches on its states goes by the tape after all")
  func fallback() throws {
    let model = Model(Kinked(stateCount: 20))
    let evaluator = ModelEvaluator(model, parameters: [2], expectedProductCount: 1_000_000)
    #expect(evaluator.reverseMode == .replay)
    let state = (0..<20).map { Double($0) - 9.5 }
    let cotangent = [Double](repeating: 1, count: 20)
    let found = products(evaluator, time: 0, state: state, cotangent: cotangent)
    #expect(evaluator.reverseMode == .tape)
    #expect(evaluator.failure == nil)
    // f = p u where u > 0, and u² elsewhere.
    #expect(found == state.map { $0 > 0 ? 2 : 2 * $0 } + [state.filter { $0 > 0 }.reduce(0, +)])
  }

  @Test("Where the time takes another branch, a new trace is recorded")
  func time() throws {
    let field = Brusselator2D(side: 5)
    let model = Model(field)
    var generator = SeededGenerator(seed: 1)
    let state = (0..<model.stateCount).map { _ in generator.uniform(in: 0.5..<2) }
    let cotangent = generator.direction(count: model.outputCount)
    let byTape = ModelEvaluator(model, parameters: field.standardParameters, reverseMode: .tape)
    let evaluators = [Model.ReverseMode.replay, .automatic].map {
      ModelEvaluator(
        model, parameters: field.standardParameters, reverseMode: $0,
        expectedProductCount: 10_000)
    }
    for time in [0.5, 2, 0.7, 1.1, 1.0] {
      let expected = products(byTape, time: time, state: state, cotangent: cotangent)
      let scale = expected.map(abs).max() ?? 0
      let found = evaluators.map {
        products($0, time: time, state: state, cotangent: cotangent)
      }
      #expect(found[0] == found[1])
      for (one, other) in zip(found[0], expected) {
        // At most twelve terms, in another order.
        #expect(abs(one - other) <= 24 * Double.ulpOfOne * scale)
      }
    }
    for evaluator in evaluators {
      #expect(evaluator.reverseMode == .replay)
      try evaluator.requireProducts()
    }
  }

  @Test("A part of the products is the part of both")
  func parts() {
    let field = Brusselator2D(side: 4)
    let model = Model(field)
    let evaluator = ModelEvaluator(
      model, parameters: field.standardParameters, reverseMode: .replay)
    let state = field.standardInitialState
    let cotangent = state.map { 1 + $0 }
    let both = products(evaluator, time: 0, state: state, cotangent: cotangent)
    var first = state.map { _ in 0.0 }
    var second = field.standardParameters.map { _ in 0.0 }
    var firstSpan = first.mutableSpan
    evaluator.statePullback(
      time: 0, state: state.span, cotangent: cotangent.span, addingTo: &firstSpan)
    var secondSpan = second.mutableSpan
    evaluator.parameterPullback(
      time: 0, state: state.span, cotangent: cotangent.span, addingTo: &secondSpan)
    #expect(first + second == both)
  }

  @Test("A replay that was asked for and does not hold is an error, not a number")
  func branchChanged() throws {
    let model = Model(Kinked(stateCount: 2))
    let evaluator = ModelEvaluator(model, parameters: [3], reverseMode: .replay)
    #expect(products(evaluator, time: 0, state: [1, 2], cotangent: [1, 1]) == [3, 3, 3])
    #expect(
      products(evaluator, time: 0, state: [1, -2], cotangent: [1, 1]).allSatisfy { $0.isNaN })
    let expected = TraceError.branchChanged(
      model: "Kinked", comparison: 1, first: 0, second: -2)
    #expect(evaluator.failure == expected)
    #expect(throws: expected) { try evaluator.requireProducts() }
    #expect(throws: expected) {
      try evaluator.hessianProduct(
        state: [1, -2], cotangent: [1, 1], stateTangent: [1, 1], parameterTangent: [1])
    }
  }

  // MARK: Limits

  @Test("More operations than a model allows are an error at every door")
  func full() throws {
    var model = Model(Ring(stateCount: 20))
    let state = [Double](repeating: 0.5, count: 20)
    let cotangent = [Double](repeating: 1, count: 20)
    let parameters = [0.5, 0.7, 0.3]
    // 23 inputs and two nodes or more for each of 20 outputs.
    for limit in [0, 10, 23, 40] {
      model.maximumOperationCount = limit
      let expected = TraceError.full(model: "Ring", maximumOperationCount: limit)
      for mode in [Model.ReverseMode.tape, .replay] {
        let evaluator = ModelEvaluator(model, parameters: parameters, reverseMode: mode)
        for _ in 0..<2 {
          let found = products(evaluator, time: 0, state: state, cotangent: cotangent)
          #expect(found.allSatisfy { $0.isNaN })
        }
        #expect(evaluator.failure == expected)
        #expect(throws: expected) {
          try evaluator.hessianProduct(
            state: state, cotangent: cotangent, stateTangent: state, parameterTangent: parameters)
        }
      }
      #expect(throws: expected) { try model.recordTrace(state: state, parameters: parameters) }
      #expect(throws: expected) {
        let pattern = try SparsityPattern.full(rowCount: 20, columnCount: 20)
        var values = [Double](repeating: 0, count: 400)
        try SparseJacobian(model, pattern: pattern, compression: .rows).evaluate(
          time: 0, state: state, parameters: parameters, into: &values)
      }
      #expect(throws: expected) {
        try DifferentiableMap(model, reverseMode: .tape).linearize(state + parameters).pullback(
          cotangent)
      }
      #expect(throws: expected) {
        let problem = try NonlinearProblem(model, parameters: parameters, initialGuess: state)
        _ = try NewtonSolver().solve(problem).pullback(cotangent)
      }
      #expect("\(expected)".contains("Ring makes more than \(limit) operations"))
    }
    // Duals record nothing, and need no allowance.
    let byDuals = ModelEvaluator(model, parameters: parameters, reverseMode: .dual)
    let found = products(byDuals, time: 0, state: state, cotangent: cotangent)
    model.maximumOperationCount = 1000
    let byTape = ModelEvaluator(model, parameters: parameters, reverseMode: .tape)
    let expected = products(byTape, time: 0, state: state, cotangent: cotangent)
    for (one, other) in zip(found, expected) {
      // Sums of up to twenty terms of order one.
      #expect(abs(one - other) <= 40 * Double.ulpOfOne * max(1, abs(other)))
    }
  }
}

/// fᵢ = p uᵢ where uᵢ > 0, and uᵢ² elsewhere.
private struct Kinked: ResidualSystem {
  let stateCount: Int
  let parameterCount = 1

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      let u: S = state[index]
      residual[index] = u > 0 ? parameters[0] * u : u * u
    }
  }
}
