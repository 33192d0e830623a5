import Adjoint
import ReferenceProblems
import Testing

@Suite("Newton's method far from the root") struct GlobalizationTests {
  static let globalizations: [NewtonSolver.Globalization] =
    [.none] + NewtonSolver.LineSearch.allCases.map { .lineSearch($0) }
    + NewtonSolver.TrustRegion.allCases.map { .trustRegion($0) } + [.pseudoTransient()]

  private func solver(
    _ globalization: NewtonSolver.Globalization, jacobian: NewtonSolver.JacobianStorage = .automatic
  ) -> NewtonSolver {
    var options = NewtonSolver.Options()
    options.globalization = globalization
    options.jacobian = jacobian
    options.maximumIterations = 200
    return NewtonSolver(options)
  }

  @Test("All find the root of a mild system, dense and sparse", arguments: globalizations)
  func mild(globalization: NewtonSolver.Globalization) throws {
    for storage: NewtonSolver.JacobianStorage in [.dense, .sparse] {
      let problem = try NonlinearProblem(
        Ring(stateCount: 80), parameters: [0.5, 0.7, 0.3],
        initialGuess: [Double](repeating: 2, count: 80))
      let solution = try solver(globalization, jacobian: storage).solve(problem)
      #expect(solution.residual.allSatisfy { $0.magnitude <= 1e-10 })
      #expect(solution.statistics.method.contains("\(globalization)"))
    }
  }

  @Test(
    "From arctan's far side full steps diverge; all others converge",
    arguments: globalizations)
  func arctangent(globalization: NewtonSolver.Globalization) throws {
    let problem = try NonlinearProblem(Arctangent(), parameters: [0], initialGuess: [10])
    switch globalization {
    case .none:
      #expect(throws: NonlinearError.self) { try solver(globalization).solve(problem) }
    case .pseudoTransient:
      // Where F is flat the first step in time must be short: 1/J is 101 there.
      let patient = solver(.pseudoTransient(timeStep: 0.01))
      #expect(try patient.solve(problem).value[0].magnitude <= 1e-10)
    default:
      #expect(try solver(globalization).solve(problem).value[0].magnitude <= 1e-10)
    }
  }

  @Test("A step out of the domain is shortened by each", arguments: globalizations.dropFirst())
  func domain(globalization: NewtonSolver.Globalization) throws {
    let problem = try NonlinearProblem(Logarithm(), parameters: [-3], initialGuess: [20])
    let root = try solver(globalization).solve(problem).value[0]
    // |F| ≤ 1e-10 and F′ = 1/u = 20.
    #expect((root - Double.exp(-3)).magnitude <= 1e-11)
  }

