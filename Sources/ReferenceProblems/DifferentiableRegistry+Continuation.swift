import Adjoint

extension DifferentiableRegistry {
  /// Folds of Bratu's family, state and parameter, as functions of ε and κ.
  static func folds() -> [DifferentiableOperation] {
    [(5, 1, 2.5), (4, 2, 6)].map { side, dimension, lambda in
      let system = BratuFamily(side: side, dimension: dimension)
      let guess = (0..<system.stateCount).map { _ in 1.0 }
      @Sendable func solve(_ x: [Double]) throws -> FoldSolution {
        try FoldSolver().solve(
          NonlinearProblem(system, parameters: [lambda] + x, initialGuess: guess), parameter: 0)
      }
      let variant = "Bratu, \(system.stateCount) nodes in \(dimension)D"
      return DifferentiableOperation(FoldSolution.self, variant, at: [0.05, 1.1]) {
        DifferentiableMap(
          name: variant,
          value: {
            let fold = try solve($0)
            return fold.value + [fold.parameter]
          },
          linearize: { x in
            let fold = try solve(x)
            return .init(
              value: fold.value + [fold.parameter],
              pushforward: { tangent in
                let image = try fold.pushforward([0] + tangent)
                return image.state + [image.parameter]
              },
              pullback: { cotangent in
                let gradient = try fold.pullback(
                  Array(cotangent.dropLast()), parameter: cotangent[cotangent.count - 1])
                return Array(gradient.parameters.dropFirst())
              })
          })
      }
    }
  }
}
