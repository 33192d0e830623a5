/// One derivative check under way: what the laws are judged from.
struct CheckRun {
  typealias Law = DerivativeReport.Law

  /// The worst observation on a law.
  private struct Worst {
    var figure = 0.0
    var bound: Double
    var detail = ""
    /// The figure relative to its bound; infinite where it is no number.
    private var excess = -1.0

    init(bound: Double) { self.bound = bound }

    mutating func record(_ figure: Double, bound: Double, _ detail: @autoclosure () -> String) {
      let ratio: Double = figure == 0 ? 0 : figure / bound
      let candidate: Double = ratio.isNaN || bound.isNaN ? .infinity : ratio
      guard candidate > excess else { return }
      excess = candidate
      self.figure = figure
      self.bound = bound
      self.detail = detail()
    }
  }

  let map: DifferentiableMap
  let point: [Double]
  let scales: [Double]
  let options: DerivativeCheck.Options
  var generator: SeededGenerator

  private var value: [Double] = []
  private var noise: [Double] = []
  /// Per output, one over its variation: what random weights are multiplied by.
  private var weightScales: [Double] = []
  private var dotProducts: Worst
  private var differences: Worst
  private var inputs: Worst
  private var linear: Worst
  private var taylor: TaylorRemainder?
  /// The largest step for single inputs is 2 to the power of minus this.
  private var inputExponent = DifferenceLadder.firstExponent

  init(
    map: DifferentiableMap, point: [Double], scales: [Double],
    options: DerivativeCheck.Options, generator: SeededGenerator
  ) {
    self.map = map
    self.point = point
    self.scales = scales
    self.options = options
    self.generator = generator
    dotProducts = Worst(bound: options.dotProductTolerance)
    differences = Worst(bound: options.differenceTolerance)
    inputs = Worst(bound: options.differenceTolerance)
    linear = Worst(bound: options.dotProductTolerance)
  }

  /// Exercises all laws.
  mutating func report() throws -> DerivativeReport {
    value = try map.value(point)
    try InputError.requireFinite("value", value)
    // Dense directions first: their differences tell the outputs' variation, which scales w, and the
    // noise. The linearization follows another one at a neighboring point, so that whatever an
    // operation keeps from its last call is stale.
    var ladders: [DifferenceLadder] = []
    noise = value.map { _ in 0 }
    for _ in 0..<options.directions {
      let ladder = try DifferenceLadder(
        map.value, at: point, along: scaledDirection(), stepCount: options.stepCount,
        outputCount: value.count)
      let measured = try ladder.noise(of: map.value, at: point, value: value)
      noise = zip(noise, measured).map(max)
      ladders.append(ladder)
    }
    weightScales = value.indices.map { output in
      let variation: Double =
        (ladders[0].plus[0][output] - ladders[0].minus[0][output]).magnitude
        / (2 * ladders[0].steps[0])
      let scale: Double = variation + 1e-4 * value[output].magnitude
      return scale == 0 ? 1 : 1 / scale
    }
    let neighbor = zip(point, ladders[0].direction).map { $0 + ladders[0].steps[0] * $1 }
    let earlier = try map.linearize(neighbor)
    let linearization = try map.linearize(point)
    let valueFinding = judgeValue(linearization.value, earlier: earlier.value, ladders[0])

    let firstWeights = scaledWeights()
    let firstPullback = try linearization.pullback(firstWeights)
    let firstPushforward = try linearization.pushforward?(ladders[0].direction)
    let shape = judgeShape(pullback: firstPullback, pushforward: firstPushforward)
    guard shape.passed, valueFinding.passed || linearization.value.count == value.count else {
      return DerivativeReport(name: map.name, findings: [shape, valueFinding], taylorRates: [])
    }
    try judgeLinearity(linearization)
    for (index, ladder) in ladders.enumerated() {
      try judge(linearization, along: ladder, weights: scaledWeights(), number: index)
    }
    try judgeInputs(linearization, exponent: inputExponent)
    let repeatable = try judgeRepeatability(
      linearization, weights: firstWeights, pullback: firstPullback, neighbor: neighbor)
    return DerivativeReport(
      name: map.name,
      findings: findings(
        shape, valueFinding, repeatable, hasPushforward: firstPushforward != nil),
      taylorRates: taylor?.rates ?? [])
  }

  private func findings(
    _ shape: DerivativeReport.Finding, _ value: DerivativeReport.Finding,
    _ repeatable: DerivativeReport.Finding, hasPushforward: Bool
  ) -> [DerivativeReport.Finding] {
    var findings = [shape, value, repeatable, finding(.linear, linear)]
    if hasPushforward { findings.append(finding(.dotProduct, dotProducts)) }
    if let taylor { findings.append(taylor.finding) }
    findings.append(finding(.differences, differences))
    if options.inputCount > 0 { findings.append(finding(.inputs, inputs)) }
    return findings
  }

