import Adjoint
import Testing

/// Second derivatives of one operation, by a reverse sweep over numbers with a direction.
struct SecondDerivatives {
  var value = Double.nan
  /// Rows x, y of the gradient; columns: the direction of the derivative.
  var gradient = (x: Double.nan, y: Double.nan)
  var byXX = Double.nan
  var byXY = Double.nan
  var byYX = Double.nan
  var byYY = Double.nan

  typealias Recorded = RecordedScalar<DirectionalScalar>

  /// The derivatives of `function` at (x, y); nil where it is.
  init?(x: Double, y: Double, of function: (Recorded, Recorded) -> Recorded?) {
    let recording = Recording<DirectionalScalar>()
    for alongX in [true, false] {
      recording.removeAll()
      let first = recording.input(DirectionalScalar(value: x, tangent: alongX ? 1 : 0))
      let second = recording.input(DirectionalScalar(value: y, tangent: alongX ? 0 : 1))
      guard let result = function(first, second) else { return nil }
      recording.clearAdjoints()
      recording.seed(result, with: 1)
      recording.sweep()
      let adjoints = (recording.adjoint(of: first), recording.adjoint(of: second))
      value = result.value
      gradient = (adjoints.0.value, adjoints.1.value)
      if alongX {
        (byXX, byYX) = (adjoints.0.tangent, adjoints.1.tangent)
      } else {
        (byXY, byYY) = (adjoints.0.tangent, adjoints.1.tangent)
      }
    }
  }
}

@Suite struct SecondDerivativeTests {
  /// Right to rounding, relative to the terms that the derivative is a sum of.
  ///
  /// A product of at most three libm results (2 units in the last place each), and as many as ten
  /// further roundings of half a unit: 11 units, and one for `root`, whose exponent is rounded.
  /// Intermediate subnormal numbers lose digits absolutely, which factors of `amplification` follow.
  private func isRight(
    _ found: Double, _ expected: Double, terms: Double = 0, amplification: Double = 16
  ) -> Bool {
    if found == expected { return true }
    // The rounding errors of terms that overflow may overflow too.
    if terms.isInfinite { return !found.isFinite }
    let scale = max(abs(expected), terms)
    return abs(found - expected)
      <= 12 * Double.ulpOfOne * scale + amplification * Double.leastNonzeroMagnitude
  }

  /// The sum of the moduli of the terms of a mixed derivative that cancel one another.
  private func cancelingTerms(_ reference: ElementaryReference) -> Double {
    guard let y = reference.y else { return 0 }
    let x = reference.x
    switch reference.function {
    case "atan2": return 1 / (x * x + y * y)
    case "power": return Double.pow(x, y - 1) * (1 + abs(y * Double.log(x)))
    default: return 0
    }
  }

  @Test("Forward over reverse: all second derivatives right", arguments: ElementaryReference.all)
  func second(reference: ElementaryReference) throws {
    let found = try #require(
      SecondDerivatives(x: reference.x, y: reference.y ?? 0) { reference.evaluate($0, $1) })
    let plain = try #require(reference.evaluate(reference.x, reference.y ?? 0))
    #expect(found.value.bitPattern == plain.bitPattern)
    // Exponents of a power are its factors.
    let amplification =
      reference.function == "power" ? 16 + 4 * Double.pow(reference.y ?? 0, 2) : 16
    func isRight(_ found: Double, _ expected: Double, terms: Double = 0) -> Bool {
      self.isRight(found, expected, terms: terms, amplification: amplification)
    }
    #expect(isRight(found.gradient.x, reference.byX), "\(found)")
    #expect(isRight(found.byXX, reference.byXX), "\(found.byXX) for \(reference.byXX)")
    guard let byY = reference.byY, let byXY = reference.byXY, let byYY = reference.byYY else {
      #expect(found.gradient.y == 0 && found.byYX == 0 && found.byYY == 0)
      // An infinite number times a zero direction is NaN.
      #expect(found.byXY == 0 || (reference.byXX.isInfinite && found.byXY.isNaN))
      return
    }
    let terms = cancelingTerms(reference)
    #expect(isRight(found.gradient.y, byY))
    #expect(isRight(found.byXY, byXY, terms: terms), "\(found.byXY) for \(byXY)")
    #expect(isRight(found.byYX, byXY, terms: terms), "\(found.byYX) for \(byXY)")
    #expect(isRight(found.byYY, byYY), "\(found.byYY) for \(byYY)")
  }

  @Test("A directional scalar has the first derivatives of a dual", arguments: UInt64(0)..<20)
  func directional(seed: UInt64) {
    let program = RandomProgram(inputCount: 6, stepCount: 60, seed: seed)
    var generator = SeededGenerator(seed: seed)
    let point = generator.direction(count: 6)
    let tangent = generator.direction(count: 6)
    let eight = program.run(
      zip(point, tangent).map { Dual(value: $0, tangent: Dual.Lanes(repeating: $1)) })
    let one = program.run(zip(point, tangent).map { DirectionalScalar(value: $0, tangent: $1) })
    #expect(one.value.bitPattern == eight.value.bitPattern)
    #expect(one.tangent.bitPattern == eight.tangent[5].bitPattern)
  }
}
