import Adjoint

/// The kernels of one model at one point, ready to be called again and again.
final class DerivativeKernels {
  /// A kernel: its name, one call, and what else is worth a line in the record.
  struct Kernel {
    let name: String
    var answers: [String: Double] = [:]
    let run: () throws -> Void
  }

  private let model: Model
  private let pattern: SparsityPattern
  private let state: FixedArray<Double>
  private let parameters: FixedArray<Double>
  private let stateTangent: FixedArray<Double>
  private let parameterTangent: FixedArray<Double>
  private let noTangent = FixedArray<Double>([])
  private let cotangent: FixedArray<Double>
  private let zeroCotangent: FixedArray<Double>
  private let byTape: ModelEvaluator
  /// Sweeps in duals over all inputs, where these are not too many.
  private let byDuals: ModelEvaluator?
  private let replay: TraceReplay
  /// By the compression that is chosen, and by the other unless it costs too much.
  private let jacobians: [SparseJacobian]
  /// Eight directions, of which the first is the tangent.
  private let stateTangents: FixedArray<Dual.Lanes>
  private let parameterTangents: FixedArray<Dual.Lanes>
  private let products: FixedArray<Dual.Lanes>
  private let output: FixedArray<Double>
  private let stateCotangent: FixedArray<Double>
  private let parameterCotangent: FixedArray<Double>
  private let values: FixedArray<Double>
  private var isLater = false

  private static let time = 2.0
  private static let tolerance = 1e-12
  private static let maximumInputsByDuals = 1000
  /// In estimated evaluations of the model.
  private static let maximumJacobianCost = 200.0

  init(_ point: DerivativesPoint) throws {
    let model = point.model
    self.model = model
    var generator = SeededGenerator(seed: 11)
    let trace = try model.recordTrace(
      time: Self.time, state: point.state, parameters: point.parameters)
    pattern = trace.jacobianPattern()
    replay = TraceReplay(trace)
    let chosen = try SparseJacobian(model, pattern: pattern)
    let other = try SparseJacobian(
      model, pattern: pattern, compression: chosen.compression == .rows ? .columns : .rows)
    jacobians = other.estimatedCost <= Self.maximumJacobianCost ? [chosen, other] : [chosen]
    byTape = ModelEvaluator(model, parameters: point.parameters, reverseMode: .tape)
    let inputCount = model.stateCount + model.parameterCount
    byDuals =
      inputCount <= Self.maximumInputsByDuals
      ? ModelEvaluator(model, parameters: point.parameters, reverseMode: .dual) : nil
    state = FixedArray(point.state)
    parameters = FixedArray(point.parameters)
    stateTangent = FixedArray(generator.direction(count: model.stateCount))
    parameterTangent = FixedArray(generator.direction(count: model.parameterCount))
    cotangent = FixedArray(generator.direction(count: model.outputCount))
    zeroCotangent = FixedArray(count: model.outputCount, repeating: 0)
    output = FixedArray(count: model.outputCount, repeating: 0)
    stateCotangent = FixedArray(count: model.stateCount, repeating: 0)
    parameterCotangent = FixedArray(count: model.parameterCount, repeating: 0)
    values = FixedArray(count: pattern.entryCount, repeating: 0)
    products = FixedArray(count: model.outputCount, repeating: .zero)
    func lanes(_ tangent: FixedArray<Double>) -> FixedArray<Dual.Lanes> {
      FixedArray(
        tangent.array.map { first in
          var lanes = Dual.Lanes.random(in: -1..<1, using: &generator)
          lanes[0] = first
          return lanes
        })
    }
    stateTangents = lanes(stateTangent)
    parameterTangents = lanes(parameterTangent)
  }

  /// The kernels, first the model itself.
  var all: [Kernel] {
    let inputCount = model.stateCount + model.parameterCount
    let size = [
      "inputs": Double(inputCount), "outputs": Double(model.outputCount),
      "operations": Double(replay.operationCount),
    ]
    var kernels = [
      Kernel(name: "value", answers: size) { self.evaluate() },
      Kernel(name: "pushforward") {
        self.pushforward(parameterTangent: self.parameterTangent.elements)
      },
      Kernel(name: "pushforward, 8 directions") { self.pushforwardOfEight() },
      Kernel(name: "pullback by tape") { self.pullback(self.byTape) },
    ]
    kernels.append(
      Kernel(name: "pullback by replay") { try self.pullback(self.replay) })
    kernels.append(
      Kernel(name: "Hessian-vector product by tape") {
        self.hessianProduct(self.stateTangent, self.parameterTangent)
      })
    kernels.append(
      Kernel(name: "Hessian-vector product by replay") {
        try self.replayedHessianProduct(self.stateTangent, self.parameterTangent)
      })
    kernels.append(
      Kernel(name: "preparation of a replay") { try self.prepareReplay() })
    if let byDuals {
      kernels.append(Kernel(name: "pullback by duals") { self.pullback(byDuals) })
    }
    for jacobian in jacobians {
      let answers = [
        "colors": Double(jacobian.colorCount), "entries": Double(pattern.entryCount),
        "estimatedEvaluations": jacobian.estimatedCost,
      ]
      kernels.append(
        Kernel(name: "sparse Jacobian by \(jacobian.compression)", answers: answers) {
          self.evaluate(jacobian)
        })
    }
    return kernels
  }

