/// Evaluates a ``Model`` and its derivatives at fixed parameters; nothing is allocated after `init`
/// but what the first second-order product needs, and recordings that grow.
///
/// With J = ∂f/∂u and P = ∂f/∂p it computes
/// - f: ``evaluate(time:state:into:)``;
/// - J v + P q, along one direction or several at once:
///   ``pushforward(time:state:stateTangent:parameterTangent:into:)``,
///   ``pushforwards(time:state:stateTangents:parameterTangents:into:)``;
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
  ///
  /// A replay that was chosen automatically turns into a tape at the first product, if the model branches
  /// on states or parameters.
  public internal(set) var reverseMode: Model.ReverseMode

  /// Why products since the first such event are NaN: an evaluation of more operations than
  /// ``Model/maximumOperationCount``, or a replay that was asked for and does not hold.
  ///
  /// Products themselves do not throw; ``requireProducts()`` does.
  public internal(set) var failure: TraceError?

  let parameters: Buffer<Double>
  /// Products by duals, where they are chosen.
  let dualPullback: DualPullback?
  /// Products by a recording, where they are chosen, from the first one on.
  private(set) lazy var tapePullback = KernelRecording<Double>(model)
  /// Products by replays, where they are chosen, from the first one on.
  var replay: TraceReplay?
  /// Whether a tape may take the place of replays.
  let isAutomatic: Bool
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
  ///
  /// The more vector–Jacobian products are expected, the more may be done to prepare them.
  public init(
    _ model: Model, parameters values: [Double], reverseMode: Model.ReverseMode = .automatic,
    expectedProductCount: Int = 1
  ) {
    precondition(values.count == model.parameterCount, "wrong number of parameters")
    let resolved = model.resolve(reverseMode, productCount: expectedProductCount)
    isAutomatic = reverseMode == .automatic
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

  /// Writes J v + P q along up to eight directions at once to `output`.
  ///
  /// Lane k of the elements of `stateTangents` is v of direction k, and so on; lanes that are not used
  /// are zero. `parameterTangents` may be empty, which means zero. Costs one evaluation in ``Dual``, or
  /// one product of the model's own for each lane that is used.
  public func pushforwards(
    time: Double, state: Span<Double>, stateTangents: Span<Dual.Lanes>,
    parameterTangents: Span<Dual.Lanes>, into output: inout MutableSpan<Dual.Lanes>
  ) {
    let stateCount = model.stateCount
    let inputs = dualInputs.all
    let products = dualOutput.all
    for index in 0..<stateCount {
      inputs[index] = Dual(value: state[index], tangent: stateTangents[index])
    }
    for index in 0..<model.parameterCount {
      inputs[stateCount + index] = Dual(
        value: parameters[index],
        tangent: parameterTangents.isEmpty ? .zero : parameterTangents[index])
    }
    if model.supplied.pushforward != nil {
      for lane in 0..<Dual.laneCount { pushLane(lane, time: time, state: state, into: &output) }
      return
    }
    var span = products.mutableSpan
    model.dual(
      Dual(time), dualInputs.slice(0, stateCount).span,
      dualInputs.slice(stateCount, model.parameterCount).span, &span)
    for index in 0..<model.outputCount { output[index] = products[index].tangent }
  }

  /// One lane of the tangents in `dualInputs`, by the model's own product.
  private func pushLane(
    _ lane: Int, time: Double, state: Span<Double>, into output: inout MutableSpan<Dual.Lanes>
  ) {
    let tangent = dualInputs.all.map { $0.tangent[lane] }
    var product = [Double](repeating: 0, count: model.outputCount)
    if tangent.contains(where: { $0 != 0 }) {
      var span = product.mutableSpan
      pushforward(
        time: time, state: state, stateTangent: tangent.span.extracting(0..<model.stateCount),
        parameterTangent: tangent.span.extracting(model.stateCount..<tangent.count), into: &span)
    }
    for index in 0..<model.outputCount { output[index][lane] = product[index] }
  }

  /// `count` zeros; a place for `count` numbers that nobody reads.
  func zeros(_ count: Int) -> UnsafeMutableBufferPointer<Double> { zeros.slice(0, count) }
  func unused(_ count: Int) -> UnsafeMutableBufferPointer<Double> { unused.slice(0, count) }
}
