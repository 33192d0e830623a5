import Adjoint

extension DifferentiableRegistry {
  /// Roots of an unsymmetric and of a symmetric system, with each storage of the Jacobian.
  static func nonlinearSolutions() throws -> [DifferentiableOperation] {
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
        ) { root(of: ring, storage) },
        DifferentiableOperation(
          NonlinearSolution.self, "Bratu 5×5, \(name) Jacobian",
          at: bratu.smoothSource.map { $0 + 0.25 }
        ) { root(of: Model(bratu), storage) },
      ]
    }
  }

  /// The map p ↦ u with F(u, p) = 0, solved down to rounding from the guess 0.
  private static func root(
    of model: Model, _ storage: NewtonSolver.JacobianStorage
  ) -> DifferentiableMap {
    @Sendable func solve(_ parameters: [Double]) throws -> NonlinearSolution {
      var options = NewtonSolver.Options()
      options.absoluteTolerance = 0
      options.relativeTolerance = 0
      options.jacobian = storage
      let guess = [Double](repeating: 0, count: model.stateCount)
      return try NewtonSolver(options).solve(
        NonlinearProblem(model, parameters: parameters, initialGuess: guess))
    }
    return DifferentiableMap(
      name: model.name, value: { try solve($0).value },
      linearize: { parameters in
        let solution = try solve(parameters)
        return .init(
          value: solution.value, pushforward: { try solution.pushforward($0) },
          pullback: { try solution.pullback($0).parameters })
      })
  }
}
