/// What observations of a trajectory would be, as a function of what is unknown about it.
///
/// The unknowns are x = (p, u₀ⱼ for j in ``estimatedInitialValues``), in this order; the other initial
/// values are those of the problem. The predictions are u_c(t) or log u_c(t) for every observation
/// time t and, within it, every component c in ``components``. So a vector field is fitted to data by
/// a `LeastSquaresProblem` with ``map``.
public struct TrajectoryObservation: Sendable {
  /// The vector field, the time span and the initial values that are known.
  public var problem: ODEProblem

  /// How the problem is solved.
  public var solver: RungeKuttaSolver

  /// When the trajectory is observed, in ascending order.
  public var observationTimes: [Double]

  /// Which components of the state are observed.
  public var components: [Int]

  /// Which components of the initial state are unknown.
  public var estimatedInitialValues: [Int]

  /// Whether the logarithms of the components are observed.
  public var isLogarithmic: Bool

  /// An observation of a trajectory.
  ///
  /// - Throws: `InputError` if a component does not exist.
  public init(
    of problem: ODEProblem, solver: RungeKuttaSolver, observationTimes: [Double],
    components: [Int], estimatedInitialValues: [Int] = [], isLogarithmic: Bool = false
  ) throws {
    let count = problem.model.stateCount
    for (name, indices) in [
      ("components", components), ("estimatedInitialValues", estimatedInitialValues),
    ] {
      for index in indices {
        try InputError.require(
          index >= 0 && index < count, name, Double(index), "a component, 0 ..< \(count)")
      }
    }
    self.problem = problem
    self.solver = solver
    self.observationTimes = observationTimes
    self.components = components
    self.estimatedInitialValues = estimatedInitialValues
    self.isLogarithmic = isLogarithmic
  }

  /// The predictions as a differentiable function of x.
  ///
  /// It throws `PointOutsideDomain` where the problem cannot be integrated or a logarithm does not
  /// exist, so that a fit tries a shorter step.
  public var map: DifferentiableMap {
    DifferentiableMap(
      name: "observation of \(problem.model.name)",
      value: { unknowns in try observe(solve(unknowns)) },
      linearize: { unknowns in
        let solution = try solve(unknowns)
        let factors = scales(solution)
        return DifferentiableMap.Linearization(
          value: try observe(solution),
          pushforward: { tangent in try derivative(along: tangent, solution, factors) },
          pullback: { cotangent in try gradient(for: cotangent, solution, factors) })
      })
  }

  /// The solution for the unknowns x.
  public func solve(_ unknowns: [Double]) throws -> ODESolution {
    let (parameters, initialState) = try split(unknowns, known: problem.initialState)
    return try withinDomain {
      try solver.solve(
        problem.with(initialState: initialState, parameters: parameters),
        observationTimes: observationTimes)
    }
  }

  /// The result of `body`; the failure of an integration counts as the end of the domain.
  private func withinDomain<Result>(_ body: () throws -> Result) throws -> Result {
    do {
      return try body()
    } catch let error as ODEError {
      throw PointOutsideDomain(reason: error.description)
    }
  }

  private func split(
    _ unknowns: [Double], known: [Double]
  ) throws -> (parameters: [Double], initialState: [Double]) {
    let parameterCount = problem.model.parameterCount
    try InputError.requireLength(
      "unknowns", expected: parameterCount + estimatedInitialValues.count, found: unknowns.count)
    var initialState = known
    for (index, component) in estimatedInitialValues.enumerated() {
      initialState[component] = unknowns[parameterCount + index]
    }
    return (Array(unknowns[..<parameterCount]), initialState)
  }

  /// The observed components of a solution or of its tangent, one observation after another.
  private func select(_ states: [Double]) -> [Double] {
    let stateCount = problem.model.stateCount
    return observationTimes.indices.flatMap { index in
      components.map { states[index * stateCount + $0] }
    }
  }

  private func observe(_ solution: ODESolution) throws -> [Double] {
    let values = select(solution.value)
    guard isLogarithmic else { return values }
    for (index, value) in values.enumerated() where !(value > 0) {
      let time = observationTimes[index / components.count]
      throw PointOutsideDomain(
        reason: "component \(components[index % components.count]) of \(problem.model.name) is "
          + "\(value) at time \(time), so that it has no logarithm")
    }
    return values.map { Double.log($0) }
  }

  /// The derivative of each prediction with respect to the component observed.
  private func scales(_ solution: ODESolution) -> [Double] {
    select(solution.value).map { isLogarithmic ? 1 / $0 : 1 }
  }

  private func derivative(
    along tangent: [Double], _ solution: ODESolution, _ scales: [Double]
  ) throws -> [Double] {
    let zero = [Double](repeating: 0, count: problem.model.stateCount)
    let (parameters, initialState) = try split(tangent, known: zero)
    let states = try withinDomain {
      try solution.pushforward(initialState: initialState, parameters: parameters)
    }
    return zip(select(states.value), scales).map { $0 * $1 }
  }

  private func gradient(
    for cotangent: [Double], _ solution: ODESolution, _ scales: [Double]
  ) throws -> [Double] {
    try InputError.requireLength("cotangent", expected: scales.count, found: cotangent.count)
    let stateCount = problem.model.stateCount
    var states = [Double](repeating: 0, count: observationTimes.count * stateCount)
    for (index, scale) in scales.enumerated() {
      let (observation, position) = index.quotientAndRemainder(dividingBy: components.count)
      states[observation * stateCount + components[position]] += scale * cotangent[index]
    }
    let gradient = try withinDomain { try solution.pullback(states) }
    return gradient.parameters + estimatedInitialValues.map { gradient.initialState[$0] }
  }
}
