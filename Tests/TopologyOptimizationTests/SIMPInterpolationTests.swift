import Adjoint
import Testing
import TopologyOptimization

@Suite("SIMP interpolation")
struct SIMPInterpolationTests {
  @Test("The modulus runs from void to solid with its derivative", arguments: [1, 2, 3, 3.5, 12])
  func law(penalization: Double) throws {
    let simp = try SIMPInterpolation(
      penalization: penalization, solidModulus: 2, voidModulus: 0.125)
    #expect(simp.modulus(atDensity: 0) == 0.125)
    #expect(simp.modulus(atDensity: 1) == 2)
    let map = DifferentiableMap(
      name: "E(ρ), p = \(penalization)", value: { $0.map(simp.modulus(atDensity:)) },
      linearize: { x in
        let slopes = x.map(simp.modulusDerivative(atDensity:))
        let scale: ([Double]) -> [Double] = { v in zip(slopes, v).map { $0 * $1 } }
        return DifferentiableMap.Linearization(
          value: x.map(simp.modulus(atDensity:)), pushforward: scale, pullback: scale)
      })
    let report = try DerivativeCheck(seed: 11).check(map, at: [0.2, 0.5, 0.75, 1])
    #expect(report.passed, "\(report)")
  }

  @Test("At density zero the derivative is p for p = 1 and zero above")
  func derivativeAtZero() throws {
    #expect(try SIMPInterpolation(penalization: 1).modulusDerivative(atDensity: 0) == 1 - 1e-9)
    for penalization in [1.5, 3] {
      let simp = try SIMPInterpolation(penalization: penalization)
      #expect(simp.modulusDerivative(atDensity: 0) == 0)
    }
  }

  @Test("Whole and broken exponents agree")
  func powers() throws {
    let whole = try SIMPInterpolation(penalization: 3)
    let broken = try SIMPInterpolation(penalization: 3.0.nextUp)
    // One unit in the last place of p changes ρ^p by less than 2 eps |log ρ| of it.
    for density in [0.01, 0.3, 0.99] {
      let value = whole.modulus(atDensity: density)
      #expect(abs(broken.modulus(atDensity: density) - value) <= 16 * 0x1p-52 * value)
    }
  }

  @Test("Values that make no material are refused")
  func validation() {
    #expect(throws: InputError.self) { try SIMPInterpolation(penalization: 0.5) }
    #expect(throws: InputError.self) { try SIMPInterpolation(penalization: .nan) }
    #expect(throws: InputError.self) { try SIMPInterpolation(penalization: .infinity) }
    #expect(throws: InputError.self) { try SIMPInterpolation(solidModulus: 0) }
    #expect(throws: InputError.self) { try SIMPInterpolation(voidModulus: 0) }
    #expect(throws: InputError.self) { try SIMPInterpolation(voidModulus: 1) }
  }
}
