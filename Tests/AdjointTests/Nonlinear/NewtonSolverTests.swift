import Adjoint
import ReferenceProblems
import Testing

@Suite("Newton's method") struct NewtonSolverTests {
  @Test("A cubic's root and its derivative are right to rounding")
  func cubic() throws {
    let problem = try NonlinearProblem(Cubic(), parameters: [8], initialGuess: [10])
    let solution = try NewtonSolver().solve(problem)
    // The tolerance on F is 1e-10; |F′| = 12, and the last step is quadratic.
    #expect(abs(solution.value[0] - 2) < 1e-10)
    let gradient = try solution.pullback([1])
    #expect(abs(gradient.parameters[0] - 1.0 / 12) < 1e-11)
    #expect(abs(gradient.adjointState[0] - -gradient.parameters[0] * -1) < 1e-15)
    #expect(abs(try solution.pushforward([2])[0] - 2.0 / 12) < 1e-11)
  }

  @Test("Convergence is quadratic near the root")
  func quadratic() throws {
    let problem = try NonlinearProblem(Cubic(), parameters: [8], initialGuess: [2.1])
    let norms = try NewtonSolver().solve(problem).statistics.residualNorms
    // For u³ − 8, ‖Fₖ₊₁‖ ≈ ‖Fₖ‖²·F″/(2F′²) = ‖Fₖ‖²/24 near u = 2.
    #expect(norms.count >= 3)
    for (previous, next) in zip(norms, norms.dropFirst()) where next > 1e-12 {
      #expect(next <= previous * previous / 20)
    }
  }

  @Test("A Newton step out of the residual's domain is shortened")
  func domain() throws {
    let problem = try NonlinearProblem(Logarithm(), parameters: [-3], initialGuess: [20])
    let solution = try NewtonSolver().solve(problem)
    #expect(abs(solution.value[0] - Double.exp(-3)) < 1e-10)
  }

  @Test(
    "Dense, sparse and given patterns find the same root and gradient",
    arguments: [3, 32, 33, 200])
  func storages(order: Int) throws {
    let system = Ring(stateCount: order)
    let problem = try NonlinearProblem(
      system, parameters: [0.5, 0.7, 0.3], initialGuess: [Double](repeating: 0, count: order))
    let pattern = try problem.model.jacobianPattern(
      state: problem.initialGuess, parameters: problem.parameters)
    #expect(pattern.entryCount == 3 * order)
    let cotangent = (0..<order).map { Double.cos(Double($0)) }
    var gradients: [[Double]] = []
    for storage: NewtonSolver.JacobianStorage in [.dense, .sparse, .pattern(pattern)] {
      var options = NewtonSolver.Options()
      options.jacobian = storage
      let solution = try NewtonSolver(options).solve(problem)
      let gradient = try solution.pullback(cotangent)
      // The ring's condition number is below 10, and the root is exact to 1e-10 at least.
      #expect(gradient.evidence.adjointBackwardError < 1e-15)
      gradients.append(gradient.parameters)
    }
    for gradient in gradients {
      for (value, expected) in zip(gradient, gradients[0]) {
        #expect(abs(value - expected) < 1e-9 * (1 + abs(expected)))
      }
    }
  }

  @Test("A Jacobian written by hand is used without being asked for", arguments: [5, 40])
  func suppliedJacobian(order: Int) throws {
    // F = u³ − p on the diagonal pattern; twice the derivative halves every step, so that
    // convergence is linear: the count of iterations tells which Jacobian ran.
    let generated = Model(Cubes(stateCount: order))
    let diagonal = try SparsityPattern(
      rowCount: order, columnCount: order, columnPointers: Array(0...order),
      rowIndices: Array(0..<order))
    func solve(factor: Double) throws -> NonlinearSolution {
      let model = try generated.replacing(
        jacobian: { _, u, _, values in
          for index in 0..<u.count { values[index] = factor * 3 * u[index] * u[index] }
        }, on: diagonal)
      return try NewtonSolver().solve(
        NonlinearProblem(
          model, parameters: [8], initialGuess: [Double](repeating: 3, count: order)))
    }
    let exact = try solve(factor: 1)
    #expect(exact.value.allSatisfy { abs($0 - 2) < 1e-10 })
    #expect(try solve(factor: 2).statistics.iterations > 2 * exact.statistics.iterations)
  }

  @Test("The four Newton steps of Bratu's problem on a grid, and its gradient's sum")
  func bratu() throws {
    let bratu = Bratu(side: 256)
    var options = NewtonSolver.Options()
    options.absoluteTolerance = 1e-10
    options.relativeTolerance = 0
    let problem = try NonlinearProblem(
      bratu, parameters: bratu.smoothSource,
      initialGuess: [Double](repeating: 0, count: bratu.stateCount))
    let solution = try NewtonSolver(options).solve(problem)
    #expect(solution.statistics.iterations == 4)
    let halfSquare = 0.5 * solution.value.map { $0 * $0 }.reduce(0, +)
    // Reference values computed by an independent C program on KLU, good to twelve digits.
    #expect(abs(halfSquare / 2980.83822025149 - 1) < 1e-9)
    let gradient = try solution.pullback(solution.value)
    let sum: Double = gradient.parameters.reduce(0, +)
    #expect(abs(sum / 1331.15331512252 - 1) < 1e-9)
  }
}

