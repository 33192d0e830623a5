/// Derivatives of black boxes from differences of their values, each with an estimate of its error.
///
/// For g: ℝⁿ → ℝᵐ and a direction v the ``Formula`` gives g′(x) v with an error A hᵖ + c σ/h: the
/// truncation of Taylor's series and the noise σ of the values, which is measured. The step h is
/// chosen where both together are least, for each output by itself. No formula reaches the accuracy of the
/// values: at best about σ^(p/(p+1)) of it is left, which is 8 digits for ``Formula/forward``, 11 for
/// ``Formula/central``, 13 for ``Formula/fourthOrder``.
///
/// ```swift
/// let slope = try FiniteDifference(.central).derivative(
///   of: { [Double.exp($0[0])] }, at: [1], along: [1])
/// print(slope.value, slope.error)         // [2.71828182845…] [1.6e-10]
/// ```
/// Sources: Gill, Murray, Saunders and Wright, "Computing forward-difference intervals for numerical
/// optimization", *SIAM J. Sci. Stat. Comput.* 4 (1983); Moré and Wild, "Estimating derivatives of
/// noisy simulations", *ACM Trans. Math. Softw.* 38 (2012).
public struct FiniteDifference: Sendable {
  /// How values are combined; D(h) is the central difference.
  public enum Formula: String, Sendable, Hashable, CaseIterable {
    /// (g(x + h v) − g(x))/h, of order 1.
    case forward
    /// D(h) = (g(x + h v) − g(x − h v))/(2h), of order 2.
    case central
    /// (4 D(h) − D(2h))/3, of order 4: the five-point formula.
    case fourthOrder
    /// Richardson's extrapolation of D for halved steps, the most accurate entry of the table.
    ///
    /// In a ``StepSweep`` there are three levels, h, 2h and 4h, of order 6.
    case richardson

    /// The power p of h in the truncation error.
    public var order: Int {
      switch self {
      case .forward: 1
      case .central: 2
      case .fourthOrder: 4
      case .richardson: 6
      }
    }
  }

  /// How the steps are chosen.
  public struct Options: Sendable {
    /// The size of a typical change of each input; nil means its modulus, or 1 where that is zero.
    public var scales: [Double]?
    /// The relative error of the values, for example the tolerance of a solver; nil means measured.
    ///
    /// A measurement costs 7 values and sees the noise of the point's neighborhood only.
    public var relativeNoise: Double?

    /// The defaults.
    public init() {}

    /// Throws ``InputError`` unless scales are positive and the noise lies in (0, 1).
    public func validate() throws {
      for (index, scale) in (scales ?? []).enumerated() {
        try InputError.require(scale > 0 && scale.isFinite, "scales[\(index)]", scale, "positive")
      }
      if let noise = relativeNoise {
        try InputError.require(noise > 0 && noise < 1, "relativeNoise", noise, "between 0 and 1")
      }
    }
  }

  /// Derivatives from differences, one for each output or input.
  public struct Estimate: Sendable, Hashable {
    /// The derivatives.
    public var value: [Double]
    /// For each derivative the estimated bound of its absolute error: truncation as neighboring steps
    /// reveal it, and four standard deviations of the noise.
    public var error: [Double]
    /// For each derivative the step h that it was computed with.
    public var step: [Double]
    /// The number of values that were computed.
    public var evaluationCount: Int
  }

  /// How values are combined.
  public let formula: Formula

  /// How the steps are chosen.
  public let options: Options

  /// Differences by `formula` with the default options.
  public init(_ formula: Formula = .richardson) {
    self.formula = formula
    options = Options()
  }

  /// Differences with other options, which are validated.
  public init(_ formula: Formula = .richardson, options: Options) throws {
    try options.validate()
    self.formula = formula
    self.options = options
  }

