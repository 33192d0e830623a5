import Adjoint
import Testing

@Suite struct SeededGeneratorTests {
  @Test("The sequence is SplitMix64's")
  func knownSequence() {
    // The first outputs for the seed 1234567 of the published C program of S. Vigna.
    var generator = SeededGenerator(seed: 1_234_567)
    let outputs = (0..<5).map { _ in generator.next() }
    #expect(
      outputs == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423,
        4_593_380_528_125_082_431, 16_408_922_859_458_223_821,
      ])
  }

  @Test("Random access gives the sequence of the seed zero")
  func randomAccess() {
    var generator = SeededGenerator(seed: 0)
    for index in 0..<100 {
      let next = generator.uniform()
      #expect(next == SeededGenerator.uniform(at: index))
      #expect((0..<1).contains(next))
    }
  }

  @Test("Ranges and directions keep their bounds and reach both signs")
  func ranges() {
    var generator = SeededGenerator(seed: 5)
    let values = (0..<1000).map { _ in generator.uniform(in: -2..<3) }
    #expect(values.allSatisfy { (-2..<3).contains($0) })
    // The mean of 1000 is 0.5 with a standard deviation of 5/√12000 = 0.046.
    let mean: Double = values.reduce(0, +) / 1000
    #expect(abs(mean - 0.5) < 0.2)
    let direction = generator.direction(count: 100)
    #expect(direction.allSatisfy { (0.5..<1).contains($0.magnitude) })
    #expect(direction.contains { $0 > 0 } && direction.contains { $0 < 0 })
  }
}
