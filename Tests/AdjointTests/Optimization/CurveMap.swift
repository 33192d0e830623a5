import Adjoint
import Testing

/// The predictions f(p, xᵢ) of a curve written in duals, with at most eight parameters, as a map of
/// the parameters.
func curveMap(
  at points: [Double], hasPushforward: Bool = true,
  _ curve: @escaping ([Dual], Double) -> Dual
) -> DifferentiableMap {
  @Sendable func jacobianRows(_ parameters: [Double], _ values: [Dual]) -> [[Double]] {
    values.map { value in parameters.indices.map { value.tangent[$0] } }
  }
  func evaluate(_ parameters: [Double]) -> [Dual] {
    let duals = parameters.enumerated().map { index, value in
      var dual = Dual(value)
      dual.tangent[index] = 1
      return dual
    }
    return points.map { curve(duals, $0) }
  }
  func product(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
  return DifferentiableMap(
    name: "curve", value: { evaluate($0).map(\.value) },
    linearize: { parameters in
      let values = evaluate(parameters)
      let rows = jacobianRows(parameters, values)
      return DifferentiableMap.Linearization(
        value: values.map(\.value),
        pushforward: hasPushforward ? { tangent in rows.map { product($0, tangent) } } : nil,
        pullback: { cotangent in
          parameters.indices.map { column in product(rows.map { $0[column] }, cotangent) }
        })
    })
}

/// A map of two parameters with the wrong sign in its derivatives by the second, in both directions.
func wrongSecondDerivative(of good: DifferentiableMap) -> DifferentiableMap {
  DifferentiableMap(name: "wrong", value: good.value) { point in
    var linearization = try good.linearize(point)
    let pushforward = try #require(linearization.pushforward)
    let pullback = linearization.pullback
    linearization.pushforward = { try pushforward([$0[0], -$0[1]]) }
    linearization.pullback = { w in
      let gradient = try pullback(w)
      return [gradient[0], -gradient[1]]
    }
    return linearization
  }
}
