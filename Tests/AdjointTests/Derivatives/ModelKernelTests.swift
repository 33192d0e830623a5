import Adjoint
import ReferenceProblems
import Testing

/// yᵢ = p₀ uᵢ² uᵢ₊₁ + sin(p₁ uᵢ), cyclic, with all its derivatives written by hand.
private struct KernelProducts: ResidualSystem {
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
private struct Awkward: ResidualSystem {
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
private struct TypeDependent: ResidualSystem {
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

@Suite("The kernels of a model") struct ModelKernelTests {
  private static let models: [Model] = [
    Model(KernelProducts()), Model(LotkaVolterra()), Model(Brusselator2D(side: 3)),
  ]

  private func point(_ model: Model, seed: UInt64 = 4) -> ([Double], [Double]) {
    var generator = SeededGenerator(seed: seed)
    return (
      generator.direction(count: model.stateCount).map { 1 + 0.4 * $0 },
      generator.direction(count: model.parameterCount).map { 1 + 0.4 * $0 }
    )
  }

  /// The gradient of wᵀf as a map whose derivative, the Hessian, is its own transpose.
  private func gradientMap(_ model: Model, time: Double = 0) -> DifferentiableMap {
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
      let evaluator = ModelEvaluator(model, parameters: Array(x.dropFirst(count)))
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

  @Test(
    "A Hessian–vector product is the derivative of the gradient, and symmetric", arguments: models)
  func hessian(model: Model) throws {
    let (state, parameters) = point(model)
    let report = try DerivativeCheck().check(
      gradientMap(model, time: 2), at: state + parameters)
    #expect(report.passed, "\(report)")
  }

  @Test("The Hessian of a polynomial is the one on paper")
  func hessianOnPaper() throws {
    // wᵀf = w₀(p₀u₀ − p₁u₀u₁) + w₁(p₃u₀u₁ − p₂u₁), Lotka–Volterra.
    let evaluator = ModelEvaluator(Model(LotkaVolterra()), parameters: [1.5, 1, 3, 2])
    let along = try evaluator.hessianProduct(
      state: [0.5, 4], cotangent: [1, 10], stateTangent: [1, 0], parameterTangent: [0, 0, 0, 0])
    #expect(along.state == [0, -1 + 20])
    #expect(along.parameters == [1, -4, 0, 40])
  }

  @Test("The cotangent's own derivative is a pullback of it")
  func cotangentTangent() throws {
    for model in Self.models {
      let (state, parameters) = point(model)
      var generator = SeededGenerator(seed: 2)
      let cotangent = generator.direction(count: model.outputCount)
      let evaluator = ModelEvaluator(model, parameters: parameters, reverseMode: .tape)
      func run(_ body: (inout MutableSpan<Double>, inout MutableSpan<Double>) -> Void) -> [Double] {
        var first = [Double](repeating: 0, count: state.count)
        var second = [Double](repeating: 0, count: parameters.count)
        var firstSpan = first.mutableSpan
        var secondSpan = second.mutableSpan
        body(&firstSpan, &secondSpan)
        return first + second
      }
      let none: [Double] = []
      let derivative = run {
        evaluator.pullbackDerivative(
          time: 2, state: state.span, cotangent: cotangent.span,
          stateTangent: none.span, parameterTangent: none.span,
          cotangentTangent: cotangent.span, addingTo: &$0, parameters: &$1)
      }
      let pullback = run {
        evaluator.pullback(
          time: 2, state: state.span, cotangent: cotangent.span, addingTo: &$0, parameters: &$1)
      }
      // The same products in the same order, to which products with zero are added.
      #expect(derivative == pullback)
    }
  }

  @Test("State and parameter products alone are the parts of both", arguments: models)
  func parts(model: Model) {
    let (state, parameters) = point(model)
    var generator = SeededGenerator(seed: 5)
    let cotangent = generator.direction(count: model.outputCount)
    for mode in [Model.ReverseMode.dual, .tape] {
      let evaluator = ModelEvaluator(model, parameters: parameters, reverseMode: mode)
      var stateProduct = [Double](repeating: 0, count: state.count)
      var parameterProduct = [Double](repeating: 0, count: parameters.count)
      var stateAlone = stateProduct
      var parameterAlone = parameterProduct
      var first = stateProduct.mutableSpan
      var second = parameterProduct.mutableSpan
      evaluator.pullback(
        time: 2, state: state.span, cotangent: cotangent.span, addingTo: &first,
        parameters: &second)
      var firstAlone = stateAlone.mutableSpan
      evaluator.statePullback(
        time: 2, state: state.span, cotangent: cotangent.span, addingTo: &firstAlone)
      var secondAlone = parameterAlone.mutableSpan
      evaluator.parameterPullback(
        time: 2, state: state.span, cotangent: cotangent.span, addingTo: &secondAlone)
      #expect(stateProduct == stateAlone)
      #expect(parameterProduct == parameterAlone)
    }
  }

  @Test("Eight directions at once are eight products", arguments: models)
  func directions(model: Model) {
    let (state, parameters) = point(model)
    var generator = SeededGenerator(seed: 6)
    let lanes = { (count: Int) in
      (0..<count).map { _ in Dual.Lanes(generator.direction(count: 8)) }
    }
    let stateTangents = lanes(state.count)
    let parameterTangents = lanes(parameters.count)
    let evaluator = ModelEvaluator(model, parameters: parameters)
    var products = [Dual.Lanes](repeating: .zero, count: model.outputCount)
    var span = products.mutableSpan
    evaluator.pushforwards(
      time: 2, state: state.span, stateTangents: stateTangents.span,
      parameterTangents: parameterTangents.span, into: &span)
    for lane in 0..<8 {
      var product = [Double](repeating: .nan, count: model.outputCount)
      var productSpan = product.mutableSpan
      let along = stateTangents.map { $0[lane] }
      let alongParameters = parameterTangents.map { $0[lane] }
      evaluator.pushforward(
        time: 2, state: state.span, stateTangent: along.span,
        parameterTangent: alongParameters.span, into: &productSpan)
      #expect(products.map { $0[lane] } == product)
    }
  }

  // MARK: Written by hand

  /// The model with every kernel of first order written by hand.
  private func handWritten(pullbackFactor: Double = 1) throws -> Model {
    try Model(KernelProducts()).replacing(pushforward: KernelProducts.pushforward)
      .replacing(pullback: KernelProducts.pullback(factor: pullbackFactor))
      .replacing(jacobian: KernelProducts.jacobian, on: KernelProducts.pattern())
  }

  @Test("Kernels written by hand obey the laws and agree with those that are generated")
  func supplied() throws {
    let model = try handWritten()
    let (state, parameters) = point(model)
    let check = try DerivativeCheck().check(DifferentiableMap(model), at: state + parameters)
    #expect(check.passed, "\(check)")
    let report = try model.report(state: state, parameters: parameters)
    #expect(report.discrepancies.isEmpty, "\(report)")
    for kernel in [ModelKernel.pushforward, .pushforwards, .pullback, .jacobian] {
      #expect(report.choice(kernel)?.means == "supplied")
    }
    #expect(report.choice(.pullbackDerivative)?.means == "tape of DirectionalScalar")
    #expect(ModelEvaluator(model, parameters: parameters).reverseMode == .supplied)
    #expect(ModelEvaluator(model, parameters: parameters, reverseMode: .tape).reverseMode == .tape)
  }

  @Test("A supplied kernel is the one that runs")
  func suppliedRuns() throws {
    let marked = try Model(KernelProducts())
      .replacing(pushforward: { _, _, _, _, _, output in output[0] = 17 })
      .replacing(pullback: { _, _, _, _, state, parameters in
        state[1] += 19
        parameters[1] += 23
      })
      .replacing(pullbackDerivative: { _, _, _, _, _, _, _, state, _ in state[2] += 29 })
      .replacing(
        jacobian: { _, _, _, values in values[3] = 31 }, on: KernelProducts.pattern())
    let (state, parameters) = point(marked)
    let evaluator = ModelEvaluator(marked, parameters: parameters)
    var five = [Double](repeating: 0, count: 5)
    var two = [0.0, 0]
    var output = five.mutableSpan
    evaluator.pushforward(
      time: 0, state: state.span, stateTangent: state.span, parameterTangent: [Double]().span,
      into: &output)
    #expect(five == [17, 0, 0, 0, 0])
    var lanes = [Dual.Lanes](repeating: .zero, count: 5)
    var lanesSpan = lanes.mutableSpan
    var tangents = [Dual.Lanes](repeating: .zero, count: 5)
    tangents[3][6] = 1
    evaluator.pushforwards(
      time: 0, state: state.span, stateTangents: tangents.span,
      parameterTangents: [Dual.Lanes]().span, into: &lanesSpan)
    #expect(lanes[0] == [0, 0, 0, 0, 0, 0, 17, 0])

    five = [Double](repeating: 0, count: 5)
    var stateSpan = five.mutableSpan
    evaluator.statePullback(
      time: 0, state: state.span, cotangent: state.span, addingTo: &stateSpan)
    var parameterSpan = two.mutableSpan
    evaluator.parameterPullback(
      time: 0, state: state.span, cotangent: state.span, addingTo: &parameterSpan)
    #expect(five == [0, 19, 0, 0, 0])
    #expect(two == [0, 23])
    let product = try evaluator.hessianProduct(
      state: state, cotangent: state, stateTangent: state, parameterTangent: parameters)
    #expect(product.state == [0, 0, 29, 0, 0])
    var values = [Double](repeating: 0, count: 10)
    try SparseJacobian(marked, pattern: KernelProducts.pattern()).evaluate(
      time: 0, state: state, parameters: parameters, into: &values)
    #expect(values == [0, 0, 0, 31, 0, 0, 0, 0, 0, 0])
  }

  @Test("A supplied Jacobian has the values of the compressed one")
  func suppliedJacobian() throws {
    let (state, parameters) = point(Model(KernelProducts()))
    let jacobians = try [Model(KernelProducts()), handWritten()].map { model in
      var values = [Double](repeating: .nan, count: 10)
      try SparseJacobian(model, pattern: KernelProducts.pattern()).evaluate(
        time: 0, state: state, parameters: parameters, into: &values)
      return values
    }
    for (a, b) in zip(jacobians[0], jacobians[1]) {
      // Two terms of order ten with at most five roundings each.
      #expect(abs(a - b) <= 100 * Double.ulpOfOne)
    }
  }

  @Test("A wrong kernel written by hand is found out by the check and by the report")
  func wrongPullback() throws {
    for factor in [-1.0, 1.01, 0] {
      let model = try handWritten(pullbackFactor: factor)
      let (state, parameters) = point(model)
      let check = try DerivativeCheck().check(DifferentiableMap(model), at: state + parameters)
      #expect(!check.passed)
      #expect(check.failures.contains { $0.law == .dotProduct })
      let report = try model.report(state: state, parameters: parameters)
      #expect(!report.discrepancies.isEmpty)
      for discrepancy in report.discrepancies {
        #expect(discrepancy.kernel == .pullback && discrepancy.means == "supplied")
        #expect(discrepancy.role == .state)
        #expect("\(discrepancy)".contains("KernelProducts: pullback by supplied, state"))
      }
    }
    let overwriting = Model(KernelProducts()).replacing(pullback: {
      time, u, p, w, state, parameters in
      for index in 0..<5 { state[index] = 0 }
      KernelProducts.pullback(factor: 1)(time, u, p, w, &state, &parameters)
    })
    let (state, parameters) = point(overwriting)
    #expect(!(try overwriting.report(state: state, parameters: parameters).discrepancies.isEmpty))
    let wrongJacobian = try Model(KernelProducts()).replacing(
      jacobian: { time, u, p, values in
        KernelProducts.jacobian(time, u, p, &values)
        values.swapAt(0, 1)
      }, on: KernelProducts.pattern())
    let found = try wrongJacobian.report(state: state, parameters: parameters).discrepancies
    #expect(found.map(\.kernel) == [.jacobian, .jacobian])
    #expect(found.map(\.component) == [0, 4])
  }

  @Test("A wrong second derivative written by hand is found out")
  func wrongPullbackDerivative() throws {
    let wrong = Model(LotkaVolterra()).replacing(
      pullbackDerivative: { _, _, _, w, v, q, z, state, parameters in
        // Complete but for the derivative of the cotangent and one sign.
        state[0] += w[0] * q[0] + v[1]
      })
    let report = try wrong.report(state: [1, 2], parameters: [1.5, 1, 3, 1])
    #expect(report.discrepancies.contains { $0.kernel == .pullbackDerivative })
    let check = try DerivativeCheck().check(gradientMap(wrong), at: [1, 2, 1.5, 1, 3, 1])
    #expect(!check.passed)
  }

  @Test("A Jacobian of the wrong size is refused")
  func wrongSize() throws {
    #expect(
      throws: InputError.wrongLength(
        argument: "rows of the Jacobian's pattern", expected: 2, found: 5)
    ) {
      try Model(LotkaVolterra()).replacing(
        jacobian: { _, _, _, _ in }, on: KernelProducts.pattern())
    }
    let evaluator = ModelEvaluator(Model(LotkaVolterra()), parameters: [1, 1, 1, 1])
    #expect(throws: InputError.wrongLength(argument: "cotangent", expected: 2, found: 1)) {
      try evaluator.hessianProduct(
        state: [1, 1], cotangent: [1], stateTangent: [1, 1], parameterTangent: [1, 1, 1, 1])
    }
  }

