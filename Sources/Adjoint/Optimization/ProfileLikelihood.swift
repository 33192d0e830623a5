/// The best misfit as a function of one parameter, the others fitted anew at each of its values.
///
/// With S(x) that misfit and S(x̂) the least, τ(x) = sign(x − x̂) √(2(S(x) − S(x̂))/σ²) is a standardized
/// error: linear in x if the model is linear in its parameters (Bates and Watts, *Nonlinear Regression
/// Analysis and Its Applications*, Wiley 1988, §6.1.2). The interval ends where |τ| is the quantile of
/// Student's distribution, or, with noise that is known (σ² = 1), of the normal one: where twice the
/// difference of the logarithms of the likelihoods is the quantile of χ² with one degree of freedom. Such an
/// interval is right for curved models too, and shows a parameter that the data bound on one side only.
public struct ProfileLikelihood: Sendable {
  /// The fit at one value of the parameter.
  public struct Point: Sendable, Hashable {
    /// The parameter.
    public var value: Double

    /// S: the least misfit at this value.
    public var misfit: Double

    /// τ.
    public var standardizedError: Double

    /// All parameters, this one included.
    public var parameters: [Double]
  }

  /// The parameter's name.
  public let name: String

  /// The points that were fitted, by increasing value; the optimum is among them.
  public let points: [Point]

  /// The level of the interval.
  public let level: Double

  /// |τ| at the ends of the interval.
  public let threshold: Double

  /// The lower end of the interval; nil if the misfit stays below the threshold down to the parameter's
  /// bound or as far as was searched.
  public let lowerEnd: Double?

  /// The upper end of the interval; nil as ``lowerEnd``.
  public let upperEnd: Double?
}
