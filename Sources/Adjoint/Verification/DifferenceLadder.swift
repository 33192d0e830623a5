/// Values of a function on both sides of a point, along one direction, for halved steps.
///
/// The direction is rounded so that every x ± h v is exact: only the rounding of the function
/// itself, which ``noise`` measures, is left in its differences.
struct DifferenceLadder {
  /// v.
  let direction: [Double]
  /// h₀, h₀/2, h₀/4, ….
  let steps: [Double]
  /// g(x + h v) for each step.
  let plus: [[Double]]
  /// g(x − h v) for each step.
  let minus: [[Double]]

  /// Equidistant points, beside the center, from which the noise is measured.
  private static let noiseSampleCount = 6

  /// The largest step is 2⁻⁶, relative to the scale that is in v, unless `exponent` says otherwise.
  static let firstExponent = 6

  /// Evaluates `function` at `center` ± 2⁻ᵏ `direction`, k = `exponent` …, `stepCount` of them.
  ///
  /// Where the function cannot be evaluated (it throws, or a value is not finite) all steps are made
  /// eight times smaller, five times at most; then the last error is thrown.
  init(
    _ function: ([Double]) throws -> [Double], at center: [Double], along direction: [Double],
    exponent: Int = firstExponent, stepCount: Int, outputCount: Int
  ) throws {
    var attempt = 0
    while true {
      let first = Double.pow(2, -(exponent + 3 * attempt))
      let steps = (0..<stepCount).map { first * Double.pow(2, -$0) }
      let exact = Self.exact(direction, at: center, step: Self.spacing(steps))
      do {
        var plus: [[Double]] = []
        var minus: [[Double]] = []
        for step in steps {
          for sign in [1.0, -1.0] {
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

  /// The standard deviation of each output's rounding errors, at least half a unit in its last place.
  ///
  /// Differences of order k of values at equidistant points, so close that a smooth function has
  /// none, consist of noise alone: σ² = (k!)²/(2k)! · mean (Δᵏ)² (Moré and Wild, "Estimating
  /// computational noise", SIAM J. Sci. Comput. 33 (2011), eq. 2.4). The largest of k = 3, 4, 5 is
  /// taken.
  func noise(
    of function: ([Double]) throws -> [Double], at center: [Double], value: [Double]
  ) throws -> [Double] {
    var samples = [value]
    for index in 1...Self.noiseSampleCount {
      let offset = Double(index) * Self.spacing(steps)
      let sample = try function(Self.shift(center, by: offset, along: direction))
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

  /// The derivative along v extrapolated from central differences, and a bound of its error.
  ///
  /// Richardson's extrapolation in h² (Ridders, "Accurate computation of F′(x) and F′(x)F″(x)", Adv.
  /// Eng. Softw. 4 (1982)): T(k, m) = (4ᵐ T(k, m−1) − T(k−1, m−1))/(4ᵐ − 1). Of all entries that
  /// one is taken for which truncation, judged by its two neighbors, and noise together are least:
  /// the noise of T(k, ·) is below 2 σ/hₖ, for the moduli of the weights sum up to less than 2; the
  /// bound takes four standard deviations. `step` is its k.
  func derivative(of channel: Channel) -> (value: Double, error: Double, step: Int) {
    var best = (value: Double.nan, error: Double.infinity, step: 0)
    var previous: [Double] = []
    for (index, step) in steps.enumerated() {
      var row = [(channel.plus[index] - channel.minus[index]) / (2 * step)]
      var power = 1.0
      for order in previous.indices {
        power *= 4
        let entry: Double = row[order] + (row[order] - previous[order]) / (power - 1)
        let truncation: Double = max(
          (entry - row[order]).magnitude, (entry - previous[order]).magnitude)
        let error: Double = truncation + 4 * 2 * channel.noise / step
        if error < best.error { best = (entry, error, index) }
        row.append(entry)
      }
      previous = row
    }
    return best
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
