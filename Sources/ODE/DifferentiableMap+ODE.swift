extension DifferentiableMap {
  /// The solution as a function of initial state and parameters, for a derivative check.
  ///
  /// x = (u₀, p) ↦ (u at the observation times, u(t₁)). The steps are those that `solver` takes at
  /// the problem's own initial state and parameters: they stay fixed, so that the function is smooth.
  ///
  /// - Throws: as ``RungeKuttaSolver/solve(_:observationTimes:)``.
  public init(
    solving problem: ODEProblem, by solver: RungeKuttaSolver, observationTimes: [Double]
  ) throws {
    let base = try solver.solve(problem)
    var frozen = solver
    frozen.options.stepping = .prescribed(stepSizes: base.stepSizes)
    let solve: ([Double]) throws -> ODESolution = { [frozen] x in
      let count = problem.model.stateCount
      try InputError.requireLength(
        "point", expected: count + problem.parameters.count, found: x.count)
      let moved = try problem.with(
        initialState: Array(x[..<count]), parameters: Array(x[count...]))
      return try frozen.solve(moved, observationTimes: observationTimes)
    }
    self.init(
      name: "\(problem.model.name) by \(solver.method.name)",
      value: { x in
        let solution = try solve(x)
        return solution.value + solution.finalState
      },
      linearize: { x in
        let solution = try solve(x)
        let stateCount = problem.model.stateCount
        return Linearization(
          value: solution.value + solution.finalState,
          pushforward: { tangent in
            let result = try solution.pushforward(
              initialState: Array(tangent[..<stateCount]),
              parameters: Array(tangent[stateCount...]))
            return result.value + result.finalState
          },
          pullback: { cotangent in
            let split = solution.value.count
            let gradient = try solution.pullback(
              Array(cotangent[..<split]), finalState: Array(cotangent[split...]))
            return gradient.initialState + gradient.parameters
          })
      })
  }
}