  private func evaluate() {
    var result = output.elements.mutableSpan
    byTape.evaluate(time: Self.time, state: state.elements.span, into: &result)
  }

  private func pushforward(parameterTangent: UnsafeMutableBufferPointer<Double>) {
    var result = output.elements.mutableSpan
    byTape.pushforward(
      time: Self.time, state: state.elements.span, stateTangent: stateTangent.elements.span,
      parameterTangent: parameterTangent.span, into: &result)
  }

  private func pushforwardOfEight() {
    var result = products.elements.mutableSpan
    byTape.pushforwards(
      time: Self.time, state: state.elements.span, stateTangents: stateTangents.elements.span,
      parameterTangents: parameterTangents.elements.span, into: &result)
  }

  /// At two times in turn, one ulp apart: an evaluator does not record the same evaluation twice.
  private func pullback(_ evaluator: ModelEvaluator) {
    var stateResult = stateCotangent.elements.mutableSpan
    var parameterResult = parameterCotangent.elements.mutableSpan
    isLater.toggle()
    evaluator.pullback(
      time: isLater ? Self.time.nextUp : Self.time, state: state.elements.span,
      cotangent: cotangent.elements.span,
      addingTo: &stateResult, parameters: &parameterResult)
  }

  /// The product of the tangents with the Hessian of wᵀf.
  private func hessianProduct(
    _ stateTangent: FixedArray<Double>, _ parameterTangent: FixedArray<Double>
  ) {
    var stateResult = stateCotangent.elements.mutableSpan
    var parameterResult = parameterCotangent.elements.mutableSpan
    byTape.pullbackDerivative(
      time: Self.time, state: state.elements.span, cotangent: cotangent.elements.span,
      stateTangent: stateTangent.elements.span, parameterTangent: parameterTangent.elements.span,
      cotangentTangent: noTangent.elements.span, addingTo: &stateResult,
      parameters: &parameterResult)
  }

  /// The same by replay.
  private func replayedHessianProduct(
    _ stateTangent: FixedArray<Double>, _ parameterTangent: FixedArray<Double>
  ) throws {
    var stateResult = stateCotangent.elements.mutableSpan
    var parameterResult = parameterCotangent.elements.mutableSpan
    try replay.pullbackDerivative(
      time: Self.time, state: state.elements.span, parameters: parameters.elements.span,
      cotangent: cotangent.elements.span, stateTangent: stateTangent.elements.span,
      parameterTangent: parameterTangent.elements.span,
      cotangentTangent: zeroCotangent.elements.span, addingTo: &stateResult,
      parameters: &parameterResult)
  }

  /// Records a trace and makes a replay of it.
  private func prepareReplay() throws {
    _ = TraceReplay(
      try model.recordTrace(time: Self.time, state: state.array, parameters: parameters.array))
  }

  private func pullback(_ replay: TraceReplay) throws {
    var stateResult = stateCotangent.elements.mutableSpan
    var parameterResult = parameterCotangent.elements.mutableSpan
    try replay.pullback(
      time: Self.time, state: state.elements.span, parameters: parameters.elements.span,
      cotangent: cotangent.elements.span, addingTo: &stateResult, parameters: &parameterResult)
  }

  private func evaluate(_ jacobian: SparseJacobian) {
    var result = values.elements.mutableSpan
    jacobian.evaluate(
      time: Self.time, state: state.elements.span, parameters: parameters.elements.span,
      into: &result)
  }
}

/// Numbers at a fixed address, freed with the object.
private final class FixedArray<Element: BitwiseCopyable> {
  let elements: UnsafeMutableBufferPointer<Element>

  init(_ values: [Element]) {
    elements = .allocate(capacity: values.count)
    _ = elements.initialize(from: values)
  }

  convenience init(count: Int, repeating value: Element) {
    self.init([Element](repeating: value, count: count))
  }

  deinit { elements.deallocate() }

  var array: [Element] { Array(elements) }
}

// MARK: Agreement