  /// The derivative g′(x) v of every output along `direction` v.
  ///
  /// Costs about 10 values for ``Formula/forward`` and 20 for the others, more where steps of the usual
  /// size do not suit the function, and the measurement of the noise.
  ///
  /// - Throws: ``InputError`` if point, direction or scales do not match or are not finite, or if a
  ///   value is not finite or changes its length, and whatever the function throws, both at the point
  ///   itself or arbitrarily near to it.
  public func derivative(
    of function: ([Double]) throws -> [Double], at point: [Double], along direction: [Double]
  ) throws -> Estimate {
    let scales = try scales(at: point)
    try InputError.requireLength("direction", expected: point.count, found: direction.count)
    try InputError.requireFinite("direction", direction)
    var search = try DifferenceSearch(function, at: point, formula: formula)
    guard let unit = Self.unit(of: direction, scales: scales) else {
      let zero = search.value.map { _ in 0.0 }
      return Estimate(
        value: zero, error: zero, step: zero, evaluationCount: search.evaluationCount)
    }
    let scaled = direction.map { unit * $0 }
    try search.setNoise(of: function, along: scaled, relative: options.relativeNoise)
    let found = try search.derivatives(of: function, along: scaled, stepCount: 10)
    return Estimate(
      value: found.map { $0.value / unit }, error: found.map { $0.error / unit },
      step: found.map { $0.step * unit }, evaluationCount: search.evaluationCount)
  }

  /// The gradient of a scalar function, input by input.
  ///
  /// The noise is measured, and the range of steps found, along one dense direction. From there on it
  /// costs 4 values an input for ``Formula/forward`` and 8 for the others, more where an input needs
  /// other steps.
  ///
  /// - Throws: as ``derivative(of:at:along:)`` does.
  public func gradient(
    of function: ([Double]) throws -> Double, at point: [Double]
  ) throws -> Estimate {
    // Powers of two, so that dividing by them costs no rounding.
    let scales = try scales(at: point).map { Self.powerOfTwo($0) }
    let vector: ([Double]) throws -> [Double] = { [try function($0)] }
    var search = try DifferenceSearch(vector, at: point, formula: formula)
    var estimate = Estimate(value: [], error: [], step: [], evaluationCount: 0)
    if !point.isEmpty {
      var generator = SeededGenerator(seed: 1)
      let dense = zip(generator.direction(count: point.count), scales).map { $0 * $1 }
      try search.setNoise(of: vector, along: dense, relative: options.relativeNoise)
      _ = try search.derivatives(of: vector, along: dense, stepCount: 10)
    }
    for (input, scale) in scales.enumerated() {
      var direction = point.map { _ in 0.0 }
      direction[input] = scale
      let found = try search.derivatives(of: vector, along: direction, stepCount: 4)
      estimate.value += found.map { $0.value / scale }
      estimate.error += found.map { $0.error / scale }
      estimate.step += found.map { $0.step * scale }
    }
    estimate.evaluationCount = search.evaluationCount
    return estimate
  }

  private func scales(at point: [Double]) throws -> [Double] {
    try InputError.requireFinite("point", point)
    guard let scales = options.scales else { return Self.defaultScales(at: point) }
    try InputError.requireLength("scales", expected: point.count, found: scales.count)
    return scales
  }

  /// The modulus of each input, or 1 where that is zero.
  static func defaultScales(at point: [Double]) -> [Double] {
    point.map { $0 == 0 ? 1 : $0.magnitude }
  }

  /// The power of two u for which u·direction is about as large as the scales; nil if that is zero.
  static func unit(of direction: [Double], scales: [Double]) -> Double? {
    var largest = 0.0
    for (component, scale) in zip(direction, scales) {
      largest = max(largest, component.magnitude / scale)
    }
    return largest > 0 ? 1 / powerOfTwo(largest) : nil
  }

  /// The largest power of two below `number`, within 2^±1000.
  private static func powerOfTwo(_ number: Double) -> Double {
    Double(sign: .plus, exponent: max(-1000, min(1000, Int(number.exponent))), significand: 1)
  }
}