  @Test("Trust regions start at a singular Jacobian, where line searches say so")
  func singularStart() throws {
    // u³ = 8 from u = 0; with a second equation so that a sparse matrix is singular, too.
    for storage: NewtonSolver.JacobianStorage in [.dense, .sparse] {
      let problem = try NonlinearProblem(
        SingularStart(), parameters: [8], initialGuess: [0, 1])
      for subproblem in NewtonSolver.TrustRegion.allCases {
        let solution = try solver(.trustRegion(subproblem), jacobian: storage).solve(problem)
        #expect((solution.value[0] - 2).magnitude <= 1e-10)
      }
      let error = #expect(throws: NonlinearError.self) {
        try solver(.lineSearch(.backtracking), jacobian: storage).solve(problem)
      }
      guard case .singularJacobian = error else {
        Issue.record("unexpected error: \(String(describing: error))")
        return
      }
    }
  }

  @Test("Levenberg-Marquardt steps by singular values and by a bidiagonal matrix are the same")
  func dampedSteps() throws {
    // Up to 64 unknowns there are singular values; one more, which is zero from the start, changes nothing else.
    let system = MoreGarbowHillstrom(.trigonometric, stateCount: 64)
    let start = system.start(factor: 30)
    var options = NewtonSolver.Options()
    options.globalization = .trustRegion(.exact)
    options.maximumIterations = 6
    func norms(_ problem: NonlinearProblem) -> [Double] {
      let error = #expect(throws: NonlinearError.self) { try NewtonSolver(options).solve(problem) }
      return error?.solution?.statistics.residualNorms ?? []
    }
    let small = norms(
      try NonlinearProblem(system, parameters: system.standardParameters, initialGuess: start))
    let large = norms(
      try NonlinearProblem(
        Padded(system: system), parameters: system.standardParameters, initialGuess: start + [0]))
    #expect(small.count == 7 && small.count == large.count)
    // Rounding errors of 10⁻¹⁶ n grow with the condition of a step's equations, which λ keeps below 10⁸ here.
    for (left, right) in zip(small, large) { #expect((left / right - 1).magnitude <= 1e-6) }
  }

  @Test("The affine-invariant iterates do not change when equations are scaled by 2^20 and 2^-20")
  func affineInvariance() throws {
    let plain = try NonlinearProblem(
      ScaledPair(factors: [1, 1]), parameters: [1], initialGuess: [-1.2, 1])
    let scaled = try NonlinearProblem(
      ScaledPair(factors: [0x1p20, 0x1p-20]), parameters: [1], initialGuess: [-1.2, 1])
    var options = NewtonSolver.Options()
    options.globalization = .lineSearch(.affineInvariant)
    options.convergence.criterion = .step
    let first = try NewtonSolver(options).solve(plain)
    let second = try NewtonSolver(options).solve(scaled)
    #expect(first.statistics.iterations == second.statistics.iterations)
    // Pivots are chosen differently, so rounding differs.
    for (left, right) in zip(first.value, second.value) {
      #expect((left - right).magnitude <= 1e-13)
    }
    // The residual test with scales does not change either.
    options.convergence.criterion = .residual
    options.convergence.residualScales = [0x1p20, 0x1p-20]
    options.globalization = .trustRegion(.exact)
    let third = try NewtonSolver(options).solve(scaled)
    options.convergence.residualScales = nil
    let fourth = try NewtonSolver(options).solve(plain)
    let pairs = zip(third.statistics.residualNorms, fourth.statistics.residualNorms)
    #expect(third.statistics.iterations == fourth.statistics.iterations)
    for (left, right) in pairs.dropLast() { #expect((left / right - 1).magnitude <= 1e-9) }
  }

  @Test("The step test stops by the correction, the residual test by F, both by both")
  func criteria() throws {
    let problem = try NonlinearProblem(Cubic(), parameters: [8], initialGuess: [10])
    func statistics(
      _ criterion: ConvergenceTest.Criterion, step: Double, residual: Double
    ) throws -> NonlinearSolution.Statistics {
      var options = NewtonSolver.Options()
      options.convergence.criterion = criterion
      options.convergence.stepTolerance = step
      options.absoluteTolerance = residual
      return try NewtonSolver(options).solve(problem).statistics
    }
    let byStep = try statistics(.step, step: 1e-2, residual: 1e-12)
    #expect(byStep.correctionSize <= 1e-2 && byStep.residualNorm > 1e-12)
    let byResidual = try statistics(.residual, step: 1e-12, residual: 1)
    #expect(byResidual.residualNorm <= 1 && byResidual.correctionSize > 1e-12)
    let byBoth = try statistics(.both, step: 1e-2, residual: 1e-8)
    #expect(byBoth.residualNorm <= 1e-8 && byBoth.correctionSize <= 1e-2)
    #expect(byBoth.iterations >= max(byStep.iterations, byResidual.iterations))
  }

  @Test("Bounds choose among roots, a predicate keeps trial points inside")
  func bounds() throws {
    // u² = 4 has the roots 2 and −2.
    var problem = try NonlinearProblem(Square(), parameters: [4], initialGuess: [0.1])
    problem.domain = try StateDomain(lower: [0.05])
    for globalization in Self.globalizations.dropFirst().dropLast() {
      let solution = try solver(globalization).solve(problem)
      #expect((solution.value[0] - 2).magnitude <= 1e-10)
    }
    problem.initialGuess = [-3]
    problem.domain = StateDomain { $0[0] < 0 }
    #expect(try (solver(.lineSearch(.backtracking)).solve(problem).value[0] + 2).magnitude <= 1e-10)
    problem.initialGuess = [3]
    #expect(throws: NonlinearError.self) { try NewtonSolver().solve(problem) }
    problem.domain = try StateDomain(lower: [0, 0])
    #expect(throws: InputError.self) { try NewtonSolver().solve(problem) }
    #expect(throws: InputError.self) { try StateDomain(lower: [1], upper: [0]) }
    #expect(throws: InputError.self) { try StateDomain(lower: [.nan]) }
  }

  @Test("Without a root each ends with a typed error", arguments: globalizations)
  func rootless(globalization: NewtonSolver.Globalization) throws {
    for system in [Model(Rootless()), Model(Redundant())] {
      let problem = try NonlinearProblem(
        system, parameters: [1], initialGuess: [Double](repeating: 3, count: system.stateCount))
      #expect(throws: NonlinearError.self) { try solver(globalization).solve(problem) }
    }
  }

  @Test("A system without unknowns is solved, one without equations for its unknown is not")
  func degenerate() throws {
    let empty = try NonlinearProblem(Empty(stateCount: 0), parameters: [], initialGuess: [])
    for method in NonlinearMethod.all() {
      do {
        let solution = try method.solve(empty)
        #expect(try solution.pullback([]).parameters.isEmpty)
      } catch is FactorizationError {
        // There is nothing to factorize.
        continue
      } catch is NonlinearError {
        continue
      }
    }
    let free = try NonlinearProblem(Empty(stateCount: 1), parameters: [], initialGuess: [2])
    for method in NonlinearMethod.all() {
      // F is zero everywhere: a root, of which there is no derivative.
      guard let solution = try? method.solve(free) else { continue }
      #expect(throws: NonlinearError.self) { try solution.pullback([1]) }
    }
  }

  @Test("Old factors with a trust region, and senseless numbers, are refused")
  func options() throws {
    let problem = try NonlinearProblem(Cubic(), parameters: [8], initialGuess: [1])
    var options = NewtonSolver.Options()
    options.globalization = .trustRegion(.dogleg)
    options.factorReuse = .always
    #expect(throws: InputError.self) { try NewtonSolver(options).solve(problem) }
    options = NewtonSolver.Options()
    options.globalization = .pseudoTransient(timeStep: -1)
    #expect(throws: InputError.self) { try NewtonSolver(options).solve(problem) }
    options = NewtonSolver.Options()
    options.convergence.residualScales = [0]
    #expect(throws: InputError.self) { try NewtonSolver(options).solve(problem) }
    options.convergence.residualScales = [1, 1]
    #expect(throws: InputError.self) { try NewtonSolver(options).solve(problem) }
  }
}

/// arctan u = p: Newton's method diverges from |u| > 1.39.
private struct Arctangent: ResidualSystem {
  let stateCount = 1
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = S.atan(state[0]) - parameters[0]
  }
}

/// F = 0 for every u.
private struct Empty: ResidualSystem {
  let stateCount: Int
  let parameterCount = 0
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount { residual[index] = 0 }
  }
}

/// u² = p.
private struct Square: ResidualSystem {
  let stateCount = 1
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] * state[0] - parameters[0]
  }
}

/// u³ = p, u v = 2: singular at u = 0.
private struct SingularStart: ResidualSystem {
  let stateCount = 2
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] * state[0] * state[0] - parameters[0]
    residual[1] = state[0] * state[1] - 2
  }
}

/// Rosenbrock's equations, each times a power of two.
private struct ScaledPair: ResidualSystem {
  let factors: [Double]
  let stateCount = 2
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = S(factors[0]) * (parameters[0] - state[0])
    residual[1] = S(factors[1]) * 10 * (state[1] - state[0] * state[0])
  }
}

/// A system with one more unknown, which is zero.
private struct Padded: ResidualSystem {
  let system: MoreGarbowHillstrom
  var stateCount: Int { system.stateCount + 1 }
  var parameterCount: Int { system.parameterCount }
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    system.residual(at: state, parameters: parameters, into: &residual)
    residual[system.stateCount] = state[system.stateCount]
  }
}
