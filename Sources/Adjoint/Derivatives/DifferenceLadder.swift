/// Values of a function on both sides of a point, along one direction, for halved steps.
///
/// All difference formulas are read off from one ladder. For a derivative check the direction is rounded
/// so that every x ± h v is exact: only the rounding of the function itself, which ``noise`` measures, is
/// then left in its differences.
struct DifferenceLadder {
  /// v.
  let direction: [Double]
  /// h₀, h₀/2, h₀/4, ….
  let steps: [Double]
  /// g(x + h v) for each step.
  let plus: [[Double]]
  /// g(x − h v) for each step; empty where only one side was asked for.
  let minus: [[Double]]

  /// Equidistant points, beside the center, from which the noise is measured.
  static let noiseSampleCount = 6

  /// The largest step is 2⁻⁶, relative to the scale that is in v, unless `exponent` says otherwise.
  static let firstExponent = 6

  /// Evaluates `function` at `center` ± 2⁻ᵏ `direction`, k = `exponent` …, `stepCount` of them.
  ///
  /// Where the function cannot be evaluated (it throws, or a value is not finite) all steps are made
  /// eight times smaller, five times at most; then the last error is thrown.
  init(
    _ function: ([Double]) throws -> [Double], at center: [Double], along direction: [Double],
    exponent: Int = firstExponent, stepCount: Int, outputCount: Int, isRounded: Bool = true,
    isOneSided: Bool = false
  ) throws {
    var attempt = 0
    while true {
      let first = Double.pow(2, -(exponent + 3 * attempt))
      let steps = (0..<stepCount).map { first * Double.pow(2, -$0) }
      let exact =
        isRounded ? Self.exact(direction, at: center, step: Self.spacing(steps)) : direction
      do {
        var plus: [[Double]] = []
        var minus: [[Double]] = []
        for step in steps {
          for sign in isOneSided ? [1.0] : [1.0, -1.0] {
            let value = try function(Self.shift(center, by: sign * step, along: exact))
            try InputError.requireLength("value", expected: outputCount, found: value.count)
            try InputError.requireFinite("value", value)
            if sign > 0 { plus.append(value) } else { minus.append(value) }
          }
        }
        self.direction = exact
        self.steps = steps
        self.plus = plus
        self.minus = minus
        return
      } catch {
        attempt += 1
        if attempt > 5 { throw error }
      }
    }
  }

  /// The standard deviation of each output's rounding errors; see ``noise(of:at:along:value:)``.
  func noise(
    of function: ([Double]) throws -> [Double], at center: [Double], value: [Double]
  ) throws -> [Double] {
    let spacing = Self.spacing(steps)
    return try Self.noise(
      of: function, at: center, along: direction.map { spacing * $0 }, value: value)
  }

  /// The standard deviation of each output's rounding errors, at least half a unit in its last place.
  ///
  /// Differences of order k of values at equidistant points, `increment` apart and so close that a
  /// smooth function has none, consist of noise alone: σ² = (k!)²/(2k)! · mean (Δᵏ)² (Moré and Wild,
  /// "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011), eq. 2.4). The largest of
  /// k = 3, 4, 5 is taken.
  static func noise(
    of function: ([Double]) throws -> [Double], at center: [Double],
    along increment: [Double], value: [Double]
  ) throws -> [Double] {
    var samples = [value]
    for index in 1...noiseSampleCount {
      let sample = try function(shift(center, by: Double(index), along: increment))
      try InputError.requireLength("value", expected: value.count, found: sample.count)
      samples.append(sample)
    }
    return value.indices.map { output in
      var table = samples.map { $0[output] }
      var factor = 1.0
      var variance = 0.0
      for order in 1...5 {
        table = zip(table.dropFirst(), table).map { $0 - $1 }
        factor *= Double(order) / Double(2 * (2 * order - 1))
        guard order >= 3 else { continue }
        let squares: Double = table.reduce(0) { $0 + $1 * $1 }
        variance = max(variance, factor * squares / Double(table.count))
      }
      return max(Double.sqrt(variance), 0.5 * Double.ulpOfOne * value[output].magnitude)
    }
  }

  /// One output, or a combination of outputs, along the ladder.
  struct Channel {
    var center: Double
    var plus: [Double]
    var minus: [Double]
    var noise: Double
  }

  /// The output `index` along the ladder.
  func channel(_ index: Int, center: [Double], noise: [Double]) -> Channel {
    Channel(
      center: center[index], plus: plus.map { $0[index] }, minus: minus.map { $0[index] },
      noise: noise[index])
  }

  /// ⟨w, g⟩ along the ladder; the noises of the outputs, perhaps correlated, add up.
  func channel(weights: [Double], center: [Double], noise: [Double]) -> Channel {
    Channel(
      center: Self.dot(weights, center), plus: plus.map { Self.dot(weights, $0) },
      minus: minus.map { Self.dot(weights, $0) },
      noise: Self.sumOfModuli(weights, noise) + Double.ulpOfOne * Self.sumOfModuli(weights, center))
  }

  /// The distance of the points for the noise: an eighth of the smallest step.
  private static func spacing(_ steps: [Double]) -> Double { steps[steps.count - 1] / 8 }

