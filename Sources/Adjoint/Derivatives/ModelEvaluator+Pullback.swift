extension ModelEvaluator {
  /// Adds Jᵀw to `stateCotangent` and Pᵀw to `parameterCotangent`.
  ///
  /// Costs ⌈(n + m)/8⌉ evaluations in ``Dual``, or one recording or replay and one reverse sweep, or what
  /// the model's own product costs; the sweep alone, if the last product was at the same time and state.
  /// NaN is added if the product cannot be had: see ``failure``.
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
    let parameters = parameters
    if let replay = linearizedReplay(
      time: time, state: state,
      { try $0.linearize(time: time, state: state, parameters: parameters.all.span) })
    {
      replay.addPullback(of: cotangent, to: &stateCotangent, parameters: &parameterCotangent)
      return
    }
    switch reverseMode {
    case .dual, .automatic:
      dualPullback?.add(
        inputs: inputs, time: time, state: state, cotangent: cotangent, to: &stateCotangent,
        parameters: &parameterCotangent, evaluate: model.dual)
    case .tape:
      let stateCount = model.stateCount
      let recorder = tapePullback
      if !recorder.holds(time: time, active: inputs, state: state) {
        recorder.record(
          time: time, active: inputs,
          input: { $0 < stateCount ? state[$0] : parameters[$0 - stateCount] },
          evaluate: model.tape)
      }
      guard !recorder.isFull else {
        refuse(fullTape, &stateCotangent, &parameterCotangent)
        return
      }
      recorder.sweep { cotangent[$0] }
      recorder.addAdjoints(to: &stateCotangent, parameters: &parameterCotangent) { $0 }
    case .replay: refuse(failure, &stateCotangent, &parameterCotangent)
    case .supplied:
      model.supplied.pullback?(
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
  /// Costs one recording in ``DirectionalScalar`` or one replay, and one reverse sweep (forward over
  /// reverse: Griewank and Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, §5.1), or what the
  /// model's own product costs. NaN is added if the product cannot be had: see ``failure``.
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
    let parameters = parameters
    if let replay = linearizedReplay(
      time: time, state: state,
      {
        try $0.linearize(
          time: time, state: state, parameters: parameters.all.span, stateTangent: stateTangent,
          parameterTangent: parameterTangent)
      })
    {
      replay.addPullbackDerivative(
        of: cotangent, tangent: cotangentTangent, to: &stateCotangent,
        parameters: &parameterCotangent)
      return
    }
    guard reverseMode != .replay else {
      refuse(failure, &stateCotangent, &parameterCotangent)
      return
    }
    let stateCount = model.stateCount
    let inputCount = stateCount + model.parameterCount
    let recorder = directionalPullback
    recorder.record(
      time: time, active: 0..<inputCount,
      input: {
        $0 < stateCount
          ? DirectionalScalar(value: state[$0], tangent: stateTangent[$0])
          : DirectionalScalar(
            value: parameters[$0 - stateCount], tangent: parameterTangent[$0 - stateCount])
      }, evaluate: model.directionalTape)
    guard !recorder.isFull else {
      refuse(fullTape, &stateCotangent, &parameterCotangent)
      return
    }
    recorder.sweep { DirectionalScalar(value: cotangent[$0], tangent: cotangentTangent[$0]) }
    recorder.addAdjoints(to: &stateCotangent, parameters: &parameterCotangent) { $0.tangent }
  }
}
