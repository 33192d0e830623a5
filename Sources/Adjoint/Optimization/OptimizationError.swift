/// Why an optimization or a fit could not be stated or carried out.
public enum OptimizationError: Error, Equatable, CustomStringConvertible {
  /// A lower bound exceeds its upper bound, or one of them is NaN.
  case invalidBounds(index: Int, lower: Double, upper: Double)
  /// The starting point violates a bound.
  case startOutsideBounds(index: Int, value: Double, lower: Double, upper: Double)
  /// The method knows no constraints of this kind.
  case unsupportedConstraints(method: String, kind: String)
  /// The function's value is infinite or NaN.
  case valueNotFinite(Double, point: [Double])
  /// A component of the function's gradient is infinite or NaN.
  case gradientNotFinite(index: Int, point: [Double])
  /// The optimizer's own library refused to work.
  case refused(method: String, message: String)
  /// A fit has more parameters than data.
  case tooFewData(count: Int, parameterCount: Int)
  /// A fit has two parameters of one name.
  case duplicateParameter(name: String)
  /// The model cannot be evaluated at the starting point of a fit.
  case startNotEvaluable(point: [Double], reason: String)
  /// No step from a point that is not optimal decreases the function; the diagnosis says why.
  case lineSearchFailed(
    method: String, point: [Double], value: Double, diagnosis: LineSearchDiagnosis)
  /// No parameter has the name.
  case unknownParameter(name: String, known: [String])
  /// A profile met a smaller misfit than that of the fit it starts from.
  case profileFoundBetterFit(parameter: String, value: Double, misfit: Double, best: Double)

  /// What is wrong, and its likely causes in order.
  public var description: String {
    switch self {
    case .invalidBounds(let index, let lower, let upper):
      "the bounds of variable \(index) are [\(lower), \(upper)]; "
        + "the lower one must not exceed the upper one"
    case .startOutsideBounds(let index, let value, let lower, let upper):
      "the start of variable \(index) is \(value), outside its bounds [\(lower), \(upper)]"
    case .unsupportedConstraints(let method, let kind):
      "the method \(method) cannot handle \(kind) constraints; "
        + "use slsqp or augmentedLagrangian, or mma for inequalities"
    case .valueNotFinite(let value, let point):
      "the function is \(value) at \(Self.short(point)); likely causes: a bound is missing that "
        + "keeps the point in the function's domain, or the scale of the variables is poor"
    case .gradientNotFinite(let index, let point):
      "component \(index) of the gradient is not finite at \(Self.short(point)); likely causes: "
        + "a point where the function has no derivative, or an overflow"
    case .refused(let method, let message):
      "the method \(method) refused to work: \(message)"
    case .tooFewData(let count, let parameterCount):
      "\(count) data cannot determine \(parameterCount) parameters"
    case .duplicateParameter(let name):
      "two parameters are called \(name)"
    case .startNotEvaluable(let point, let reason):
      "the model cannot be evaluated at the start \(Self.short(point)): \(reason)"
    case .lineSearchFailed(let method, let point, let value, let diagnosis):
      "the method \(method) finds no smaller value than \(value) near \(Self.short(point)): "
        + diagnosis.description
    case .unknownParameter(let name, let known):
      "no parameter is called \(name); there are \(known.joined(separator: ", "))"
    case .profileFoundBetterFit(let parameter, let value, let misfit, let best):
      "with \(parameter) = \(value) the misfit is \(misfit), less than that of the fit, \(best); likely "
        + "causes: the fit ended in a local optimum (start it from there), or was stopped early"
    }
  }

  /// A point with at most eight components written out.
  private static func short(_ point: [Double]) -> String {
    let head = point.prefix(8).map { "\($0)" }.joined(separator: ", ")
    return point.count > 8 ? "(\(head), … \(point.count) in all)" : "(\(head))"
  }
}

/// What a model throws at a point where it has no value, to make a fit try a shorter step.
///
/// A fit that starts at such a point fails; one that meets it on its way turns round. Every other
/// error ends the fit and reaches the caller unchanged.
public struct PointOutsideDomain: Error, CustomStringConvertible {
  /// Why there is no value.
  public let reason: String

  /// A point without a value.
  public init(reason: String) { self.reason = reason }

  /// The reason.
  public var description: String { reason }
}
