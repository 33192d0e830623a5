import Adjoint
import Testing

@Suite struct TapeTests {
  private func gradient(
    _ tape: Tape, of output: TapeScalar, by inputs: [TapeScalar], cotangent: Double = 1
  ) -> [Double] {
    tape.clearAdjoints()
    tape.seed(output, with: cotangent)
    tape.sweep()
    return inputs.map { tape.adjoint(of: $0) }
  }

  @Test("Duals and the tape agree on random programs", arguments: UInt64(0)..<50)
  func agreement(seed: UInt64) {
    let count = 11
    let program = RandomProgram(inputCount: count, stepCount: 60, seed: seed)
    var generator = SeededGenerator(seed: seed)
    let point = generator.direction(count: count)
    let value = program.run(point)

    let tape = Tape()
    let inputs = point.map { tape.input($0) }
    let output = program.run(inputs)
    #expect(output.value.bitPattern == value.bitPattern)
    let byTape = gradient(tape, of: output, by: inputs)

    var byDuals: [Double] = []
    for first in stride(from: 0, to: count, by: Dual.laneCount) {
      var seeds = point.map { Dual($0) }
      let lanes = min(Dual.laneCount, count - first)
      for lane in 0..<lanes { seeds[first + lane].tangent[lane] = 1 }
      let result = program.run(seeds)
      #expect(result.value.bitPattern == value.bitPattern)
      byDuals += (0..<lanes).map { result.tangent[$0] }
    }
    // Each derivative is a sum over paths of products of at most 60 factors of a few roundings.
    // Paths may cancel one another; their moduli are bounded by the largest derivative times 100.
    let scale = byTape.map(abs).max() ?? 0
    for (a, b) in zip(byTape, byDuals) {
      #expect(abs(a - b) <= 100 * 60 * Double.ulpOfOne * scale)
    }
    #expect(scale.isFinite)
  }

  @Test("Constants are not recorded and have no adjoint")
  func constants() {
    let tape = Tape()
    let constant = TapeScalar.exp(TapeScalar(2) * 3 - 1) / 7
    #expect(tape.count == 0)
    #expect(constant.isConstant)
    let x = tape.input(2)
    #expect(!x.isConstant)
    let y = constant * x
    #expect(tape.count == 1)
    #expect(gradient(tape, of: y, by: [x, constant]) == [constant.value, 0])
    #expect(gradient(tape, of: constant, by: [x]) == [0])
  }

  @Test("A value used many times collects all its contributions")
  func fanOut() {
    let tape = Tape()
    let x = tape.input(3)
    #expect(gradient(tape, of: x * x * x, by: [x]) == [27])
    #expect(gradient(tape, of: x + x + x - x, by: [x]) == [2])
    #expect(gradient(tape, of: x / x, by: [x]) == [0])
    // Σ k x for k = 1…100.
    var sum = TapeScalar.zero
    for k in 1...100 { sum += TapeScalar(Double(k)) * x }
    #expect(gradient(tape, of: sum, by: [x]) == [5050])
  }

  @Test("An input can be an output, and an output can be an intermediate value")
  func trivialOutputs() {
    let tape = Tape()
    let x = tape.input(2)
    let y = tape.input(5)
    #expect(gradient(tape, of: x, by: [x, y]) == [1, 0])
    let middle = x * y
    let last = middle * middle
    #expect(gradient(tape, of: middle, by: [x, y]) == [5, 2])
    #expect(gradient(tape, of: last, by: [x, y]) == [100, 40])
  }

  @Test("Functions of one variable are not recorded, whatever they are made of")
  func preaccumulation() {
    let tape = Tape()
    let x = tape.input(2)
    // (x² + 3x − 1)/(1 − x): value −9; derivative (2x + 3)/(1 − x) + (x² + 3x − 1)/(1 − x)².
    let y = (x * x + 3 * x - 1) / (1 - x)
    #expect(tape.count == 1)
    #expect(gradient(tape, of: y, by: [x]) == [2])
    // A node for the product of two variables, none for its functions.
    let z = tape.input(3)
    let product = 2 * y * TapeScalar.pow(z, 2)
    let output = -(product / 2 + product) + 5
    #expect(tape.count == 3)
    // −3 y z², with y = −9 and y′ = 2.
    #expect(output.value == 248)
    #expect(gradient(tape, of: output, by: [x, z]) == [-54, 162])
  }

