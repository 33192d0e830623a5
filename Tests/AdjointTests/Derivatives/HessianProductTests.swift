import Adjoint
import ReferenceProblems
import Testing

@Suite("Hessian–vector products") struct HessianProductTests {
  static let models: [Model] = [
    Model(KernelProducts()), Model(LotkaVolterra()), Model(Brusselator2D(side: 3)),
    Model(Robertson()), Model(HighIrradianceResponse()), Model(Pollution()),
    Model(Bratu(side: 5)), Model(PlanarTruss.cantilever(bays: 3, load: 1)),
    Model(RosenbrockChain(stateCount: 12)), RosenbrockChain(stateCount: 12).objectiveModel,
  ]

  @Test(
    "They are the derivative of the gradient, and symmetric", arguments: models,
    [Model.ReverseMode.tape, .replay])
  func laws(model: Model, mode: Model.ReverseMode) throws {
    let (state, parameters) = kernelPoint(model)
    let report = try DerivativeCheck().check(
      gradientMap(model, time: 2, reverseMode: mode), at: state + parameters)
    #expect(report.passed, "\(report)")
  }

  @Test("All kernels of a model agree with each other", arguments: models)
  func agreement(model: Model) throws {
    let (state, parameters) = kernelPoint(model)
    let report = try model.report(time: 2, state: state, parameters: parameters)
    #expect(report.discrepancies.isEmpty, "\(report)")
  }

  @Test("Tape and replay give the same product", arguments: models)
  func means(model: Model) throws {
    let (state, parameters) = kernelPoint(model)
    var generator = SeededGenerator(seed: 13)
    let cotangent = generator.direction(count: model.outputCount)
    let stateTangent = generator.direction(count: model.stateCount)
    let parameterTangent = generator.direction(count: model.parameterCount)
    let products = try [Model.ReverseMode.tape, .replay].map { mode in
      let product = try ModelEvaluator(model, parameters: parameters, reverseMode: mode)
        .hessianProduct(
          time: 2, state: state, cotangent: cotangent, stateTangent: stateTangent,
          parameterTangent: parameterTangent)
      return product.state + product.parameters
    }
    // Sums of the same terms, each a product of a few numbers of order one or less, in another order.
    let scale = products[0].map(abs).max() ?? 0
    for (one, other) in zip(products[0], products[1]) {
      #expect(abs(one - other) <= 1000 * Double.ulpOfOne * scale)
    }
  }

  /// A fault in Hessian–vector products.
  enum Fault: CaseIterable {
    case sign, onePercent, noParameters, unsymmetric
  }

  @Test("A wrong product does not pass", arguments: models, Fault.allCases)
  func negativeControls(model: Model, fault: Fault) throws {
    // In Bratu's problem the parameters are a term of their own: their part of the product is zero.
    guard fault != .noParameters || model.name != "Bratu" else { return }
    let (state, parameters) = kernelPoint(model)
    let right = gradientMap(model, time: 2)
    let count = model.stateCount
    func spoil(_ product: [Double], isTransposed: Bool) -> [Double] {
      switch fault {
      case .sign: product.map { -$0 }
      case .onePercent: product.map { 1.01 * $0 }
      // The pullback alone: the parameters' part, or one percent of it.
      case .noParameters:
        isTransposed ? product.indices.map { $0 < count ? product[$0] : 0 } : product
      case .unsymmetric: isTransposed ? product.map { 1.01 * $0 } : product
      }
    }
    let wrong = DifferentiableMap(name: "wrong", value: right.value) { x in
      let linearization = try right.linearize(x)
      return .init(
        value: linearization.value,
        pushforward: { spoil(try linearization.pushforward?($0) ?? [], isTransposed: false) },
        pullback: { spoil(try linearization.pullback($0), isTransposed: true) })
    }
    let report = try DerivativeCheck().check(wrong, at: state + parameters)
    #expect(!report.passed, "\(report)")
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
}

@Suite("Hessian–vector products of a million unknowns") struct SlowHessianProductTests {
  @Test("Of Rosenbrock's chain they are the derivative of its gradient on paper")
  func rosenbrock() throws {
    let chain = RosenbrockChain(stateCount: 1_000_000)
    let parameters = RosenbrockChain.standardParameters
    var generator = SeededGenerator(seed: 3)
    let tangent = generator.direction(count: chain.stateCount)
    let state = chain.standardStart
    var expected = [Double](repeating: .nan, count: chain.stateCount)
    var span = expected.mutableSpan
    ModelEvaluator(Model(chain), parameters: parameters).pushforward(
      time: 0, state: state.span, stateTangent: tangent.span,
      parameterTangent: [Double]().span, into: &span)
    for mode in [Model.ReverseMode.tape, .replay] {
      let product = try ModelEvaluator(
        chain.objectiveModel, parameters: parameters, reverseMode: mode
      ).hessianProduct(
        state: state, cotangent: [1], stateTangent: tangent, parameterTangent: [0])
      // Entries of the Hessian are below 2000 here, three a row, with a few roundings each.
      let largest = zip(product.state, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(largest <= 20 * 2000 * Double.ulpOfOne)
    }
  }
}
