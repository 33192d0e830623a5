import Adjoint
import ReferenceProblems
import Testing

@Suite("The error of differences against the step") struct FiniteDifferenceSweepTests {
  typealias Formula = FiniteDifference.Formula

  /// Expects the slope p of truncation, within 0.2, and the slope −1 of rounding.
  ///
  /// Rounding errors are random: the
  /// logarithm of a modulus scatters by about 2.5 binary digits (all steps equally likely below the
  /// bound), so the slope among 18 steps or more has a deviation of 2.5·√(12/18³) = 0.11; three of these.
  private func expectV(_ sweep: StepSweep, formulas: [Formula] = Formula.allCases) {
    #expect(sweep.curves.map(\.formula) == Formula.allCases)
    for curve in sweep.curves where formulas.contains(curve.formula) {
      let slope = curve.truncationSlope ?? .nan
      #expect(
        abs(slope - Double(curve.formula.order)) <= 0.2, "\(curve.formula): truncation \(slope)")
      let rounding = curve.roundingSlope ?? .nan
      #expect(abs(rounding + 1) <= 0.33, "\(curve.formula): rounding \(rounding)")
    }
  }

  @Test("exp and sin show the orders 1, 2, 4, 6 and the slope −1 of rounding")
  func elementary() throws {
    expectV(
      try StepSweep(of: { [.exp($0[0])] }, at: [1], along: [1], derivative: [.exp(1)]))
    expectV(
      try StepSweep(of: { [.sin($0[0])] }, at: [0.7], along: [1], derivative: [.cos(0.7)]))
  }

  @Test("The best errors are those of the balance")
  func best() throws {
    let sweep = try StepSweep(
      of: { [.exp($0[0])] }, at: [1], along: [1], derivative: [.exp(1)])
    for curve in sweep.curves {
      // h* = σ^(1/(p+1)) and error σ^(p/(p+1)) with σ = ε/2, each within a factor of 64: luck makes the
      // least error small, and the constants (p+1)! and 2^p enter.
      let order = Double(curve.formula.order)
      let step = Double.pow(0x1p-53, 1 / (order + 1))
      #expect((step / 64...step * 64).contains(curve.best.step), "\(curve.formula)")
      #expect(curve.best.error <= 64 * Double.pow(0x1p-53, order / (order + 1)))
    }
  }

  @Test("A root found by Newton's method shows them, too")
  func newton() throws {
    let operation = try #require(
      DifferentiableRegistry.operations().first {
        $0.typeName == "NonlinearSolution" && $0.variant.contains("ring, dense")
      })
    var generator = SeededGenerator(seed: 3)
    let sweep = try StepSweep(
      of: operation.map(), at: operation.point,
      along: generator.direction(count: operation.point.count))
    expectV(sweep, formulas: [.forward, .central, .fourthOrder])
  }

  @Test("An ODE's solution with fixed steps shows them, too")
  func ordinaryDifferentialEquation() throws {
    let operation = try #require(
      DifferentiableRegistry.operations().first {
        $0.typeName == "ODESolution" && $0.variant == "Lotka–Volterra, Tsitouras"
      })
    var generator = SeededGenerator(seed: 3)
    let sweep = try StepSweep(
      of: operation.map(), at: operation.point,
      along: generator.direction(count: operation.point.count))
    expectV(sweep, formulas: [.forward, .central, .fourthOrder])
  }

  @Test("A wrong derivative leaves a floor of its own error, whatever the formula")
  func wrongDerivative() throws {
    let sweep = try StepSweep(
      of: { [.exp($0[0])] }, at: [1], along: [1], derivative: [1.01 * .exp(1)])
    for curve in sweep.curves {
      // Near h* = σ^(1/(p+1)) differences are right to far better than 1 %.
      let middle = curve.points.filter { (0x1p-26...0x1p-9).contains($0.step) }
      #expect(middle.count == 18)
      for point in middle { #expect(abs(point.error - 0.01 / 1.01) < 2e-3) }
      #expect(abs(curve.slope(in: 0x1p-26...0x1p-12) ?? 1) < 0.05)
    }
  }

  @Test("Without a pushforward the pullback is compared")
  func pullbackOnly() throws {
    let function = DenseFunction.transcendental
    for hasPushforward in [true, false] {
      let sweep = try StepSweep(
        of: function.map(hasPushforward: hasPushforward), at: function.point,
        along: [1, -0.5, 0.25, 1, 0.5, -1])
      expectV(sweep, formulas: [.forward, .central, .fourthOrder])
    }
  }

  @Test("Bad arguments are refused")
  func badArguments() {
    let identity: ([Double]) -> [Double] = { $0 }
    #expect(throws: InputError.self) {
      try StepSweep(of: identity, at: [1], along: [0], derivative: [0])
    }
    #expect(throws: InputError.wrongLength(argument: "derivative", expected: 1, found: 2)) {
      try StepSweep(of: identity, at: [1], along: [1], derivative: [1, 1])
    }
    #expect(throws: InputError.wrongLength(argument: "direction", expected: 1, found: 2)) {
      try StepSweep(of: identity, at: [1], along: [1, 1], derivative: [1])
    }
  }
}
