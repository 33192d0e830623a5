// MARK: Laws without differences

extension CheckRun {
  /// The name of an input for reports.
  func inputName(_ index: Int) -> String {
    guard let names = map.inputNames, names.indices.contains(index) else { return "\(index)" }
    return names[index]
  }

  private func yesOrNo(_ law: Law, _ fault: String?) -> DerivativeReport.Finding {
    DerivativeReport.Finding(
      law: law, figure: fault == nil ? 0 : .infinity, bound: 0, isLowerBound: false,
      detail: fault ?? "")
  }

  func judgeShape(
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

  func judgeValue(
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

  func judgeRepeatability(
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

  mutating func judgeLinearity(
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
