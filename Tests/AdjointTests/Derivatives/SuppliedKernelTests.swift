import Adjoint
import ReferenceProblems
import Testing

@Suite("Kernels written by hand") struct SuppliedKernelTests {
  @Test("Kernels written by hand obey the laws and agree with those that are generated")
  func supplied() throws {
    let model = try handWrittenModel()
    let (state, parameters) = kernelPoint(model)
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
    let (state, parameters) = kernelPoint(marked)
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
    let (state, parameters) = kernelPoint(Model(KernelProducts()))
    let jacobians = try [Model(KernelProducts()), handWrittenModel()].map { model in
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
      let model = try handWrittenModel(pullbackFactor: factor)
      let (state, parameters) = kernelPoint(model)
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
    let (state, parameters) = kernelPoint(overwriting)
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
}
