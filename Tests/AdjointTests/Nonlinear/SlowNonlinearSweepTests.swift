import Adjoint
import ReferenceProblems
import Testing

/// A random system of a few unknowns: sums of linear, polynomial, transcendental and partly undefined
/// terms, some with equations that are repeated, empty or without a root.
struct RandomSystem: ResidualSystem {
  private struct Term {
    let kind: Int
    let first: Int
    let second: Int
    let coefficient: Double
  }

  let stateCount: Int
  let parameterCount = 2
  private let equations: [[Term]]

  init(_ generator: inout SeededGenerator) {
    let count = Int.random(in: 1...4, using: &generator)
    stateCount = count
    var equations = (0..<count).map { _ in
      (0..<Int.random(in: 1...4, using: &generator)).map { _ in
        Term(
          kind: Int.random(in: 0..<13, using: &generator),
          first: Int.random(in: 0..<count, using: &generator),
          second: Int.random(in: 0..<count, using: &generator),
          coefficient: generator.uniform(in: -2..<2)
            * (Int.random(in: 0..<20, using: &generator) == 0 ? 1e8 : 1))
      }
    }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0: equations[count - 1] = equations[0]
    case 1: equations[count - 1] = []
    default: break
    }
    self.equations = equations
  }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      var sum: S = parameters[index % 2]
      for term in equations[index] {
        let x = state[term.first]
        let y = state[term.second]
        let value: S =
          switch term.kind {
          case 0, 1: x
          case 2: x * y
          case 3: x * x * y
          case 4: S.exp(x)
          case 5: S.log(x)
          case 6: S.sqrt(x)
          case 7: S.sin(x * y)
          case 8: 1 / x
          case 9: S.tanh(x - y)
          case 10: S.cosh(x)
          case 11: x / (y * y - 1)
          default: S.atan(x) * y
          }
        sum += S(term.coefficient) * value
      }
      residual[index] = sum
    }
  }
}

@Suite("Ten thousand random systems") struct SlowNonlinearSweepTests {
  @Test("Each ends with a root whose gradient is finite, or with a typed error", arguments: 0..<10)
  func sweep(part: Int) throws {
    var rootCount = 0
    var gradientCount = 0
    for seed in 0..<1000 {
      var generator = SeededGenerator(seed: UInt64(1000 * part + seed))
      let system = RandomSystem(&generator)
      let problem = try NonlinearProblem(
        system, parameters: [generator.uniform(in: -1..<1), generator.uniform(in: -1..<1)],
        initialGuess: (0..<system.stateCount).map { _ in
          // Every third time where logarithms and roots need not be defined.
          generator.uniform(in: seed % 3 == 0 ? -3..<3 : 0.1..<3)
        })
      let method = Self.methods[seed % Self.methods.count]
      do {
        let solution = try method.solve(problem)
        rootCount += 1
        #expect(solution.value.allSatisfy { $0.isFinite }, "\(method) \(part) \(seed)")
        #expect(
          solution.residual.allSatisfy { $0.isFinite } && solution.statistics.isConverged)
        let ones = [Double](repeating: 1, count: system.stateCount)
        let gradient = try solution.pullback(ones)
        gradientCount += 1
        #expect(gradient.parameters.allSatisfy { !$0.isNaN }, "\(method) \(part) \(seed)")
        #expect(gradient.evidence.adjointBackwardError <= 1e-12)
        // A root: to the tolerance, or down to sixteen roundings of the terms that cancel.
        #expect(
          solution.statistics.residualNorm <= 1e-10
            || gradient.evidence.primalResidual <= 16 * Double.ulpOfOne, "\(method) \(part) \(seed)"
        )
      } catch is NonlinearError {
        continue
      }
    }
    // A test that only sees failures would show nothing.
    #expect(rootCount > 250)
    #expect(gradientCount > 250)
  }

  /// The automatic choice every other time.
  private static let methods: [NonlinearMethod] = NonlinearMethod.all(maximumIterations: 100)
    .flatMap { [$0, NonlinearMethod.automatic(maximumIterations: 100)] }
}
