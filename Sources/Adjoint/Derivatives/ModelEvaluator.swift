/// Evaluates a ``Model`` and its derivatives at fixed parameters; nothing is allocated after `init`
/// but a tape that grows.
///
/// With J = ∂f/∂u and P = ∂f/∂p it computes f, J v + P q (``pushforward(time:state:stateTangent:parameterTangent:into:)``)
/// and Jᵀw, Pᵀw (``pullback(time:state:cotangent:addingTo:parameters:)``).
///
/// An evaluator is scratch space: it belongs to one thread at a time.
public final class ModelEvaluator {
  /// The function.
  public let model: Model

  /// How vector–Jacobian products are computed here, ``Model/ReverseMode/automatic`` resolved.
  public let reverseMode: Model.ReverseMode

  private let parameters: Buffer<Double>
  /// Products by duals, where they are chosen.
  private let dualPullback: DualPullback?
  /// Inputs (u, p) of one sweep along given directions.
  private let directionInputs: Buffer<Dual>
  private let dualOutput: Buffer<Dual>
  private let tapeInputs: Buffer<TapeScalar>
  private let tapeOutput: Buffer<TapeScalar>
  private let tape: Tape

  /// Prepares evaluations of `model` at `parameters`, whose length must be the model's.
  public init(
    _ model: Model, parameters values: [Double], reverseMode: Model.ReverseMode = .automatic
  ) {
    precondition(values.count == model.parameterCount, "wrong number of parameters")
    self.model = model
    let inputCount = model.stateCount + model.parameterCount
    let resolved: Model.ReverseMode =
      reverseMode == .automatic ? (model.prefersTape ? .tape : .dual) : reverseMode
    self.reverseMode = resolved
    let usesDuals = resolved == .dual
    parameters = Buffer(count: values.count, repeating: 0)
    dualPullback =
      usesDuals
      ? DualPullback(
        stateCount: model.stateCount, parameters: values.span, outputCount: model.outputCount)
      : nil
    directionInputs = Buffer(count: inputCount, repeating: .zero)
    dualOutput = Buffer(count: model.outputCount, repeating: .zero)
    tapeInputs = Buffer(count: usesDuals ? 0 : inputCount, repeating: .zero)
    tapeOutput = Buffer(count: usesDuals ? 0 : model.outputCount, repeating: .zero)
    tape = Tape(capacity: usesDuals ? 0 : 4 * (inputCount + model.outputCount))

    for (index, value) in values.enumerated() {
      parameters[index] = value
      directionInputs[model.stateCount + index] = Dual(value)
    }
  }

  /// Writes f(t, u, p) to `output`.
  public func evaluate(time: Double, state: Span<Double>, into output: inout MutableSpan<Double>) {
    model.value(time, state, parameters.all.span, &output)
  }

  /// Writes J v + P q to `output`; `parameterTangent` q may be empty, which means zero.
  ///
  /// One evaluation in ``Dual``.
  public func pushforward(
    time: Double, state: Span<Double>, stateTangent: Span<Double>,
    parameterTangent: Span<Double>, into output: inout MutableSpan<Double>
  ) {
    let stateCount = model.stateCount
    for index in 0..<stateCount {
      directionInputs[index] = Dual(state[index])
      directionInputs[index].tangent[0] = stateTangent[index]
    }
    for index in 0..<model.parameterCount {
      directionInputs[stateCount + index].tangent[0] =
        parameterTangent.isEmpty ? 0 : parameterTangent[index]
    }
    var dualSpan = dualOutput.all.mutableSpan
    model.dual(
      Dual(time), directionInputs.slice(0, stateCount).span,
      directionInputs.slice(stateCount, model.parameterCount).span, &dualSpan)
    for index in 0..<model.outputCount { output[index] = dualOutput[index].tangent[0] }
  }

  /// Adds Jᵀw to `stateCotangent` and Pᵀw to `parameterCotangent`.
  ///
  /// Costs ⌈(n + m)/8⌉ evaluations in ``Dual``, or one recording and one sweep of the tape.
  public func pullback(
    time: Double, state: Span<Double>, cotangent: Span<Double>,
    addingTo stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    if let dualPullback {
      dualPullback.add(
        time: time, state: state, cotangent: cotangent, to: &stateCotangent,
        parameters: &parameterCotangent, evaluate: model.dual)
    } else {
      pullbackByTape(
        time: time, state: state, cotangent: cotangent, addingTo: &stateCotangent,
        parameters: &parameterCotangent)
    }
  }

  private func pullbackByTape(
    time: Double, state: Span<Double>, cotangent: Span<Double>,
    addingTo stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    record(time: time, state: state)
    tape.clearAdjoints()
    for index in 0..<model.outputCount { tape.seed(tapeOutput[index], with: cotangent[index]) }
    tape.sweep()
    for index in 0..<model.stateCount {
      stateCotangent[index] += tape.adjoint(of: tapeInputs[index])
    }
    for index in 0..<model.parameterCount {
      parameterCotangent[index] += tape.adjoint(of: tapeInputs[model.stateCount + index])
    }
  }

  private func record(time: Double, state: Span<Double>) {
    let stateCount = model.stateCount
    tape.removeAll()
    for index in 0..<stateCount { tapeInputs[index] = tape.input(state[index]) }
    for index in 0..<model.parameterCount {
      tapeInputs[stateCount + index] = tape.input(parameters[index])
    }
    var output = tapeOutput.all.mutableSpan
    model.tape(
      TapeScalar(time), tapeInputs.slice(0, stateCount).span,
      tapeInputs.slice(stateCount, model.parameterCount).span, &output)
  }
}

// MARK: Arrays

extension ModelEvaluator {
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
