extension DifferentiableMap {
  /// A model as the map (u, p) ↦ f(t, u, p), so that the derivatives of a user's model can be checked.
  ///
  /// x holds the state and then the parameters. The value with derivative is the one computed in
  /// ``Dual`` or, if the pullback goes by the tape, in ``TapeScalar``: it must be that in `Double`,
  /// bit for bit. A pullback and a pushforward that the model supplies are what is checked. Values and
  /// linearizations throw ``InputError`` for an x of the wrong length or with numbers that are not
  /// finite. With `parameterNames`, those of a ``ParameterStructure``, reports name the inputs.
  ///
  /// ```swift
  /// let report = try DerivativeCheck().check(DifferentiableMap(Model(Cubic())), at: [1.2, 2])
  /// print(report)
  /// ```
  public init(
    _ model: Model, time: Double = 0, reverseMode: Model.ReverseMode = .automatic,
    parameterNames: [String]? = nil
  ) {
    self.init(
      name: model.name,
      inputNames: parameterNames.map { names in
        (0..<model.stateCount).map { "state[\($0)]" } + names
      },
      value: { x in
        let (state, parameters) = try model.split(x)
        var output = [Double](repeating: 0, count: model.outputCount)
        var span = output.mutableSpan
        model.value(time, state.span, parameters.span, &span)
        return output
      },
      linearize: { x in
        let (state, parameters) = try model.split(x)
        let evaluator = ModelEvaluator(model, parameters: parameters, reverseMode: reverseMode)
        return Linearization(
          value: model.value(
            time: time, state: state, parameters: parameters, by: evaluator.reverseMode),
          pushforward: { tangent in
            let (stateTangent, parameterTangent) = try model.split(tangent)
            var output = [Double](repeating: 0, count: model.outputCount)
            var span = output.mutableSpan
            evaluator.pushforward(
              time: time, state: state.span, stateTangent: stateTangent.span,
              parameterTangent: parameterTangent.span, into: &span)
            return output
          },
          pullback: { cotangent in
            try InputError.requireLength(
              "cotangent", expected: model.outputCount, found: cotangent.count)
            var stateCotangent = [Double](repeating: 0, count: state.count)
            var parameterCotangent = [Double](repeating: 0, count: parameters.count)
            var stateSpan = stateCotangent.mutableSpan
            var parameterSpan = parameterCotangent.mutableSpan
            evaluator.pullback(
              time: time, state: state.span, cotangent: cotangent.span, addingTo: &stateSpan,
              parameters: &parameterSpan)
            try evaluator.requireProducts()
            return stateCotangent + parameterCotangent
          })
      })
  }
}

extension Model {
  /// State and parameters of a flat vector of both.
  fileprivate func split(_ x: [Double]) throws -> (state: [Double], parameters: [Double]) {
    try InputError.requireLength(
      "state and parameters", expected: stateCount + parameterCount, found: x.count)
    try InputError.requireFinite("state and parameters", x)
    return (Array(x.prefix(stateCount)), Array(x.dropFirst(stateCount)))
  }

  /// The value as the given mode of differentiation computes it.
  fileprivate func value(
    time: Double, state: [Double], parameters: [Double], by mode: ReverseMode
  ) -> [Double] {
    switch mode {
    case .tape, .replay: return valueOnTape(time: time, state: state, parameters: parameters)
    case .dual: return valueInDual(time: time, state: state, parameters: parameters)
    case .supplied, .automatic:
      var output = [Double](repeating: 0, count: outputCount)
      var span = output.mutableSpan
      value(time, state.span, parameters.span, &span)
      return output
    }
  }

  fileprivate func valueInDual(
    time: Double, state: [Double], parameters: [Double]
  ) -> [Double] {
    let dualState = state.map { Dual(value: $0, tangent: .one) }
    let dualParameters = parameters.map { Dual(value: $0, tangent: .one) }
    var output = [Dual](repeating: .zero, count: outputCount)
    var span = output.mutableSpan
    dual(Dual(time), dualState.span, dualParameters.span, &span)
    return output.map(\.value)
  }

  fileprivate func valueOnTape(
    time: Double, state: [Double], parameters: [Double]
  ) -> [Double] {
    let recording = Tape()
    let tapeState = state.map { recording.input($0) }
    let tapeParameters = parameters.map { recording.input($0) }
    var output = [TapeScalar](repeating: .zero, count: outputCount)
    var span = output.mutableSpan
    tape(TapeScalar(time), tapeState.span, tapeParameters.span, &span)
    return withExtendedLifetime(recording) { output.map(\.value) }
  }
}
