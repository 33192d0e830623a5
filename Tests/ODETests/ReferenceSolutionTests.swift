import Adjoint
import ODE
import ReferenceProblems
import Testing

@Suite("Published solutions of stiff problems") struct ReferenceSolutionTests {
  @Test("HIRES ends at the published concentrations and conserves y₇ + y₈")
  func highIrradianceResponse() throws {
    // Stiff, but mildly: an explicit method's steps are bounded by stability, some 1e4 of them.
    let solver = RungeKuttaSolver(
      .tsitouras5,
      options: .init(
        relativeTolerance: 1e-10, absoluteTolerance: 1e-14, maximumSteps: 1_000_000))
    let solution = try solver.solve(HighIrradianceResponse.standard())
    for (found, expected) in zip(solution.finalState, HighIrradianceResponse.finalState) {
      // The local errors' sum: what a tolerance of 1e-10 leaves after transients have died out.
      #expect((found - expected).magnitude <= 1e-7 * expected)
    }
    let conserved = solution.finalState[6] + solution.finalState[7]
    #expect((conserved - 0.0057).magnitude <= 1e-13)
  }

  @Test("POLLUTION ends at the published concentrations, by Radau IIA steps and Newton's method")
  func pollution() throws {
    var state = Pollution.standardInitialState
    var options = NewtonSolver.Options()
    options.absoluteTolerance = 1e-14
    options.relativeTolerance = 0
    let solver = NewtonSolver(options)
    var time = 0.0
    while time < 60 {
      let stepSize = min(max(1e-7, 0.1 * time), 60 - time)
      let step = RadauStep(field: Pollution(), rates: Pollution.standardParameters, stepSize)
      let guess = state + state + state
      let stages = try solver.solve(
        NonlinearProblem(step, parameters: state, initialGuess: guess))
      state = Array(stages.value.suffix(state.count))
      time = stepSize == 60 - time ? 60 : time + stepSize
    }
    for (found, expected) in zip(state, Pollution.finalState) {
      // Order five in ln t with steps of 0.1: errors of about 0.1⁵/100 a step, 200 steps, which the
      // stiff directions forget.
      #expect((found - expected).magnitude <= 1e-6 * expected)
    }
  }

  @Test("POLLUTION conserves nitrogen and sulfur, Robertson's reaction mass")
  func invariants() {
    var generator = SeededGenerator(seed: 3)
    var nitrogen = [Double](repeating: 0, count: 20)
    for species in [0, 1, 12, 14, 18] { nitrogen[species] = 1 }
    nitrogen[19] = 2
    var sulfur = [Double](repeating: 0, count: 20)
    sulfur[16] = 1
    sulfur[17] = 1
    for invariant in [nitrogen, sulfur] {
      expectInvariant(invariant, of: Pollution(), &generator)
    }
    expectInvariant([1, 1, 1], of: Robertson(), &generator)
    // Negative control: carbon monoxide alone is not conserved.
    var wrong = nitrogen
    wrong[7] = 1
    #expect(change(wrong, of: Pollution(), &generator) > 1e-3)
  }

  /// |wᵀf| relative to Σ|wᵢfᵢ| at a random point.
  private func change(
    _ weights: [Double], of field: some VectorField, _ generator: inout SeededGenerator
  ) -> Double {
    let state = generator.direction(count: field.stateCount)
    let parameters = generator.direction(count: field.parameterCount)
    var rates = [Double](repeating: .nan, count: field.stateCount)
    var span = rates.mutableSpan
    field.derivative(at: 0, state: state.span, parameters: parameters.span, into: &span)
    let terms = zip(weights, rates).map { $0 * $1 }
    return terms.reduce(0, +).magnitude / terms.reduce(0) { $0 + $1.magnitude }
  }

  private func expectInvariant(
    _ weights: [Double], of field: some VectorField, _ generator: inout SeededGenerator
  ) {
    // Each rate sums up to a dozen reactions of order one, of which some cancel.
    #expect(change(weights, of: field, &generator) <= 64 * Double.ulpOfOne)
  }
}

/// The stages of a step by Radau IIA of order five: Yᵢ − u − h Σⱼ aᵢⱼ f(Yⱼ) = 0 with the parameter u.
///
/// Source: Hairer and Wanner, *Solving Ordinary Differential Equations II*, 2nd ed., Springer 1996,
/// table IV.5.6.
private struct RadauStep<Field: VectorField>: ResidualSystem {
  let field: Field
  let rates: [Double]
  let stepSize: Double

  init(field: Field, rates: [Double], _ stepSize: Double) {
    self.field = field
    self.rates = rates
    self.stepSize = stepSize
  }

  var stateCount: Int { 3 * field.stateCount }
  var parameterCount: Int { field.stateCount }

  private var coefficients: [[Double]] {
    let root: Double = 6.0.squareRoot()
    return [
      [(88 - 7 * root) / 360, (296 - 169 * root) / 1800, (-2 + 3 * root) / 225],
      [(296 + 169 * root) / 1800, (88 + 7 * root) / 360, (-2 - 3 * root) / 225],
      [(16 - root) / 36, (16 + root) / 36, 1.0 / 9],
    ]
  }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let count = field.stateCount
    let constants = rates.map { S($0) }
    let weights = coefficients
    for index in 0..<3 * count { residual[index] = state[index] - parameters[index % count] }
    for stage in 0..<3 {
      let point = (0..<count).map { state[stage * count + $0] }
      var rate = [S](repeating: 0, count: count)
      var span = rate.mutableSpan
      field.derivative(at: 0, state: point.span, parameters: constants.span, into: &span)
      for row in 0..<3 {
        let factor = S(stepSize * weights[row][stage])
        for index in 0..<count { residual[row * count + index] -= factor * rate[index] }
      }
    }
  }
}
