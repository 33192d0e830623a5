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

  /// ½ Σ ρ(wᵢ (yᵢ − dᵢ)²), with the priors' part ½ Σ πⱼ².
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

  /// m − k for m data and priors and k parameters that no bound holds.
  public var degreesOfFreedom: Int

  /// σ² = 2·misfit/(m − k), the variance of a weighted residual; nil if m = k.
  ///
  /// With a robust loss, its counterpart of Huber, *Robust Statistics*, Wiley 1981, §7.6, eq. 6.5.
  public var residualVariance: Double?

  /// The covariance σ² (JᵀJ)⁻¹ of the parameters, row after row.
  ///
  /// J is the Jacobian of the weighted residuals and priors (Seber and Wild, *Nonlinear Regression*, 1989,
  /// §2.1.2), and σ² is ``residualVariance``, or 1 where the noise is known and the loss is that of
  /// squares. Rows and columns of parameters that a bound holds are zero: the covariance is that of the
  /// others while these stay where they are. Nil if J has no full rank or σ² is unknown.
  public var covariance: [Double]?

  /// Which combinations of parameters the data determine.
  public var identifiability: Identifiability

  /// If the fit stopped because no step decreased the misfit: what is at fault.
  public var diagnosis: LineSearchDiagnosis?

  /// Why the fit stopped.
  public var stopReason: StopReason

  /// What it has cost.
  public var statistics: Statistics

  let noise: LeastSquaresProblem.Noise
  let scales: [LeastSquaresProblem.Parameter.Scale]

  /// The parameter called `name`, if there is one.
  public subscript(name: String) -> Double? {
    names.firstIndex(of: name).map { parameters[$0] }
  }
}
