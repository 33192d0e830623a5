import ODE
import ReferenceProblems
import Testing

@Suite("Orders of convergence")
struct ConvergenceOrderTests {
  /// The largest error at the end and, by dense output, in between, for u′ = u cos t.
  private func errors(
    _ method: ButcherTableau, stepSize: Double
  ) throws -> (end: Double, dense: Double) {
    let problem = try ODEProblem(Swing(), initialState: [1], parameters: [], timeSpan: 0...3)
    let times = (0...997).map { 3 * Double($0) / 997 }
    let solution = try RungeKuttaSolver(
      method, options: .init(stepping: .fixed(stepSize: stepSize))
    ).solve(problem, observationTimes: times)
    let dense = zip(times, solution.value).map { time, value in
      (value - Double.exp(Double.sin(time))).magnitude
    }
    let end = Double.exp(Double.sin(3.0))
    return ((solution.finalState[0] - end).magnitude, dense.max() ?? 0)
  }

  @Test("errors at the end and in between fall with the claimed orders")
  func orders() throws {
    for method in try TestTableaux.all() {
      // Long enough that errors stay far above rounding, short enough for the leading term.
      let coarse = 1.0 / 16
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
    // u = e^(−pt) at p = −1: du/dp = −t e^(−pt). The steps are so short because the leading error
    // coefficients of Tsitouras's method nearly vanish, so long because of rounding, the
    // coefficients' included: about 1e-11 after 4 units of growth, 2 % of the smallest error.
    func error(_ method: ButcherTableau, stepSize: Double) throws -> Double {
      let problem = try ODEProblem(
        ExponentialDecay(), initialState: [1], parameters: [-1], timeSpan: 0...4)
      let solution = try RungeKuttaSolver(
        method, options: .init(stepping: .fixed(stepSize: stepSize))
      ).solve(problem)
      let gradient = try solution.pullback(finalState: [1])
      return (gradient.parameters[0] + 4 * Double.exp(4)).magnitude
    }
    for method in try TestTableaux.all() {
      let coarse = try error(method, stepSize: 1.0 / 32)
      let fine = try error(method, stepSize: 1.0 / 48)
      let order: Double = .log(coarse / fine) / .log(1.5)
      #expect((order - Double(method.order)).magnitude <= 0.2, "\(method): \(order)")
    }
  }
}
