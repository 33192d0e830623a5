import Adjoint
import Testing

/// A ring of coupled oscillators with unsymmetric coupling, of any size.
private struct CoupledRing: ResidualSystem {
  let stateCount: Int
  let parameterCount = 3

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      let next: S = state[(index + 1) % stateCount]
      let own: S = state[index]
      let coupling: S = parameters[0] * S.sin(own * next)
      let decay: S = parameters[1] * own / (1 + next * next)
      residual[index] = coupling - decay + S.exp(-parameters[2] * own)
    }
  }
}

/// A model without parameters.
private struct Squares: ResidualSystem {
  let stateCount = 4
  let parameterCount = 0

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<4 { residual[index] = state[index] * state[3 - index] + 0.5 }
  }
}

/// A model of which every output ignores all or most inputs.
private struct Sparse: ResidualSystem {
  let stateCount = 20
  let parameterCount = 2

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<20 { residual[index] = 7 }
    residual[3] = state[19]
    residual[4] = parameters[1]
  }
}

@Suite("Models and their evaluation") struct ModelEvaluatorTests {
  private func point(_ model: Model) -> [Double] {
    var generator = SeededGenerator(seed: 11)
    return generator.direction(count: model.stateCount + model.parameterCount)
  }

  /// (Jᵀw, Pᵀw), added to what `start` holds.
  private func pullback(
    _ model: Model, _ x: [Double], _ cotangent: [Double], _ mode: Model.ReverseMode,
    start: Double = 0
  ) -> [Double] {
    let state = Array(x.prefix(model.stateCount))
    let evaluator = ModelEvaluator(
      model, parameters: Array(x.dropFirst(model.stateCount)), reverseMode: mode)
    var stateCotangent = [Double](repeating: start, count: model.stateCount)
    var parameterCotangent = [Double](repeating: start, count: model.parameterCount)
    var stateSpan = stateCotangent.mutableSpan
    var parameterSpan = parameterCotangent.mutableSpan
    evaluator.pullback(
      time: 0, state: state.span, cotangent: cotangent.span, addingTo: &stateSpan,
      parameters: &parameterSpan)
    return stateCotangent + parameterCotangent
  }

  @Test(
    "The laws hold by duals and by the tape, across chunks of eight inputs",
    arguments: [1, 2, 5, 6, 13, 14, 30], [Model.ReverseMode.dual, .tape, .automatic])
  func laws(stateCount: Int, mode: Model.ReverseMode) throws {
    let model = Model(CoupledRing(stateCount: stateCount))
    let map = DifferentiableMap(model, reverseMode: mode)
    let report = try DerivativeCheck().check(map, at: point(model))
    #expect(report.passed, "\(report)")
    #expect(report.dotProductGap != nil)
  }

