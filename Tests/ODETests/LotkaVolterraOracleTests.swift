import ODE
import ReferenceProblems
import Testing

@Suite("Lotka–Volterra against known derivatives")
struct LotkaVolterraOracleTests {
  @Test(
    "the gradient at tolerance 1e-11 agrees with the oracle to 1e-8",
    arguments: [ButcherTableau.dormandPrince5, .tsitouras5])
  func oracle(method: ButcherTableau) throws {
    let solver = RungeKuttaSolver(
      method, options: .init(relativeTolerance: 1e-11, absoluteTolerance: 1e-11))
    let solution = try solver.solve(LotkaVolterra.standard(), observationTimes: [10])
    let cotangent = solution.value.map { $0 - 1 }
    let gradient = try solution.pullback(cotangent)
    let found = gradient.initialState + gradient.parameters
    let expected = LotkaVolterra.Oracle.initialState + LotkaVolterra.Oracle.parameters
    let norm = expected.map { $0 * $0 }.reduce(0, +).squareRoot()
    for (index, value) in found.enumerated() {
      // Ten digits are known; 533 steps of local error 1e-11 add up to less than 1e-8.
      #expect((value - expected[index]).magnitude <= 1e-8 * norm, "component \(index)")
    }
  }
}
