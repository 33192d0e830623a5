/// Coefficients that are not those of an explicit Runge–Kutta method of the claimed order.
public enum ButcherTableauError: Error, Equatable, CustomStringConvertible {
  /// An array has the wrong number of elements.
  case wrongShape(coefficients: String, expected: Int, found: Int)
  /// A coefficient is infinite or NaN.
  case notFinite(coefficients: String, index: Int)
  /// A stage depends on itself or on a later one.
  case notExplicit(row: Int, column: Int, value: Double)
  /// cᵢ differs from Σⱼ aᵢⱼ.
  case rowSum(row: Int, expected: Double, found: Double)
  /// An order that cannot be checked: the conditions are known here for 1 … 5.
  case unknownOrder(coefficients: String, order: Int)
  /// A condition of the claimed order does not hold.
  case orderCondition(coefficients: String, tree: String, expected: Double, found: Double)
  /// The dense output does not end in the step's result: bᵢ(1) ≠ bᵢ.
  case denseOutputEnd(stage: Int, expected: Double, found: Double)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .wrongShape(let coefficients, let expected, let found):
      "\(coefficients) has \(found) elements where \(expected) are needed"
    case .notFinite(let coefficients, let index):
      "\(coefficients)[\(index)] is not a finite number"
    case .notExplicit(let row, let column, let value):
      "a[\(row)][\(column)] is \(value); an explicit method uses earlier stages only"
    case .rowSum(let row, let expected, let found):
      "c[\(row)] is \(found), but row \(row) of a sums to \(expected): a mistyped coefficient?"
    case .unknownOrder(let coefficients, let order):
      "\(coefficients) claims order \(order); orders 1 to 5 can be checked"
    case .orderCondition(let coefficients, let tree, let expected, let found):
      "\(coefficients) violates the order condition \(tree) = \(expected), it gives \(found): "
        + "a mistyped coefficient, or an order that is too high?"
    case .denseOutputEnd(let stage, let expected, let found):
      "the dense output's weight of stage \(stage) ends at \(found), not at b = \(expected)"
    }
  }
}
