import Adjoint
import Testing

/// A scalar function with its derivative.
struct SmoothFunction: CustomStringConvertible, Sendable {
  let name: String
  let point: Double
  let value: @Sendable (Double) -> Double
  let derivative: @Sendable (Double) -> Double

  var description: String { "\(name) at \(point)" }

  static let all: [SmoothFunction] = [
    SmoothFunction(name: "exp", point: 1, value: { .exp($0) }, derivative: { .exp($0) }),
    SmoothFunction(name: "exp", point: -7.3, value: { .exp($0) }, derivative: { .exp($0) }),
    SmoothFunction(name: "sin", point: 0.7, value: { .sin($0) }, derivative: { .cos($0) }),
    SmoothFunction(
      name: "sin 50x", point: 1.3, value: { .sin(50 * $0) }, derivative: { 50 * .cos(50 * $0) }),
    SmoothFunction(
      name: "log", point: 1e-8, value: { .log($0) }, derivative: { 1 / $0 }),
    SmoothFunction(
      name: "root of 1 − x²", point: 0.99, value: { .sqrt(1 - $0 * $0) },
      derivative: { -$0 / .sqrt(1 - $0 * $0) }),
    SmoothFunction(
      name: "pole at 1.01", point: 1, value: { 1 / (1.01 - $0) },
      derivative: { 1 / ((1.01 - $0) * (1.01 - $0)) }),
    SmoothFunction(
      name: "large numbers", point: 3e100, value: { 1e-200 * $0 * $0 },
      derivative: { 2e-200 * $0 }),
    SmoothFunction(
      name: "flat", point: 2, value: { 1 + 1e-6 * .cos($0) }, derivative: { -1e-6 * .sin($0) }),
  ]
}

@Suite("Finite differences") struct FiniteDifferenceTests {
  typealias Formula = FiniteDifference.Formula

  /// What σ = ε/2 leaves: with f = f″ = … the least of A hᵖ + cσ/h is about σ^(p/(p+1)).
  private static func expectedAccuracy(_ formula: Formula) -> Double {
    Double.pow(0x1p-53, Double(formula.order) / Double(formula.order + 1))
  }

  @Test(
    "The error stays within its estimate", arguments: SmoothFunction.all, Formula.allCases)
  func errorEstimate(function: SmoothFunction, formula: Formula) throws {
    let estimate = try FiniteDifference(formula).derivative(
      of: { [function.value($0[0])] }, at: [function.point], along: [1])
    let expected = function.derivative(function.point)
    let error = abs(estimate.value[0] - expected)
    // The reference is rounded, too.
    #expect(error <= estimate.error[0] + 4 * Double.ulpOfOne * expected.magnitude)
    // Every function varies on a scale of at least a hundredth of its point, or of 1 at the pole, and
    // the flat one has 6 digits less: the factor of truncation is below 1e4ᵖ⁄⁽ᵖ⁺¹⁾ < 1e4. A useful
    // estimate is no larger than that.
    let size = max(expected.magnitude, function.value(function.point).magnitude)
    #expect(estimate.error[0] <= 1e4 * Self.expectedAccuracy(formula) * size)
    #expect(estimate.step[0] > 0)
  }

  @Test("Few errors of random functions exceed their estimates", arguments: Formula.allCases)
  func randomFunctions(formula: Formula) throws {
    var generator = SeededGenerator(seed: 11)
    var exceptions = 0
    let count = 400
    for trial in 0..<count {
      let a = generator.uniform(in: -2..<2)
      let b = Double.exp(generator.uniform(in: -4..<4))
      let x = generator.uniform(in: -3..<3)
      let (function, slope) = Self.randomFunction(trial % 4, a, b, at: x)
      let estimate = try FiniteDifference(formula).derivative(
        of: { [function($0[0])] }, at: [x], along: [1])
      let error: Double = abs(estimate.value[0] - slope)
      // The reference has a few roundings.
      let bound: Double = estimate.error[0] + 8 * Double.ulpOfOne * abs(slope)
      if error > bound { exceptions += 1 }
      #expect(error <= 10 * bound, "\(trial % 4): a = \(a), b = \(b), x = \(x)")
    }
    // Noise beyond four deviations, or a truncation that looks small on two steps running.
    #expect(exceptions <= count / 100)
  }

