import Adjoint

extension DifferentiableRegistry {
  /// Roots of systems of all kinds: each storage of the Jacobian, each solver, each of the problems of
  /// Moré, Garbow and Hillstrom with a regular root, and second derivatives.
  static func nonlinearSolutions() throws -> [DifferentiableOperation] {
    try storages() + solvers() + collection() + secondOrder()
  }

  /// A convergence test that only rounding passes, so that roots are smooth functions of p.
  private static var tight: ConvergenceTest {
    var test = ConvergenceTest()
    test.absoluteTolerance = 0
    return test
  }

  private static func storages() -> [DifferentiableOperation] {
    let ring = Model(CoupledRing(stateCount: 12))
    let bratu = Bratu(side: 5)
    let storages: [(NewtonSolver.JacobianStorage, String)] = [
      (.dense, "dense"), (.sparse, "sparse"),
    ]
    return storages.flatMap { storage, name in
      [
        DifferentiableOperation(
          NonlinearSolution.self, "unsymmetric ring, \(name) Jacobian",
          at: numbers(ring.parameterCount, seed: 3)
        ) { root(of: ring, newton(storage)) },
        DifferentiableOperation(
          NonlinearSolution.self, "Bratu 5×5, \(name) Jacobian",
          at: bratu.smoothSource.map { $0 + 0.25 }
        ) { root(of: Model(bratu), newton(storage)) },
      ]
    }
  }

  private static func newton(_ storage: NewtonSolver.JacobianStorage) -> Solve {
    var options = NewtonSolver.Options()
    options.convergence = tight
    options.jacobian = storage
    let solver = NewtonSolver(options)
    return { try solver.solve($0) }
  }

  private static func solvers() -> [DifferentiableOperation] {
    let ring = Model(CoupledRing(stateCount: 12))
    return NonlinearMethod.all(tight).map { method in
      DifferentiableOperation(
        NonlinearSolution.self, "unsymmetric ring, \(method)",
        at: numbers(ring.parameterCount, seed: 5)
      ) { root(of: ring, method.solve) }
    }
  }

  /// Each problem from its own root, so that the same root is found at neighboring parameters.
  ///
  /// Constants that are zero are moved away from it, since coordinates of a root that vanish by symmetry
  /// have derivatives that are nothing but rounding.
  private static func collection() throws -> [DifferentiableOperation] {
    try MoreGarbowHillstrom.Problem.allCases.filter { $0 != .powellSingular }.map { problem in
      let system = MoreGarbowHillstrom(problem)
      let solution = try NonlinearSolver().solve(
        NonlinearProblem(
          system, parameters: system.standardParameters, initialGuess: system.start()))
      let guess = solution.value
      return DifferentiableOperation(
        NonlinearSolution.self, problem.rawValue,
        at: system.standardParameters.map { $0 == 0 ? 0.05 : $0 }
      ) { root(of: Model(system), NonlinearMethod.automatic(tight).solve, from: guess) }
    }
  }

  /// p ↦ ∇G(u(p)) for G = Σ uᵢ²/2 + uᵢ³/3, whose derivative is the Hessian product.
  private static func secondOrder() -> [DifferentiableOperation] {
    let ring = Model(CoupledRing(stateCount: 12))
    @Sendable func solve(_ parameters: [Double]) throws -> NonlinearSolution {
      try newton(.automatic)(problem(ring, parameters, nil))
    }
    @Sendable func cotangent(_ state: [Double]) -> [Double] { state.map { $0 + $0 * $0 } }
    @Sendable func hessianProduct(
      _ solution: NonlinearSolution, _ tangent: [Double]
    ) throws -> [Double] {
      try solution.pullbackDerivative(
        cotangent(solution.value), along: tangent,
        cotangentTangent: { change in
          zip(solution.value, change).map { (1 + 2 * $0) * $1 }
        }
      ).parameters
    }
    return [
      DifferentiableOperation(
        NonlinearSolution.self, "Hessian product", at: numbers(ring.parameterCount, seed: 7)
      ) {
        DifferentiableMap(
          name: "gradient",
          value: {
            let solution = try solve($0)
            return try solution.pullback(cotangent(solution.value)).parameters
          },
          linearize: { parameters in
            let solution = try solve(parameters)
            return .init(
              value: try solution.pullback(cotangent(solution.value)).parameters,
              pushforward: { try hessianProduct(solution, $0) },
              pullback: { try hessianProduct(solution, $0) })
          })
      }
    ]
  }

  private typealias Solve = @Sendable (NonlinearProblem) throws -> NonlinearSolution

  /// The map p ↦ u with F(u, p) = 0, from a guess or from zero.
  private static func root(
    of model: Model, _ solve: @escaping Solve, from guess: [Double]? = nil
  ) -> DifferentiableMap {
    DifferentiableMap(
      name: model.name, value: { try solve(problem(model, $0, guess)).value },
      linearize: { parameters in
        let solution = try solve(problem(model, parameters, guess))
        return .init(
          value: solution.value, pushforward: { try solution.pushforward($0) },
          pullback: { try solution.pullback($0).parameters })
      })
  }

  private static func problem(
    _ model: Model, _ parameters: [Double], _ guess: [Double]?
  ) throws -> NonlinearProblem {
    try NonlinearProblem(
      model, parameters: parameters,
      initialGuess: guess ?? [Double](repeating: 0, count: model.stateCount))
  }
}
