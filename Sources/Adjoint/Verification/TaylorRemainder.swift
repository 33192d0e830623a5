/// The remainder R(h) = Σᵢ ωᵢ maxₛ |gᵢ(x + s h v) − gᵢ(x) − s h (J v)ᵢ|, s = ±1, for halved h.
///
/// A right derivative leaves R = O(h²); a derivative wrong by δ leaves δ h. Taking the larger of
/// both sides keeps the terms in h² and h³ from canceling at some h. Remainders are looked at while
/// they exceed a threshold of 64·2 standard deviations of the values' noise, so that noise moves a
/// rate log₂ R(h)/R(h/2) by less than 0.05, and of what `tolerance` permits in the slope.
struct TaylorRemainder {
  /// 2 less what noise (0.05) and the terms of fourth order may take off.
  private static let requiredRate = 1.85

  private let steps: [Double]
  private let tolerance: Double
  private var remainders: [Double]
  private var thresholds: [Double]
  private(set) var rates: [Double] = []
  private var place = ""

  init(steps: [Double], tolerance: Double) {
    self.steps = steps
    self.tolerance = tolerance
    remainders = steps.map { _ in 0 }
    thresholds = steps.map { _ in 0 }
  }

  /// Adds one output with its derivative along the direction.
  mutating func add(_ channel: DifferenceLadder.Channel, slope: Double, weight: Double) {
    for (index, step) in steps.enumerated() {
      let increment: Double = step * slope
      let above: Double = (channel.plus[index] - channel.center - increment).magnitude
      let below: Double = (channel.minus[index] - channel.center + increment).magnitude
      remainders[index] += weight * max(above, below)
      let slack: Double = 8 * tolerance * increment.magnitude
      thresholds[index] += weight * (64 * 2 * channel.noise + slack)
    }
  }

  /// Computes the rates; nothing is added afterwards.
  mutating func finish(place: String) {
    self.place = place
    for index in 1..<steps.count
    where !(remainders[index] <= thresholds[index]) && remainders[index - 1] > 0 {
      rates.append(Double.log2(remainders[index - 1] / remainders[index]))
    }
  }

  /// The last rate, or where nothing remains the largest remainder relative to its threshold.
  var finding: DerivativeReport.Finding {
    if let rate = rates.last {
      return DerivativeReport.Finding(
        law: .taylor, figure: rate, bound: Self.requiredRate, isLowerBound: true,
        detail: "order of the remainder, \(place)")
    }
    let excess = zip(remainders, thresholds).dropFirst().map { $1 == 0 ? 0 : $0 / $1 }
    return DerivativeReport.Finding(
      law: .taylor, figure: excess.max() ?? 0, bound: 1, isLowerBound: false,
      detail: "no remainder above rounding, \(place)")
  }

  /// Whether this direction speaks more against the derivative than the other.
  func isWorse(than other: TaylorRemainder) -> Bool {
    let mine = finding
    let theirs = other.finding
    guard mine.passed == theirs.passed else { return theirs.passed }
    guard mine.isLowerBound == theirs.isLowerBound else { return mine.isLowerBound }
    return mine.isLowerBound ? mine.figure < theirs.figure : mine.figure > theirs.figure
  }
}
