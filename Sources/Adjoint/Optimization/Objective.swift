/// A scalar function g(x) together with its gradient ∂g/∂x: a cost, or a constraint.
///
/// ```swift
/// let valley = Objective(variableCount: 2) { x in
///   let a = 1 - x[0]
///   let b = x[1] - x[0] * x[0]
///   return (a * a + 100 * b * b, [-2 * a - 400 * x[0] * b, 200 * b])
/// }
/// ```
///
/// An objective lives on the thread that uses it; it need not be `Sendable`.
public struct Objective {
  /// The length of x.
  public let variableCount: Int

  private let evaluate: ([Double]) throws -> (value: Double, gradient: [Double])

  /// An objective from a function that returns the value and the gradient at a point.
  ///
  /// Errors that the function throws pass through every optimizer unchanged.
  public init(
    variableCount: Int,
    valueWithGradient: @escaping ([Double]) throws -> (value: Double, gradient: [Double])
  ) {
    self.variableCount = variableCount
    evaluate = valueWithGradient
  }

  /// An objective from a function that returns the value and a pullback, which maps a cotangent
  /// of the value to one of the point; the gradient is the pullback of 1.
  public init(
    variableCount: Int,
    valueWithPullback:
      @escaping ([Double]) throws -> (value: Double, pullback: (Double) throws -> [Double])
  ) {
    self.init(variableCount: variableCount) { point in
      let (value, pullback) = try valueWithPullback(point)
      return (value, try pullback(1))
    }
  }

  /// The value and the gradient at `point`, both finite.
  ///
  /// Throws ``InputError`` for a point of the wrong length, ``OptimizationError`` if the function
  /// returns a gradient of the wrong length or numbers that are not finite, and what the function
  /// itself throws.
  public func valueWithGradient(
    at point: [Double]
  ) throws -> (value: Double, gradient: [Double]) {
    try InputError.requireLength("point", expected: variableCount, found: point.count)
    let (value, gradient) = try evaluate(point)
    try InputError.requireLength(
      "gradient of the objective", expected: variableCount, found: gradient.count)
    guard value.isFinite else { throw OptimizationError.valueNotFinite(value, point: point) }
    if let index = gradient.firstIndex(where: { !$0.isFinite }) {
      throw OptimizationError.gradientNotFinite(index: index, point: point)
    }
    return (value, gradient)
  }
}