  // MARK: Reports

  @Test("A report says what was chosen and why")
  func report() throws {
    let few = try Model(LotkaVolterra()).report(state: [1, 2], parameters: [1.5, 1, 3, 1])
    #expect(few.choices.map(\.kernel) == ModelKernel.allCases)
    #expect(few.choice(.pullback)?.means == "Dual")
    #expect(few.discrepancies.isEmpty)
    // d₀ = p₀u₀ − p₁u₀u₁ and d₁ = p₃u₀u₁ − p₂u₁: eight operations.
    #expect(few.operationCount == 8)
    #expect("\(few)".contains("2 states, 4 parameters, 2 outputs, 8 operations"))
    #expect("\(few)".contains("6 inputs: 1 sweep in Dual cost about 3.5, a tape 8"))
    let forced = try Model(LotkaVolterra()).report(
      state: [1, 2], parameters: [1.5, 1, 3, 1], reverseMode: .tape)
    #expect(forced.choice(.pullback)?.means == "tape")
    #expect(forced.choice(.pullback)?.reason.hasPrefix("asked for") == true)
    let many = Model(Brusselator2D(side: 3))
    let (state, parameters) = point(many)
    let byTape = try many.report(time: 2, state: state, parameters: parameters)
    #expect(byTape.choice(.pullback)?.means == "tape")
    #expect(byTape.discrepancies.isEmpty, "\(byTape)")
  }

