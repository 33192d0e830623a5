extension ODESolution {
  /// The gradient of ⟨w, value⟩ + ⟨w₁, u(t₁)⟩ with respect to the initial state and the parameters.
  ///
  /// This is the exact transposed derivative of the computed steps with their sizes held fixed: see
  /// Hager (*Numer. Math.* 87, 2000), Sandu (*ICCS 2006*), Alexe and Sandu (*J. Comput. Appl. Math.*
  /// 233, 2009). Cotangents at observation times enter through the dense output's weights.
  /// Cost: as many vector–Jacobian products as the accepted steps took evaluations.
  ///
  /// - Parameters:
  ///   - cotangent: w, shaped like ``value``: component j of observation k is element k·n + j.
  ///   - finalState: w₁, the cotangent of ``finalState``, or nil for zero.
  /// - Throws: `InputError` for wrong lengths or numbers that are not finite,
  ///   ``ODEError/derivativeNotFinite(model:quantity:component:)`` if the gradient is not finite.
  public func pullback(
    _ cotangent: [Double], finalState: [Double]? = nil
  ) throws -> ODEGradient {
    let stateCount = problem.model.stateCount
    try Self.requireVector("cotangent", cotangent, count: value.count)
    var adjoint = [Double](repeating: 0, count: stateCount)
    if let finalState {
      try Self.requireVector("finalState", finalState, count: stateCount)
      adjoint = finalState
    }
    var parameters = [Double](repeating: 0, count: problem.model.parameterCount)
    try sweep(cotangent, adjoint: &adjoint, parameters: &parameters)
    try requireFiniteDerivative(adjoint, "gradient with respect to the initial state")
    try requireFiniteDerivative(parameters, "gradient with respect to the parameters")
    return ODEGradient(
      initialState: adjoint, parameters: parameters,
      evidence: GradientEvidence(primalResidual: 0, adjointBackwardError: 0))
  }

  /// The gradient for cotangents given as one row for each observation time.
  ///
  /// - Throws: as ``pullback(_:finalState:)``.
  public func pullback(
    rows cotangents: [[Double]], finalState: [Double]? = nil
  ) throws -> ODEGradient {
    try InputError.requireLength(
      "cotangents", expected: observationTimes.count, found: cotangents.count)
    for (index, row) in cotangents.enumerated() {
      try InputError.requireLength(
        "cotangents[\(index)]", expected: problem.model.stateCount, found: row.count)
    }
    return try pullback(cotangents.flatMap { $0 }, finalState: finalState)
  }

  /// The gradient of ⟨w₁, u(t₁)⟩, observations apart.
  ///
  /// - Throws: as ``pullback(_:finalState:)``.
  public func pullback(finalState: [Double]) throws -> ODEGradient {
    try pullback([Double](repeating: 0, count: value.count), finalState: finalState)
  }

  private func sweep(
    _ cotangent: [Double], adjoint: inout [Double], parameters sum: inout [Double]
  ) throws {
    // Empty arrays may lack an address; what replaces it is never read.
    let nothing = trajectory.clock
    try problem.parameters.withUnsafeBufferPointer { parameters in
      try observationTimes.withUnsafeBufferPointer { times in
        try observationSteps.withUnsafeBufferPointer { steps in
          try cotangent.withUnsafeBufferPointer { cotangent in
            try adjoint.withUnsafeMutableBufferPointer { adjoint in
              try sum.withUnsafeMutableBufferPointer { sum in
                guard let adjoint = adjoint.baseAddress else { return }
                let sweep = ReverseSweep(
                  tables: plan.tables, stateCount: trajectory.stateCount,
                  parameterCount: parameters.count,
                  parameters: parameters.baseAddress ?? UnsafePointer(nothing),
                  records: trajectory.values, clock: trajectory.clock,
                  stepCount: trajectory.stepCount, observationCount: times.count,
                  observationTimes: times.baseAddress ?? UnsafePointer(nothing),
                  observationSteps: steps.baseAddress ?? plan.tables.stageSlots,
                  cotangent: cotangent.baseAddress ?? UnsafePointer(nothing), adjoint: adjoint,
                  parameterSum: sum.baseAddress ?? nothing)
                try problem.runReverse(sweep)
              }
            }
          }
        }
      }
    }
  }

  static func requireVector(_ label: String, _ values: [Double], count: Int) throws {
    try InputError.requireLength(label, expected: count, found: values.count)
    try InputError.requireFinite(label, values)
  }

  func requireFiniteDerivative(_ values: [Double], _ quantity: String) throws {
    guard let component = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw ODEError.derivativeNotFinite(
      model: problem.model.name, quantity: quantity, component: component)
  }
}
