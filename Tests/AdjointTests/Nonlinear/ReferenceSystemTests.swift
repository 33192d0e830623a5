import Adjoint
import ReferenceProblems
import Testing

@Suite("Reference problems with known answers") struct ReferenceSystemTests {
  private func residual(
    _ system: some ResidualSystem, _ state: [Double], _ parameters: [Double]
  ) -> [Double] {
    var result = [Double](repeating: .nan, count: system.stateCount)
    var span = result.mutableSpan
    system.residual(at: state.span, parameters: parameters.span, into: &span)
    return result
  }

  @Test(
    "The shallow truss deflects as its closed formula says, before and after it snaps through",
    arguments: [0.01, 0.1, 0.3, 1, 1.7, 2.1])
  func shallowTruss(deflection: Double) throws {
    let (halfWidth, height, stiffness) = (5.0, 1.0, 1000.0)
    let load = PlanarTruss.shallowLoad(
      deflection: deflection, halfWidth: halfWidth, height: height, stiffness: stiffness)
    let truss = PlanarTruss.shallow(halfWidth: halfWidth, height: height, load: load)
    let exact = [0, -deflection]
    let balance = residual(truss, exact, [stiffness, stiffness])
    // The difference of forces of order EA (h/L) (1/l − 1/L)·L with a handful of roundings.
    #expect(balance.allSatisfy { $0.magnitude <= 16 * Double.ulpOfOne * stiffness })
    var options = NewtonSolver.Options()
    options.absoluteTolerance = 1e-10
    options.relativeTolerance = 0
    let solution = try NewtonSolver(options).solve(
      NonlinearProblem(
        truss, parameters: [stiffness, stiffness], initialGuess: [0, -0.98 * deflection]))
    // Forces are exact to 1e-10; the tangent stiffness is at least about 1 at these deflections.
    #expect((solution.value[1] + deflection).magnitude <= 1e-9)
  }

  @Test("A cantilever bends down, in balance, with a symmetric tangent stiffness")
  func cantilever() throws {
    let truss = PlanarTruss.cantilever(bays: 10, load: 1)
    let stiffness = [Double](repeating: 1e4, count: truss.parameterCount)
    let solution = try NewtonSolver().solve(
      NonlinearProblem(
        truss, parameters: stiffness,
        initialGuess: [Double](repeating: 0, count: truss.stateCount)))
    // A beam of length 10, height 1 and chords of EA = 1e4 (EI = EA/2, bending only) sinks by
    // P L³/(3 EI) = 0.0667; shear and the diagonals' share of the bending change that by some percent.
    let tip = solution.value[truss.stateCount - 1]
    #expect((-0.1 ..< -0.04).contains(tip))
    let model = Model(truss)
    let pattern = try model.jacobianPattern(state: solution.value, parameters: stiffness)
    let jacobian = try SparseJacobian(model, pattern: pattern)
    var values = [Double](repeating: 0, count: pattern.entryCount)
    try jacobian.evaluate(time: 0, state: solution.value, parameters: stiffness, into: &values)
    let matrix = try SparseMatrix(pattern: pattern, values: values)
    let mirror = matrix.transposed
    #expect(mirror.pattern == pattern)
    // The two entries are the same sum in another order.
    for (first, second) in zip(matrix.values, mirror.values) {
      #expect((first - second).magnitude <= 8 * Double.ulpOfOne * 1e4)
    }
  }

  @Test("Rosenbrock's gradient is that of its objective, and zero at ones")
  func rosenbrock() throws {
    let chain = RosenbrockChain(stateCount: 30)
    let parameters = RosenbrockChain.standardParameters
    let ones = [Double](repeating: 1, count: 30)
    #expect(residual(chain, ones, parameters).allSatisfy { $0 == 0 })
    var generator = SeededGenerator(seed: 8)
    let state = generator.direction(count: 30)
    let evaluator = ModelEvaluator(chain.objectiveModel, parameters: parameters)
    var gradient = [Double](repeating: 0, count: 30)
    var parameterGradient = [0.0]
    var span = gradient.mutableSpan
    var parameterSpan = parameterGradient.mutableSpan
    let one = [1.0]
    evaluator.pullback(
      time: 0, state: state.span, cotangent: one.span, addingTo: &span,
      parameters: &parameterSpan)
    // Terms of up to 4·100·2, a dozen roundings.
    for (byTape, byHand) in zip(gradient, residual(chain, state, parameters)) {
      #expect((byTape - byHand).magnitude <= 12 * Double.ulpOfOne * 800)
    }
  }
}
