import Adjoint
import Testing

/// A point where a function or its derivative ends, branches or becomes infinite.
struct AwkwardPoint: CustomStringConvertible, Sendable {
  let name: String
  let x: Double
  /// A second active argument, if the function has one.
  var y: Double?
  let value: Double
  let byX: Double
  var byY: Double = 0

  var description: String { "\(name)(\(x)\(y.map { ", \($0)" } ?? ""))" }

  private static let inf = Double.infinity
  private static let nan = Double.nan
  private static let half = Double.pi / 2
  private static let least = Double.leastNonzeroMagnitude

  // Expected are the limits from within the domain, at ±0 from the side of the sign; NaN where
  // there is none, or none that is the same from all sides.
  static let all: [AwkwardPoint] =
    algebraic + powers + roots + logarithms + circular + hyperbolic + ofTwoArguments

  private static let algebraic: [AwkwardPoint] = [
    .init(name: "magnitude", x: 0, value: 0, byX: nan),
    .init(name: "magnitude", x: -0.0, value: 0, byX: nan),
    .init(name: "magnitude", x: least, value: least, byX: 1),
    .init(name: "magnitude", x: -inf, value: inf, byX: -1),
    .init(name: "magnitude", x: nan, value: nan, byX: nan),
    .init(name: "reciprocal", x: 0, value: inf, byX: -inf),
    .init(name: "reciprocal", x: -0.0, value: -inf, byX: -inf),
    .init(name: "divide", x: 1, y: 0, value: inf, byX: inf, byY: -inf),
    .init(name: "divide", x: 1, y: -0.0, value: -inf, byX: -inf, byY: -inf),
    .init(name: "divide", x: 0, y: 0, value: nan, byX: inf, byY: nan),
    .init(name: "divide", x: 1, y: inf, value: 0, byX: 0, byY: 0),
    .init(name: "divide", x: inf, y: inf, value: nan, byX: 0, byY: nan),
    .init(name: "divide", x: 0, y: 0x1p-1030, value: 0, byX: inf, byY: 0),
  ]

  private static let powers: [AwkwardPoint] = [
    .init(name: "power", x: 0, y: 2, value: 0, byX: 0),
    .init(name: "power", x: 0, y: 1.5, value: 0, byX: 0),
    .init(name: "power", x: 0, y: 1, value: 0, byX: 1),
    .init(name: "power", x: 0, y: 0.5, value: 0, byX: inf),
    .init(name: "power", x: 0, y: 0, value: nan, byX: nan, byY: nan),
    .init(name: "power", x: 0, y: -1, value: inf, byX: -inf, byY: -inf),
    .init(name: "power", x: 0, y: -0.5, value: inf, byX: -inf, byY: -inf),
    .init(name: "power", x: -1, y: 2, value: nan, byX: nan, byY: nan),
    .init(name: "power", x: -1, y: 1, value: nan, byX: nan, byY: nan),
    .init(name: "power", x: 3, y: 0, value: 1, byX: 0, byY: Double.log(3)),
    .init(name: "power", x: 1, y: 1e300, value: 1, byX: 1e300, byY: 0),
    .init(name: "power", x: inf, y: 2, value: inf, byX: inf, byY: inf),
    .init(name: "power", x: inf, y: 1, value: inf, byX: 1, byY: inf),
    .init(name: "power", x: inf, y: 0.5, value: inf, byX: 0, byY: inf),
    .init(name: "power", x: inf, y: -1, value: 0, byX: 0, byY: 0),
    .init(name: "power", x: 1e-200, y: 2, value: 0, byX: 2e-200, byY: 0),
    .init(name: "power", x: nan, y: 2, value: nan, byX: nan, byY: nan),
    .init(name: "power", x: 2, y: nan, value: nan, byX: nan, byY: nan),
    .init(name: "square", x: 0, value: 0, byX: 0),
    .init(name: "square", x: 1e-200, value: 0, byX: 2e-200),
    .init(name: "square", x: -1e200, value: inf, byX: -2e200),
    .init(name: "zerothPower", x: 0, value: 1, byX: 0),
    .init(name: "zerothPower", x: inf, value: 1, byX: 0),
    .init(name: "firstPower", x: 0, value: 0, byX: 1),
    .init(name: "inversePower", x: 0, value: inf, byX: -inf),
    .init(name: "inversePower", x: -0.0, value: -inf, byX: -inf),
    .init(name: "inverseSquare", x: 0, value: inf, byX: -inf),
    .init(name: "inverseSquare", x: -0.0, value: inf, byX: inf),
    .init(name: "leastPower", x: 1, value: 1, byX: -0x1p63),
    .init(name: "leastPower", x: 2, value: 0, byX: 0),
    .init(name: "leastPower", x: 0, value: inf, byX: -inf),
  ]

