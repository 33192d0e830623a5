/// Checks the derivatives of a function against the laws that every right derivative obeys.
///
/// For g: ℝⁿ → ℝᵐ with Jacobian J at x, random directions v (relative to the inputs' scales) and
/// random weights w (relative to the outputs' variation):
/// - the dot product ⟨w, J v⟩ = ⟨Jᵀw, v⟩, for dense v and for single inputs;
/// - the Taylor remainder ‖g(x ± h v) − g(x) ∓ h J v‖ is O(h²);
/// - J v, output by output, and ⟨Jᵀw, v⟩ agree with extrapolated central differences, for dense v
///   and for single inputs;
/// - the value with derivative equals that without, bit for bit; a linearization stays valid while
///   others are made; pullback and pushforward have the right lengths and are linear.
///
/// Neither of the first two suffices alone: an error made in both directions leaves no gap in the
/// dot product, and a remainder of a pushforward says nothing about the pullback.
///
/// The tolerances follow the function: its computational noise σ is measured, and differences are
/// believed to the accuracy that σ and their truncation leave. A function so noisy that differences
/// resolve less than ``Options/requiredResolution`` fails. An adaptive algorithm must therefore keep
/// its decisions (its steps) fixed while it is checked, and an iteration must converge fully.
///
/// Costs about `directions`·(2·`stepCount` + 6) + 8·min(n, `inputCount`) values and two
/// linearizations. The report does not depend on anything but the arguments.
public struct DerivativeCheck: Sendable {
  /// How thoroughly and how strictly to check.
  public struct Options: Sendable {
    /// Dense random directions and weights.
    public var directions = 3
    /// Inputs that are also checked alone; where there are more, a random choice of them.
    public var inputCount = 16
    /// Halved steps, from 2⁻⁶ on; at least 4.
    public var stepCount = 12
    /// The size of a typical change of each input; nil means its modulus, or 1 where that is zero.
    public var scales: [Double]?
    /// The largest gap of dot products and deviation from linearity, relative to Σ|terms|.
    ///
    /// A gap consists of rounding, at most about (n + m) eps κ; 1e-12 leaves 4,500 eps for that.
    public var dotProductTolerance = 1e-12
    /// The relative error of a derivative that differences are not asked to reveal.
    public var differenceTolerance = 1e-9
    /// The relative error of a derivative that differences must be able to reveal.
    public var requiredResolution = 1e-5

    /// The defaults.
    public init() {}

    /// Throws ``InputError`` unless counts and tolerances are positive, steps at least 4.
    public func validate() throws {
      try InputError.require(directions >= 1, "directions", Double(directions), "at least 1")
      try InputError.require(inputCount >= 0, "inputCount", Double(inputCount), "at least 0")
      try InputError.require(
        (4...30).contains(stepCount), "stepCount", Double(stepCount), "between 4 and 30")
      for (name, value) in [
        ("dotProductTolerance", dotProductTolerance), ("differenceTolerance", differenceTolerance),
        ("requiredResolution", requiredResolution),
      ] {
        try InputError.require(value > 0 && value < 1, name, value, "between 0 and 1")
      }
      for (index, scale) in (scales ?? []).enumerated() {
        try InputError.require(scale > 0 && scale.isFinite, "scales[\(index)]", scale, "positive")
      }
    }
  }

  /// The seed of all random directions.
  public let seed: UInt64

  /// How thoroughly and how strictly to check.
  public let options: Options

  /// A check with the default options.
  public init(seed: UInt64 = 1) {
    self.seed = seed
    options = Options()
  }

  /// A check with other options, which are validated.
  public init(seed: UInt64 = 1, options: Options) throws {
    try options.validate()
    self.seed = seed
    self.options = options
  }

  /// Checks the derivative of `map` at `point`.
  ///
  /// Throws ``InputError`` if the point is empty, not finite or does not match the scales, and
  /// whatever the map throws at the point itself or arbitrarily near to it. A wrong derivative is not
  /// an error but a report that has not ``DerivativeReport/passed``.
  public func check(_ map: DifferentiableMap, at point: [Double]) throws -> DerivativeReport {
    try InputError.require(!point.isEmpty, "number of inputs", 0, "at least 1")
    try InputError.requireFinite("point", point)
    if let scales = options.scales {
      try InputError.requireLength("scales", expected: point.count, found: scales.count)
    }
    let scales = options.scales ?? point.map { $0 == 0 ? 1 : $0.magnitude }
    var run = CheckRun(
      map: map, point: point, scales: scales, options: options,
      generator: SeededGenerator(seed: seed))
    return try run.report()
  }
}
