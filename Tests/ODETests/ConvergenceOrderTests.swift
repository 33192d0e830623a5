import ODE
import Testing

@Suite("Orders of convergence")
struct ConvergenceOrderTests {
  /// The largest error at the end and, by dense output, in between, for u′ = u cos t.
  private func errors(
    _ method: ButcherTableau, stepSize: Double
  ) throws -> (end: Double, dense: Double) {
    let problem = try ODEProblem(Swing(), initialState: [1], parameters: [], timeSpan: 0...4)
    let times = (0...997).map { 4 * Double($0) / 997 }
    let solution = try RungeKuttaSolver(
      method, options: .init(stepping: .fixed(stepSize: stepSize))
    ).solve(problem, observationTimes: times)
    let dense = zip(times, solution.value).map { time, value in
      (value - Double.exp(Double.sin(time))).magnitude
    }
    let end = Double.exp(Double.sin(4.0))
    return ((solution.finalState[0] - end).magnitude, dense.max() ?? 0)
  }

  @Test("errors at the end and in between fall with the claimed orders")
  func orders() throws {
    for method in try TestTableaux.all() {
      // Long enough that errors stay far above rounding, short enough for the leading term.
      let coarse = 1.0 / 32
      let first = try errors(method, stepSize: coarse)
      let second = try errors(method, stepSize: coarse / 2)
      let order: Double = .log2(first.end / second.end)
      #expect((order - Double(method.order)).magnitude <= 0.2, "\(method): \(order)")
      // In one step dense output of order q errs by O(h^(q + 1)); the steps before add O(h^p).
      let expected = Double(min(method.order, method.denseOutput.order + 1))
      let denseOrder: Double = .log2(first.dense / second.dense)
      #expect((denseOrder - expected).magnitude <= 0.2, "\(method): \(denseOrder) in between")
    }
  }

  @Test("the gradient converges with the order of the method")
  func gradientOrder() throws {
    // d u(T)/d u₀ = e^(sin T) for the linear problem; the discrete adjoint has order p too.
    for method in try TestTableaux.all() {
      func error(_ stepSize: Double) throws -> Double {
        let problem = try ODEProblem(
          DrivenPendulum(), initialState: [0.4, -0.2], parameters: [0.3, 1.1, 0.7],
          timeSpan: 0...4)
        let fine = try RungeKuttaSolver(
          .tsitouras5, options: .init(stepping: .fixed(stepSize: 1.0 / 512))
        ).solve(problem).pullback(finalState: [1, 0.5])
        let coarse = try RungeKuttaSolver(
          method, options: .init(stepping: .fixed(stepSize: stepSize))
        ).solve(problem).pullback(finalState: [1, 0.5])
        let pairs = zip(
          fine.initialState + fine.parameters, coarse.initialState + coarse.parameters)
        var square = 0.0
        for (left, right) in pairs { square += (left - right) * (left - right) }
        return square.squareRoot()
      }
      let order: Double = try .log2(error(1.0 / 32) / error(1.0 / 64))
      #expect((order - Double(method.order)).magnitude <= 0.2, "\(method): \(order)")
    }
  }
}
