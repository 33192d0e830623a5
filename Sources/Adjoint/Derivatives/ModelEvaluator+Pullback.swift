extension ModelEvaluator {
  /// Adds Jᵀw to `stateCotangent` and Pᵀw to `parameterCotangent`.
  ///
  /// Costs ⌈(n + m)/8⌉ evaluations in ``Dual``, or one recording and one reverse sweep, or what the
  /// model's own product costs.
  public func pullback(
    time: Double, state: Span<Double>, cotangent: Span<Double>,
    addingTo stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    add(
      inputs: 0..<model.stateCount + model.parameterCount, time: time, state: state,
      cotangent: cotangent, to: &stateCotangent, parameters: &parameterCotangent)
  }

  /// Adds Jᵀw to `stateCotangent`, without the cost of Pᵀw.
  public func statePullback(
    time: Double, state: Span<Double>, cotangent: Span<Double>,
    addingTo stateCotangent: inout MutableSpan<Double>
  ) {
    var parameterCotangent = unused(reverseMode == .supplied ? model.parameterCount : 0).mutableSpan
    add(
      inputs: 0..<model.stateCount, time: time, state: state, cotangent: cotangent,
      to: &stateCotangent, parameters: &parameterCotangent)
  }

  /// Adds Pᵀw to `parameterCotangent`, without the cost of Jᵀw.
  public func parameterPullback(
    time: Double, state: Span<Double>, cotangent: Span<Double>,
    addingTo parameterCotangent: inout MutableSpan<Double>
  ) {
    var stateCotangent = unused(reverseMode == .supplied ? model.stateCount : 0).mutableSpan
    add(
      inputs: model.stateCount..<model.stateCount + model.parameterCount, time: time,
      state: state, cotangent: cotangent, to: &stateCotangent, parameters: &parameterCotangent)
  }

  private func add(
    inputs: Range<Int>, time: Double, state: Span<Double>, cotangent: Span<Double>,
    to stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    if let dualPullback {
      dualPullback.add(
        inputs: inputs, time: time, state: state, cotangent: cotangent, to: &stateCotangent,
        parameters: &parameterCotangent, evaluate: model.dual)
    } else if let tapePullback {
      let stateCount = model.stateCount
      let parameters = parameters
      tapePullback.record(
        time: time, active: inputs,
        input: { $0 < stateCount ? state[$0] : parameters[$0 - stateCount] },
        evaluate: model.tape)
      tapePullback.sweep { cotangent[$0] }
      for input in inputs {
        if input < stateCount {
          stateCotangent[input] += tapePullback.adjoint(input)
        } else {
          parameterCotangent[input - stateCount] += tapePullback.adjoint(input)
        }
      }
    } else if let supplied = model.supplied.pullback {
      supplied(
        time, state, parameters.all.span, cotangent, &stateCotangent, &parameterCotangent)
    }
  }

  /// Adds the derivative of Jᵀw and Pᵀw along a direction to `stateCotangent` and
  /// `parameterCotangent`.
  ///
  /// It is d/dε of the two at (u + ε v, p + ε q) with the cotangent w + ε z, where v =
  /// `stateTangent`, q = `parameterTangent` and z = `cotangentTangent`; each may be empty, which means
  /// zero. With z = 0 it is the product of (v, q) with the Hessian of wᵀf, which is not formed.
  ///
  /// Costs one recording in ``DirectionalScalar`` and one reverse sweep (forward over reverse:
  /// Griewank and Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, §5.1), or what the model's own
  /// product costs.
  public func pullbackDerivative(
    time: Double, state: Span<Double>, cotangent: Span<Double>, stateTangent: Span<Double>,
    parameterTangent: Span<Double>, cotangentTangent: Span<Double>,
    addingTo stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    // Spans are not copied: a buffer of zeros has to outlive the choice.
    let noState = zeros(model.stateCount)
    let noParameters = zeros(model.parameterCount)
    let noCotangent = zeros(model.outputCount)
    addDerivative(
      time, state, cotangent, stateTangent.isEmpty ? noState.span : stateTangent,
      parameterTangent.isEmpty ? noParameters.span : parameterTangent,
      cotangentTangent.isEmpty ? noCotangent.span : cotangentTangent, &stateCotangent,
      &parameterCotangent)
  }

  private func addDerivative(
    _ time: Double, _ state: Span<Double>, _ cotangent: Span<Double>,
    _ stateTangent: Span<Double>, _ parameterTangent: Span<Double>,
    _ cotangentTangent: Span<Double>, _ stateCotangent: inout MutableSpan<Double>,
    _ parameterCotangent: inout MutableSpan<Double>
  ) {
    if let supplied = model.supplied.pullbackDerivative {
      supplied(
        time, state, parameters.all.span, cotangent, stateTangent, parameterTangent,
        cotangentTangent, &stateCotangent, &parameterCotangent)
      return
    }
    let stateCount = model.stateCount
    let inputCount = stateCount + model.parameterCount
    let recorder = directionalPullback
    let parameters = parameters
    recorder.record(
      time: time, active: 0..<inputCount,
      input: {
        $0 < stateCount
          ? DirectionalScalar(value: state[$0], tangent: stateTangent[$0])
          : DirectionalScalar(
            value: parameters[$0 - stateCount], tangent: parameterTangent[$0 - stateCount])
      }, evaluate: model.directionalTape)
    recorder.sweep { DirectionalScalar(value: cotangent[$0], tangent: cotangentTangent[$0]) }
    for input in 0..<inputCount {
      if input < stateCount {
        stateCotangent[input] += recorder.adjoint(input).tangent
      } else {
        parameterCotangent[input - stateCount] += recorder.adjoint(input).tangent
      }
    }
  }
}

