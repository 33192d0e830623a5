import Adjoint
import Testing

@Suite struct ElementaryFunctionTests {
  /// Whether a derivative is right to rounding.
  ///
  /// No rule cancels digits: the libm functions in it err by at most 2 units in the last place
  /// (hyperbolic ones 3), up to four further operations by half a unit each, and `root` takes its
  /// value as a power whose exponent is rounded: |log x|/n half units, at most 2.3 here (−1e5, n = 5). Together
  /// less than 16 half units, 8 eps; below the smallest normal number only absolutely.
  private func isRight(_ found: Double, _ expected: Double) -> Bool {
    found == expected
      || abs(found - expected)
        <= 8 * Double.ulpOfOne * abs(expected) + 8 * Double.leastNonzeroMagnitude
  }

  @Test("The reference table is complete")
  func table() {
    #expect(ElementaryReference.all.count == 338)
    #expect(Set(ElementaryReference.all.map(\.function)).count == 29)
  }

  @Test("Dual: value bit-equal, every lane right", arguments: ElementaryReference.all)
  func dual(reference: ElementaryReference) throws {
    var x = Dual(reference.x)
    var y = Dual(reference.y ?? 0)
    x.tangent[0] = 1
    y.tangent[2] = 1
    x.tangent[3] = -2.5
    y.tangent[6] = 0.375
    x.tangent[7] = 1
    y.tangent[7] = 1
    let found = try #require(reference.evaluate(x, y))
    let plain = try #require(reference.evaluate(reference.x, reference.y ?? 0))
    #expect(found.value.bitPattern == plain.bitPattern)
    // Values are libm's; the largest conditioning is that of `root`.
    #expect(isRight(found.value, reference.value))
    #expect(isRight(found.tangent[0], reference.byX))
    #expect(isRight(found.tangent[3], -2.5 * reference.byX))
    let byY = reference.byY ?? 0
    #expect(isRight(found.tangent[2], byY))
    #expect(isRight(found.tangent[6], 0.375 * byY))
    for lane in [1, 4, 5] { #expect(found.tangent[lane] == 0) }
    // Here the two terms may cancel: relative to their moduli.
    let both = found.tangent[7] - (reference.byX + byY)
    #expect(abs(both) <= 8 * Double.ulpOfOne * (abs(reference.byX) + abs(byY)))
  }

  @Test("Tape: value bit-equal, both adjoints right", arguments: ElementaryReference.all)
  func tape(reference: ElementaryReference) throws {
    let tape = Tape()
    let x = tape.input(reference.x)
    let y = tape.input(reference.y ?? 0)
    let found = try #require(reference.evaluate(x, y))
    let plain = try #require(reference.evaluate(reference.x, reference.y ?? 0))
    #expect(found.value.bitPattern == plain.bitPattern)
    tape.clearAdjoints()
    tape.seed(found, with: -0.75)
    tape.sweep()
    #expect(isRight(tape.adjoint(of: x), -0.75 * reference.byX))
    #expect(isRight(tape.adjoint(of: y), -0.75 * (reference.byY ?? 0)))
  }

  @Test("A constant second argument leaves the first derivative as it is")
  func constantArguments() throws {
    for reference in ElementaryReference.all {
      guard let second = reference.y, let byY = reference.byY else { continue }
      var x = Dual(reference.x)
      x.tangent[4] = 1
      let byFirst = try #require(reference.evaluate(x, Dual(second)))
      #expect(isRight(byFirst.tangent[4], reference.byX), "\(reference)")
      var y = Dual(second)
      y.tangent[4] = 1
      let bySecond = try #require(reference.evaluate(Dual(reference.x), y))
      #expect(isRight(bySecond.tangent[4], byY), "\(reference)")

      let tape = Tape()
      let input = tape.input(second)
      let output = try #require(reference.evaluate(TapeScalar(reference.x), input))
      // A function of one variable has no node of its own.
      #expect(tape.count == 1)
      tape.clearAdjoints()
      tape.seed(output, with: 1)
      tape.sweep()
      #expect(isRight(tape.adjoint(of: input), byY), "\(reference)")
    }
  }

  @Test("Compound assignment, prefix operators and literals are the operators they abbreviate")
  func operators() {
    func law<S: Scalar>(_ x: S, _ y: S, _ same: (S, S) -> Bool) -> Bool {
      var sum = x
      sum += y
      var difference = x
      difference -= y
      var product = x
      product *= y
      var quotient = x
      quotient /= y
      var negated = x
      negated.negate()
      return same(sum, x + y) && same(difference, x - y) && same(product, x * y)
        && same(quotient, x / y) && same(negated, -x) && same(+x, x) && same(2 * x, S(2) * x)
        && same(0.5 + x, S(0.5) + x) && same(x - S.zero, x) && same(S(exactly: 3) ?? x, S(3))
    }
    func sameBits(_ a: Dual, _ b: Dual) -> Bool { a.value == b.value && a.tangent == b.tangent }
    let x = Dual(value: 1.25, tangent: [1, 0, 2, -3, 4, 0.5, 0, 1])
    let y = Dual(value: -0.7, tangent: [0, 1, 2, 3, -4, 0.25, 0, 1])
    #expect(law(x, y, sameBits))
    let tape = Tape()
    func sameAdjoints(_ a: TapeScalar, _ b: TapeScalar) -> Bool {
      func gradient(_ output: TapeScalar) -> [Double] {
        tape.clearAdjoints()
        tape.seed(output, with: 1)
        tape.sweep()
        return (0..<2).map { tape.adjoint(of: inputs[$0]) }
      }
      return a.value == b.value && gradient(a) == gradient(b)
    }
    let inputs = [tape.input(1.25), tape.input(-0.7)]
    #expect(law(inputs[0], inputs[1], sameAdjoints))
    #expect(law(1.25, -0.7, ==))
  }

  @Test("Comparisons look at values alone")
  func comparisons() {
    func law<S: Scalar>(_ small: S, _ large: S) -> Bool {
      small < large && small <= large && large > small && large >= small && small != large
        && small == S(small.value) && max(small, large) == large && min(small, large) == small
        && !(small < small) && small <= small && S(.nan) != S(.nan) && !(S(.nan) < large)
    }
    let tape = Tape()
    #expect(law(1.0, 2.0))
    #expect(law(Dual(value: 1, tangent: .one), Dual(value: 2, tangent: .zero)))
    #expect(law(tape.input(1), tape.input(2)))
    // The branch taken carries its derivative along.
    let x = Dual(value: 3, tangent: .one)
    #expect(max(x, 0).tangent == Dual.Lanes.one)
    #expect(max(-x, 0).tangent == Dual.Lanes.zero)
  }
}
