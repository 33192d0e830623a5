import Testing

@Suite("Examples")
struct ExampleTests {
  @Test("FitPredatorPrey finds the optimum and its gradients agree with differences")
  func fitPredatorPrey() throws {
    let outcome = try Command.run("FitPredatorPrey")
    #expect(outcome.status == 0)
    #expect(outcome.errors.isEmpty)
    for line in [
      "alpha: 0.481 ± 0.035", "gamma: 0.926 ± 0.073", "half the sum of squares: 297.372",
      "at most 1e-6: true",
    ] { #expect(outcome.output.contains(line)) }
    #expect(outcome.output.split(separator: "\n").filter { $0.hasSuffix("agree: true") }.count == 6)
    #expect(!outcome.output.contains("agree: false"))
  }
}
