import Adjoint

/// A random straight-line program over the arithmetic and smooth elementary functions, which any
/// scalar can run; every intermediate value stays of the order of one.
struct RandomProgram: Sendable {
  private struct Step: Sendable {
    var operation: Int
    var first: Int
    var second: Int
    var constant: Double
  }

  let inputCount: Int
  private let steps: [Step]

  init(inputCount: Int, stepCount: Int, seed: UInt64) {
    self.inputCount = inputCount
    var generator = SeededGenerator(seed: seed)
    steps = (0..<stepCount).map { index in
      Step(
        operation: Int.random(in: 0..<16, using: &generator),
        first: Int.random(in: 0..<inputCount + index, using: &generator),
        second: Int.random(in: 0..<inputCount + index, using: &generator),
        constant: generator.uniform(in: 0.5..<1.5))
    }
  }

  /// The sum of the last ten results.
  func run<S: Scalar>(_ inputs: [S]) -> S {
    var values = inputs
    for step in steps {
      values.append(
        result(step, values[step.first], values[step.second], S(step.constant)))
    }
    return values.suffix(10).reduce(S.zero, +)
  }

  private func result<S: Scalar>(_ step: Step, _ x: S, _ y: S, _ c: S) -> S {
    switch step.operation {
    case 0: c * x + 0.5 * y
    case 1: x - c * y
    case 2: 0.5 * x * y
    case 3: x / (c + y * y)
    case 4: S.sin(c * x)
    case 5: S.cos(x + y)
    case 6: S.tanh(x - y)
    case 7: S.exp(-(x * x))
    case 8: S.log(onePlus: x * x)
    case 9: S.sqrt(c + x * x)
    case 10: S.atan(x * c)
    case 11: S.pow(c + y * y, -0.5 * c)
    case 12: S.atan2(y: x, x: c + y * y)
    case 13: S.hypot(x, c)
    case 14: S.asinh(x) - S.root(c + y * y, 3)
    default: S.pow(S.sin(x), 3) + c
    }
  }
}
