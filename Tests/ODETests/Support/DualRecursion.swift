import ODE

/// A Runge–Kutta recursion in dual numbers along the steps of a solution, written from the formulas
/// of the tableau alone: an oracle for the discrete derivatives.
struct DualRecursion<F: VectorField> {
  let field: F
  let solution: ODESolution

  /// The states at the observation times and the final state, in dual numbers.
  func run(initialState: [Dual], parameters: [Dual]) -> [Dual] {
    let method = solution.method
    let times = solution.stepTimes
    let sizes = solution.stepSizes
    var state = initialState
    var values: [Dual] = []
    var observation = 0
    for (step, size) in sizes.enumerated() {
      let h = Dual(size)
      var stages: [[Dual]] = []
      for stage in 0..<method.stageCount {
        var argument = state
        for (column, weight) in method.a[stage].enumerated() where weight != 0 {
          for index in argument.indices {
            argument[index] = argument[index] + h * Dual(weight) * stages[column][index]
          }
        }
        stages.append(
          evaluate(at: times[step] + method.c[stage] * size, argument, parameters))
      }
      let observations = solution.observationTimes
      while observation < observations.count, observations[observation] < times[step + 1] {
        let weights = method.denseWeights(at: (observations[observation] - times[step]) / size)
        values += combine(state, h, weights, stages)
        observation += 1
      }
      state = combine(state, h, method.b, stages)
    }
    for _ in observation..<solution.observationTimes.count { values += state }
    return values + state
  }

  /// The derivative matrix of (observations, final state) by (initial state, parameters): columns.
  func jacobianColumns() -> [[Double]] {
    let inputs = solution.problem.initialState + solution.problem.parameters
    let stateCount = solution.problem.initialState.count
    var columns: [[Double]] = []
    for first in stride(from: 0, to: inputs.count, by: Dual.laneCount) {
      var duals = inputs.map { Dual($0) }
      let lanes = first..<min(first + Dual.laneCount, inputs.count)
      for input in lanes { duals[input].tangent[input - first] = 1 }
      let output = run(
        initialState: Array(duals[..<stateCount]), parameters: Array(duals[stateCount...]))
      for input in lanes { columns.append(output.map { $0.tangent[input - first] }) }
    }
    return columns
  }

  private func evaluate(at time: Double, _ state: [Dual], _ parameters: [Dual]) -> [Dual] {
    var output = [Dual](repeating: .zero, count: state.count)
    var span = output.mutableSpan
    field.derivative(
      at: Dual(time), state: state.span, parameters: parameters.span, into: &span)
    return output
  }

  private func combine(
    _ state: [Dual], _ h: Dual, _ weights: [Double], _ stages: [[Dual]]
  ) -> [Dual] {
    state.indices.map { index in
      var sum = state[index]
      for (stage, weight) in weights.enumerated() {
        sum = sum + h * Dual(weight) * stages[stage][index]
      }
      return sum
    }
  }
}
