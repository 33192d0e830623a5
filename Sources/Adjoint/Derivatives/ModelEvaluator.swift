/// Evaluates a ``Model`` and its derivatives at fixed parameters; nothing is allocated after `init`
/// but what the first second-order product needs, and recordings that grow.
///
/// With J = ∂f/∂u and P = ∂f/∂p it computes
/// - f: ``evaluate(time:state:into:)``;
/// - J v + P q, along one direction or several at once:
///   ``pushforward(time:state:stateTangent:parameterTangent:into:)``,
///   ``pushforwards(time:state:directionCount:stateTangents:parameterTangents:into:)``;
/// - Jᵀw and Pᵀw, both or one: ``pullback(time:state:cotangent:addingTo:parameters:)``,
///   ``statePullback(time:state:cotangent:addingTo:)``,
///   ``parameterPullback(time:state:cotangent:addingTo:)``;
/// - the derivative of both along a direction:
///   ``pullbackDerivative(time:state:cotangent:stateTangent:parameterTangent:cotangentTangent:addingTo:parameters:)``.
///
/// Products that the model supplies are used instead of generated ones. An evaluator is scratch
/// space: it belongs to one thread at a time.
public final class ModelEvaluator {
  /// The function.
  public let model: Model

  /// How vector–Jacobian products are computed here, ``Model/ReverseMode/automatic`` resolved.
  public let reverseMode: Model.ReverseMode

  let parameters: Buffer<Double>
  /// Products by duals, where they are chosen.
  let dualPullback: DualPullback?
  /// Products by a recording, where they are chosen.
  let tapePullback: KernelRecording<Double>?
  /// Products with their derivative, from the first that is asked for on.
  private(set) lazy var directionalPullback = KernelRecording<DirectionalScalar>(model)
  /// Inputs (u, p) of one sweep along a direction.
  private let directionInputs: Buffer<DirectionalScalar>
  private let directionOutput: Buffer<DirectionalScalar>
  /// The same along eight directions, from the first sweep on.
  private lazy var dualInputs = Buffer<Dual>(
    count: model.stateCount + model.parameterCount, repeating: .zero)
  private lazy var dualOutput = Buffer<Dual>(count: model.outputCount, repeating: .zero)
  /// Zeros in the length of the longest vector, and a place for products that nobody asked for.
  private let zeros: Buffer<Double>
  private let unused: Buffer<Double>

  /// Prepares evaluations of `model` at `parameters`, whose length must be the model's.
  public init(
    _ model: Model, parameters values: [Double], reverseMode: Model.ReverseMode = .automatic
  ) {
    precondition(values.count == model.parameterCount, "wrong number of parameters")
    let resolved = model.resolve(reverseMode)
    precondition(
      resolved != .supplied || model.supplied.pullback != nil, "the model supplies no pullback")
    self.model = model
    self.reverseMode = resolved
    let inputCount = model.stateCount + model.parameterCount
    let isSupplied = resolved == .supplied
    parameters = Buffer(count: values.count, repeating: 0)
    dualPullback =
      resolved == .dual
      ? DualPullback(
        stateCount: model.stateCount, parameters: values.span, outputCount: model.outputCount)
      : nil
    tapePullback = resolved == .tape ? KernelRecording(model) : nil
    directionInputs = Buffer(count: inputCount, repeating: .zero)
    directionOutput = Buffer(count: model.outputCount, repeating: .zero)
    zeros = Buffer(count: max(inputCount, model.outputCount), repeating: 0)
    unused = Buffer(count: isSupplied ? inputCount : 0, repeating: 0)
    for (index, value) in values.enumerated() { parameters[index] = value }
  }

  /// Writes f(t, u, p) to `output`.
  public func evaluate(time: Double, state: Span<Double>, into output: inout MutableSpan<Double>) {
    model.value(time, state, parameters.all.span, &output)
  }

  // MARK: Forward

  /// Writes J v + P q to `output`; `parameterTangent` q may be empty, which means zero.
  ///
  /// The model's own product, or one evaluation in ``DirectionalScalar``.
  public func pushforward(
    time: Double, state: Span<Double>, stateTangent: Span<Double>,
    parameterTangent: Span<Double>, into output: inout MutableSpan<Double>
  ) {
    if let supplied = model.supplied.pushforward {
      let none = zeros.slice(0, model.parameterCount)
      if parameterTangent.isEmpty {
        supplied(time, state, parameters.all.span, stateTangent, none.span, &output)
      } else {
        supplied(time, state, parameters.all.span, stateTangent, parameterTangent, &output)
      }
      return
    }
    let stateCount = model.stateCount
    for index in 0..<stateCount {
      directionInputs[index] = DirectionalScalar(value: state[index], tangent: stateTangent[index])
    }
    for index in 0..<model.parameterCount {
      directionInputs[stateCount + index] = DirectionalScalar(
        value: parameters[index],
        tangent: parameterTangent.isEmpty ? 0 : parameterTangent[index])
    }
    var span = directionOutput.all.mutableSpan
    model.directional(
      DirectionalScalar(time), directionInputs.slice(0, stateCount).span,
      directionInputs.slice(stateCount, model.parameterCount).span, &span)
    for index in 0..<model.outputCount { output[index] = directionOutput[index].tangent }
  }