extension DerivativeKernels {
  /// Throws unless the kernels agree with each other.
  func check() throws {
    evaluate(jacobians[0])
    let matrix = try SparseMatrix(pattern: pattern, values: values.array)
    let magnitudes = try SparseMatrix(
      pattern: pattern, values: values.array.map(\.magnitude))

    let largest = values.array.map(\.magnitude).max() ?? 0
    for other in jacobians.dropFirst() {
      evaluate(other)
      try agree(
        "Jacobian by \(other.compression)", values.array, "the other compression's",
        matrix.values, scale: matrix.values.map { _ in largest })
    }

    pushforward(parameterTangent: noTangent.elements)
    try agree(
      "pushforward", output.array, "the sparse Jacobian's",
      try matrix.multiply(stateTangent.array),
      scale: try magnitudes.multiply(stateTangent.array.map(\.magnitude)))
    pushforward(parameterTangent: parameterTangent.elements)
    pushforwardOfEight()
    try agree(
      "pushforward", output.array, "the first of eight directions",
      products.array.map { $0[0] }, scale: output.array.map(\.magnitude))

    let byRows = try matrix.multiplyTransposed(cotangent.array)
    let scale = try magnitudes.multiplyTransposed(cotangent.array.map(\.magnitude))
    let taped = cotangents { pullback(byTape) }
    try agree("pullback by tape", taped.state, "the sparse Jacobian's", byRows, scale: scale)
    if let byDuals { try agree(taped, with: "duals", scale: scale) { pullback(byDuals) } }
    try agree(taped, with: "replay", scale: scale) { try pullback(replay) }
    try checkSymmetry()
    let product = cotangents { hessianProduct(stateTangent, parameterTangent) }
    let replayed = try cotangents {
      try replayedHessianProduct(stateTangent, parameterTangent)
    }
    let largestProduct = (product.state + product.parameters).map(\.magnitude).max() ?? 0
    try agree(
      "Hessian-vector product by replay", replayed.state + replayed.parameters, "the tape's",
      product.state + product.parameters,
      scale: (product.state + product.parameters).map { _ in largestProduct })
  }

  /// Throws unless ⟨a, H b⟩ = ⟨b, H a⟩.
  private func checkSymmetry() throws {
    var generator = SeededGenerator(seed: 12)
    let other = (
      state: FixedArray(generator.direction(count: model.stateCount)),
      parameters: FixedArray(generator.direction(count: model.parameterCount))
    )
    let first = cotangents { hessianProduct(stateTangent, parameterTangent) }
    let second = cotangents { hessianProduct(other.state, other.parameters) }
    let left = zip(first.state + first.parameters, other.state.array + other.parameters.array)
      .map { $0 * $1 }
    let right = zip(
      second.state + second.parameters, stateTangent.array + parameterTangent.array
    ).map { $0 * $1 }
    let scale = (left + right).reduce(0) { $0 + $1.magnitude }
    try agree(
      "⟨a, H b⟩", [left.reduce(0, +)], "⟨b, H a⟩", [right.reduce(0, +)], scale: [scale])
  }

  private func cotangents(
    _ run: () throws -> Void
  ) rethrows -> (state: [Double], parameters: [Double]) {
    stateCotangent.elements.update(repeating: 0)
    parameterCotangent.elements.update(repeating: 0)
    try run()
    return (stateCotangent.array, parameterCotangent.array)
  }

  private func agree(
    _ taped: (state: [Double], parameters: [Double]), with name: String, scale: [Double],
    _ run: () throws -> Void
  ) throws {
    let found = try cotangents(run)
    try agree("pullback by \(name)", found.state, "the tape's", taped.state, scale: scale)
    // A parameter's sum over so many operations, taken in another order.
    let rounding: Double =
      Double.ulpOfOne * Double(replay.operationCount) / Double(max(1, model.parameterCount))
    let largest: Double = taped.parameters.map(\.magnitude).max() ?? 0
    let parameterScale: Double = largest * max(1, rounding / Self.tolerance)
    try agree(
      "pullback by \(name)", found.parameters, "the tape's", taped.parameters,
      scale: taped.parameters.map { _ in parameterScale })
  }

  private func agree(
    _ name: String, _ found: [Double], _ otherName: String, _ expected: [Double],
    scale: [Double]
  ) throws {
    for index in found.indices {
      let gap: Double = (found[index] - expected[index]).magnitude
      // A NaN does not pass.
      guard gap <= Self.tolerance * scale[index] else {
        throw BenchmarkError.wrongAnswer(
          name: "\(name) against \(otherName), component \(index)", found: [found[index]],
          expected: [expected[index]], tolerance: Self.tolerance)
      }
    }
  }
}
