/// A vector function y = g(x) together with its derivatives at a point, in a form that the
/// derivative check can exercise.
///
/// Any solver is one: flatten its inputs into x, its outputs into y, and hand over what the solution
/// offers. ``linearize`` is called once per point; the closures it returns share the solve.
public struct DifferentiableMap {
  /// A value and the derivative at one point as a linear operator and its transpose.
  public struct Linearization {
    /// y = g(x).
    public var value: [Double]
    /// v ↦ J v; nil where the operation offers no pushforward.
    public var pushforward: (([Double]) throws -> [Double])?
    /// w ↦ Jᵀ w.
    public var pullback: ([Double]) throws -> [Double]

    /// A linearization from its parts.
    public init(
      value: [Double], pushforward: (([Double]) throws -> [Double])?,
      pullback: @escaping ([Double]) throws -> [Double]
    ) {
      self.value = value
      self.pushforward = pushforward
      self.pullback = pullback
    }
  }

  /// What is checked, for reports.
  public var name: String

  /// What each element of x is called in reports; nil for its index.
  public var inputNames: [String]?

  /// The value at x, computed without any preparation for derivatives.
  public var value: ([Double]) throws -> [Double]

  /// The value at x with the derivative there.
  public var linearize: ([Double]) throws -> Linearization

  /// A map from its parts.
  public init(
    name: String, inputNames: [String]? = nil,
    value: @escaping ([Double]) throws -> [Double],
    linearize: @escaping ([Double]) throws -> Linearization
  ) {
    self.name = name
    self.inputNames = inputNames
    self.value = value
    self.linearize = linearize
  }
}
