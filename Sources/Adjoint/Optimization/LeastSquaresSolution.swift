import RealModule

/// The end of a least-squares fit.
public struct LeastSquaresSolution: Sendable {
  /// What a fit has cost.
  public struct Statistics: Sendable, Hashable {
    /// Steps taken.
    public var iterations = 0

    /// Evaluations of the predictions alone.
    public var evaluations = 0

    /// Evaluations of the predictions with their Jacobian.
    public var linearizations = 0

    /// No cost yet.
    public init() {}
  }

  /// The parameters' names.
  public var names: [String]

  /// x.
  public var parameters: [Double]

  /// y(x).
  public var predictions: [Double]

  /// ½ Σ wᵢ (yᵢ − dᵢ)².
  public var misfit: Double

  /// ∂misfit/∂x, by a pullback.
  public var gradient: [Double]

  /// The parameters that a bound holds.
  public var activeBounds: [Int]

  /// maxᵢ |gᵢ xᵢ| / misfit over the parameters that no bound holds.
  ///
  /// This is how much the misfit would change, relatively, per relative change of a parameter. Zero
  /// for a misfit of zero.
  public var scaledGradientNorm: Double

  /// The covariance σ² (JᵀJ)⁻¹ of the parameters, row after row.
  ///
  /// σ² = 2·misfit/(m − k) for m data and k parameters, and J is the Jacobian of the weighted
  /// residuals (Seber and Wild, *Nonlinear Regression*, 1989, §2.1.2), as if there were no bounds;
  /// nil if J has no full rank or m = k.
  public var covariance: [Double]?

  /// Why the fit stopped.
  public var stopReason: StopReason

  /// What it has cost.
  public var statistics: Statistics

  /// The square roots of the covariance's diagonal.
  public var standardErrors: [Double]? {
    guard let covariance else { return nil }
    let count = parameters.count
    return (0..<count).map { covariance[$0 * count + $0].squareRoot() }
  }

  /// The parameter called `name`, if there is one.
  public subscript(name: String) -> Double? {
    names.firstIndex(of: name).map { parameters[$0] }
  }
}