@Suite("Nonlinear systems that cannot be solved") struct NewtonFailureTests {
  @Test("No real root ends as stagnation and carries the last state, which has no gradient")
  func rootless() throws {
    let problem = try NonlinearProblem(Rootless(), parameters: [1], initialGuess: [3])
    let error = try #require(throws: NonlinearError.self) { try NewtonSolver().solve(problem) }
    let solution: NonlinearSolution
    switch error {
    case .stagnation(let last), .iterationLimit(let last): solution = last
    default:
      Issue.record("unexpected error: \(error)")
      return
    }
    #expect(solution.value[0].isFinite)
    #expect(!solution.statistics.isConverged)
    #expect(solution.statistics.residualNorms.count == solution.statistics.iterations + 1)
    for derivative in [{ _ = try solution.pullback([1]) }, { _ = try solution.pushforward([1]) }] {
      let refusal = try #require(throws: NonlinearError.self) { try derivative() }
      guard case .derivativeOfUnconverged = refusal else {
        Issue.record("unexpected error: \(refusal)")
        return
      }
    }
  }

  @Test("The iteration limit is an error with the history inside")
  func iterationLimit() throws {
    var options = NewtonSolver.Options()
    options.maximumIterations = 2
    let problem = try NonlinearProblem(Cubic(), parameters: [8], initialGuess: [1000])
    let error = try #require(throws: NonlinearError.self) {
      try NewtonSolver(options).solve(problem)
    }
    guard case .iterationLimit(let solution) = error else {
      Issue.record("unexpected error: \(error)")
      return
    }
    #expect(solution.statistics.residualNorms.count == 3)
    #expect("\(error)".contains("Cubic"))
  }

  @Test("A singular Jacobian names the iteration")
  func singular() throws {
    let problem = try NonlinearProblem(Redundant(), parameters: [1], initialGuess: [0, 0])
    for storage: NewtonSolver.JacobianStorage in [.dense, .sparse] {
      var options = NewtonSolver.Options()
      options.jacobian = storage
      let error = try #require(throws: NonlinearError.self) {
        try NewtonSolver(options).solve(problem)
      }
      guard case .singularJacobian(_, 0, _, _) = error else {
        Issue.record("unexpected error: \(error)")
        return
      }
    }
  }

  @Test("A guess outside the domain is named by component")
  func undefined() throws {
    let problem = try NonlinearProblem(Logarithm(), parameters: [1], initialGuess: [-1])
    let error = try #require(throws: NonlinearError.self) { try NewtonSolver().solve(problem) }
    guard case .undefinedAtInitialGuess("Logarithm", 0, _) = error else {
      Issue.record("unexpected error: \(error)")
      return
    }
  }

  @Test("A stated pattern that misses entries does not give a wrong gradient")
  func missingEntries() throws {
    let order = 40
    let system = Ring(stateCount: order)
    let diagonal = try SparsityPattern(
      rowCount: order, columnCount: order, columnPointers: Array(0...order),
      rowIndices: Array(0..<order))
    var options = NewtonSolver.Options()
    options.jacobian = .pattern(diagonal)
    options.maximumIterations = 500
    // So strongly coupled that neither refinement contracts with the diagonal alone.
    let problem = try NonlinearProblem(
      system, parameters: [0.99, 3, 0.3], initialGuess: [Double](repeating: 0, count: order))
    let reference = try NewtonSolver().solve(problem)
    let cotangent = [Double](repeating: 1, count: order)
    let expected = try reference.pullback(cotangent).parameters
    do {
      let solution = try NewtonSolver(options).solve(problem)
      let found = try solution.pullback(cotangent).parameters
      for (value, right) in zip(found, expected) {
        #expect(abs(value - right) < 1e-8 * (1 + abs(right)))
      }
    } catch is NonlinearError {
      // Refusing is right too.
    }
  }

  @Test("Lengths, NaN and senseless options are refused")
  func input() throws {
    #expect(throws: InputError.self) {
      try NonlinearProblem(Cubic(), parameters: [1, 2], initialGuess: [1])
    }
    #expect(throws: InputError.self) {
      try NonlinearProblem(Cubic(), parameters: [1], initialGuess: [])
    }
    #expect(throws: InputError.self) {
      try NonlinearProblem(Cubic(), parameters: [.nan], initialGuess: [1])
    }
    var options = NewtonSolver.Options()
    options.maximumIterations = 0
    let problem = try NonlinearProblem(Cubic(), parameters: [8], initialGuess: [1])
    #expect(throws: InputError.self) { try NewtonSolver(options).solve(problem) }
    let solution = try NewtonSolver().solve(problem)
    #expect(throws: InputError.self) { try solution.pullback([1, 2]) }
    #expect(throws: InputError.self) { try solution.pullback([.infinity]) }
    #expect(throws: InputError.self) { try solution.pushforward([]) }
  }
}