  @Test("Pullbacks by duals and by the tape agree", arguments: [3, 14, 40])
  func agreement(stateCount: Int) {
    let model = Model(CoupledRing(stateCount: stateCount))
    let x = point(model)
    let cotangent = (0..<stateCount).map { Double.cos(Double($0)) }
    let byDuals = pullback(model, x, cotangent, .dual)
    let byTape = pullback(model, x, cotangent, .tape)
    // Sums of at most `stateCount` terms of order one, each with about ten roundings.
    let tolerance = 10 * Double(stateCount) * Double.ulpOfOne
    for (a, b) in zip(byDuals, byTape) { #expect(abs(a - b) <= tolerance) }
  }

  @Test("A pullback adds to what is there", arguments: [Model.ReverseMode.dual, .tape])
  func accumulation(mode: Model.ReverseMode) {
    let model = Model(CoupledRing(stateCount: 6))
    let x = point(model)
    let cotangent = [Double](repeating: 1, count: 6)
    let fresh = pullback(model, x, cotangent, mode)
    let added = pullback(model, x, cotangent, mode, start: 2)
    #expect(added == fresh.map { 2 + $0 })
  }

  @Test("Few inputs go by duals, many by the tape")
  func automaticMode() {
    func mode(_ stateCount: Int) -> Model.ReverseMode {
      let model = Model(CoupledRing(stateCount: stateCount))
      return ModelEvaluator(model, parameters: [1, 1, 1]).reverseMode
    }
    #expect(mode(13) == .dual)
    #expect(mode(14) == .tape)
  }

  @Test(
    "Models without parameters, and outputs that ignore their inputs, obey the laws",
    arguments: [Model.ReverseMode.dual, .tape])
  func degenerate(mode: Model.ReverseMode) throws {
    for model in [Model(Squares()), Model(Sparse())] {
      let map = DifferentiableMap(model, reverseMode: mode)
      let report = try DerivativeCheck().check(map, at: point(model))
      #expect(report.passed, "\(report)")
    }
  }

  @Test("An absent parameter tangent is zero")
  func absentParameterTangent() {
    let model = Model(CoupledRing(stateCount: 4))
    let x = point(model)
    let state = Array(x.prefix(4))
    let evaluator = ModelEvaluator(model, parameters: Array(x.suffix(3)))
    let tangent = [1.0, -2, 0.5, 3]
    func pushforward(_ parameterTangent: [Double]) -> [Double] {
      var output = [Double](repeating: .nan, count: 4)
      var span = output.mutableSpan
      evaluator.pushforward(
        time: 0, state: state.span, stateTangent: tangent.span,
        parameterTangent: parameterTangent.span, into: &span)
      return output
    }
    let absent = pushforward([])
    _ = pushforward([1, 1, 1])
    #expect(pushforward([]) == absent)
    #expect(pushforward([0, 0, 0]) == absent)
    #expect(pushforward([1, 0, 0]) != absent)
  }

  @Test("Wrong lengths and numbers that are not finite are refused")
  func validation() throws {
    let model = Model(CoupledRing(stateCount: 2))
    #expect(throws: InputError.wrongLength(argument: "guess", expected: 2, found: 3)) {
      try model.validate(state: [1, 2, 3], named: "guess", parameters: [1, 1, 1])
    }
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 3, found: 0)) {
      try model.validate(state: [1, 2], named: "guess", parameters: [])
    }
    #expect(throws: InputError.notFinite(argument: "parameters", index: 1, value: .infinity)) {
      try model.validate(state: [1, 2], named: "guess", parameters: [1, .infinity, 1])
    }
    let map = DifferentiableMap(model)
    #expect(
      throws: InputError.wrongLength(argument: "state and parameters", expected: 5, found: 4)
    ) { try DerivativeCheck().check(map, at: [1, 2, 3, 4]) }
    let linearization = try map.linearize([1, 2, 1, 1, 1])
    #expect(throws: InputError.wrongLength(argument: "cotangent", expected: 2, found: 1)) {
      try linearization.pullback([1])
    }
  }

  @Test("A model whose closures compute different functions is found out")
  func inconsistentClosures() throws {
    let right = Model(Squares())
    let other = Model(CoupledRing(stateCount: 4))
    let wrongDual = Model(
      name: "wrong dual", stateCount: 4, parameterCount: 0, outputCount: 4, value: right.value,
      dual: { time, state, _, output in
        let parameters = [Dual](repeating: 1, count: 3)
        other.dual(time, state, parameters.span, &output)
      }, directional: right.directional, tape: right.tape,
      directionalTape: right.directionalTape, trace: right.trace)
    let point = [0.5, -0.75, 1.25, 2]
    let byDuals = DifferentiableMap(wrongDual, reverseMode: .dual)
    #expect(!(try DerivativeCheck().check(byDuals, at: point).passed))
    // By the tape all is right that the check sees; the report compares the scalars.
    let byTape = DifferentiableMap(wrongDual, reverseMode: .tape)
    #expect(try DerivativeCheck().check(byTape, at: point).passed)
    let report = try wrongDual.report(state: point, parameters: [])
    #expect(report.discrepancies.contains { $0.kernel == .value && $0.means == "Dual" })
    #expect(report.discrepancies.contains { $0.kernel == .pushforwards })
    #expect(report.discrepancies.contains { $0.kernel == .pullback && $0.means == "Dual" })
    #expect(!report.discrepancies.contains { $0.means.contains("tape") })
  }
}
