/// One run of Newton's method: its state between two steps.
struct NewtonIteration {
  private let problem: NonlinearProblem
  private let options: NewtonSolver.Options
  private let evaluator: ModelEvaluator
  private let factors: JacobianFactors
  private let tolerance: Double

  private var state: [Double]
  private var residual: [Double]
  private var residualNorms: [Double]
  private var evaluationCount = 1
  private(set) var count = 0

  init(_ problem: NonlinearProblem, _ options: NewtonSolver.Options) throws {
    self.problem = problem
    self.options = options
    evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    state = problem.initialGuess
    residual = [Double](repeating: 0, count: state.count)
    evaluator.evaluate(state, into: &residual)
    if let component = residual.firstIndex(where: { !$0.isFinite }) {
      throw NonlinearError.undefinedAtInitialGuess(
        model: problem.model.name, component: component, value: residual[component])
    }
    let norm = residual.euclideanNorm
    residualNorms = [norm]
    tolerance = options.absoluteTolerance + options.relativeTolerance * norm
    factors = try JacobianFactors(problem, storage: options.jacobian)
  }

  private var residualNorm: Double { residualNorms[residualNorms.count - 1] }

  var isConverged: Bool { residualNorm <= tolerance }

  /// Takes one step; false if the line search finds none.
  mutating func advance() throws -> Bool {
    do {
      try factors.update(state: state)
    } catch {
      throw NonlinearError.singularJacobian(
        model: problem.model.name, iteration: count, state: state, reason: "\(error)")
    }
    let direction = try factors.solve(residual.map { -$0 })
    var step = 1.0
    var candidate = state
    var candidateResidual = residual
    while step >= options.minimumStep {
      for index in candidate.indices { candidate[index] = state[index] + step * direction[index] }
      evaluator.evaluate(candidate, into: &candidateResidual)
      evaluationCount += 1
      let norm = candidateResidual.euclideanNorm
      if norm <= (1 - 1e-4 * step) * residualNorm {
        state = candidate
        residual = candidateResidual
        residualNorms.append(norm)
        count += 1
        return true
      }
      step *= norm.isFinite ? Self.shortening(step: step, ratio: norm / residualNorm) : 0.5
    }
    return false
  }

  /// The factor that takes `step` to the minimizer of the parabola through ‖F‖² at 0 and at `step`
  /// with slope −2‖F‖² at 0, for ‖F(step)‖/‖F(0)‖ = `ratio`.
  private static func shortening(step: Double, ratio: Double) -> Double {
    let curvature: Double = ratio * ratio - 1 + 2 * step
    return min(max(step / curvature, 0.1), 0.5)
  }

  /// Whether F consists of rounding errors, so that no smaller residual can be asked for: it is tiny
  /// beside ‖J‖∞‖u‖∞, the size of the terms that cancel in it.
  var isAtRounding: Bool {
    residual.maximumNorm <= 16 * Double.ulpOfOne * factors.rowSumNorm * state.maximumNorm
  }

  func solution() -> NonlinearSolution {
    NonlinearSolution(
      problem: problem, value: state,
      statistics: NonlinearSolution.Statistics(
        iterations: count, residualEvaluations: evaluationCount,
        factorizations: factors.factorizationCount, residualNorms: residualNorms,
        tolerance: tolerance, isConverged: isConverged || isAtRounding),
      residualMaximum: residual.maximumNorm, evaluator: evaluator, factors: factors)
  }
}
