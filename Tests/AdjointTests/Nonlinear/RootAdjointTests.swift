import Adjoint
import ReferenceProblems
import Synchronization
import Testing

/// A ring that counts its evaluations, in whatever scalar.
private struct CountedRing: ResidualSystem {
  private final class Counter: Sendable {
    let count = Atomic(0)
  }

  private let ring: Ring
  private let counter = Counter()
  let parameterCount = 3

  init(stateCount: Int) { ring = Ring(stateCount: stateCount) }

  var stateCount: Int { ring.stateCount }

  var evaluationCount: Int { counter.count.load(ordering: .relaxed) }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    counter.count.add(1, ordering: .relaxed)
    ring.residual(at: state, parameters: parameters, into: &residual)
  }
}

@Suite("Derivatives of a root, whatever found it") struct RootAdjointTests {
  private let point = [0.5, 0.7, 0.3]
  private let cotangent = (0..<40).map { Double.sin(Double($0)) }

  private func problem() throws -> NonlinearProblem {
    try NonlinearProblem(
      Ring(stateCount: 40), parameters: point, initialGuess: [Double](repeating: 0, count: 40))
  }

  /// The gradient by a Newton solve down to rounding.
  private func reference() throws -> [Double] {
    var options = NewtonSolver.Options()
    options.absoluteTolerance = 0
    return try NewtonSolver(options).solve(problem()).pullback(cotangent).parameters
  }

  private func expectEqual(_ found: [Double], _ expected: [Double], _ tolerance: Double) {
    #expect(found.count == expected.count)
    let size = expected.map(\.magnitude).max() ?? 1
    for (value, right) in zip(found, expected) {
      #expect((value - right).magnitude <= tolerance * size)
    }
  }

  @Test("Every method's gradient is that of Newton's", arguments: NonlinearMethod.all())
  func methods(method: NonlinearMethod) throws {
    let solution = try method.solve(problem())
    // Roots to 1e-10 in F, whose second derivatives are of order one.
    expectEqual(try solution.pullback(cotangent).parameters, try reference(), 1e-9)
    #expect(solution.statistics.isConverged)
  }

  /// The ring with a supplied Jacobian, every entry of which is ten percent off.
  private func wrongModel() throws -> Model {
    let model = Model(Ring(stateCount: 40))
    let pattern = try model.jacobianPattern(
      state: [Double](repeating: 0, count: 40), parameters: point)
    return try model.replacing(
      jacobian: { time, state, parameters, values in
        // A Jacobian is scratch space of one thread: one for each call.
        guard let exact = try? SparseJacobian(model, pattern: pattern) else { return }
        exact.evaluate(time: time, state: state, parameters: parameters, into: &values)
        for slot in 0..<values.count { values[slot] *= slot.isMultiple(of: 2) ? 1.1 : 0.9 }
      }, on: pattern)
  }

  @Test(
    "A Jacobian that is ten percent off leaves the gradient after chord and Broyden steps right")
  func wrongJacobian() throws {
    let wrong = try wrongModel()
    let problem = try NonlinearProblem(
      wrong, parameters: point, initialGuess: [Double](repeating: 0, count: 40))
    var options = NewtonSolver.Options()
    options.factorReuse = .always
    options.maximumIterations = 200
    let chord = try NewtonSolver(options).solve(problem)
    #expect(chord.statistics.factorizations == 1)
    #expect(chord.statistics.iterations > 8)
    let gradient = try chord.pullback(cotangent)
    expectEqual(gradient.parameters, try reference(), 1e-9)
    #expect(gradient.evidence.adjointBackwardError <= 4 * Double.ulpOfOne)
    var broyden = BroydenSolver.Options()
    broyden.memory = 100
    let solution = try BroydenSolver(broyden).solve(problem)
    #expect(solution.statistics.factorizations == 1)
    expectEqual(try solution.pullback(cotangent).parameters, try reference(), 1e-9)
  }

  @Test("The adjoint of that Jacobian itself would be far off")
  func wrongAdjoint() throws {
    let model = try wrongModel()
    let pattern = try #require(model.supplied.jacobianPattern)
    let solution = try NewtonSolver().solve(problem())
    var values = [Double](repeating: 0, count: pattern.entryCount)
    try SparseJacobian(model, pattern: pattern)
      .evaluate(time: 0, state: solution.value, parameters: point, into: &values)
    let factors = try SymbolicFactorization(analyzing: pattern)
      .factorize(SparseMatrix(pattern: pattern, values: values))
    let wrong = try factors.solveTransposed(cotangent)
    let right = try solution.solveLinearizedTransposed(cotangent)
    #expect(zip(wrong, right).contains { ($0 - $1).magnitude > 1e-3 })
  }

  @Test("Several cotangents give what one at a time gives")
  func several() throws {
    let solution = try NewtonSolver().solve(problem())
    let cotangents = [cotangent, cotangent.reversed(), cotangent.map { 2 * $0 }]
    let gradients = try solution.pullbacks(cotangents)
    for (gradient, cotangent) in zip(gradients, cotangents) {
      #expect(gradient.parameters == (try solution.pullback(cotangent).parameters))
    }
    #expect(try solution.pullbacks([]).isEmpty)
  }

