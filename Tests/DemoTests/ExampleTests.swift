import Testing

@Suite("Examples")
struct ExampleTests {
  /// The number at the end of the line that starts with `label`.
  private func number(_ label: String, in text: String) throws -> Double {
    let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(label) })
    return try #require(line.split(separator: " ").last.flatMap { Double($0) })
  }

  @Test("QuickStart prints the known gradient")
  func quickStart() throws {
    let outcome = try Command.run("QuickStart")
    #expect(outcome.status == 0)
    let numbers = outcome.output.split { " [],\n".contains($0) }.compactMap { Double($0) }
    // SciML's oracle for this problem, in the order of the output.
    let expected = [
      2.995995083e-1, -1.415181634e-2, 6.219615855e-1, 6.800140415e-2, 1.691764640e-1,
      2.725606939e-1,
    ]
    #expect(numbers.count == expected.count)
    // The solver's tolerance is 1e-6 a step; a cycle and a half amplify it some hundredfold.
    for (found, value) in zip(numbers, expected) {
      #expect(abs(found - value) <= 5e-4 * abs(value))
    }
  }

  @Test("LinearSensitivity's adjoint agrees with two more solves")
  func linearSensitivity() throws {
    let outcome = try Command.run("LinearSensitivity")
    #expect(outcome.status == 0)
    // Central differences lose about two thirds of the digits.
    #expect(try number("relative difference:", in: outcome.output) <= 1e-5)
    #expect(try number("backward error of the adjoint solve:", in: outcome.output) <= 1e-14)
  }

  @Test("NewtonSteadyState finds the hot steady state and its sensitivities")
  func newtonSteadyState() throws {
    let outcome = try Command.run("NewtonSteadyState")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("T = 378.04900"))
    #expect(try number("Largest relative disagreement:", in: outcome.output) <= 1e-7)
    #expect(outcome.output.contains("coolant temperature (K): 4.00166"))
  }

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

  @Test("BilevelRidge penalizes useless features, and its gradient agrees with differences")
  func bilevelRidge() throws {
    let outcome = try Command.run("BilevelRidge")
    #expect(outcome.status == 0)
    // Differences of fourth order with a step of 1e-3: truncation near 1e-12, rounding near 1e-12.
    #expect(
      try number("Largest relative disagreement with differences:", in: outcome.output) <= 1e-8)
    let polynomial = try number("Log penalty of the polynomial:", in: outcome.output)
    let useless = try number("Log penalty of the useless features:", in: outcome.output)
    #expect(useless > polynomial + 1)
    let start = try number("Validation error at the start:", in: outcome.output)
    #expect(try number("Validation error at the optimum:", in: outcome.output) < start)
  }

  @Test("BridgeTopology finds an arch that is much stiffer than the plate")
  func bridgeTopology() throws {
    let outcome = try Command.run("BridgeTopology")
    #expect(outcome.status == 0)
    let gain = try number("stiffer than the uniform plate by", in: outcome.output)
    #expect(gain > 20 && gain < 30)
    // The bridge is symmetric: each line of the picture reads the same from both ends.
    let picture = outcome.output.split(separator: "\n").filter { $0.count == 72 }
    #expect(picture.count == 18)
    for line in picture { #expect(String(line) == String(line.reversed())) }
    #expect(picture.joined().contains("#####"))
  }

  @Test("ComplexHelmholtz improves the intensity at the target in every step")
  func complexHelmholtz() throws {
    let outcome = try Command.run("ComplexHelmholtz")
    #expect(outcome.status == 0)
    // Central differences lose about half of the digits.
    #expect(try number("relative error of the gradient:", in: outcome.output) <= 1e-5)
    #expect(try number("gain:", in: outcome.output) > 5)
    let intensities = outcome.output.split(separator: "\n").filter { $0.contains("intensity") }
      .compactMap { $0.split(separator: " ").last.flatMap { Double($0) } }
    #expect(intensities.count == 5)
    for (before, after) in zip(intensities, intensities.dropFirst()) { #expect(after > before) }
  }

  @Test("DeterminantRoots finds six different eigenvalues")
  func determinantRoots() throws {
    let outcome = try Command.run("DeterminantRoots")
    #expect(outcome.status == 0)
    // Condition numbers of some 4096 and 24 pivots.
    #expect(try number("largest error:", in: outcome.output) <= 1e-10)
    #expect(try number("smallest distance of two roots:", in: outcome.output) > 1e-2)
  }
}
