import Adjoint
import Testing

/// A root as a function of the parameters, with derivatives that `fault` may spoil.
private func rootMap<R: ResidualSystem>(
  _ system: R, initialGuess: [Double], storage: NewtonSolver.JacobianStorage,
  pushforwardFault: @escaping ([Double]) -> [Double] = { $0 },
  pullbackFault: @escaping ([Double]) -> [Double] = { $0 }
) -> DifferentiableMap {
  var options = NewtonSolver.Options()
  options.jacobian = storage
  // Down to rounding, so that the root is a smooth function of the parameters.
  options.absoluteTolerance = 0
  options.relativeTolerance = 0
  let solver = NewtonSolver(options)
  @Sendable func solve(_ parameters: [Double]) throws -> NonlinearSolution {
    try solver.solve(
      NonlinearProblem(system, parameters: parameters, initialGuess: initialGuess))
  }
  return DifferentiableMap(
    name: "root of \(R.self)", value: { try solve($0).value },
    linearize: { parameters in
      let solution = try solve(parameters)
      return DifferentiableMap.Linearization(
        value: solution.value,
        pushforward: { pushforwardFault(try solution.pushforward($0)) },
        pullback: { pullbackFault(try solution.pullback($0).parameters) })
    })
}

@Suite("Laws of a root's derivative") struct NonlinearLawsTests {
  private let point = [0.5, 0.7, 0.3]

  @Test("The derivative of a root obeys the laws", arguments: [3, 20, 60])
  func laws(order: Int) throws {
    for storage: NewtonSolver.JacobianStorage in [.dense, .sparse] {
      let map = rootMap(
        Ring(stateCount: order), initialGuess: [Double](repeating: 0, count: order),
        storage: storage)
      let report = try DerivativeCheck(seed: 3).check(map, at: point)
      #expect(report.passed, "\(report)")
    }
  }

  @Test("A sign, one percent in both directions and a dropped parameter are noticed")
  func negativeControls() throws {
    let system = Ring(stateCount: 20)
    let guess = [Double](repeating: 0, count: 20)
    let faults: [(String, ([Double]) -> [Double], ([Double]) -> [Double])] = [
      ("sign", { $0 }, { $0.map { -$0 } }),
      ("one percent in both", { $0.map { 1.01 * $0 } }, { $0.map { 1.01 * $0 } }),
      ("dropped parameter", { $0 }, { [$0[0], 0, $0[2]] }),
    ]
    for (name, pushforwardFault, pullbackFault) in faults {
      let map = rootMap(
        system, initialGuess: guess, storage: .sparse, pushforwardFault: pushforwardFault,
        pullbackFault: pullbackFault)
      #expect(try !DerivativeCheck(seed: 3).check(map, at: point).passed, "\(name)")
    }
  }

  @Test("A gradient after a loose solve is that of the implicit function at the last iterate")
  func looseSolve() throws {
    let system = Ring(stateCount: 40)
    let guess = [Double](repeating: 0, count: 40)
    var loose = NewtonSolver.Options()
    loose.relativeTolerance = 1e-3
    loose.absoluteTolerance = 0
    let problem = try NonlinearProblem(system, parameters: point, initialGuess: guess)
    let cotangent = (0..<40).map { Double.sin(Double($0)) }
    let stale = try NewtonSolver(loose).solve(problem)
    let gradient = try stale.pullback(cotangent)
    // The factors are those of an earlier iterate; refinement removes that: what remains is rounding,
    // times a condition number below 10. The reference factorizes the Jacobian at the same state.
    #expect(gradient.evidence.adjointBackwardError < 1e-15)
    var atState = problem
    atState.initialGuess = stale.value
    var accepting = NewtonSolver.Options()
    accepting.absoluteTolerance = stale.statistics.residualNorm
    let fresh = try NewtonSolver(accepting).solve(atState)
    #expect(fresh.statistics.iterations == 0)
    let reference = try fresh.pullback(cotangent)
    for (value, expected) in zip(gradient.parameters, reference.parameters) {
      #expect(abs(value - expected) < 1e-13 * (1 + abs(expected)))
    }
  }
}