// MARK: Arrays

extension ModelEvaluator {
  /// The product of (v, q) with the Hessian of wᵀf by (u, p), which is not formed.
  ///
  /// See ``pullbackDerivative(time:state:cotangent:stateTangent:parameterTangent:cotangentTangent:addingTo:parameters:)``.
  ///
  /// - Throws: `InputError` for wrong lengths and numbers that are not finite.
  public func hessianProduct(
    time: Double = 0, state: [Double], cotangent: [Double], stateTangent: [Double],
    parameterTangent: [Double]
  ) throws -> (state: [Double], parameters: [Double]) {
    for (name, expected, vector) in [
      ("state", model.stateCount, state), ("cotangent", model.outputCount, cotangent),
      ("stateTangent", model.stateCount, stateTangent),
      ("parameterTangent", model.parameterCount, parameterTangent),
    ] {
      try InputError.requireLength(name, expected: expected, found: vector.count)
      try InputError.requireFinite(name, vector)
    }
    var stateProduct = [Double](repeating: 0, count: model.stateCount)
    var parameterProduct = [Double](repeating: 0, count: model.parameterCount)
    var stateSpan = stateProduct.mutableSpan
    var parameterSpan = parameterProduct.mutableSpan
    pullbackDerivative(
      time: time, state: state.span, cotangent: cotangent.span, stateTangent: stateTangent.span,
      parameterTangent: parameterTangent.span, cotangentTangent: [Double]().span,
      addingTo: &stateSpan, parameters: &parameterSpan)
    return (stateProduct, parameterProduct)
  }

  /// Writes f(u, p) to `output`, for models without time.
  func evaluate(_ state: [Double], into output: inout [Double]) {
    var outputSpan = output.mutableSpan
    evaluate(time: 0, state: state.span, into: &outputSpan)
  }

  /// Writes J v + P q to `output`, for models without time.
  func pushforward(
    _ state: [Double], stateTangent: [Double], parameterTangent: [Double],
    into output: inout [Double]
  ) {
    var outputSpan = output.mutableSpan
    pushforward(
      time: 0, state: state.span, stateTangent: stateTangent.span,
      parameterTangent: parameterTangent.span, into: &outputSpan)
  }

  /// Adds Jᵀw to `stateCotangent` and Pᵀw to `parameterCotangent`, for models without time.
  func pullback(
    _ state: [Double], cotangent: [Double], addingTo stateCotangent: inout [Double],
    parameters parameterCotangent: inout [Double]
  ) {
    var stateSpan = stateCotangent.mutableSpan
    var parameterSpan = parameterCotangent.mutableSpan
    pullback(
      time: 0, state: state.span, cotangent: cotangent.span, addingTo: &stateSpan,
      parameters: &parameterSpan)
  }
}