  /// Writes J vₖ + P qₖ for k = 1 … `directionCount` to `output`, product after product.
  ///
  /// The tangents vₖ and qₖ follow one another in the same way; `parameterTangents` may be empty,
  /// which means zero. Costs one evaluation in ``Dual`` for every eight directions, or one product of
  /// the model's own for each.
  public func pushforwards(
    time: Double, state: Span<Double>, directionCount: Int, stateTangents: Span<Double>,
    parameterTangents: Span<Double>, into output: inout MutableSpan<Double>
  ) {
    precondition(
      stateTangents.count == directionCount * model.stateCount
        && (parameterTangents.isEmpty
          || parameterTangents.count == directionCount * model.parameterCount)
        && output.count == directionCount * model.outputCount, "wrong length of a span")
    if directionCount == 1 || model.supplied.pushforward != nil {
      for direction in 0..<directionCount {
        pushforward(
          direction, time: time, state: state, stateTangents: stateTangents,
          parameterTangents: parameterTangents, into: &output)
      }
      return
    }
    for first in stride(from: 0, to: directionCount, by: Dual.laneCount) {
      sweepLanes(
        first..<min(first + Dual.laneCount, directionCount), time: time, state: state,
        stateTangents: stateTangents, parameterTangents: parameterTangents, into: &output)
    }
  }

  /// One direction of several.
  private func pushforward(
    _ direction: Int, time: Double, state: Span<Double>, stateTangents: Span<Double>,
    parameterTangents: Span<Double>, into output: inout MutableSpan<Double>
  ) {
    let stateCount = model.stateCount
    let outputCount = model.outputCount
    let parameterCount = parameterTangents.isEmpty ? 0 : model.parameterCount
    let stateStart = direction * stateCount
    let parameterStart = direction * parameterCount
    let outputStart = direction * outputCount
    output.withUnsafeMutableBufferPointer { buffer in
      var slice = UnsafeMutableBufferPointer(
        rebasing: buffer[outputStart..<outputStart + outputCount]
      ).mutableSpan
      pushforward(
        time: time, state: state,
        stateTangent: stateTangents.extracting(stateStart..<stateStart + stateCount),
        parameterTangent: parameterTangents.extracting(
          parameterStart..<parameterStart + parameterCount), into: &slice)
    }
  }

  /// Up to eight directions in one evaluation.
  private func sweepLanes(
    _ directions: Range<Int>, time: Double, state: Span<Double>, stateTangents: Span<Double>,
    parameterTangents: Span<Double>, into output: inout MutableSpan<Double>
  ) {
    let stateCount = model.stateCount
    let parameterCount = model.parameterCount
    for index in 0..<stateCount {
      var input = Dual(state[index])
      for direction in directions {
        input.tangent[direction - directions.lowerBound] =
          stateTangents[direction * stateCount + index]
      }
      dualInputs[index] = input
    }
    for index in 0..<parameterCount {
      var input = Dual(parameters[index])
      for direction in directions where !parameterTangents.isEmpty {
        input.tangent[direction - directions.lowerBound] =
          parameterTangents[direction * parameterCount + index]
      }
      dualInputs[stateCount + index] = input
    }
    var span = dualOutput.all.mutableSpan
    model.dual(
      Dual(time), dualInputs.slice(0, stateCount).span,
      dualInputs.slice(stateCount, parameterCount).span, &span)
    for index in 0..<model.outputCount {
      let tangent = dualOutput[index].tangent
      for direction in directions {
        output[direction * model.outputCount + index] = tangent[direction - directions.lowerBound]
      }
    }
  }

  /// `count` zeros; a place for `count` numbers that nobody reads.
  func zeros(_ count: Int) -> UnsafeMutableBufferPointer<Double> { zeros.slice(0, count) }
  func unused(_ count: Int) -> UnsafeMutableBufferPointer<Double> { unused.slice(0, count) }
}
