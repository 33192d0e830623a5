import Adjoint

/// A function with its dense Jacobian, from which right and faulty maps are made.
struct DenseFunction: CustomStringConvertible, Sendable {
  let name: String
  let point: [Double]
  let isLinear: Bool
  let value: @Sendable ([Double]) -> [Double]
  /// Rows of ∂y/∂x.
  let jacobian: @Sendable ([Double]) -> [[Double]]

  var description: String { name }
}

extension DenseFunction {
  /// All of them map ℝ⁶ to ℝ⁶ with an unsymmetric Jacobian, so that every fault applies.
  static let all: [DenseFunction] = [linear, quadratic, transcendental, badlyScaled]

  static let nonlinear: [DenseFunction] = all.filter { !$0.isLinear }

  private static let size = 6

  /// Entries of an unsymmetric matrix without zeros.
  private static func entry(_ row: Int, _ column: Int) -> Double {
    SeededGenerator.uniform(at: size * row + column) + (row == column ? 3 : 0.25)
  }

  private static let matrix: [[Double]] = (0..<size).map { row in
    (0..<size).map { entry(row, $0) }
  }

  private static func multiply(_ x: [Double]) -> [Double] {
    matrix.map { row in zip(row, x).reduce(0) { $0 + $1.0 * $1.1 } }
  }

  static let linear = DenseFunction(
    name: "linear", point: [0.3, -1.2, 0, 2.5, -0.7, 1.1], isLinear: true, value: multiply,
    jacobian: { _ in matrix })

  /// y = A x + x ∘ (A x).
  static let quadratic = DenseFunction(
    name: "quadratic", point: [0.3, -1.2, 0.9, 2.5, -0.7, 1.1], isLinear: false,
    value: { x in zip(x, multiply(x)).map { $1 + $0 * $1 } },
    jacobian: { x in
      let product = multiply(x)
      return matrix.indices.map { row in
        matrix.indices.map { column in
          matrix[row][column] * (1 + x[row]) + (row == column ? product[row] : 0)
        }
      }
    })

  /// yᵢ = sin((A x)ᵢ) + exp(xᵢ/2).
  static let transcendental = DenseFunction(
    name: "transcendental", point: [0.3, -1.2, 0, 0.5, -0.7, 1.1], isLinear: false,
    value: { x in zip(x, multiply(x)).map { Double.sin($1) + Double.exp(0.5 * $0) } },
    jacobian: { x in
      let product = multiply(x)
      return matrix.indices.map { row in
        matrix.indices.map { column in
          matrix[row][column] * Double.cos(product[row])
            + (row == column ? 0.5 * Double.exp(0.5 * x[row]) : 0)
        }
      }
    })

  private static let inputScales: [Double] = [1e-6, 1e-3, 1, 1e3, 1e6, 10]
  private static let outputScales: [Double] = [1e6, 1e-6, 1, 1e-3, 1e3, 0.1]

  /// yᵢ = rᵢ sin((A S⁻¹ x)ᵢ), r and S from 1e-6 to 1e6.
  static let badlyScaled = DenseFunction(
    name: "badly scaled", point: zip([0.3, -1.2, 0.9, 0.5, -0.7, 1.1], inputScales).map(*),
    isLinear: false,
    value: { x in
      zip(outputScales, multiply(zip(x, inputScales).map(/))).map { $0 * Double.sin($1) }
    },
    jacobian: { x in
      let product = multiply(zip(x, inputScales).map(/))
      return matrix.indices.map { row in
        matrix.indices.map { column in
          outputScales[row] * Double.cos(product[row]) * matrix[row][column] / inputScales[column]
        }
      }
    })
}

/// A mistake that people make in derivatives.
enum Fault: String, CaseIterable, Sendable {
  case signOfPullback
  case signOfOneTermInBoth
  case onePercentInPullback
  case onePercentInPushforward
  case onePercentInBoth
  case onePercentOfOneEntryInBoth
  case matrixForItsTranspose
  case droppedInputInPullback
  case droppedInputInBoth
  case shiftedCotangent
  case valueOfEarlierPoint
  case derivativeOfEarlierPoint
  case valueNotBitEqual
  case accumulatedPullback
  case constantInPullback
  case shortPullback
  case nanInPullback
  case sharedScratch
  case noisyValue

  /// Whether the fault changes anything for a linear map.
  var appliesToLinear: Bool { self != .derivativeOfEarlierPoint && self != .sharedScratch }

