import Adjoint
import ReferenceProblems
import Testing

@Suite("Methods with few Jacobians or none") struct QuasiNewtonTests {
  private func bratu(_ side: Int) throws -> NonlinearProblem {
    let bratu = Bratu(side: side)
    return try NonlinearProblem(
      bratu, parameters: bratu.smoothSource,
      initialGuess: [Double](repeating: 0, count: bratu.stateCount))
  }

  private func expectEqual(_ found: [Double], _ expected: [Double], _ tolerance: Double) {
    let size = expected.map(\.magnitude).max() ?? 1
    #expect(zip(found, expected).allSatisfy { ($0 - $1).magnitude <= tolerance * size })
  }

  @Test("Modified Newton factorizes less often than it steps, the chord method once")
  func reuse() throws {
    let problem = try bratu(12)
    let newton = try NewtonSolver().solve(problem)
    for reuse: NewtonSolver.FactorReuse in [.whileContracting(), .always] {
      var options = NewtonSolver.Options()
      options.factorReuse = reuse
      options.maximumIterations = 300
      let solution = try NewtonSolver(options).solve(problem)
      // J⁻¹ is below 20 for λ = 5 with F scaled by h², 13² of them.
      expectEqual(solution.value, newton.value, 20 * 169 * 2e-10)
      #expect(solution.statistics.factorizations < solution.statistics.iterations)
      if reuse == .always { #expect(solution.statistics.factorizations == 1) }
    }
  }

  @Test("Broyden's method needs one Jacobian and converges superlinearly")
  func broyden() throws {
    let problem = try bratu(12)
    let solution = try BroydenSolver().solve(problem)
    #expect(solution.statistics.factorizations == 1)
    let norms = solution.statistics.residualNorms
    var options = NewtonSolver.Options()
    options.factorReuse = .always
    options.maximumIterations = 300
    let chord = try NewtonSolver(options).solve(problem)
    #expect(solution.statistics.iterations < chord.statistics.iterations)
    // The last contraction is much better than the first.
    #expect(norms[norms.count - 1] / norms[norms.count - 2] < 0.3 * norms[2] / norms[1])
  }

  @Test("Broyden's memory of one update restarts and still converges")
  func shortMemory() throws {
    var options = BroydenSolver.Options()
    options.memory = 1
    let solution = try BroydenSolver(options).solve(bratu(8))
    #expect(solution.statistics.factorizations > 1)
    #expect(solution.statistics.isConverged)
  }

  @Test("Anderson acceleration saves most of the steps of a plain iteration")
  func anderson() throws {
    // u = cos u, the plain iteration of which contracts by 0.67.
    let problem = try NonlinearProblem(CosineMap(), parameters: [1], initialGuess: [0, 0, 0])
    var plain = AndersonSolver.Options()
    plain.depth = 0
    let slow = try AndersonSolver(plain).solve(problem)
    let fast = try AndersonSolver().solve(problem)
    #expect(slow.statistics.iterations > 40)
    #expect(fast.statistics.iterations < 15)
    #expect(fast.statistics.factorizations == 0)
    for solution in [slow, fast] {
      #expect((solution.value[0] - 0.739_085_133_215_160_6).magnitude <= 1e-10)
      #expect(try solution.pullback([1, 0, 0]).parameters[0].isFinite)
    }
  }

  @Test("An iteration that repels ends with a typed error")
  func divergence() throws {
    // u ← u − (−F): away from the root.
    var options = AndersonSolver.Options()
    options.depth = 0
    options.mixing = -1
    let problem = try NonlinearProblem(CosineMap(), parameters: [1], initialGuess: [0, 0, 0])
    #expect(throws: NonlinearError.self) { try AndersonSolver(options).solve(problem) }
  }

  @Test("Senseless options are refused")
  func options() throws {
    let problem = try NonlinearProblem(Cubic(), parameters: [8], initialGuess: [1])
    var broyden = BroydenSolver.Options()
    broyden.memory = 0
    #expect(throws: InputError.self) { try BroydenSolver(broyden).solve(problem) }
    var anderson = AndersonSolver.Options()
    anderson.mixing = 0
    #expect(throws: InputError.self) { try AndersonSolver(anderson).solve(problem) }
    anderson = AndersonSolver.Options()
    anderson.depth = -1
    #expect(throws: InputError.self) { try AndersonSolver(anderson).solve(problem) }
    var krylov = NewtonKrylovSolver.Options()
    krylov.largestForcing = 1
    #expect(throws: InputError.self) { try NewtonKrylovSolver(krylov).solve(problem) }
  }
}

@Suite("Newton–Krylov") struct NewtonKrylovTests {
  /// A name, since closures cannot be compared or printed.
  static let variants: [(String, @Sendable (inout NewtonKrylovSolver.Options) -> Void)] = [
    ("GMRES alone", { $0.linear.restartLength = 100 }),
    ("GMRES, ILU", { $0.preconditioner = .incompleteLU }),
    ("GMRES, factors of an earlier iterate", { $0.preconditioner = .factorization }),
    (
      "BiCGStab, Jacobi",
      {
        $0.method = .biCGStab
        $0.preconditioner = .jacobi
      }
    ),
    (
      "CG, multigrid, assembled",
      {
        $0.method = .conjugateGradients
        $0.products = .assembled
        $0.preconditioner = .multigrid
      }
    ),
    (
      "CG, a custom preconditioner",
      {
        $0.method = .conjugateGradients
        $0.preconditioner = .custom { try JacobiPreconditioner($0) }
      }
    ),
  ]

