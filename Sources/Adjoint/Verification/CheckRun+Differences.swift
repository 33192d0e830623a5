// MARK: Laws along directions

extension CheckRun {
  mutating func judge(
    _ linearization: DifferentiableMap.Linearization, along ladder: DifferenceLadder,
    weights: [Double], number: Int
  ) throws {
    let place = "direction \(number)"
    if number == 0 { inputExponent = exponent(ladder, weights: weights) }
    let gradient = try linearization.pullback(weights)
    let slope = DifferenceLadder.dot(gradient, ladder.direction)
    let combined = ladder.channel(weights: weights, center: value, noise: noise)
    var remainder = TaylorRemainder(steps: ladder.steps, tolerance: options.differenceTolerance)
    var variation = 0.0
    if let image = try linearization.pushforward?(ladder.direction) {
      recordGap(image, gradient, weights, ladder.direction, place)
      for output in value.indices {
        let channel = ladder.channel(output, center: value, noise: noise)
        variation += weights[output].magnitude * ladder.derivative(of: channel).value.magnitude
        recordDifference(
          image[output], ladder, channel, place: "\(place), output \(output)", single: false)
        remainder.add(channel, slope: image[output], weight: weightScales[output])
      }
    } else {
      for output in value.indices {
        let channel = ladder.channel(output, center: value, noise: noise)
        variation += weights[output].magnitude * ladder.derivative(of: channel).value.magnitude
      }
      remainder.add(combined, slope: slope, weight: 1)
    }
    recordDifference(slope, ladder, combined, place: "\(place), pullback", single: false)
    recordResolution(ladder, combined, variation: variation, place: place)
    remainder.finish(place: place)
    if taylor.map({ remainder.isWorse(than: $0) }) ?? true { taylor = remainder }
  }

  /// The first of the four steps that end with the one of the most accurate extrapolation.
  private func exponent(_ ladder: DifferenceLadder, weights: [Double]) -> Int {
    let combined = ladder.channel(weights: weights, center: value, noise: noise)
    let first = max(0, ladder.derivative(of: combined).step - 3)
    return -Int(ladder.steps[first].exponent)
  }

  private mutating func recordGap(
    _ image: [Double], _ gradient: [Double], _ weights: [Double], _ direction: [Double],
    _ place: String
  ) {
    let gap: Double =
      (DifferenceLadder.dot(weights, image) - DifferenceLadder.dot(gradient, direction)).magnitude
    let terms: Double =
      DifferenceLadder.sumOfModuli(weights, image)
      + DifferenceLadder.sumOfModuli(gradient, direction)
    dotProducts.record(
      terms == 0 ? gap : gap / terms, bound: options.dotProductTolerance, place)
  }

  /// Compares a derivative with differences, believed to four times their estimated error.
  ///
  /// The estimate is the least of many, hence the factor.
  private mutating func recordDifference(
    _ slope: Double, _ ladder: DifferenceLadder, _ channel: DifferenceLadder.Channel,
    place: String, single: Bool
  ) {
    let estimate = ladder.derivative(of: channel)
    let scale: Double = max(slope.magnitude, estimate.value.magnitude)
    let error: Double = (slope - estimate.value).magnitude
    let bound: Double = 4 * estimate.error + options.differenceTolerance * scale
    let unit: Double = scale == 0 ? 1 : scale
    let detail = "\(place): \(slope) against \(estimate.value)"
    if single {
      inputs.record(error / unit, bound: bound / unit, detail)
    } else {
      differences.record(error / unit, bound: bound / unit, detail)
    }
  }

  /// Differences must reveal an error of the required resolution, unless rounding alone forbids it.
  private mutating func recordResolution(
    _ ladder: DifferenceLadder, _ channel: DifferenceLadder.Channel, variation: Double,
    place: String
  ) {
    let bound: Double = 4 * ladder.derivative(of: channel).error
    let rounding: Double = 1000 * Double.ulpOfOne * channel.center.magnitude / ladder.steps[0]
    if bound > options.requiredResolution * variation && bound > rounding {
      differences.record(
        .infinity, bound: options.requiredResolution,
        "\(place): differences are uncertain by \(bound) where the outputs vary by \(variation)")
    }
  }

  mutating func judgeInputs(
    _ linearization: DifferentiableMap.Linearization, exponent: Int
  ) throws {
    var chosen = Array(point.indices)
    chosen.shuffle(using: &generator)
    let weights = scaledWeights()
    let gradient = try linearization.pullback(weights)
    for input in chosen.prefix(options.inputCount).sorted() {
      var direction = point.map { _ in 0.0 }
      direction[input] = scales[input]
      let ladder = try DifferenceLadder(
        map.value, at: point, along: direction, exponent: exponent, stepCount: 4,
        outputCount: value.count)
      let combined = ladder.channel(weights: weights, center: value, noise: noise)
      recordDifference(
        gradient[input] * ladder.direction[input], ladder, combined,
        place: "input \(inputName(input)), pullback", single: true)
      guard let image = try linearization.pushforward?(ladder.direction) else { continue }
      recordGap(image, gradient, weights, ladder.direction, "input \(inputName(input))")
      for output in value.indices {
        recordDifference(
          image[output], ladder, ladder.channel(output, center: value, noise: noise),
          place: "input \(inputName(input)), output \(output)", single: true)
      }
    }
  }
}
