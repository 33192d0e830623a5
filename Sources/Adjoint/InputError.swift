/// Arguments that do not fit together: the caller's data, not the mathematics, is at fault.
public enum InputError: Error, Equatable, CustomStringConvertible {
  /// An array has the wrong number of elements.
  case wrongLength(argument: String, expected: Int, found: Int)
  /// A number that must be finite is not.
  case notFinite(argument: String, index: Int, value: Double)
  /// A number lies outside its range; the requirement says which.
  case outOfRange(argument: String, value: Double, requirement: String)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .wrongLength(let argument, let expected, let found):
      "\(argument) has \(found) elements where \(expected) are needed"
    case .notFinite(let argument, let index, let value):
      "\(argument)[\(index)] is \(value); every element must be a finite number"
    case .outOfRange(let argument, let value, let requirement):
      "\(argument) is \(value); it must be \(requirement)"
    }
  }

  /// Throws ``wrongLength(argument:expected:found:)`` unless `found` equals `expected`.
  public static func requireLength(_ argument: String, expected: Int, found: Int) throws {
    guard expected == found else {
      throw Self.wrongLength(argument: argument, expected: expected, found: found)
    }
  }

  /// Throws ``notFinite(argument:index:value:)`` at the first element that is infinite or NaN.
  public static func requireFinite(_ argument: String, _ values: [Double]) throws {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    throw Self.notFinite(argument: argument, index: index, value: values[index])
  }

  /// Throws ``outOfRange(argument:value:requirement:)`` unless `condition` holds.
  public static func require(
    _ condition: Bool, _ argument: @autoclosure () -> String, _ value: Double,
    _ requirement: @autoclosure () -> String
  ) throws {
    guard condition else {
      throw Self.outOfRange(argument: argument(), value: value, requirement: requirement())
    }
  }
}
