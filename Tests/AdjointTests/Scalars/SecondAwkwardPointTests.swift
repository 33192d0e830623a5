import Adjoint
import Testing

/// The second derivative of a function of one argument where it ends, branches or is infinite.
struct SecondAwkwardPoint: CustomStringConvertible, Sendable {
  let name: String
  let x: Double
  /// The limit from within the domain, at ±0 from the side of the sign; NaN where there is none.
  let byXX: Double
  /// Whether the rule may say NaN although there is a limit.
  var mayBeUndefined = false

  var description: String { "\(name)″(\(x))" }

  private static let inf = Double.infinity
  private static let nan = Double.nan
  private static let least = Double.leastNonzeroMagnitude

  static let all: [SecondAwkwardPoint] = algebraic + transcendental

  private static let algebraic: [SecondAwkwardPoint] = [
    .init(name: "magnitude", x: 0, byXX: nan),
    .init(name: "magnitude", x: least, byXX: 0),
    .init(name: "magnitude", x: -inf, byXX: 0),
    .init(name: "reciprocal", x: 0, byXX: inf),
    .init(name: "reciprocal", x: -0.0, byXX: -inf),
    .init(name: "square", x: 0, byXX: 2),
    .init(name: "square", x: -0.0, byXX: 2),
    .init(name: "square", x: 1e-200, byXX: 2),
    .init(name: "square", x: inf, byXX: 2),
    .init(name: "zerothPower", x: 0, byXX: 0),
    .init(name: "firstPower", x: 0, byXX: 0),
    .init(name: "firstPower", x: inf, byXX: 0),
    .init(name: "inversePower", x: 0, byXX: inf),
    .init(name: "inversePower", x: -0.0, byXX: -inf),
    .init(name: "inverseSquare", x: -0.0, byXX: inf),
    .init(name: "sqrt", x: 0, byXX: -inf),
    .init(name: "sqrt", x: -0.0, byXX: -inf),
    .init(name: "sqrt", x: -1, byXX: nan),
    .init(name: "sqrt", x: inf, byXX: 0),
    .init(name: "cubeRoot", x: 0, byXX: -inf),
    .init(name: "cubeRoot", x: -0.0, byXX: inf, mayBeUndefined: true),
    .init(name: "cubeRoot", x: inf, byXX: 0),
    .init(name: "fourthRoot", x: 0, byXX: -inf),
    .init(name: "fourthRoot", x: -0.0, byXX: -inf),
    .init(name: "fourthRoot", x: -16, byXX: nan),
    .init(name: "inverseCubeRoot", x: 0, byXX: inf),
    .init(name: "firstRoot", x: 0, byXX: 0),
    .init(name: "zerothRoot", x: 0.5, byXX: nan),
  ]

  private static let transcendental: [SecondAwkwardPoint] = [
    .init(name: "log", x: 0, byXX: -inf),
    .init(name: "log", x: -0.0, byXX: -inf),
    .init(name: "log", x: -1, byXX: nan),
    .init(name: "log", x: inf, byXX: 0),
    .init(name: "logOnePlus", x: -1, byXX: -inf),
    .init(name: "logOnePlus", x: -2, byXX: nan),
    .init(name: "exp", x: -inf, byXX: 0),
    .init(name: "exp", x: inf, byXX: inf),
    .init(name: "expMinusOne", x: -inf, byXX: 0),
    .init(name: "sin", x: inf, byXX: nan),
    .init(name: "cos", x: -inf, byXX: nan),
    .init(name: "tan", x: inf, byXX: nan),
    .init(name: "asin", x: 1, byXX: inf),
    .init(name: "asin", x: -1, byXX: -inf),
    .init(name: "asin", x: 1.5, byXX: nan),
    .init(name: "acos", x: 1, byXX: -inf),
    .init(name: "acos", x: -1, byXX: inf),
    .init(name: "atan", x: inf, byXX: 0),
    .init(name: "atan", x: -inf, byXX: 0),
    .init(name: "atan", x: -1e155, byXX: 0),
    .init(name: "sinh", x: -inf, byXX: -inf),
    .init(name: "cosh", x: -inf, byXX: inf),
    .init(name: "cosh", x: 0, byXX: 1),
    .init(name: "tanh", x: inf, byXX: 0),
    .init(name: "tanh", x: -inf, byXX: 0),
    .init(name: "tanh", x: 1000, byXX: 0),
    .init(name: "asinh", x: inf, byXX: 0),
    .init(name: "asinh", x: 1e200, byXX: 0),
    .init(name: "acosh", x: 1, byXX: -inf),
    .init(name: "acosh", x: 0.5, byXX: nan),
    .init(name: "acosh", x: 1e200, byXX: 0),
    .init(name: "acosh", x: inf, byXX: 0, mayBeUndefined: true),
    .init(name: "atanh", x: 1, byXX: inf),
    .init(name: "atanh", x: -1, byXX: -inf),
    .init(name: "atanh", x: 2, byXX: nan),
  ]