  /// A function with two coefficients, and its derivative at x.
  private static func randomFunction(
    _ kind: Int, _ a: Double, _ b: Double, at x: Double
  ) -> (value: (Double) -> Double, slope: Double) {
    let q: Double = 1 + b * x * x
    switch kind {
    case 0: return ({ a * .sin(b * $0) }, a * b * .cos(b * x))
    case 1:
      let slope: Double = a / q - 2 * b * x / (q * q)
      return ({ .exp(a * $0) / (1 + b * $0 * $0) }, .exp(a * x) * slope)
    case 2: return ({ .log(1 + b * $0 * $0) + a }, 2 * b * x / q)
    default: return ({ .sqrt(b + $0 * $0) - a * $0 }, x / .sqrt(b + x * x) - a)
    }
  }

  @Test(
    "Higher orders are more accurate", arguments: [SmoothFunction.all[0], SmoothFunction.all[2]])
  func orders(function: SmoothFunction) throws {
    var last = Double.infinity
    for formula in Formula.allCases {
      let estimate = try FiniteDifference(formula).derivative(
        of: { [function.value($0[0])] }, at: [function.point], along: [1])
      #expect(estimate.error[0] < last)
      last = estimate.error[0]
      // The terms of the estimate: the truncation not divided by 2ᵖ − 1, four deviations of noise.
      #expect(last <= 100 * Self.expectedAccuracy(formula) * function.derivative(function.point))
    }
  }

