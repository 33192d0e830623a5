/// Fits parameters by the method of Levenberg and Marquardt.
///
/// Each step δ solves the linear least-squares problem
/// minimize ‖J δ + r‖² + μ ‖D δ‖² (Marquardt, *SIAM J. Appl. Math.* 11, 1963) by a QR factorization
/// over the parameters that no bound holds, and is cut off at the bounds. D holds the column norms of J
/// as Marquardt proposed, so the iteration does not depend on the parameters' units. (The largest
/// norms so far, as in MINPACK, need half as many steps again on NIST's problem MGH10.) μ follows the ratio of actual to
/// predicted reduction (Nielsen, IMM-REP-1999-05, Technical University of Denmark, eq. 2.5).
///
/// Where the predicted reduction is smaller than the noise in the misfit, a step is judged by the
/// gradient instead of the misfit, as in the approximate Wolfe conditions (Hager and Zhang,
/// *SIAM J. Optim.* 16, 2005, §2): so a fit reaches the optimum to the accuracy of its gradients.
///
/// Bounds are kept by an active set: parameters at a bound that the gradient pushes outwards stay, and where
/// a step crosses a bound the others are solved for again. A robust ``Loss`` is fitted by reweighted
/// problems with its curvature (Triggs et al., "Bundle adjustment: a modern synthesis", 2000, §4.3).
public struct LevenbergMarquardt: Sendable {
  /// How the length of a step is controlled.
  public enum Method: Sendable, Hashable {
    /// By the damping μ: Levenberg and Marquardt.
    case trustRegion
    /// Not at all but by halving (Björck, *Numerical Methods for Least Squares Problems*, SIAM 1996,
    /// §9.2.1): Gauss and Newton. For models that are nearly linear; the Jacobian needs full rank.
    case gaussNewton
  }

  /// When to stop, and how to start.
  public struct Options: Sendable, Hashable {
    /// How the length of a step is controlled.
    public var method = Method.trustRegion

    /// Stop when both measures of the gradient are this small: the largest cosine between a column
    /// of J and the residual, and ``LeastSquaresSolution/scaledGradientNorm``.
    public var gradientTolerance = 1e-9

    /// Stop when a step is this small relative to the point, both weighted by D.
    public var stepTolerance = 1e-14

    /// The relative error of the misfit; that of a model which solves a differential equation is
    /// about the solver's relative tolerance.
    public var misfitNoise = 1e-12

    /// The first μ, relative to D².
    public var initialDamping = 1e-3

    /// Stop after so many steps, taken or refused.
    public var maximumIterations = 500

    /// The defaults above.
    public init() {}

    /// Throws ``InputError`` at a value out of range.
    public func validate() throws {
      let numbers = [
        ("gradientTolerance", gradientTolerance), ("stepTolerance", stepTolerance),
        ("misfitNoise", misfitNoise), ("initialDamping", initialDamping),
      ]
      for (name, number) in numbers {
        try InputError.require(number > 0 && number < 1, name, number, "between 0 and 1")
      }
      try InputError.require(
        maximumIterations > 0, "maximumIterations", Double(maximumIterations), "positive")
    }
  }

  /// When to stop, and how to start.
  public let options: Options

  /// A fitter; throws ``InputError`` at an option out of range.
  public init(options: Options = Options()) throws {
    try options.validate()
    self.options = options
  }

  /// The fit from the parameters' own starts, or from `start`.
  ///
  /// `progress` is called after every step with the iteration and the misfit; what it throws ends
  /// the fit. A fit that stops without convergence is returned and says so in its `stopReason`.
  ///
  /// Throws ``InputError`` or ``OptimizationError`` for a start out of bounds or where the model has
  /// no value, and what the model throws, unchanged.
  public func solve(
    _ problem: LeastSquaresProblem, from start: [Double]? = nil,
    progress: (Int, Double) throws -> Void = { _, _ in }
  ) throws -> LeastSquaresSolution {
    let start = start ?? problem.parameters.map(\.start)
    try problem.validate(start: start)
    var iteration = try LevenbergMarquardtIteration(problem, start: start, options: options)
    var count = 0
    while iteration.stopReason == nil {
      guard count < options.maximumIterations else { return iteration.solution(.evaluationLimit) }
      try iteration.step()
      count += 1
      try progress(count, iteration.misfit)
    }
    return iteration.solution(iteration.stopReason ?? .noProgress)
  }
}