  private static let roots: [AwkwardPoint] = [
    .init(name: "sqrt", x: 0, value: 0, byX: inf),
    .init(name: "sqrt", x: -0.0, value: -0.0, byX: inf),
    .init(name: "sqrt", x: -1, value: nan, byX: nan),
    .init(name: "sqrt", x: inf, value: inf, byX: 0),
    .init(name: "sqrt", x: 0x1p-1074, value: 0x1p-537, byX: 0x1p536),
    .init(name: "cubeRoot", x: 0, value: 0, byX: inf),
    .init(name: "cubeRoot", x: -0.0, value: -0.0, byX: inf),
    .init(name: "cubeRoot", x: -8, value: -2, byX: 1.0 / 12),
    .init(name: "cubeRoot", x: inf, value: inf, byX: 0),
    .init(name: "cubeRoot", x: -inf, value: -inf, byX: 0),
    .init(name: "fourthRoot", x: 0, value: 0, byX: inf),
    .init(name: "fourthRoot", x: -16, value: nan, byX: nan),
    .init(name: "fourthRoot", x: -inf, value: nan, byX: nan),
    .init(name: "inverseCubeRoot", x: 0, value: inf, byX: -inf),
    .init(name: "firstRoot", x: 0, value: 0, byX: 1),
    .init(name: "firstRoot", x: inf, value: inf, byX: 1),
    .init(name: "zerothRoot", x: 0.5, value: 0, byX: nan),
  ]

  private static let logarithms: [AwkwardPoint] = [
    .init(name: "log", x: 0, value: -inf, byX: inf),
    .init(name: "log", x: -0.0, value: -inf, byX: inf),
    .init(name: "log", x: -1, value: nan, byX: nan),
    .init(name: "log", x: inf, value: inf, byX: 0),
    .init(name: "log", x: nan, value: nan, byX: nan),
    .init(name: "logOnePlus", x: -1, value: -inf, byX: inf),
    .init(name: "logOnePlus", x: -2, value: nan, byX: nan),
    .init(name: "logOnePlus", x: inf, value: inf, byX: 0),
    .init(name: "exp", x: -inf, value: 0, byX: 0),
    .init(name: "exp", x: inf, value: inf, byX: inf),
    .init(name: "expMinusOne", x: -inf, value: -1, byX: 0),
    .init(name: "expMinusOne", x: 1000, value: inf, byX: inf),
  ]

  private static let circular: [AwkwardPoint] = [
    .init(name: "sin", x: inf, value: nan, byX: nan),
    .init(name: "cos", x: -inf, value: nan, byX: nan),
    .init(name: "tan", x: inf, value: nan, byX: nan),
    .init(name: "asin", x: 1, value: half, byX: inf),
    .init(name: "asin", x: -1, value: -half, byX: inf),
    .init(name: "asin", x: 1.5, value: nan, byX: nan),
    .init(name: "acos", x: 1, value: 0, byX: -inf),
    .init(name: "acos", x: -1, value: 2 * half, byX: -inf),
    .init(name: "acos", x: -1.5, value: nan, byX: nan),
    .init(name: "atan", x: inf, value: half, byX: 0),
    .init(name: "atan", x: -inf, value: -half, byX: 0),
    .init(name: "atan", x: -0.0, value: -0.0, byX: 1),
    .init(name: "atan", x: nan, value: nan, byX: nan),
  ]

  private static let hyperbolic: [AwkwardPoint] = [
    .init(name: "sinh", x: -inf, value: -inf, byX: inf),
    .init(name: "cosh", x: -inf, value: inf, byX: -inf),
    .init(name: "cosh", x: 0, value: 1, byX: 0),
    .init(name: "tanh", x: inf, value: 1, byX: 0),
    .init(name: "tanh", x: -inf, value: -1, byX: 0),
    .init(name: "tanh", x: 1000, value: 1, byX: 0),
    .init(name: "asinh", x: inf, value: inf, byX: 0),
    .init(name: "asinh", x: -inf, value: -inf, byX: 0),
    .init(name: "acosh", x: 1, value: 0, byX: inf),
    .init(name: "acosh", x: 0.5, value: nan, byX: nan),
    .init(name: "acosh", x: -2, value: nan, byX: nan),
    .init(name: "acosh", x: inf, value: inf, byX: 0),
    .init(name: "atanh", x: 1, value: inf, byX: inf),
    .init(name: "atanh", x: -1, value: -inf, byX: inf),
    .init(name: "atanh", x: 2, value: nan, byX: nan),
    .init(name: "atanh", x: -inf, value: nan, byX: nan),
  ]

