/// Where the unknowns of a nonlinear system may be.
///
/// A solver's trial points are moved onto bounds that they cross; a step to where the predicate is
/// false is shortened, as one to where the residual is infinite or NaN is in any case. A root on a
/// bound is found, a solution of an inequality is not: F(u) = 0 is still all that is asked.
public struct StateDomain: Sendable {
  /// The smallest value of each unknown, if there is one.
  public let lower: [Double]?
  /// The largest value of each unknown, if there is one.
  public let upper: [Double]?
  /// Whether a state is inside.
  let contains: (@Sendable (Span<Double>) -> Bool)?

  /// The box lower ≤ u ≤ upper; infinite bounds are none.
  ///
  /// - Throws: `InputError` for a NaN, a lower bound above the upper one, or different lengths.
  public init(lower: [Double]? = nil, upper: [Double]? = nil) throws {
    for (name, bounds) in [("lower", lower), ("upper", upper)] {
      for (index, bound) in (bounds ?? []).enumerated() {
        try InputError.require(!bound.isNaN, "\(name)[\(index)]", bound, "a number")
      }
    }
    if let lower, let upper {
      try InputError.requireLength("upper", expected: lower.count, found: upper.count)
      for index in lower.indices {
        try InputError.require(
          lower[index] <= upper[index], "lower[\(index)]", lower[index],
          "at most the upper bound \(upper[index])")
      }
    }
    self.lower = lower
    self.upper = upper
    contains = nil
  }

  /// The states for which a predicate holds.
  public init(contains: @escaping @Sendable (Span<Double>) -> Bool) {
    lower = nil
    upper = nil
    self.contains = contains
  }

  /// Throws `InputError` unless the bounds are those of `count` unknowns.
  func validate(count: Int) throws {
    for (name, bounds) in [("lower", lower), ("upper", upper)] {
      guard let bounds else { continue }
      try InputError.requireLength(name, expected: count, found: bounds.count)
    }
  }

  /// Moves the state onto the bounds that it crosses; false if the predicate does not hold there.
  func project(_ state: inout [Double]) -> Bool {
    if let lower { for index in state.indices { state[index] = max(state[index], lower[index]) } }
    if let upper { for index in state.indices { state[index] = min(state[index], upper[index]) } }
    return contains?(state.span) ?? true
  }
}