  @Test("All variants find Bratu's root and gradient", arguments: variants.indices)
  func bratu(variant: Int) throws {
    let bratu = Bratu(side: 24)
    let problem = try NonlinearProblem(
      bratu, parameters: bratu.smoothSource,
      initialGuess: [Double](repeating: 0, count: bratu.stateCount))
    var options = NewtonKrylovSolver.Options()
    Self.variants[variant].1(&options)
    let solution = try NewtonKrylovSolver(options).solve(problem)
    let reference = try NewtonSolver().solve(problem)
    let cotangent = bratu.smoothSource.map { 1 + $0 }
    let gradient = try solution.pullback(cotangent)
    let expected = try reference.pullback(cotangent)
    // ‖F‖ ≤ 1e-10 and ‖J⁻¹‖ ≤ 20/h² leave 1e-6 of u, of which the gradient depends smoothly.
    let size = expected.parameters.map(\.magnitude).max() ?? 1
    for (value, right) in zip(gradient.parameters, expected.parameters) {
      #expect((value - right).magnitude <= 1e-6 * size, "\(Self.variants[variant].0)")
    }
    #expect(gradient.evidence.adjointBackwardError <= 1e-12)
    #expect(solution.statistics.linearIterations > 0)
    let tangent = try solution.pushforward(cotangent)
    let left = zip(tangent, cotangent).map(*).reduce(0, +)
    let right = zip(gradient.parameters, cotangent).map(*).reduce(0, +)
    #expect((left / right - 1).magnitude <= 1e-9)
  }

  @Test("Early steps are solved loosely, and the residual falls superlinearly at the end")
  func forcing() throws {
    let bratu = Bratu(side: 24)
    let problem = try NonlinearProblem(
      bratu, parameters: bratu.smoothSource,
      initialGuess: [Double](repeating: 0, count: bratu.stateCount))
    var options = NewtonKrylovSolver.Options()
    options.preconditioner = .incompleteLU
    let norms = try NewtonKrylovSolver(options).solve(problem).statistics.residualNorms
    #expect(norms[1] > 1e-3 * norms[0])
    // The last step is solved only as far as the tolerance asks.
    let contractions = zip(norms, norms.dropFirst()).map { $1 / $0 }
    #expect((contractions.min() ?? 1) < 0.1 * contractions[0])
  }

  @Test("Without any matrix the iteration ends at rounding when no tolerance is left")
  func matrixFree() throws {
    let problem = try NonlinearProblem(
      Ring(stateCount: 60), parameters: [0.5, 0.7, 0.3],
      initialGuess: [Double](repeating: 0, count: 60))
    var options = NewtonKrylovSolver.Options()
    options.absoluteTolerance = 0
    let solution = try NewtonKrylovSolver(options).solve(problem)
    #expect(solution.statistics.factorizations == 0)
    // Three terms of order one, a handful of roundings.
    #expect(solution.residual.allSatisfy { $0.magnitude <= 32 * Double.ulpOfOne })
  }

  @Test("A singular Jacobian and a method that does not fit end with typed errors")
  func failures() throws {
    let singular = try NonlinearProblem(Redundant(), parameters: [1], initialGuess: [0, 0])
    #expect(throws: NonlinearError.self) { try NewtonKrylovSolver().solve(singular) }
    var options = NewtonKrylovSolver.Options()
    options.method = .conjugateGradients
    options.preconditioner = .incompleteLU
    let ring = try NonlinearProblem(
      Ring(stateCount: 20), parameters: [0.5, 0.7, 0.3],
      initialGuess: [Double](repeating: 0, count: 20))
    #expect(throws: KrylovError.self) { try NewtonKrylovSolver(options).solve(ring) }
  }
}

/// u − cos(p v), v − cos(p w), w − cos(p u).
private struct CosineMap: ResidualSystem {
  let stateCount = 3
  let parameterCount = 1
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<3 {
      residual[index] = state[index] - S.cos(parameters[0] * state[(index + 1) % 3])
    }
  }
}