  private static let ofTwoArguments: [AwkwardPoint] = [
    .init(name: "hypot", x: 0, y: 0, value: 0, byX: nan, byY: nan),
    .init(name: "hypot", x: -3, y: 0, value: 3, byX: -1, byY: 0),
    .init(name: "hypot", x: 0, y: least, value: least, byX: 0, byY: 1),
    .init(
      name: "hypot", x: 1.5e308, y: 1.5e308, value: inf, byX: 0.5.squareRoot(),
      byY: 0.5.squareRoot()),
    .init(name: "hypot", x: inf, y: 1, value: inf, byX: 1, byY: 0),
    .init(name: "atan2", x: 0, y: 0, value: 0, byX: nan, byY: nan),
    .init(name: "atan2", x: -0.0, y: -1, value: -2 * half, byX: -1, byY: 0),
    .init(name: "atan2", x: 0, y: -1, value: 2 * half, byX: -1, byY: 0),
    .init(name: "atan2", x: 2, y: 0, value: half, byX: 0, byY: -0.5),
    .init(name: "atan2", x: 0, y: 1e-300, value: 0, byX: 1e300, byY: 0),
  ]

  func evaluate<S: Scalar>(_ x: S, _ y: S) -> S? {
    switch name {
    case "square": S.pow(x, 2)
    case "zerothPower": S.pow(x, 0)
    case "firstPower": S.pow(x, 1)
    case "inversePower": S.pow(x, -1)
    case "inverseSquare": S.pow(x, -2)
    case "leastPower": S.pow(x, Int.min)
    case "cubeRoot": S.root(x, 3)
    case "fourthRoot": S.root(x, 4)
    case "inverseCubeRoot": S.root(x, -3)
    case "firstRoot": S.root(x, 1)
    case "zerothRoot": S.root(x, 0)
    default:
      ElementaryReference(
        function: name, x: self.x, y: self.y, value: value, byX: byX, byY: byY
      ).evaluate(x, y)
    }
  }
}

@Suite struct AwkwardPointTests {
  /// Equal to two units in the last place (libm's), or both NaN, or the same infinity.
  private func agrees(_ found: Double, _ expected: Double) -> Bool {
    if expected.isNaN { return found.isNaN }
    if found == expected { return true }
    return abs(found - expected) <= 2 * Double.ulpOfOne * abs(expected) && found.isFinite
  }

  @Test("The value and both limits are right on the tape", arguments: AwkwardPoint.all)
  func tape(point: AwkwardPoint) throws {
    let tape = Tape()
    let x = tape.input(point.x)
    let y = tape.input(point.y ?? 1)
    let found = try #require(point.evaluate(x, y))
    #expect(agrees(found.value, point.value), "\(found.value)")
    tape.clearAdjoints()
    tape.seed(found, with: 1)
    tape.sweep()
    #expect(agrees(tape.adjoint(of: x), point.byX), "\(tape.adjoint(of: x))")
    #expect(agrees(tape.adjoint(of: y), point.y == nil ? 0 : point.byY), "\(tape.adjoint(of: y))")
  }

  @Test(
    "A dual number has the same value and the same limits, or NaN where it meets 0·∞",
    arguments: AwkwardPoint.all)
  func dual(point: AwkwardPoint) throws {
    var x = Dual(point.x)
    var y = Dual(point.y ?? 1)
    x.tangent[0] = 1
    y.tangent[1] = 1
    let found = try #require(point.evaluate(x, y))
    #expect(agrees(found.value, point.value), "\(found.value)")
    let isSingular = !point.byX.isFinite || !point.byY.isFinite || !point.value.isFinite
    let byX = found.tangent[0]
    #expect(
      agrees(byX, point.byX) || (isSingular && point.y != nil && byX.isNaN), "\(found.tangent)")
    guard point.y != nil else { return }
    let byY = found.tangent[1]
    #expect(agrees(byY, point.byY) || (isSingular && byY.isNaN), "\(found.tangent)")
  }

  @Test("√(t²) has no derivative at zero in either mode, not the derivative zero")
  func hiddenKink() {
    let t = Dual(value: 0, tangent: .one)
    for result in [Dual.sqrt(t * t), Dual.pow(t * t, 0.5), Dual.hypot(t, 0), (-t).magnitude] {
      #expect(result.tangent[0].isNaN)
    }
    let tape = Tape()
    let input = tape.input(0)
    for result in [TapeScalar.sqrt(input * input), .pow(input * input, 0.5), .hypot(input, 0)] {
      tape.clearAdjoints()
      tape.seed(result, with: 1)
      tape.sweep()
      #expect(tape.adjoint(of: input).isNaN)
    }
  }
}
