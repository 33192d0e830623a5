/// Runs every kernel of a model at one point and notes where they disagree.
///
/// Values must agree bit for bit: all scalars make the same operations. Derivatives are products with
/// the same sums in another order; they must agree to a relative 10⁻⁹ of the largest component, far
/// more than rounding leaves and far less than an error in a formula.
struct KernelComparison {
  private let model: Model
  private let time: Double
  private let state: [Double]
  private let parameters: [Double]
  /// Directions and weights; the values depend on nothing but the lengths.
  private let stateTangent: [Double]
  private let parameterTangent: [Double]
  private let cotangent: [Double]
  private(set) var discrepancies: [KernelDiscrepancy] = []
  private(set) var operationCount = 0

  /// The most discrepancies noted of one kernel: a wrong model is usually wrong everywhere.
  private static let limit = 5
  private static let tolerance = 1e-9

  /// (Jᵀw, Pᵀw) or its derivative.
  private struct Product {
    var state: [Double]
    var parameters: [Double]
  }

  init(_ model: Model, time: Double, state: [Double], parameters: [Double]) {
    self.model = model
    self.time = time
    self.state = state
    self.parameters = parameters
    var generator = SeededGenerator(seed: 1)
    stateTangent = generator.direction(count: state.count)
    parameterTangent = generator.direction(count: parameters.count)
    cotangent = generator.direction(count: model.outputCount)
  }

  /// Compares all kernels; `announce` is called with the name of each before it runs.
  mutating func run(_ announce: (String) -> Void) {
    compareValues(announce)
    comparePushforwards(announce)
    compareJacobian(announce)
    comparePullbacks(announce)
  }

  // MARK: Values and pushforwards

  private func evaluate<S: Scalar>(
    _ kernel: Model.Kernel<S>, _ state: [S], _ parameters: [S]
  ) -> [S] {
    var output = [S](repeating: .zero, count: model.outputCount)
    var span = output.mutableSpan
    kernel(S(time), state.span, parameters.span, &span)
    return output
  }

  private mutating func compareValues(_ announce: (String) -> Void) {
    announce("value by Double")
    let values = evaluate(model.value, state, parameters)
    note(.value, "Double", .output, values, nil)
    announce("value by Dual")
    let dual = evaluate(
      model.dual, state.map { Dual(value: $0, tangent: .one) },
      parameters.map { Dual(value: $0, tangent: .one) })
    note(.value, "Dual", .output, dual.map(\.value), values, tolerance: 0)
    announce("value by DirectionalScalar")
    let directional = evaluate(
      model.directional, state.map { DirectionalScalar(value: $0, tangent: 1) },
      parameters.map { DirectionalScalar(value: $0, tangent: 1) })
    note(.value, "DirectionalScalar", .output, directional.map(\.value), values, tolerance: 0)
    announce("value by tape")
    note(.value, "tape", .output, recordedValues(model.tape) { $0 }, values, tolerance: 0)
    announce("value by tape of DirectionalScalar")
    note(
      .value, "tape of DirectionalScalar", .output,
      recordedValues(model.directionalTape) { DirectionalScalar(value: $0, tangent: 1) }, values,
      tolerance: 0)
  }

  private mutating func recordedValues<Base: BaseScalar>(
    _ kernel: Model.Kernel<RecordedScalar<Base>>, _ input: (Double) -> Base
  ) -> [Double] {
    let recorder = KernelRecording<Base>(model)
    let inputs = state + parameters
    recorder.record(
      time: time, active: 0..<inputs.count, input: { input(inputs[$0]) }, evaluate: kernel)
    operationCount = recorder.operationCount
    return (0..<model.outputCount).map { recorder.output($0).value }
  }

  private mutating func comparePushforwards(_ announce: (String) -> Void) {
    announce("pushforward by DirectionalScalar")
    let one = evaluate(
      model.directional, zip(state, stateTangent).map { DirectionalScalar(value: $0, tangent: $1) },
      zip(parameters, parameterTangent).map { DirectionalScalar(value: $0, tangent: $1) }
    ).map(\.tangent)
    announce("pushforwards by Dual")
    let last = Dual.laneCount - 1
    var dualState = state.map { Dual($0) }
    var dualParameters = parameters.map { Dual($0) }
    for (index, tangent) in stateTangent.enumerated() { dualState[index].tangent[last] = tangent }
    for (index, tangent) in parameterTangent.enumerated() {
      dualParameters[index].tangent[last] = tangent
    }
    let eight = evaluate(model.dual, dualState, dualParameters).map { $0.tangent[last] }
    note(.pushforward, "DirectionalScalar", .output, one, nil)
    note(.pushforwards, "Dual", .output, eight, one)
    guard model.supplied.pushforward != nil else { return }
    announce("pushforward supplied")
    var supplied = [Double](repeating: .nan, count: model.outputCount)
    var span = supplied.mutableSpan
    ModelEvaluator(model, parameters: parameters).pushforward(
      time: time, state: state.span, stateTangent: stateTangent.span,
      parameterTangent: parameterTangent.span, into: &span)
    note(.pushforward, "supplied", .output, supplied, one)
  }

