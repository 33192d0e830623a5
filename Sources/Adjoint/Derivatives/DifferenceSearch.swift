/// The search for the steps at which differences of a function are most accurate.
struct DifferenceSearch {
  /// One derivative, a bound of its error, and the step.
  struct Found {
    var value: Double
    var error: Double
    var step: Double
  }

  /// How often the range of steps is moved for one direction.
  private static let maximumMoves = 4
  /// No step is larger than the direction itself.
  private static let firstExponent = 0
  /// The distance of the points for the noise: far below the steps of any formula.
  private static let noiseSpacing = 0x1p-26

  let point: [Double]
  let formula: FiniteDifference.Formula
  /// The values at the point.
  let value: [Double]
  private(set) var evaluationCount = 1
  /// The standard deviation of each value.
  private var noise: [Double] = []
  /// The relative error of a derivative that the noise permits.
  private var expectedError = 0.0
  /// The best step so far is near 2 to the power of minus this.
  private var bestExponent = 0

  init(
    _ function: ([Double]) throws -> [Double], at point: [Double],
    formula: FiniteDifference.Formula
  ) throws {
    self.point = point
    self.formula = formula
    value = try function(point)
    try InputError.requireFinite("value", value)
  }

  /// Sets the noise, measured unless `relative` gives it, and expects steps that suit it.
  ///
  /// A function that varies on the scale of the direction has its balance h^(p+1) = σ/|g|.
  mutating func setNoise(
    of function: ([Double]) throws -> [Double], along direction: [Double], relative: Double?
  ) throws {
    if let relative {
      noise = value.map { relative * $0.magnitude }
    } else {
      noise = try DifferenceLadder.noise(
        of: function, at: point, along: direction.map { Self.noiseSpacing * $0 }, value: value)
      evaluationCount += DifferenceLadder.noiseSampleCount
    }
    var ratio = 0.0
    for (deviation, value) in zip(noise, value) where value != 0 {
      ratio = max(ratio, deviation / value.magnitude)
    }
    ratio = min(1, max(ratio, 0.5 * Double.ulpOfOne))
    let order = Double(formula.order)
    bestExponent = Int((-Double.log2(ratio) / (order + 1)).rounded())
    expectedError = Double.exp2(Double.log2(ratio) * order / (order + 1))
  }

  /// The derivatives of all outputs along `direction`, each with the best of its steps.
  ///
  /// `stepCount` halved steps around the expected one are tried. Where the least accurate output would
  /// profit from steps beyond their range, the range moves there.
  mutating func derivatives(
    of function: ([Double]) throws -> [Double], along direction: [Double], stepCount: Int
  ) throws -> [Found] {
    var found = value.map { _ in Found(value: .nan, error: .infinity, step: .nan) }
    var first = max(Self.firstExponent, bestExponent - stepCount / 2)
    for move in 0...Self.maximumMoves {
      var count = 0
      let ladder = try DifferenceLadder(
        {
          count += 1
          return try function($0)
        }, at: point, along: direction, exponent: first, stepCount: stepCount,
        outputCount: value.count, isRounded: false, isOneSided: formula == .forward)
      evaluationCount += count
      // The ladder may have started lower, where the function is defined.
      first = -Int(ladder.steps[0].exponent)
      var worst: (excess: Double, step: Int, isImproved: Bool) = (-1, 0, false)
      for output in value.indices {
        let derivative = derivative(of: output, on: ladder)
        let isImproved = derivative.error < found[output].error
        if isImproved {
          found[output] = Found(
            value: derivative.value, error: derivative.error, step: ladder.steps[derivative.step])
        }
        let size: Double = max(found[output].value.magnitude, value[output].magnitude)
        let excess: Double = size == 0 ? 0 : found[output].error / size
        if excess > worst.excess { worst = (excess, derivative.step, isImproved) }
      }
      guard worst.isImproved else { break }
      bestExponent = first + worst.step
      guard worst.excess > 30 * expectedError, move < Self.maximumMoves else { break }
      let lowest = formula == .fourthOrder ? 2 : 1
      if worst.step >= stepCount - 2 {
        first += stepCount - 2
      } else if worst.step <= lowest, first > Self.firstExponent {
        first = max(Self.firstExponent, first - stepCount + 2)
      } else {
        break
      }
    }
    return found
  }

  /// The derivative of one output, with a noise that is no less than rounding of the inputs causes.
  ///
  /// The direction being as large as the inputs, a relative error ε/2 of an input moves the output by
  /// ε/2 |g′ v|. Such errors may be the same at all points of a measurement.
  private func derivative(of output: Int, on ladder: DifferenceLadder)
    -> DifferenceLadder.Derivative
  {
    var channel = ladder.channel(output, center: value, noise: noise)
    let derivative = ladder.derivative(of: channel, by: formula)
    let leastNoise: Double = 0.5 * Double.ulpOfOne * derivative.value.magnitude
    guard leastNoise > channel.noise else { return derivative }
    channel.noise = leastNoise
    return ladder.derivative(of: channel, by: formula)
  }
}
