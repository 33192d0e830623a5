extension ModelEvaluator {
  /// The product of (v, q) with the Hessian of wᵀf by (u, p), which is not formed.
  ///
  /// See ``pullbackDerivative(time:state:cotangent:stateTangent:parameterTangent:cotangentTangent:addingTo:parameters:)``.
  ///
  /// - Throws: `InputError` for wrong lengths and numbers that are not finite, as
  ///   ``requireProducts()``.
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
    try requireProducts()
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
