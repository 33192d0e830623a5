import Adjoint
import Foundation

/// One line of `Tests/ReferenceData/elementary.csv`: a function of one or two arguments, its value
/// and its first and second derivatives, rounded from 50 digits.
struct ElementaryReference: CustomStringConvertible, Sendable {
  let function: String
  let x: Double
  /// The second argument, if there is one: a real number or an integer.
  let y: Double?
  let value: Double
  let byX: Double
  /// Nil if there is no second argument or it is an integer.
  let byY: Double?
  /// Second derivatives; those by a second argument only where there is a ``byY``.
  var byXX: Double = .nan
  var byXY: Double?
  var byYY: Double?

  var description: String { "\(function)(\(x)\(y.map { ", \($0)" } ?? ""))" }

  /// All lines; empty, and thus noticed by a test, if the file cannot be read.
  static let all: [ElementaryReference] = {
    let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "ReferenceData/elementary.csv")
    guard let text = try? String(contentsOf: file, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let fields = line.split(separator: ",", omittingEmptySubsequences: false)
      guard fields.count == 9, let x = Double(fields[1]), let value = Double(fields[3]),
        let byX = Double(fields[4]), let byXX = Double(fields[6])
      else { return nil }
      return ElementaryReference(
        function: String(fields[0]), x: x, y: Double(fields[2]), value: value, byX: byX,
        byY: Double(fields[5]), byXX: byXX, byXY: Double(fields[7]), byYY: Double(fields[8]))
    }
  }()

  /// The function in the scalar S; nil if the name is unknown.
  func evaluate<S: Scalar>(_ x: S, _ y: S) -> S? {
    switch function {
    case "negate": -x
    case "magnitude": x.magnitude
    case "reciprocal": x.reciprocal
    case "exp": S.exp(x)
    case "expMinusOne": S.expMinusOne(x)
    case "log": S.log(x)
    case "logOnePlus": S.log(onePlus: x)
    case "sqrt": S.sqrt(x)
    case "sin": S.sin(x)
    case "cos": S.cos(x)
    case "tan": S.tan(x)
    case "asin": S.asin(x)
    case "acos": S.acos(x)
    case "atan": S.atan(x)
    case "sinh": S.sinh(x)
    case "cosh": S.cosh(x)
    case "tanh": S.tanh(x)
    case "asinh": S.asinh(x)
    case "acosh": S.acosh(x)
    case "atanh": S.atanh(x)
    case "add": x + y
    case "subtract": x - y
    case "multiply": x * y
    case "divide": x / y
    case "hypot": S.hypot(x, y)
    case "atan2": S.atan2(y: x, x: y)
    case "power": S.pow(x, y)
    case "integerPower": S.pow(x, Int(y.value))
    case "root": S.root(x, Int(y.value))
    default: nil
    }
  }
}