  private func finding(_ law: Law, _ worst: Worst) -> DerivativeReport.Finding {
    DerivativeReport.Finding(
      law: law, figure: worst.figure, bound: worst.bound, isLowerBound: false,
      detail: worst.detail)
  }

  private mutating func scaledDirection() -> [Double] {
    zip(generator.direction(count: point.count), scales).map { $0 * $1 }
  }

  private mutating func scaledWeights() -> [Double] {
    zip(generator.direction(count: value.count), weightScales).map { $0 * $1 }
  }
}

// MARK: Laws without differences

extension CheckRun {
  /// The name of an input for reports.
  private func inputName(_ index: Int) -> String {
    guard let names = map.inputNames, names.indices.contains(index) else { return "\(index)" }
    return names[index]
  }

  private func yesOrNo(_ law: Law, _ fault: String?) -> DerivativeReport.Finding {
    DerivativeReport.Finding(
      law: law, figure: fault == nil ? 0 : .infinity, bound: 0, isLowerBound: false,
      detail: fault ?? "")
  }

  private func judgeShape(
    pullback: [Double], pushforward: [Double]?
  ) -> DerivativeReport.Finding {
    var fault: String?
    if value.isEmpty {
      fault = "no outputs"
    } else if pullback.count != point.count {
      fault = "the pullback has \(pullback.count) elements, the point \(point.count)"
    } else if let pushforward, pushforward.count != value.count {
      fault = "the pushforward has \(pushforward.count) elements, the value \(value.count)"
    } else if let index = pullback.firstIndex(where: { !$0.isFinite }) {
      fault = "input \(inputName(index)) has the cotangent \(pullback[index])"
    } else if let pushforward, let index = pushforward.firstIndex(where: { !$0.isFinite }) {
      fault = "element \(index) of the pushforward is \(pushforward[index])"
    }
    return yesOrNo(.shape, fault)
  }

  private func judgeValue(
    _ found: [Double], earlier: [Double], _ ladder: DifferenceLadder
  ) -> DerivativeReport.Finding {
    func firstDifference(_ a: [Double], _ b: [Double], _ place: String) -> String? {
      guard a.count == b.count else { return "\(a.count) elements instead of \(b.count)\(place)" }
      guard let index = a.indices.first(where: { a[$0].bitPattern != b[$0].bitPattern }) else {
        return nil
      }
      return "element \(index) is \(a[index]) with derivative, \(b[index]) without\(place)"
    }
    return yesOrNo(
      .value,
      firstDifference(found, value, "")
        ?? firstDifference(earlier, ladder.plus[0], " at a neighboring point"))
  }

  private func judgeRepeatability(
    _ linearization: DifferentiableMap.Linearization, weights: [Double], pullback: [Double],
    neighbor: [Double]
  ) throws -> DerivativeReport.Finding {
    let other = try map.linearize(neighbor)
    _ = try other.pullback(weights)
    var fault: String?
    if try linearization.pullback(weights) != pullback {
      fault = "the pullback of the same cotangent has changed after another linearization"
    } else if try map.value(point) != value {
      fault = "the value at the same point has changed"
    }
    return yesOrNo(.repeatable, fault)
  }

  private mutating func judgeLinearity(
    _ linearization: DifferentiableMap.Linearization
  ) throws {
    try recordLinearity(
      linearization.pullback, scaledWeights(), scaledWeights(), scales, "pullback")
    if let pushforward = linearization.pushforward {
      try recordLinearity(
        pushforward, scaledDirection(), scaledDirection(), weightScales, "pushforward")
    }
  }

  /// L(α a + β b) = α L a + β L b and L 0 = 0, in the norm Σ |components|·weights.
  private mutating func recordLinearity(
    _ map: ([Double]) throws -> [Double], _ a: [Double], _ b: [Double], _ weights: [Double],
    _ name: String
  ) throws {
    // Powers of two, so that the combination costs one rounding only.
    let alpha = 0.5
    let beta = -2.0
    let combined = try map(zip(a, b).map { alpha * $0 + beta * $1 })
    let imageA = try map(a)
    let imageB = try map(b)
    var deviation = 0.0
    var terms = 0.0
    for index in combined.indices {
      let first: Double = alpha * imageA[index]
      let second: Double = beta * imageB[index]
      deviation += (combined[index] - first - second).magnitude * weights[index]
      terms += (first.magnitude + second.magnitude) * weights[index]
    }
    linear.record(
      terms == 0 ? deviation : deviation / terms, bound: options.dotProductTolerance,
      "\(name) of a combination")
    let zero = try map(a.map { _ in 0 })
    if let index = zero.firstIndex(where: { $0 != 0 }) {
      linear.record(
        .infinity, bound: options.dotProductTolerance,
        "element \(index) of the \(name) of zero is \(zero[index])")
    }
  }
}

// MARK: Laws along directions

extension CheckRun {
  private mutating func judge(
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

  private mutating func judgeInputs(
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