  @Test("A number that is not finite is reported by model, kernel and component")
  func notFinite() throws {
    let model = Model(Awkward())
    let kink = try model.report(state: [1, 0, 2], parameters: [1])
    #expect(!kink.discrepancies.contains { $0.kernel == .value })
    let pushforward = kink.discrepancies.filter { $0.kernel == .pushforward }
    #expect(pushforward.map(\.component) == [1])
    #expect(pushforward.first?.found.isFinite == false)
    #expect(
      kink.discrepancies.contains {
        $0.kernel == .pullback && $0.role == .state && $0.component == 1
      })
    #expect("\(kink)".contains("Awkward: pushforward by DirectionalScalar, output 1 is"))

    let outside = try model.report(state: [1, 1, -2], parameters: [1])
    let value = try #require(outside.discrepancies.first)
    #expect(value.kernel == .value && value.means == "Double" && value.component == 2)
    #expect(value.found.isNaN && value.expected == nil)
    // The same NaN in other scalars is not news.
    #expect(outside.discrepancies.filter { $0.kernel == .value }.count == 1)
  }

  @Test("A scalar that loses a derivative is reported by name")
  func typeDependence() throws {
    let report = try Model(TypeDependent()).report(state: [2, 3], parameters: [])
    #expect(
      Set(report.discrepancies.map { "\($0.kernel.rawValue) \($0.means)" }) == [
        "pushforwards Dual", "pullback Dual",
      ])
  }

  @Test("Each kernel is announced before it runs")
  func announcements() throws {
    var names: [String] = []
    _ = try handWritten().report(
      state: [1, 2, 3, 4, 5], parameters: [1, 1], willRun: { names.append($0) })
    #expect(names.first == "value by Double")
    #expect(names.count == Set(names).count)
    for name in ["value by tape", "pullback supplied", "sparse Jacobian supplied"] {
      #expect(names.contains(name))
    }
    #expect(throws: InputError.wrongLength(argument: "state", expected: 5, found: 1)) {
      try handWritten().report(state: [1], parameters: [1, 1])
    }
  }

  @Test("A vector field with its own product is a model that supplies it")
  func vectorField() throws {
    let model = Model(DifferentiatedLotkaVolterra())
    let report = try model.report(state: [1, 2], parameters: [1.5, 1, 3, 1])
    #expect(report.choice(.pullback)?.means == "supplied")
    #expect(report.discrepancies.isEmpty, "\(report)")
  }
}
