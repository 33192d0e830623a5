/// One derivative check under way: what the laws are judged from.
struct CheckRun {
  typealias Law = DerivativeReport.Law

  /// The worst observation on a law.
  struct Worst {
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

  var value: [Double] = []
  var noise: [Double] = []
  /// Per output, one over its variation: what random weights are multiplied by.
  var weightScales: [Double] = []
  var dotProducts: Worst
  var differences: Worst
  var inputs: Worst
  var linear: Worst
  var taylor: TaylorRemainder?
  /// The largest step for single inputs is 2 to the power of minus this.
  var inputExponent = DifferenceLadder.firstExponent

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

  mutating func scaledDirection() -> [Double] {
    zip(generator.direction(count: point.count), scales).map { $0 * $1 }
  }

  mutating func scaledWeights() -> [Double] {
    zip(generator.direction(count: value.count), weightScales).map { $0 * $1 }
  }
}