  @Test("A function with an infinite slope of one without slope has no derivative")
  func undefinedChain() {
    let tape = Tape()
    let x = tape.input(0)
    #expect(gradient(tape, of: .sqrt(x * x), by: [x])[0].isNaN)
    #expect(gradient(tape, of: .sqrt(x), by: [x]) == [.infinity])
    // A constant under the root has no adjoint, and does no harm.
    #expect(gradient(tape, of: x + TapeScalar.sqrt(0), by: [x]) == [1])
  }

  @Test("Past its limit a tape is full, and every adjoint NaN", arguments: [0, 1, 2, 5, 6])
  func full(limit: Int) {
    let tape = Tape(capacity: 16, maximumOperationCount: limit)
    // Two inputs and four products.
    let x = tape.input(2)
    let y = tape.input(3)
    var product = x * y
    for _ in 0..<3 { product = product * y }
    #expect(tape.isFull == (limit < 6))
    let found = gradient(tape, of: product, by: [x, y])
    if limit >= 6 {
      #expect(found == [81, 4 * 54])
    } else {
      #expect(found.allSatisfy { $0.isNaN })
    }
    // Forgotten with the rest.
    tape.removeAll()
    #expect(!tape.isFull)
  }

  @Test("Several outputs are seeded at once, one of them twice")
  func severalOutputs() {
    let tape = Tape()
    let x = tape.input(2)
    let first = x * x
    let second = 10 * x
    tape.clearAdjoints()
    tape.seed(first, with: 1)
    tape.seed(second, with: 3)
    tape.seed(second, with: -1)
    tape.sweep()
    #expect(tape.adjoint(of: x) == 4 + 20)
    // Sweeping again from cleared adjoints gives the same, not twice as much.
    #expect(gradient(tape, of: first, by: [x]) == [4])
  }

  @Test("New inputs may follow operations")
  func nestedInputs() {
    let tape = Tape()
    let x = tape.input(2)
    let y = x * x
    let z = tape.input(y.value)
    let output = y * z
    // z is an input of its own: its dependence on x is cut.
    #expect(gradient(tape, of: output, by: [x, z]) == [4 * 4, 4])
  }

  @Test("A reused tape gives the same gradient and does not remember")
  func reuse() {
    let tape = Tape(capacity: 16)
    var first: [Double] = []
    for round in 0..<20 {
      tape.removeAll()
      #expect(tape.count == 0)
      let inputs = [1.5, -0.5, 2].map { tape.input($0) }
      // A different length each time, every other one the reference.
      let length = round % 2 == 0 ? 50 : 10 * round
      let output = RandomProgram(inputCount: 3, stepCount: length, seed: 1).run(inputs)
      let found = gradient(tape, of: output, by: inputs)
      if round == 0 { first = found }
      if round % 2 == 0 { #expect(found == first) }
    }
  }

  @Test("A million operations: growth keeps what is recorded")
  func manyOperations() {
    let tape = Tape(capacity: 0)
    let x = tape.input(0.25)
    let start = tape.input(0.25)
    var y = start
    // y ← y/2 + x: the derivative is Σ 2⁻ᵏ → 2, all operations exact, of which sums are recorded.
    for _ in 0..<1_000_000 { y = 0.5 * y + x }
    #expect(tape.count == 1_000_002)
    #expect(!tape.isFull)
    #expect(gradient(tape, of: y, by: [x, start]) == [2, 0])
    #expect(y.value == 0.5)
  }

  @Test("The cotangent enters linearly")
  func cotangents() {
    let tape = Tape()
    let inputs = [0.3, 0.8, -0.4].map { tape.input($0) }
    let output = RandomProgram(inputCount: 3, stepCount: 30, seed: 9).run(inputs)
    let one = gradient(tape, of: output, by: inputs)
    // Powers of two multiply exactly.
    #expect(gradient(tape, of: output, by: inputs, cotangent: -4) == one.map { -4 * $0 })
    #expect(gradient(tape, of: output, by: inputs, cotangent: 0) == [0, 0, 0])
  }
}
