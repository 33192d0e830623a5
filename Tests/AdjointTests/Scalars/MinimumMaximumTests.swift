import Adjoint
import Testing

@Suite struct MinimumMaximumTests {
  private static let numbers: [Double] = [
    -.infinity, -2, -0.0, 0, .leastNonzeroMagnitude, 1, .infinity, .nan,
  ]

  /// Equal bits; every NaN is the same.
  private func isSame(_ x: Double, _ y: Double) -> Bool {
    x.bitPattern == y.bitPattern || (x.isNaN && y.isNaN)
  }

  @Test("Values are those of Double, signed zeros and NaN included", arguments: numbers, numbers)
  func values(x: Double, y: Double) {
    func law<S: Scalar>(_ first: S, _ second: S) -> Bool {
      isSame(S.minimum(first, second).value, Double.minimum(x, y))
        && isSame(S.maximum(first, second).value, Double.maximum(x, y))
    }
    let tape = Tape()
    #expect(law(Dual(x), Dual(y)))
    #expect(law(tape.input(x), tape.input(y)))
    #expect(law(tape.input(x), TapeScalar(y)))
    #expect(law(TapeScalar(x), TapeScalar(y)))
  }

  @Test("The derivative is that of the argument taken")
  func chosen() {
    let x = Dual(value: 1, tangent: .one)
    let y = Dual(value: 2, tangent: .init(repeating: -3))
    #expect(Dual.minimum(x, y).tangent == x.tangent)
    #expect(Dual.minimum(y, x).tangent == x.tangent)
    #expect(Dual.maximum(x, y).tangent == y.tangent)
    #expect(Dual.maximum(y, x).tangent == y.tangent)
    #expect(Dual.maximum(y, Dual(.nan)).tangent == y.tangent)

    let tape = Tape()
    let first = tape.input(1)
    let second = tape.input(2)
    let output = 3 * TapeScalar.minimum(first, second) + 5 * TapeScalar.maximum(second, first)
    tape.clearAdjoints()
    tape.seed(output, with: 1)
    tape.sweep()
    #expect(tape.adjoint(of: first) == 3)
    #expect(tape.adjoint(of: second) == 5)
  }

  @Test("At a tie the derivative is the common one, or NaN")
  func ties() {
    let x = Dual(value: 2, tangent: [1, 0, 4, -1, 0, 0, 0, 0])
    let y = Dual(value: 2, tangent: [1, 0, 3, 1, 0, 0, 0, 7])
    for result in [Dual.minimum(x, y), .maximum(x, y)] {
      for lane in [0, 1, 4, 5, 6] { #expect(result.tangent[lane] == x.tangent[lane]) }
      for lane in [2, 3, 7] { #expect(result.tangent[lane].isNaN) }
    }

    let tape = Tape()
    let input = tape.input(0)
    func derivative(_ output: TapeScalar) -> Double {
      tape.clearAdjoints()
      tape.seed(output, with: 1)
      tape.sweep()
      return tape.adjoint(of: input)
    }
    #expect(derivative(.maximum(input, input)) == 1)
    #expect(derivative(.maximum(0, input)).isNaN)
    #expect(derivative(.minimum(input, -0.0)).isNaN)
    #expect(TapeScalar.minimum(3, 3).isConstant)
  }
}
