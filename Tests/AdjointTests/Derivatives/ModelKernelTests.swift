import Adjoint
import ReferenceProblems
import Testing

@Suite("The kernels of a model") struct ModelKernelTests {
  private static let models: [Model] = [
    Model(KernelProducts()), Model(LotkaVolterra()), Model(Brusselator2D(side: 3)),
  ]

  @Test("The cotangent's own derivative is a pullback of it")
  func cotangentTangent() throws {
    for model in Self.models {
      let (state, parameters) = kernelPoint(model)
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
    let (state, parameters) = kernelPoint(model)
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
      // Factors that are constants in one of the two are multiplied in another order: at most ten roundings
      // of sums of a few terms.
      let scale = (stateProduct + parameterProduct).map(abs).max() ?? 0
      for (both, alone) in zip(
        stateProduct + parameterProduct, stateAlone + parameterAlone)
      {
        #expect(abs(both - alone) <= 10 * Double.ulpOfOne * scale)
      }
    }
  }

  @Test("Eight directions at once are eight products", arguments: models)
  func directions(model: Model) {
    let (state, parameters) = kernelPoint(model)
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
}
