import RealModule

/// Student's t distribution, which the errors of estimated parameters follow.
///
/// P(T ≤ t) = 1 − ½ I_x(ν/2, ½) for t ≥ 0, x = ν/(ν + t²), with the regularized incomplete beta function
/// I (Abramowitz and Stegun, *Handbook of Mathematical Functions*, 1964, 26.7.1). With ν = ∞ it is the
/// normal distribution.
public struct StudentDistribution: Sendable, Hashable {
  /// ν, positive, perhaps infinite.
  public let degreesOfFreedom: Double

  /// The distribution with ν degrees of freedom; throws ``InputError`` unless ν > 0.
  public init(degreesOfFreedom: Double) throws {
    try InputError.require(
      degreesOfFreedom > 0, "degreesOfFreedom", degreesOfFreedom, "positive")
    self.degreesOfFreedom = degreesOfFreedom
  }

  /// P(|T| > t) for t ≥ 0, accurate also where it is tiny.
  public func tails(beyond t: Double) -> Double {
    if t <= 0 { return 1 }
    guard degreesOfFreedom.isFinite else { return .erfc(t / Double(2).squareRoot()) }
    return regularizedBeta(tSquared: t * t)
  }

  /// The t with P(|T| ≤ t) = `level`: the half-width of a confidence interval in standard errors.
  ///
  /// Newton's method within a bracket, on the logarithm of the tails. The relative error is about 1e-12,
  /// and ν eps/10 where ν is beyond some thousands but not infinite.
  /// Throws ``InputError`` unless 0 < level < 1.
  public func halfWidth(level: Double) throws -> Double {
    try InputError.require(level > 0 && level < 1, "level", level, "between 0 and 1")
    let target: Double = 1 - level
    var low = 0.0
    var high = 1.0
    while tails(beyond: high) > target && high < 1e300 { high *= 2 }
    var t: Double = 0.5 * (low + high)
    for _ in 0..<200 {
      let tail = tails(beyond: t)
      if tail > target { low = t } else { high = t }
      // d ln(tails)/d ln t = −2 t density/tails.
      let slope: Double = -2 * t * density(t) / tail
      let step: Double = .exp(.log(target / tail) / slope)
      var next: Double = t * step
      if !(next > low && next < high) { next = 0.5 * (low + high) }
      if (next - t).magnitude <= 2 * Double.ulpOfOne * t { return next }
      t = next
    }
    return t
  }

  private func density(_ t: Double) -> Double {
    let nu = degreesOfFreedom
    guard nu.isFinite else { return .exp(-0.5 * t * t) / (2 * Double.pi).squareRoot() }
    let logarithm: Double =
      Self.logGammaRatio(0.5 * nu) - 0.5 * .log(nu * .pi)
      - 0.5 * (nu + 1) * .log(onePlus: t * t / nu)
    return .exp(logarithm)
  }

  /// I_x(ν/2, ½) at x = ν/(ν + t²), by its continued fraction on the side where that converges fast
  /// (Abramowitz and Stegun 26.5.8, evaluated by Lentz's method).
  private func regularizedBeta(tSquared: Double) -> Double {
    let a: Double = 0.5 * degreesOfFreedom
    let b = 0.5
    let x: Double = degreesOfFreedom / (degreesOfFreedom + tSquared)
    let y: Double = tSquared / (degreesOfFreedom + tSquared)
    // xᵃ yᵇ/B(a, b); x is near 1 for large ν, hence ln x = −ln(1 + t²/ν).
    let logarithm: Double =
      Self.logGammaRatio(a) - 0.5 * .log(.pi)
      - a * .log(onePlus: tSquared / degreesOfFreedom) + b * .log(y)
    let front: Double = .exp(logarithm)
    return x < (a + 1) / (a + b + 2)
      ? front * Self.continuedFraction(x, a, b) / a
      : 1 - front * Self.continuedFraction(y, b, a) / b
  }

  /// ln Γ(a + ½) − ln Γ(a), by its asymptotic series where the two would cancel.
  ///
  /// The series is that of Tricomi and Erdélyi, *Pacific J. Math.* 1, 1951.
  private static func logGammaRatio(_ a: Double) -> Double {
    if a < 20 { return .logGamma(a + 0.5) - .logGamma(a) }
    let u: Double = 1 / (a * a)
    let series: Double = -1.0 / 8 + u * (1.0 / 192 + u * (-1.0 / 640 + u * 17.0 / 14336))
    return 0.5 * .log(a) + series / a
  }

  private static func continuedFraction(_ x: Double, _ a: Double, _ b: Double) -> Double {
    let tiny = 1e-300
    var c = 1.0
    var d: Double = 1 - (a + b) * x / (a + 1)
    d = 1 / (d.magnitude < tiny ? tiny : d)
    var fraction = d
    for index in 1...10_000 {
      let m = Double(index)
      for isEven in [true, false] {
        let numerator: Double =
          isEven
          ? m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
          : -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1 + numerator * d
        d = 1 / (d.magnitude < tiny ? tiny : d)
        c = 1 + numerator / c
        if c.magnitude < tiny { c = tiny }
        fraction *= d * c
        if !isEven && (d * c - 1).magnitude < Double.ulpOfOne { return fraction }
      }
    }
    return fraction
  }
}
