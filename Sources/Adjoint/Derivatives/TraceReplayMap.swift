extension DifferentiableMap {
  /// A model as the map (u, p) ↦ f(t, u, p), by replays of one trace: value and pullback are
  /// replayed, the pushforward is the model's own.
  ///
  /// - Throws: from values and linearizations ``TraceError`` where the model takes other branches than
  ///   those recorded, and `InputError`; here `InputError` and ``TraceError`` for a trace that cannot
  ///   be recorded at x = (u, p).
  public init(replaying model: Model, recordedAt x: [Double], time: Double = 0) throws {
    let direct = DifferentiableMap(model, time: time)
    try InputError.requireLength(
      "state and parameters", expected: model.stateCount + model.parameterCount, found: x.count)
    let trace = try model.recordTrace(
      time: time, state: Array(x.prefix(model.stateCount)),
      parameters: Array(x.dropFirst(model.stateCount)))
    self.init(
      name: "replay of \(model.name)", value: direct.value,
      linearize: { x in
        let replay = TraceReplay(trace)
        let state = Array(x.prefix(model.stateCount))
        let parameters = Array(x.dropFirst(model.stateCount))
        let pushforward = try direct.linearize(x).pushforward
        return Linearization(
          value: try replay.value(time: time, state: state, parameters: parameters),
          pushforward: pushforward,
          pullback: { cotangent in
            try InputError.requireLength(
              "cotangent", expected: model.outputCount, found: cotangent.count)
            var stateCotangent = [Double](repeating: 0, count: state.count)
            var parameterCotangent = [Double](repeating: 0, count: parameters.count)
            var stateSpan = stateCotangent.mutableSpan
            var parameterSpan = parameterCotangent.mutableSpan
            try replay.pullback(
              time: time, state: state.span, parameters: parameters.span,
              cotangent: cotangent.span, addingTo: &stateSpan, parameters: &parameterSpan)
            return stateCotangent + parameterCotangent
          })
      })
  }
}

extension TraceReplay {
  /// f(t, u, p).
  fileprivate func value(
    time: Double, state: [Double], parameters: [Double]
  ) throws -> [Double] {
    var output = [Double](repeating: 0, count: outputCount)
    var span = output.mutableSpan
    try evaluate(time: time, state: state.span, parameters: parameters.span, into: &span)
    return output
  }
}
