/// Why no step along a descent direction decreased a function: the gradient, the noise, or the optimizer.
///
/// Made where a line search has failed, from values alone. Along the direction of steepest descent
/// (scaled by the variables' moduli) and along up to sixteen variables, the claimed slope is compared
/// with extrapolated central differences, whose error is known from the noise of the values (Moré and
/// Wild, "Estimating computational noise", *SIAM J. Sci. Comput.* 33, 2011). Points stay within bounds; a
/// variable at a bound is not looked at.
///
/// Cost: about 40 values for each direction.
public struct LineSearchDiagnosis: Sendable, Hashable {
  /// What is at fault.
  public enum Fault: Sendable, Hashable {
    /// Differences contradict the gradient: along a variable, or only along the descent direction.
    case gradient(variable: Int?, claimed: Double, measured: Double)
    /// The values are noisier than rounding, and no decrease rises above that.
    case noise
    /// Nothing: the slope is zero within what values can tell, so that the point is optimal.
    case none
    /// Values and gradient agree and permit a decrease: the optimizer gave up too early, or its
    /// constraints or bounds leave no room.
    case optimizer
    /// The function could not be evaluated near the point.
    case notEvaluable(reason: String)
  }

  /// What is at fault.
  public let fault: Fault

  /// Which function was looked at.
  public let function: String

  /// The standard deviation of the values' noise.
  public let noise: Double

  /// The modulus of the value.
  public let magnitude: Double

  /// Whether the fault lies with the function, not with the optimizer.
  public var isFaulty: Bool {
    switch fault {
    case .gradient, .noise, .notEvaluable: true
    case .none, .optimizer: false
    }
  }

  /// Whether the gradient is wrong.
  public var gradientIsWrong: Bool {
    if case .gradient = fault { true } else { false }
  }

  /// A slope that differs by more than this part of itself is wrong, whatever the noise.
  private static let slopeTolerance = 1e-4

  /// Values with noise beyond this multiple of their rounding error are noisy.
  private static let roundingMultiple = 1e3

  /// The diagnosis of a function with this value and gradient at a point.
  ///
  /// `evaluate` gives its value elsewhere, within the bounds (empty for none); what it throws becomes
  /// ``Fault/notEvaluable(reason:)``, and so do arguments of different lengths.
  public init(
    of function: String, at point: [Double], value: Double, gradient: [Double],
    lowerBounds: [Double] = [], upperBounds: [Double] = [],
    evaluate: ([Double]) throws -> Double
  ) {
    self.function = function
    magnitude = value.magnitude
    let scales = point.indices.map { index in
      let size = point[index] == 0 ? 1 : point[index].magnitude
      let below = index < lowerBounds.count ? point[index] - lowerBounds[index] : .infinity
      let above = index < upperBounds.count ? upperBounds[index] - point[index] : .infinity
      // The longest step is 2⁻⁶ of a scale.
      return min(size, 32 * max(min(below, above), 0))
    }
    var examination = Examination(point: point, value: value)
    do {
      try InputError.requireLength("gradient", expected: point.count, found: gradient.count)
      fault = try examination.fault(gradient: gradient, scales: scales, evaluate)
    } catch {
      fault = .notEvaluable(reason: "\(error)")
    }
    noise = examination.noise
  }

  /// The directions looked at, one after the other.
  private struct Examination {
    let point: [Double]
    let value: Double
    var noise = 0.0

    mutating func fault(
      gradient: [Double], scales: [Double], _ evaluate: ([Double]) throws -> Double
    ) throws -> Fault {
      let scaled = zip(gradient, scales).map { ($0 * $1).magnitude }
      guard let largest = scaled.max() else { return .none }
      // The variables first: they name the culprit.
      let order = scaled.indices.filter { scales[$0] > 0 }.sorted { scaled[$0] > scaled[$1] }
      for variable in order.prefix(8) + order.dropFirst(8).suffix(8) {
        var direction = [Double](repeating: 0, count: point.count)
        direction[variable] = scales[variable]
        let (exact, measured, error) = try derivative(along: direction, evaluate)
        let claimed = gradient.dot(exact)
        if Self.contradicts(claimed, measured, error, largest) {
          return .gradient(
            variable: variable, claimed: gradient[variable],
            measured: measured / exact[variable])
        }
      }
      var descent = [Double](repeating: 0, count: point.count)
      for index in descent.indices where largest > 0 {
        descent[index] = -gradient[index] * scales[index] / largest * scales[index]
      }
      let isNoisy = noise > roundingMultiple * .ulpOfOne * value.magnitude
      guard largest > 0 else { return isNoisy ? .noise : .none }
      let (exact, measured, error) = try derivative(along: descent, evaluate)
      let claimed = gradient.dot(exact)
      if Self.contradicts(claimed, measured, error, claimed.magnitude) {
        return .gradient(variable: nil, claimed: claimed, measured: measured)
      }
      if noise > roundingMultiple * .ulpOfOne * value.magnitude { return .noise }
      // What differences cannot tell from zero is below four standard deviations over a step.
      return claimed.magnitude <= 4 * error + 1e-9 * value.magnitude ? .none : .optimizer
    }

    private static func contradicts(
      _ claimed: Double, _ measured: Double, _ error: Double, _ largest: Double
    ) -> Bool {
      let gap: Double = (claimed - measured).magnitude
      let allowed: Double = slopeTolerance * max(claimed.magnitude, measured.magnitude)
      return !(gap <= 4 * error + allowed + 1e-9 * largest)
    }

    /// The direction as it was rounded, the slope along it, and the bound of its error.
    private mutating func derivative(
      along direction: [Double], _ evaluate: ([Double]) throws -> Double
    ) throws -> (direction: [Double], slope: Double, error: Double) {
      let function: ([Double]) throws -> [Double] = { [try evaluate($0)] }
      let ladder = try DifferenceLadder(
        function, at: point, along: direction, stepCount: 14, outputCount: 1)
      let measuredNoise = try ladder.noise(of: function, at: point, value: [value])[0]
      noise = max(noise, measuredNoise)
      let slope = ladder.derivative(
        of: ladder.channel(0, center: [value], noise: [measuredNoise]))
      return (ladder.direction, slope.value, slope.error)
    }
  }
}

extension LineSearchDiagnosis: CustomStringConvertible {
  /// The fault in words.
  public var description: String {
    switch fault {
    case .gradient(let variable?, let claimed, let measured):
      "the gradient is at fault: component \(variable) of the \(function)'s gradient is \(claimed), "
        + "but differences give \(measured). Check the derivative with DerivativeCheck"
    case .gradient(nil, let claimed, let measured):
      "the gradient is at fault: the \(function)'s slope along steepest descent is \(claimed), but "
        + "differences give \(measured). Check the derivative with DerivativeCheck"
    case .noise:
      "the noise of the \(function) is at fault: its values jump by about \(noise) at a magnitude of "
        + "\(magnitude), and no decrease rises above that. Tighten the tolerances of inner solvers, hold "
        + "their steps fixed, or stop at a looser tolerance"
    case .none:
      "nothing is at fault: within rounding of the \(function) the point is optimal"
    case .optimizer:
      "the optimizer is at fault: value and gradient of the \(function) agree and permit a decrease. "
        + "Likely causes: poorly scaled variables, a limit on steps, or constraints that leave no room"
    case .notEvaluable(let reason):
      "the \(function) cannot be evaluated near the point: \(reason)"
    }
  }
}
