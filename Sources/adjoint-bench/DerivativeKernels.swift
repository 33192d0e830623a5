import Adjoint

/// The kernels of one model at one point, ready to be called again and again.
final class DerivativeKernels {
  /// A kernel: its name, one call, and what else is worth a line in the record.
  struct Kernel {
    let name: String
    var answers: [String: Double] = [:]
    let run: () -> Void
  }

  private let model: Model
  private let pattern: SparsityPattern
  private let state: FixedArray<Double>
  private let parameters: FixedArray<Double>
  private let stateTangent: FixedArray<Double>
  private let parameterTangent: FixedArray<Double>
  private let noTangent = FixedArray<Double>([])
  private let cotangent: FixedArray<Double>
  private let byTape: ModelEvaluator
  /// Sweeps in duals over all inputs, where these are not too many.
  private let byDuals: ModelEvaluator?
  /// By the compression that is chosen, and by the other unless it costs too much.
  private let jacobians: [SparseJacobian]
  /// Inputs whose first lane is the tangent, the others other directions.
  private let stateDirections: FixedArray<Dual>
  private let parameterDirections: FixedArray<Dual>
  private let directionOutput: FixedArray<Dual>
  private let output: FixedArray<Double>
  private let stateCotangent: FixedArray<Double>
  private let parameterCotangent: FixedArray<Double>
  private let values: FixedArray<Double>

  private static let time = 2.0
  private static let maximumInputsByDuals = 1000
  /// In estimated evaluations of the model.
  private static let maximumJacobianCost = 200.0

  init(_ point: DerivativesPoint) throws {
    let model = point.model
    self.model = model
    var generator = SeededGenerator(seed: 11)
    pattern = try model.jacobianPattern(
      time: Self.time, state: point.state, parameters: point.parameters)
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
    output = FixedArray(count: model.outputCount, repeating: 0)
    stateCotangent = FixedArray(count: model.stateCount, repeating: 0)
    parameterCotangent = FixedArray(count: model.parameterCount, repeating: 0)
    values = FixedArray(count: pattern.entryCount, repeating: 0)
    directionOutput = FixedArray(count: model.outputCount, repeating: .zero)
    func directions(_ values: [Double], _ tangent: FixedArray<Double>) -> FixedArray<Dual> {
      FixedArray(
        zip(values, tangent.array).map { value, first in
          var lanes = Dual.Lanes.random(in: -1..<1, using: &generator)
          lanes[0] = first
          return Dual(value: value, tangent: lanes)
        })
    }
    stateDirections = directions(point.state, stateTangent)
    parameterDirections = directions(point.parameters, parameterTangent)
  }

  /// The kernels, first the model itself.
  var all: [Kernel] {
    let inputCount = model.stateCount + model.parameterCount
    let size = ["inputs": Double(inputCount), "outputs": Double(model.outputCount)]
    var kernels = [
      Kernel(name: "value", answers: size) { self.evaluate() },
      Kernel(name: "pushforward") {
        self.pushforward(parameterTangent: self.parameterTangent.elements)
      },
      Kernel(name: "pushforward, 8 directions") { self.pushforwardOfEight() },
      Kernel(name: "pullback by tape") { self.pullback(self.byTape) },
    ]
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
    let (state, parameters) = (stateDirections.elements, parameterDirections.elements)
    let output = directionOutput.elements
    var result = output.mutableSpan
    model.dual(Dual(Self.time), state.span, parameters.span, &result)
  }

  private func pullback(_ evaluator: ModelEvaluator) {
    var stateResult = stateCotangent.elements.mutableSpan
    var parameterResult = parameterCotangent.elements.mutableSpan
    evaluator.pullback(
      time: Self.time, state: state.elements.span, cotangent: cotangent.elements.span,
      addingTo: &stateResult, parameters: &parameterResult)
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
      directionOutput.array.map { $0.tangent[0] }, scale: output.array.map(\.magnitude))

    let byRows = try matrix.multiplyTransposed(cotangent.array)
    let scale = try magnitudes.multiplyTransposed(cotangent.array.map(\.magnitude))
    let taped = cotangents(byTape)
    try agree("pullback by tape", taped.state, "the sparse Jacobian's", byRows, scale: scale)
    guard let byDuals else { return }
    let dual = cotangents(byDuals)
    try agree("pullback by duals", dual.state, "the sparse Jacobian's", byRows, scale: scale)
    let largestRate = dual.parameters.map(\.magnitude).max() ?? 0
    try agree(
      "pullback by duals", dual.parameters, "the tape's", taped.parameters,
      scale: dual.parameters.map { _ in largestRate })
  }

  private func cotangents(_ evaluator: ModelEvaluator) -> (state: [Double], parameters: [Double]) {
    stateCotangent.elements.update(repeating: 0)
    parameterCotangent.elements.update(repeating: 0)
    pullback(evaluator)
    return (stateCotangent.array, parameterCotangent.array)
  }

  private func agree(
    _ name: String, _ found: [Double], _ otherName: String, _ expected: [Double],
    scale: [Double]
  ) throws {
    let tolerance = 1e-12
    for index in found.indices {
      let gap: Double = (found[index] - expected[index]).magnitude
      // A NaN does not pass.
      guard gap <= tolerance * scale[index] else {
        throw BenchmarkError.wrongAnswer(
          name: "\(name) against \(otherName), component \(index)", found: [found[index]],
          expected: [expected[index]], tolerance: tolerance)
      }
    }
  }
}
