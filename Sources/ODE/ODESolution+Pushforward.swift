/// The directional derivative of an ODE solution.
public struct ODETangent: Sendable, Hashable {
  /// The tangent of ``ODESolution/value``, of the same shape.
  public var value: [Double]
  /// The tangent of ``ODESolution/finalState``.
  public var finalState: [Double]
}

extension ODESolution {
  /// The derivative of the solution in a direction of initial state and parameters.
  ///
  /// The tangent linear recursion along the same steps, their sizes held fixed:
  /// δkᵢ = J (δuₙ + h Σ aᵢⱼ δkⱼ) + P δp, δuₙ₊₁ = δuₙ + h Σ bᵢ δkᵢ, with the dense output's weights at
  /// the observation times. Cost: as many Jacobian–vector products as the accepted steps took
  /// evaluations.
  ///
  /// - Parameters:
  ///   - initialState: δu₀.
  ///   - parameters: δp.
  /// - Throws: `InputError` for wrong lengths or numbers that are not finite,
  ///   ``ODEError/derivativeNotFinite(model:quantity:component:)`` if the tangent is not finite.
  public func pushforward(
    initialState: [Double], parameters: [Double]
  ) throws -> ODETangent {
    let length = problem.model.stateCount
    try Self.requireVector("initialState", initialState, count: length)
    try Self.requireVector("parameters", parameters, count: problem.model.parameterCount)
    let tables = plan.tables
    // The tangent of one record and of what follows it; the state of a stage and its tangent; bᵢ(θ).
    let slots = tables.stride + 4
    let scratch = UnsafeMutablePointer<Double>.allocate(
      capacity: slots * length + tables.stageCount)
    defer { scratch.deallocate() }
    scratch.initialize(repeating: 0, count: slots * length)
    let tangent = scratch
    let end = tangent + tables.stride * length
    let state = end + 2 * length
    let stateTangent = state + length
    let weights = stateTangent + length

    let evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    func differentiate(
      at time: Double, _ state: UnsafePointer<Double>, _ direction: UnsafePointer<Double>,
      into output: UnsafeMutablePointer<Double>
    ) {
      var span = UnsafeMutableBufferPointer(start: output, count: length).mutableSpan
      evaluator.pushforward(
        time: time, state: UnsafeBufferPointer(start: state, count: length).span,
        stateTangent: UnsafeBufferPointer(start: direction, count: length).span,
        parameterTangent: parameters.span, into: &span)
    }

    for (index, value) in initialState.enumerated() { tangent[index] = value }
    differentiate(
      at: trajectory.time(0), trajectory.record(0), tangent, into: tangent + length)
    var result = [Double](repeating: 0, count: value.count)
    var observation = 0
    for step in 0..<trajectory.stepCount {
      let record = UnsafePointer(trajectory.record(step))
      let time = trajectory.time(step)
      let stepSize = trajectory.stepSize(step)
      for stage in 1..<max(1, tables.innerStageCount) {
        tables.rows[stage].apply(
          scale: stepSize, base: record, vectors: record, length: length, into: state)
        tables.rows[stage].apply(
          scale: stepSize, base: tangent, vectors: tangent, length: length, into: stateTangent)
        differentiate(
          at: time + tables.nodes[stage] * stepSize, state, stateTangent,
          into: tangent + (stage + 1) * length)
      }
      tables.advance.apply(
        scale: stepSize, base: tangent, vectors: tangent, length: length, into: end)
      differentiate(
        at: time + stepSize, record + tables.stride * length, end, into: end + length)

      while observation < observationSteps.count, observationSteps[observation] == step {
        tables.denseWeights(
          at: (observationTimes[observation] - time) / stepSize, into: weights)
        Combination(count: tables.stageCount, weights: weights, slots: tables.stageSlots).apply(
          scale: stepSize, base: tangent, vectors: tangent, length: length, into: stateTangent)
        for component in 0..<length {
          result[observation * length + component] = stateTangent[component]
        }
        observation += 1
      }
      tangent.update(from: end, count: 2 * length)
    }
    for index in observation..<observationSteps.count {
      for component in 0..<length { result[index * length + component] = tangent[component] }
    }
    let finalTangent = Array(UnsafeBufferPointer(start: tangent, count: length))
    try requireFiniteDerivative(result, "tangent at the observation times")
    try requireFiniteDerivative(finalTangent, "tangent at the end")
    return ODETangent(value: result, finalState: finalTangent)
  }
}