  @Test("The model is recorded once for all cotangents of a root, and anew for another root")
  func recordings() throws {
    let system = CountedRing(stateCount: 40)
    let problem = try NonlinearProblem(
      system, parameters: point, initialGuess: [Double](repeating: 0, count: 40))
    let solution = try NewtonSolver().solve(problem)
    let solved = system.evaluationCount
    let first = try solution.pullbacks([cotangent, cotangent.reversed()])
    #expect(system.evaluationCount == solved + 1)
    #expect(try solution.pullback(cotangent).parameters == first[0].parameters)
    #expect(system.evaluationCount == solved + 1)
    let other = try NewtonSolver().solve(problem)
    let solvedAgain = system.evaluationCount
    _ = try other.pullback(cotangent)
    #expect(system.evaluationCount == solvedAgain + 1)
  }

  @Test("Of several cotangents a wrong one is named")
  func wrongCotangent() throws {
    let solution = try NewtonSolver().solve(problem())
    let error = #expect(throws: InputError.self) { try solution.pullbacks([cotangent, [1]]) }
    #expect(error?.description.contains("cotangents[1]") == true)
  }

  @Test("Systems with the Jacobian at the root are solved to rounding")
  func linearized() throws {
    let solution = try NewtonSolver().solve(problem())
    let tangent = try solution.solveLinearized(cotangent)
    let adjoint = try solution.solveLinearizedTransposed(cotangent)
    // ⟨J⁻ᵀw, w⟩ = ⟨w, J⁻¹w⟩, 40 terms of order one.
    let left = zip(adjoint, cotangent).map(*).reduce(0, +)
    let right = zip(tangent, cotangent).map(*).reduce(0, +)
    #expect((left - right).magnitude <= 40 * 16 * Double.ulpOfOne)
    #expect(throws: InputError.self) { try solution.solveLinearized([1]) }
  }

  @Test("An unconverged iterate is refused, unless asked for")
  func unconverged() throws {
    var options = NewtonSolver.Options()
    options.maximumIterations = 2
    let error = #expect(throws: NonlinearError.self) { try NewtonSolver(options).solve(problem()) }
    let iterate = try #require(error?.solution)
    #expect(throws: NonlinearError.self) { try iterate.pullback(cotangent) }
    #expect(throws: NonlinearError.self) { try iterate.pushforward([1, 0, 0]) }
    let gradient = try iterate.pullback(ofUnconverged: cotangent)
    // Two steps of Newton's method have come near.
    expectEqual(gradient.parameters, try reference(), 0.1)
    let tangent = try iterate.pushforward(ofUnconverged: [1, 0, 0])
    let product = zip(tangent, cotangent).map(*).reduce(0, +)
    #expect((product - gradient.parameters[0]).magnitude <= 1e-12)
  }

  @Test("The remaining residual's effects on functional and gradient are estimated")
  func remainingResidual() throws {
    var loose = NewtonSolver.Options()
    loose.absoluteTolerance = 0.1
    let stopped = try NewtonSolver(loose).solve(problem())
    let gradient = try stopped.pullback(cotangent, estimatingError: true)
    var tight = NewtonSolver.Options()
    tight.absoluteTolerance = 0
    let root = try NewtonSolver(tight).solve(problem())
    let exact = try root.pullback(cotangent)
    let size = exact.parameters.map(\.magnitude).max() ?? 0
    let error = zip(gradient.parameters, exact.parameters).map { ($0 - $1).magnitude }.max() ?? 0
    let estimate = try #require(gradient.evidence.estimatedRelativeError)
    #expect(error > 1e-6 * size, "the solve was loose")
    // The estimate is of first order: right up to the relative error of the root, which is below a
    // tenth here.
    #expect((estimate / (error / size) - 1).magnitude < 0.3)
    // The functional wᵀu: its error is corrected up to second order.
    func functional(_ state: [Double]) -> Double { zip(cotangent, state).map(*).reduce(0, +) }
    let functionalError = functional(root.value) - functional(stopped.value)
    let rest = functionalError - gradient.functionalCorrection
    #expect(functionalError.magnitude > 1e-6)
    #expect(rest.magnitude < 0.1 * functionalError.magnitude)
  }

  @Test("The Hessian product of a cubic's root is the closed formula's")
  func secondDerivative() throws {
    // u = p^(1/3), G = u²: G″ = d²/dp² p^(2/3) = −(2/9) p^(−4/3).
    var options = NewtonSolver.Options()
    options.absoluteTolerance = 0
    let solution = try NewtonSolver(options).solve(
      NonlinearProblem(Cubic(), parameters: [8], initialGuess: [3]))
    let derivative = try solution.pullbackDerivative(
      solution.value.map { 2 * $0 }, along: [1], cotangentTangent: { $0.map { 2 * $0 } })
    #expect((derivative.parameters[0] + 2.0 / 9 / 16).magnitude <= 1e-15)
    #expect((derivative.stateTangent[0] - 1.0 / 12).magnitude <= 1e-15)
    #expect(throws: InputError.self) {
      try solution.pullbackDerivative([1], along: [1, 2], cotangentTangent: { $0 })
    }
    #expect(throws: InputError.self) {
      try solution.pullbackDerivative([1], along: [1], cotangentTangent: { _ in [] })
    }
  }
}