  var function: AwkwardPoint { AwkwardPoint(name: name, x: x, value: 0, byX: 0) }
}

@Suite struct SecondAwkwardPointTests {
  @Test(
    "The second derivative is the limit, or NaN where it says so", arguments: SecondAwkwardPoint.all
  )
  func limits(point: SecondAwkwardPoint) throws {
    let found = try #require(
      SecondDerivatives(x: point.x, y: 1) { point.function.evaluate($0, $1) })
    let isUndefined = found.byXX.isNaN
    // Infinite first derivatives meet the zero derivative of the cotangent: 0·∞ says nothing.
    let mayBeUndefined = point.mayBeUndefined || !found.gradient.x.isFinite
    // Exact, infinite, or zero: 2/x³ and 1/x² underflow.
    #expect(
      isUndefined ? point.byXX.isNaN || mayBeUndefined : found.byXX == point.byXX,
      "\(found.byXX)")
  }

  /// xʸ at x = 0 by both arguments: (y, ∂²/∂x², ∂²/∂x∂y, ∂²/∂y²).
  private static let powersOfZero: [(Double, Double, Double, Double)] = [
    (3, 0, 0, 0), (2, 2, 0, 0), (1.5, .infinity, 0, 0), (1, 0, -.infinity, 0),
    (0.5, -.infinity, -.infinity, 0), (-1, .infinity, .infinity, .infinity), (0, .nan, .nan, .nan),
  ]

  @Test("A power of zero has its limits or NaN, never a silent number", arguments: 0..<7)
  func powers(index: Int) throws {
    let (y, byXX, byXY, byYY) = Self.powersOfZero[index]
    let found = try #require(SecondDerivatives(x: 0, y: y) { .pow($0, $1) })
    for (number, limit) in [
      (found.byXX, byXX), (found.byXY, byXY), (found.byYX, byXY), (found.byYY, byYY),
    ] {
      #expect(number.isNaN || number == limit, "\(found)")
    }
    if y > 1.5 { #expect(found.byXX == byXX && found.byXY == 0 && found.byYX == 0) }
    // With a constant exponent only an infinite first derivative leaves it undefined.
    let constant = try #require(
      SecondDerivatives(x: 0, y: 1) { x, _ in
        .pow(x, SecondDerivatives.Recorded(y))
      })
    if constant.gradient.x.isFinite {
      #expect(constant.byXX == byXX, "\(constant)")
    } else {
      #expect(constant.byXX.isNaN, "\(constant)")
    }
  }

  @Test("The derivative's own derivative has its limit where both are infinite")
  func infiniteDerivatives() {
    // The partial derivatives that the rules compute in a base with a direction.
    let zero = DirectionalScalar(value: 0, tangent: 1)
    let limits: [(DirectionalScalar, Double, Double)] = [
      (0.5 / .sqrt(zero), .infinity, -.infinity), (1 / zero, .infinity, -.infinity),
      (-1 / zero, -.infinity, .infinity),
      (1 / .sqrt(1 - (1 + zero)), .infinity, .infinity),
    ]
    for (found, value, tangent) in limits {
      #expect(found.value == value && found.tangent == tangent, "\(found)")
    }
  }

  @Test("Length and angle: NaN at the origin, their limits at infinity and under overflow")
  func lengths() throws {
    for function in [SecondDerivatives.Recorded.hypot, { .atan2(y: $0, x: $1) }] {
      let origin = try #require(SecondDerivatives(x: 0, y: 0, of: function))
      #expect(origin.byXX.isNaN && origin.byXY.isNaN && origin.byYX.isNaN && origin.byYY.isNaN)
      let far = try #require(SecondDerivatives(x: 1.5e308, y: 1.5e308, of: function))
      #expect(abs(far.byXX) < 1e-307 && abs(far.byXY) < 1e-307 && abs(far.byYY) < 1e-307)
    }
  }

  @Test("At a tie minimum and maximum have no second derivative either")
  func ties() throws {
    let found = try #require(SecondDerivatives(x: 2, y: 2) { .minimum($0 * $0, $1 * $1) })
    #expect(found.byXX.isNaN && found.byYY.isNaN)
    let chosen = try #require(SecondDerivatives(x: 2, y: 3) { .maximum($0 * $0, $1 * $1) })
    #expect(chosen.byXX == 0 && chosen.byYY == 2 && chosen.byXY == 0)
    let product = try #require(SecondDerivatives(x: 2, y: 3) { .minimum($0, 5) * $1 })
    #expect(product.byXY == 1 && product.byYX == 1)
  }
}
