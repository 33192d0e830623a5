import Adjoint

/// yᵢ = p₀ uᵢ² uᵢ₊₁ + sin(p₁ uᵢ), cyclic, with all its derivatives written by hand.
struct KernelProducts: ResidualSystem {
  let stateCount = 5
  let parameterCount = 2

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      let own: S = state[index]
      let next: S = state[(index + 1) % stateCount]
      residual[index] = parameters[0] * own * own * next + S.sin(parameters[1] * own)
    }
  }

  /// ∂yᵢ/∂uᵢ, ∂yᵢ/∂uᵢ₊₁, ∂yᵢ/∂p₀, ∂yᵢ/∂p₁.
  static func partials(
    _ own: Double, _ next: Double, _ p: Span<Double>
  ) -> (own: Double, next: Double, first: Double, second: Double) {
    let cosine = Double.cos(p[1] * own)
    return (
      2 * p[0] * own * next + p[1] * cosine, p[0] * own * own, own * own * next, own * cosine
    )
  }

  static let pushforward: SuppliedKernels.Pushforward = { _, u, p, v, q, output in
    for index in 0..<5 {
      let next = (index + 1) % 5
      let partial = partials(u[index], u[next], p)
      output[index] =
        partial.own * v[index] + partial.next * v[next] + partial.first * q[0]
        + partial.second * q[1]
    }
  }

  static func pullback(factor: Double) -> SuppliedKernels.Pullback {
    { _, u, p, w, state, parameters in
      for index in 0..<5 {
        let next = (index + 1) % 5
        let partial = partials(u[index], u[next], p)
        state[index] += partial.own * w[index]
        state[next] += factor * partial.next * w[index]
        parameters[0] += partial.first * w[index]
        parameters[1] += partial.second * w[index]
      }
    }
  }

  static func pattern() throws -> SparsityPattern {
    // Column j: rows j − 1 and j.
    try SparsityPattern(
      rowCount: 5, columnCount: 5, columnPointers: [0, 2, 4, 6, 8, 10],
      rowIndices: [0, 4, 0, 1, 1, 2, 2, 3, 3, 4])
  }

  static let jacobian: SuppliedKernels.Jacobian = { _, u, p, values in
    func own(_ row: Int) -> Double { partials(u[row], u[(row + 1) % 5], p).own }
    func next(_ row: Int) -> Double { partials(u[row], u[(row + 1) % 5], p).next }
    values[0] = own(0)
    values[1] = next(4)
    for column in 1..<5 {
      values[2 * column] = next(column - 1)
      values[2 * column + 1] = own(column)
    }
  }
}

/// A model with a kink at zero and a logarithm.
struct Awkward: ResidualSystem {
  let stateCount = 3
  let parameterCount = 1

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] * parameters[0]
    residual[1] = S.sqrt(state[1])
    residual[2] = S.log(state[2])
  }
}

/// A model that looks at the type of its scalar.
struct TypeDependent: ResidualSystem {
  let stateCount = 2
  let parameterCount = 0

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] * state[1]
    // The derivative is lost on the way through Double.
    residual[1] = S.self == Dual.self ? S(state[1].value) : state[1]
  }
}

/// The model with every kernel of first order written by hand.
func handWrittenModel(pullbackFactor: Double = 1) throws -> Model {
  try Model(KernelProducts()).replacing(pushforward: KernelProducts.pushforward)
    .replacing(pullback: KernelProducts.pullback(factor: pullbackFactor))
    .replacing(jacobian: KernelProducts.jacobian, on: KernelProducts.pattern())
}

/// A state and parameters near one.
func kernelPoint(_ model: Model, seed: UInt64 = 4) -> ([Double], [Double]) {
  var generator = SeededGenerator(seed: seed)
  return (
    generator.direction(count: model.stateCount).map { 1 + 0.4 * $0 },
    generator.direction(count: model.parameterCount).map { 1 + 0.4 * $0 }
  )
}

/// The gradient of wᵀf as a map whose derivative, the Hessian, is its own transpose.
func gradientMap(_ model: Model, time: Double = 0, reverseMode: Model.ReverseMode = .tape)
  -> DifferentiableMap
{
  var generator = SeededGenerator(seed: 8)
  let weights = generator.direction(count: model.outputCount)
  let count = model.stateCount
  func gradient(_ x: [Double]) -> [Double] {
    let evaluator = ModelEvaluator(
      model, parameters: Array(x.dropFirst(count)), reverseMode: .tape)
    let state = Array(x.prefix(count))
    var first = [Double](repeating: 0, count: count)
    var second = [Double](repeating: 0, count: x.count - count)
    var firstSpan = first.mutableSpan
    var secondSpan = second.mutableSpan
    evaluator.pullback(
      time: time, state: state.span, cotangent: weights.span, addingTo: &firstSpan,
      parameters: &secondSpan)
    return first + second
  }
  return DifferentiableMap(name: "gradient of \(model.name)", value: gradient) { x in
    let evaluator = ModelEvaluator(
      model, parameters: Array(x.dropFirst(count)), reverseMode: reverseMode)
    func product(_ tangent: [Double]) throws -> [Double] {
      let result = try evaluator.hessianProduct(
        time: time, state: Array(x.prefix(count)), cotangent: weights,
        stateTangent: Array(tangent.prefix(count)),
        parameterTangent: Array(tangent.dropFirst(count)))
      return result.state + result.parameters
    }
    return .init(value: gradient(x), pushforward: product, pullback: product)
  }
}