  /// `direction` rounded so that center ± i·step·direction is exact for small integers i.
  private static func exact(
    _ direction: [Double], at center: [Double], step: Double
  ) -> [Double] {
    zip(direction, center).map { slope, origin in
      guard origin != 0, slope != 0 else { return slope }
      let quantum: Double = (2 * (origin.magnitude + slope.magnitude)).ulp / step
      let rounded: Double = (slope / quantum).rounded() * quantum
      return rounded == 0 ? (slope < 0 ? -quantum : quantum) : rounded
    }
  }

  private static func shift(
    _ center: [Double], by step: Double, along direction: [Double]
  ) -> [Double] {
    zip(center, direction).map { $0 + step * $1 }
  }

  /// Σ aᵢ bᵢ.
  static func dot(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += x * y }
    return sum
  }

  /// Σ |aᵢ bᵢ|.
  static func sumOfModuli(_ a: [Double], _ b: [Double]) -> Double {
    var sum = 0.0
    for (x, y) in zip(a, b) { sum += (x * y).magnitude }
    return sum
  }
}

// MARK: Formulas

extension DifferenceLadder {
  /// A derivative along v, a bound of its error, and the index of the smallest step in it.
  typealias Derivative = (value: Double, error: Double, step: Int)

  /// The derivative along v by the step, or the entry of the extrapolation, that is most accurate.
  ///
  /// The error consists of truncation, judged by neighbors, and of noise: that of every formula is below
  /// 2 σ/h, for the moduli of its weights sum up to at most 2; the bound takes four standard deviations.
  /// Neighbors may agree by chance where the steps are too large for the function, on the far side of a
  /// pole for instance. Hence only steps count whose intervals overlap with those of all smaller ones
  /// (Lepski, *Theory Probab. Appl.* 35 (1990)).
  func derivative(
    of channel: Channel, by formula: FiniteDifference.Formula = .richardson
  ) -> Derivative {
    var best: Derivative = (value: .nan, error: .infinity, step: 0)
    var lower = -Double.infinity
    var upper = Double.infinity
    for candidate in candidates(channel, by: formula).reversed() {
      lower = max(lower, candidate.value - candidate.error)
      upper = min(upper, candidate.value + candidate.error)
      guard lower <= upper else { break }
      if candidate.error < best.error { best = candidate }
    }
    return best
  }

  /// The derivative along v with each step as the smallest one, as far as its error can be judged.
  private func candidates(
    _ channel: Channel, by formula: FiniteDifference.Formula
  ) -> [Derivative] {
    var candidates: [Derivative] = []
    switch formula {
    case .richardson:
      extrapolate(channel) { row, previous, index in
        var best: Derivative = (value: .nan, error: .infinity, step: index)
        for order in previous.indices {
          let entry = row[order + 1]
          let truncation: Double = max(
            (entry - row[order]).magnitude, (entry - previous[order]).magnitude)
          let error: Double = truncation + 4 * 2 * channel.noise / steps[index]
          if error < best.error { best = (entry, error, index) }
        }
        if best.error < .infinity { candidates.append(best) }
      }
    case .forward, .central, .fourthOrder:
      // The truncation A hᵖ is less than the change from the step before, D(2h) − D(h), and a change
      // that is small by chance shows in the one before that, which is 2ᵖ times larger.
      let values = self.values(of: channel, by: formula)
      let growth = Double.pow(2, formula.order)
      var lastChange = 0.0
      for (index, pair) in zip(values.dropFirst(), values).enumerated() {
        let step = index + 1 + steps.count - values.count
        let change: Double = (pair.0 - pair.1).magnitude
        let truncation: Double = max(change, lastChange / growth)
        candidates.append((pair.0, truncation + 4 * 2 * channel.noise / steps[step], step))
        lastChange = change
      }
    }
    return candidates
  }

  /// The derivative along v by `formula` for each smallest step h, the last ones of ``steps``.
  ///
  /// The formulas of higher order need 2h, or 2h and 4h, besides: as many fewer values there are.
  func values(of channel: Channel, by formula: FiniteDifference.Formula) -> [Double] {
    guard formula != .forward else {
      return zip(channel.plus, steps).map { ($0 - channel.center) / $1 }
    }
    // Each extrapolation raises the order by two.
    let column = formula.order / 2 - 1
    var values: [Double] = []
    extrapolate(channel) { row, _, _ in
      if row.count > column { values.append(row[column]) }
    }
    return values
  }

  /// Richardson's extrapolation in h², row by row.
  ///
  /// T(k, 0) is the central difference with step hₖ and T(k, m) = (4ᵐ T(k, m−1) − T(k−1, m−1))/(4ᵐ − 1)
  /// (Ridders, "Accurate computation of F′(x) and F′(x)F″(x)", Adv. Eng. Softw. 4 (1982)). `visit` is
  /// given the row k, the one before, and k.
  private func extrapolate(
    _ channel: Channel, visit: (_ row: [Double], _ previous: [Double], _ index: Int) -> Void
  ) {
    var previous: [Double] = []
    for (index, step) in steps.enumerated() {
      var row = [(channel.plus[index] - channel.minus[index]) / (2 * step)]
      var power = 1.0
      for order in previous.indices {
        power *= 4
        row.append(row[order] + (row[order] - previous[order]) / (power - 1))
      }
      visit(row, previous, index)
      previous = row
    }
  }
}