  /// A Jacobian written by hand, by its product with a direction.
  private mutating func compareJacobian(_ announce: (String) -> Void) {
    guard let jacobian = model.supplied.jacobian, let pattern = model.supplied.jacobianPattern
    else { return }
    announce("sparse Jacobian supplied")
    var values = [Double](repeating: .nan, count: pattern.entryCount)
    var span = values.mutableSpan
    jacobian(time, state.span, parameters.span, &span)
    var product = [Double](repeating: 0, count: model.outputCount)
    for column in 0..<pattern.columnCount {
      for entry in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        product[pattern.rowIndices[entry]] += values[entry] * stateTangent[column]
      }
    }
    let expected = evaluate(
      model.directional, zip(state, stateTangent).map { DirectionalScalar(value: $0, tangent: $1) },
      parameters.map { DirectionalScalar($0) }
    ).map(\.tangent)
    note(.jacobian, "supplied", .output, product, expected)
  }

  // MARK: Pullbacks

  private mutating func comparePullbacks(_ announce: (String) -> Void) {
    announce("pullback by tape")
    let tape = pullback(.tape)
    note(.pullback, "tape", tape, nil)
    // By duals the cost grows with the number of inputs.
    if state.count + parameters.count <= 64 {
      announce("pullback by Dual")
      note(.pullback, "Dual", pullback(.dual), tape)
    }
    if model.supplied.pullback != nil {
      announce("pullback supplied")
      note(.pullback, "supplied", pullback(.supplied), tape)
    }
    if let replay = try? model.recordTrace(time: time, state: state, parameters: parameters) {
      announce("pullback by replay")
      note(.pullback, "replay", pullback(TraceReplay(replay)), tape)
    }
    announce("pullback derivative by tape of DirectionalScalar")
    var generated = model
    generated.supplied = SuppliedKernels()
    let derivative = pullbackDerivative(generated)
    note(.pullbackDerivative, "tape of DirectionalScalar", derivative, nil)
    if model.supplied.pullbackDerivative != nil {
      announce("pullback derivative supplied")
      note(.pullbackDerivative, "supplied", pullbackDerivative(model), derivative)
    }
  }

  private func pullback(_ replay: TraceReplay) -> Product {
    var product = [Double](repeating: 1, count: state.count)
    var parameterProduct = [Double](repeating: 1, count: parameters.count)
    var span = product.mutableSpan
    var parameterSpan = parameterProduct.mutableSpan
    // A trace of this very point holds here.
    try? replay.pullback(
      time: time, state: state.span, parameters: parameters.span, cotangent: cotangent.span,
      addingTo: &span, parameters: &parameterSpan)
    return Product(state: product, parameters: parameterProduct)
  }

  private func pullback(_ mode: Model.ReverseMode) -> Product {
    // Products are added to what is there: one that overwrites it is found out.
    var product = [Double](repeating: 1, count: state.count)
    var parameterProduct = [Double](repeating: 1, count: parameters.count)
    var span = product.mutableSpan
    var parameterSpan = parameterProduct.mutableSpan
    ModelEvaluator(model, parameters: parameters, reverseMode: mode).pullback(
      time: time, state: state.span, cotangent: cotangent.span, addingTo: &span,
      parameters: &parameterSpan)
    return Product(state: product, parameters: parameterProduct)
  }

  private func pullbackDerivative(_ model: Model) -> Product {
    var product = [Double](repeating: 1, count: state.count)
    var parameterProduct = [Double](repeating: 1, count: parameters.count)
    var span = product.mutableSpan
    var parameterSpan = parameterProduct.mutableSpan
    ModelEvaluator(model, parameters: parameters).pullbackDerivative(
      time: time, state: state.span, cotangent: cotangent.span, stateTangent: stateTangent.span,
      parameterTangent: parameterTangent.span, cotangentTangent: cotangent.span, addingTo: &span,
      parameters: &parameterSpan)
    return Product(state: product, parameters: parameterProduct)
  }

  // MARK: Noting

  private mutating func note(
    _ kernel: ModelKernel, _ means: String, _ found: Product, _ expected: Product?
  ) {
    let scale = expected.map { Self.scale($0.state + $0.parameters) }
    note(kernel, means, .state, found.state, expected?.state, scale: scale)
    note(kernel, means, .parameter, found.parameters, expected?.parameters, scale: scale)
  }

  /// The largest finite modulus.
  private static func scale(_ values: [Double]) -> Double {
    values.reduce(0) { $1.isFinite ? max($0, $1.magnitude) : $0 }
  }

  private mutating func note(
    _ kernel: ModelKernel, _ means: String, _ role: KernelDiscrepancy.Role, _ found: [Double],
    _ expected: [Double]?, tolerance: Double = tolerance, scale: Double? = nil
  ) {
    let allowed: Double = tolerance * (scale ?? expected.map(Self.scale) ?? 0)
    var count = 0
    for (index, number) in found.enumerated() where count < Self.limit {
      let other = expected?[index]
      guard !Self.isRight(number, other, allowed: allowed) else { continue }
      count += 1
      discrepancies.append(
        KernelDiscrepancy(
          model: model.name, kernel: kernel, means: means, role: role, component: index,
          found: number, expected: other.flatMap { $0.isFinite ? $0 : nil }))
    }
  }

  /// Finite and equal to what other means give; what is not finite anywhere is noted once, by the
  /// first means.
  private static func isRight(_ number: Double, _ other: Double?, allowed: Double) -> Bool {
    guard let other else { return number.isFinite }
    if number == other || (!number.isFinite && !other.isFinite) { return true }
    return number.isFinite && (number - other).magnitude <= allowed
  }
}
