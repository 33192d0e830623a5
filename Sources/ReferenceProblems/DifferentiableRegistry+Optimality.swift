import Adjoint

extension DifferentiableRegistry {
  /// Minima with and without equations, multipliers included.
  static func minima() -> [DifferentiableOperation] {
    let ridge = RidgeRegression(
      rows: [[1, 0.5, -0.2], [2, -1, 0.4], [-1, 0.3, 0.8], [0.2, 0.1, -0.9]],
      targets: [1, 3, 0.5, -1])
    let count = 12
    let chain = StiffeningChain(count: count)
    let stiffness = positiveNumbers(count - 1, seed: 61).map { 1 + $0 }
    let loads = numbers(count, seed: 62).map { 0.2 * $0 }
    return [
      minimum("ridge regression", ridge, at: [-0.5], guess: [0, 0, 0]),
      minimum("nearest point of a circle", NearestPoint(), at: [3, 4, 2], guess: [1, 1]),
      minimum(
        "chain of springs", chain, at: stiffness + loads + [0.3, 1.1],
        guess: (0..<count).map { 0.1 * Double($0) }),
    ]
  }

  /// The map p ↦ (x, λ), solved down to rounding.
  private static func minimum<M: MinimizationModel>(
    _ variant: String, _ model: M, at point: [Double], guess: [Double]
  ) -> DifferentiableOperation {
    @Sendable func solve(_ parameters: [Double]) throws -> MinimizationSolution {
      var options = MinimizationSolver.Options()
      options.absoluteTolerance = 0
      options.relativeTolerance = 0
      return try MinimizationSolver(options).solve(
        MinimizationProblem(model, parameters: parameters, initialGuess: guess))
    }
    return DifferentiableOperation(MinimizationSolution.self, variant, at: point) {
      DifferentiableMap(
        name: variant,
        value: {
          let solution = try solve($0)
          return solution.value + solution.multipliers
        },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value + solution.multipliers,
            pushforward: { tangent in
              let image = try solution.pushforward(tangent)
              return image.variables + image.multipliers
            },
            pullback: { cotangent in
              try solution.pullback(
                Array(cotangent.prefix(guess.count)),
                multipliers: Array(cotangent.dropFirst(guess.count))
              ).parameters
            })
        })
    }
  }
}
