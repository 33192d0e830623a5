/// The error of difference formulas against the step: the V-shaped curve of every numerics course.
///
/// With a known derivative d = g′(x) v the relative error ‖D(h) − d‖₁/‖d‖₁ of each formula D is
/// computed for h halved from the size of the inputs down to rounding. In a diagram with logarithmic
/// axes truncation is a line of slope p, the ``FiniteDifference/Formula/order``, and rounding one of
/// slope −1; the best step is where they meet. A floor that does not fall with h, whatever the formula,
/// shows that the reference itself is wrong by as much.
///
/// ```swift
/// let sweep = try StepSweep(
///   of: { [Double.sin($0[0])] }, at: [1], along: [1], derivative: [Double.cos(1)])
/// for curve in sweep.curves { print(curve.formula, curve.best) }
/// ```
public struct StepSweep: Sendable {
  /// One step and what it gives.
  public struct Point: Sendable, Hashable {
    /// h.
    public var step: Double
    /// ‖D(h) − d‖₁/‖d‖₁; absolute where d is zero.
    public var error: Double
  }

  /// One formula.
  public struct Curve: Sendable, Hashable {
    /// How values are combined.
    public let formula: FiniteDifference.Formula

    /// Steps, falling, and errors.
    public let points: [Point]

    /// The step with the least error.
    public var best: Point {
      points.min { $0.error < $1.error } ?? Point(step: .nan, error: .nan)
    }

    /// The slope d log error/d log h among steps in `range` by least squares.
    ///
    /// Errors of zero are left out; nil with fewer than three others.
    public func slope(in range: ClosedRange<Double>) -> Double? {
      let chosen = points.filter { range.contains($0.step) && $0.error > 0 && $0.error.isFinite }
      guard chosen.count >= 3 else { return nil }
      let x = chosen.map { Double.log2($0.step) }
      let y = chosen.map { Double.log2($0.error) }
      let count = Double(chosen.count)
      let meanX: Double = x.reduce(0, +) / count
      let meanY: Double = y.reduce(0, +) / count
      var covariance = 0.0
      var variance = 0.0
      for index in chosen.indices {
        let deviation: Double = x[index] - meanX
        covariance += deviation * (y[index] - meanY)
        variance += deviation * deviation
      }
      return covariance / variance
    }

    /// The slope where truncation rules: the 6 least of the steps at least 8 times the turning point.
    ///
    /// Where the curve turns among its largest steps there is no such range: nil.
    public var truncationSlope: Double? {
      let range = points.map(\.step).filter { $0 >= 8 * turningStep }.suffix(6)
      guard let last = range.first, let first = range.last else { return nil }
      return slope(in: first...last)
    }

    /// The slope where rounding rules: all steps at most an eighth of the turning point.
    public var roundingSlope: Double? {
      guard let last = points.last?.step, last <= turningStep / 8 else { return nil }
      return slope(in: last...turningStep / 8)
    }

    /// The step whose error and those of two neighbors on both sides are least: luck does not count.
    private var turningStep: Double {
      var best = Point(step: .nan, error: .infinity)
      for index in points.indices.dropFirst(2).dropLast(2) {
        let error: Double = points[index - 2...index + 2].reduce(0) { max($0, $1.error) }
        if error < best.error { best = Point(step: points[index].step, error: error) }
      }
      return best.step
    }
  }

  /// The formulas, each with its errors, in the order of `FiniteDifference.Formula.allCases`.
  public let curves: [Curve]

  /// The range of steps: 2⁰ to 2⁻⁵⁰ times the scales.
  private static let stepCount = 51

  /// Compares `derivative` = g′(x) v with differences for 51 steps, the function allowing.
  ///
  /// The largest step moves an input by its scale, which is its modulus, or 1 where that is zero; it is
  /// smaller where the function cannot be evaluated so far away. Costs 103 values.
  ///
  /// - Throws: ``InputError`` if lengths do not match, a number is not finite or the direction is
  ///   zero, and whatever the function throws at the point or arbitrarily near to it.
  public init(
    of function: ([Double]) throws -> [Double], at point: [Double], along direction: [Double],
    derivative: [Double]
  ) throws {
    try InputError.requireFinite("point", point)
    try InputError.requireLength("direction", expected: point.count, found: direction.count)
    try InputError.requireFinite("direction", direction)
    try InputError.requireFinite("derivative", derivative)
    let scales = FiniteDifference.defaultScales(at: point)
    guard let unit = FiniteDifference.unit(of: direction, scales: scales) else {
      throw InputError.outOfRange(
        argument: "size of the direction", value: 0, requirement: "greater than 0")
    }
    let center = try function(point)
    try InputError.requireLength("derivative", expected: center.count, found: derivative.count)
    try InputError.requireFinite("value", center)
    let ladder = try DifferenceLadder(
      function, at: point, along: direction.map { unit * $0 }, exponent: 0,
      stepCount: Self.stepCount, outputCount: center.count, isRounded: false)
    let noise = center.map { _ in 0.0 }
    let channels = center.indices.map { ladder.channel($0, center: center, noise: noise) }
    curves = FiniteDifference.Formula.allCases.map { formula in
      let columns = channels.map { ladder.values(of: $0, by: formula) }
      let count = columns.first?.count ?? 0
      let points = (0..<count).map { index in
        var deviation = 0.0
        var size = 0.0
        for (column, reference) in zip(columns, derivative) {
          deviation += (column[index] / unit - reference).magnitude
          size += reference.magnitude
        }
        return Point(
          step: ladder.steps[ladder.steps.count - count + index] * unit,
          error: size == 0 ? deviation : deviation / size)
      }
      return Curve(formula: formula, points: points)
    }
  }
}
