import Adjoint
import ODE

extension DifferentiableRegistry {
  /// Steady states as functions of the parameters, found by Newton's method down to rounding.
  static func steadyStates() -> [DifferentiableOperation] {
    @Sendable func solve(_ parameters: [Double]) throws -> SteadyState {
      var options = SteadyStateSolver.Options()
      options.newton.absoluteTolerance = 0
      options.newton.relativeTolerance = 0
      return try SteadyStateSolver(options).solve(
        LotkaVolterra(), parameters: parameters, guess: [1.4, 1.4])
    }
    return [
      DifferentiableOperation(
        SteadyState.self, "coexistence of predator and prey", at: [1.5, 1.1, 3, 2]
      ) {
        DifferentiableMap(
          name: "steady state", value: { try solve($0).value },
          linearize: { parameters in
            let steady = try solve(parameters)
            return .init(
              value: steady.value, pushforward: { try steady.pushforward($0) },
              pullback: { try steady.pullback($0).parameters })
          })
      }
    ]
  }
}