  @Test("Outputs of different scales get steps of their own", arguments: Formula.allCases)
  func severalOutputs(formula: Formula) throws {
    let function: ([Double]) -> [Double] = { x in
      [Double.sin(100 * x[0]) + x[1], 1e-9 * Double.exp(x[0] * x[1]), x[0] - 3 * x[1], 7]
    }
    let point = [0.3, -1.2]
    let direction = [2.0, -0.5]
    let estimate = try FiniteDifference(formula).derivative(
      of: function, at: point, along: direction)
    let exponential = 1e-9 * Double.exp(point[0] * point[1])
    let expected = [
      200 * Double.cos(100 * point[0]) - 0.5, exponential * (-0.5 * point[0] + 2 * point[1]), 3.5,
      0,
    ]
    for index in expected.indices {
      let error = abs(estimate.value[index] - expected[index])
      #expect(
        error <= estimate.error[index] + 4 * Double.ulpOfOne * expected[index].magnitude,
        "output \(index)")
    }
    #expect(estimate.step[0] < estimate.step[2])
  }

  @Test("Noise of the values is measured, and told", arguments: Formula.allCases)
  func noisyValues(formula: Formula) throws {
    // A random relative error of at most 1e-7 that is a function of the bits of x.
    let function: ([Double]) -> [Double] = { x in
      var generator = SeededGenerator(seed: x[0].bitPattern)
      return [Double.exp(x[0]) * (1 + 1e-7 * generator.uniform(in: -1..<1))]
    }
    let estimate = try FiniteDifference(formula).derivative(of: function, at: [1], along: [1])
    let error = abs(estimate.value[0] - Double.exp(1))
    #expect(error <= estimate.error[0])
    // 1e-7 to the power p/(p+1), with the same factor as for exact values.
    let order = Double(formula.order)
    let accuracy = Double.pow(1e-7, order / (order + 1))
    #expect(estimate.error[0] <= 100 * accuracy * Double.exp(1))
    #expect(estimate.error[0] >= 1e-8)

    var options = FiniteDifference.Options()
    options.relativeNoise = 1e-7
    let told = try FiniteDifference(formula, options: options).derivative(
      of: function, at: [1], along: [1])
    #expect(abs(told.value[0] - Double.exp(1)) <= told.error[0])
    #expect(told.evaluationCount <= estimate.evaluationCount + 24)
  }

  @Test("A gradient comes with an error for each input", arguments: Formula.allCases)
  func gradient(formula: Formula) throws {
    let point = [1e-3, 2e4, -0.7, 0, 5]
    var count = 0
    let estimate = try FiniteDifference(formula).gradient(
      of: { x in
        count += 1
        return Double.log(x[0]) * x[2] + 1e-4 * x[1] * Double.cos(x[3]) + x[3]
      }, at: point)
    let expected = [point[2] / point[0], 1e-4, Double.log(point[0]), 1, 0]
    #expect(estimate.value.count == point.count)
    for index in expected.indices {
      let error = abs(estimate.value[index] - expected[index])
      #expect(
        error <= estimate.error[index] + 4 * Double.ulpOfOne * expected[index].magnitude,
        "input \(index)")
      // Relative to what one scale of the input changes, at most the size of the value, about 7.
      let scale = point[index] == 0 ? 1 : point[index].magnitude
      #expect(estimate.error[index] * scale <= 7 * 300 * Self.expectedAccuracy(formula))
    }
    #expect(estimate.evaluationCount == count)
  }

  @Test("A vanishing direction and functions of nothing are no problem")
  func degenerate() throws {
    let zero = try FiniteDifference().derivative(
      of: { [Double.exp($0[0])] }, at: [1], along: [0])
    #expect(zero.value == [0] && zero.error == [0])
    let tiny = try FiniteDifference(.central).derivative(
      of: { [Double.exp($0[0])] }, at: [1], along: [1e-300])
    #expect(abs(tiny.value[0] / 1e-300 - Double.exp(1)) <= tiny.error[0] / 1e-300)
    #expect(try FiniteDifference().gradient(of: { _ in 3 }, at: []).value == [])
    #expect(try FiniteDifference().derivative(of: { _ in [] }, at: [1], along: [1]).value == [])
  }

  @Test("Steps shrink where the function ends close to the point, on one side too")
  func nearTheEdge() throws {
    struct Outside: Error {}
    for formula in Formula.allCases {
      let estimate = try FiniteDifference(formula).derivative(
        of: { x in
          guard x[0] > 0.999, x[0] < 1.5 else { throw Outside() }
          return [Double.exp(x[0])]
        }, at: [1], along: [1])
      #expect(abs(estimate.value[0] - Double.exp(1)) <= estimate.error[0])
    }
  }

  @Test("Bad arguments are refused, and errors passed on")
  func badArguments() throws {
    struct Refused: Error {}
    let identity: ([Double]) -> [Double] = { $0 }
    let difference = FiniteDifference()
    #expect(throws: InputError.wrongLength(argument: "direction", expected: 2, found: 1)) {
      try difference.derivative(of: identity, at: [1, 2], along: [1])
    }
    #expect(throws: InputError.self) {
      try difference.derivative(of: identity, at: [1, .nan], along: [1, 1])
    }
    #expect(throws: InputError.self) {
      try difference.derivative(of: identity, at: [1], along: [.infinity])
    }
    #expect(throws: InputError.self) {
      try difference.derivative(of: { [1 / $0[0]] }, at: [0], along: [1])
    }
    #expect(throws: Refused.self) {
      try difference.derivative(of: { _ in throw Refused() }, at: [1], along: [1])
    }
    var options = FiniteDifference.Options()
    options.scales = [1, 0]
    #expect(throws: InputError.self) { try FiniteDifference(options: options) }
    options.scales = [1, 2]
    #expect(throws: InputError.wrongLength(argument: "scales", expected: 1, found: 2)) {
      try FiniteDifference(options: options).gradient(of: { $0[0] }, at: [1])
    }
    options = FiniteDifference.Options()
    options.relativeNoise = 2
    #expect(throws: InputError.self) { try FiniteDifference(options: options) }
  }
}