  /// Whether the fault is in the pushforward alone.
  var needsPushforward: Bool { self == .onePercentInPushforward }

  /// A law that must fail.
  func expectedFailure(hasPushforward: Bool) -> DerivativeReport.Law {
    switch self {
    case .signOfPullback, .onePercentInPullback, .matrixForItsTranspose, .droppedInputInPullback,
      .shiftedCotangent:
      hasPushforward ? .dotProduct : .differences
    case .onePercentInPushforward: .dotProduct
    case .signOfOneTermInBoth, .onePercentInBoth, .onePercentOfOneEntryInBoth,
      .derivativeOfEarlierPoint:
      .taylor
    case .droppedInputInBoth: .inputs
    case .valueOfEarlierPoint, .valueNotBitEqual: .value
    case .accumulatedPullback, .constantInPullback: .linear
    case .shortPullback, .nanInPullback: .shape
    case .sharedScratch: .repeatable
    case .noisyValue: .differences
    }
  }
}

/// What a map keeps between calls, as a faulty solver would.
private final class Memory {
  var lastValue: [Double]?
  var lastJacobian: [[Double]]?
  var scratch: [[Double]] = []
  var accumulated: [Double]?
}

extension DenseFunction {
  /// A map of this function, with a fault planted if one is given.
  func map(_ fault: Fault? = nil, hasPushforward: Bool = true) -> DifferentiableMap {
    let memory = Memory()
    let evaluate: ([Double]) -> [Double] = { x in
      // A relative error of 1e-6 that jumps with the last bits of x.
      let noise: Double =
        fault == .noisyValue ? 1e-6 * Double.sin(x.reduce(0) { $0 + 1e12 * $1 }) : 0
      return self.value(x).map { $0 * (1 + noise) }
    }
    return DifferentiableMap(name: name, value: evaluate) { x in
      var value = evaluate(x)
      let right = self.jacobian(x)
      var jacobian = right
      switch fault {
      case .signOfOneTermInBoth: jacobian[2][4].negate()
      case .onePercentInBoth: jacobian = jacobian.map { $0.map { 1.01 * $0 } }
      case .onePercentOfOneEntryInBoth: jacobian[4][1] *= 1.01
      case .droppedInputInBoth: for row in jacobian.indices { jacobian[row][3] = 0 }
      case .derivativeOfEarlierPoint:
        if let last = memory.lastJacobian { jacobian = last }
        memory.lastJacobian = right
      case .valueOfEarlierPoint:
        let current = value
        value = memory.lastValue ?? value
        memory.lastValue = current
      case .valueNotBitEqual: value[5] = value[5].nextUp
      default: break
      }
      memory.scratch = jacobian
      let final = jacobian
      return DifferentiableMap.Linearization(
        value: value,
        pushforward: hasPushforward
          ? { v in
            final.map { row in
              let sum = zip(row, v).reduce(0) { $0 + $1.0 * $1.1 }
              return fault == .onePercentInPushforward ? 1.01 * sum : sum
            }
          } : nil,
        pullback: { w in Self.pullback(w, final, fault, memory) })
    }
  }

  private static func pullback(
    _ w: [Double], _ own: [[Double]], _ fault: Fault?, _ memory: Memory
  ) -> [Double] {
    let jacobian = fault == .sharedScratch ? memory.scratch : own
    let cotangent = fault == .shiftedCotangent ? Array(w.dropFirst()) + [w[0]] : w
    var gradient = jacobian[0].indices.map { column in
      jacobian.indices.reduce(0) { $0 + jacobian[$1][column] * cotangent[$1] }
    }
    switch fault {
    case .signOfPullback: gradient = gradient.map { -$0 }
    case .onePercentInPullback: gradient = gradient.map { 1.01 * $0 }
    case .matrixForItsTranspose:
      gradient = jacobian.map { row in zip(row, w).reduce(0) { $0 + $1.0 * $1.1 } }
    case .droppedInputInPullback: gradient[3] = 0
    case .accumulatedPullback:
      gradient = zip(gradient, memory.accumulated ?? w.map { _ in 0 }).map { $0 + $1 }
      memory.accumulated = gradient
    case .constantInPullback: gradient[0] += 0.1
    case .shortPullback: gradient.removeLast()
    case .nanInPullback: gradient[1] = .nan
    default: break
    }
    return gradient
  }
}
