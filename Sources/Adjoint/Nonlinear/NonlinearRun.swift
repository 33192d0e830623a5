/// The run of an iteration: where it is, where it has been, and when it ends.
///
/// A method proposes trial points by ``move(_:by:)`` and takes the last one by ``accept(_:)``.
final class NonlinearRun {
  let problem: NonlinearProblem
  let evaluator: ModelEvaluator
  private let method: String
  private let test: ConvergenceTest
  private let tolerance: Double
  /// 1/sᵢ of the equations, empty for ones.
  let weights: [Double]

  /// u.
  private(set) var state: [Double]
  /// F(u).
  private(set) var residual: [Double]
  /// ‖S F‖₂ at the initial guess and after each step.
  private(set) var residualNorms: [Double]
  /// The relative size of the last full correction.
  private(set) var correctionSize = Double.infinity
  /// Iterations of linear solvers so far.
  var linearIterations = 0

  /// The trial point, and F there.
  private(set) var candidate: [Double]
  private(set) var candidateResidual: [Double]
  private var candidateNorm = Double.infinity
  private var evaluationCount = 1

  /// Starts at the problem's initial guess.
  ///
  /// - Throws: `NonlinearError.undefinedAtInitialGuess`, `InputError` for scales or bounds of the wrong
  ///   length.
  init(_ problem: NonlinearProblem, _ test: ConvergenceTest, method: String) throws {
    try problem.model.validate(
      state: problem.initialGuess, named: "initialGuess", parameters: problem.parameters)
    try test.validate(for: problem)
    try problem.domain?.validate(count: problem.initialGuess.count)
    self.problem = problem
    self.test = test
    self.method = method
    weights = test.residualScales?.map { 1 / $0 } ?? []
    evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    var start = problem.initialGuess
    guard problem.domain?.project(&start) ?? true else {
      throw NonlinearError.outsideDomain(model: problem.model.name, state: start)
    }
    state = start
    residual = [Double](repeating: 0, count: state.count)
    evaluator.evaluate(state, into: &residual)
    if let component = residual.firstIndex(where: { !$0.isFinite }) {
      throw NonlinearError.undefinedAtInitialGuess(
        model: problem.model.name, component: component, value: residual[component])
    }
    let norm = Self.norm(residual, weights)
    residualNorms = [norm]
    tolerance = test.absoluteTolerance + test.relativeTolerance * norm
    candidate = state
    candidateResidual = residual
  }

  /// ‖S F(u)‖₂.
  var residualNorm: Double { residualNorms[residualNorms.count - 1] }

  /// The number of steps taken.
  var count: Int { residualNorms.count - 1 }

  /// What ‖S F‖₂ has to fall below.
  var residualTolerance: Double { tolerance }

  private static func norm(_ residual: [Double], _ weights: [Double]) -> Double {
    weights.isEmpty ? residual.euclideanNorm : residual.combined(weights, *).euclideanNorm
  }
}

// MARK: Steps

extension NonlinearRun {
  /// Tries u + step · direction; ‖S F‖₂ there, infinite where F is not defined.
  func move(_ direction: [Double], by step: Double = 1) -> Double {
    for index in candidate.indices { candidate[index] = state[index] + step * direction[index] }
    candidateNorm = .infinity
    guard candidate.isFinite, problem.domain?.project(&candidate) ?? true else { return .infinity }
    evaluator.evaluate(candidate, into: &candidateResidual)
    evaluationCount += 1
    let norm = Self.norm(candidateResidual, weights)
    candidateNorm = norm.isFinite ? norm : .infinity
    return candidateNorm
  }

  /// Takes the last trial point; `correction` is the full correction that led there, if it was full.
  func accept(_ correction: [Double]? = nil) {
    correctionSize = correction.map { test.relativeSize(of: $0, at: state) } ?? .infinity
    swap(&state, &candidate)
    swap(&residual, &candidateResidual)
    residualNorms.append(candidateNorm)
  }

  /// Whether the convergence test is passed.
  var isConverged: Bool {
    let isResidualSmall = residualNorm <= tolerance
    let isStepSmall = correctionSize <= test.stepTolerance
    switch test.criterion {
    case .residual: return isResidualSmall
    case .step: return isStepSmall || residualNorm == 0
    case .both: return isResidualSmall && isStepSmall || residualNorm == 0
    }
  }

  /// Whether F consists of rounding errors, so that no smaller residual can be asked for.
  ///
  /// It is tiny beside ‖J‖∞‖u‖∞, the size of the terms that cancel in it, and no equation is far from solved
  /// behind another's size: |Fᵢ| ≤ √ε Σⱼ |Jᵢⱼ| max(|uⱼ|, 1).
  private func isAtRounding(_ inverse: any JacobianInverse) -> Bool {
    let allowed: Double = 16 * .ulpOfOne * inverse.rowSumNorm * state.maximumNorm
    guard residual.maximumNorm <= allowed else { return false }
    guard let sizes = inverse.termSizes(state: state) else { return true }
    let part = Double.ulpOfOne.squareRoot()
    return zip(residual, sizes).allSatisfy { $0.magnitude <= part * $1 }
  }

  /// Repeats `advance`, which takes one step or returns false, until convergence.
  ///
  /// - Parameter holdsOldJacobian: Whether steps are made without a new Jacobian, so that its norms, by which
  ///   residuals are judged, have to be brought up to date at the end.
  /// - Throws: `NonlinearError.iterationLimit`, `NonlinearError.stagnation`, what `advance` throws.
  func iterate(
    atMost limit: Int, _ inverse: any JacobianInverse, holdsOldJacobian: Bool = false,
    _ advance: () throws -> Bool
  ) throws -> NonlinearSolution {
    while !isConverged {
      let isLimit = count == limit
      if try !isLimit && advance() { continue }
      inverse.updateNorms(state: state)
      if isAtRounding(inverse) { return solution(inverse) }
      throw isLimit
        ? NonlinearError.iterationLimit(solution(inverse))
        : NonlinearError.stagnation(solution(inverse))
    }
    if holdsOldJacobian && !inverse.isEmpty { inverse.updateNorms(state: state) }
    return solution(inverse)
  }

  private func solution(_ inverse: any JacobianInverse) -> NonlinearSolution {
    NonlinearSolution(
      problem: problem, value: state,
      statistics: NonlinearSolution.Statistics(
        method: method, iterations: count, residualEvaluations: evaluationCount,
        factorizations: inverse.factorizationCount, linearIterations: linearIterations,
        residualNorms: residualNorms, correctionSize: correctionSize, tolerance: tolerance,
        isConverged: isConverged || isAtRounding(inverse)),
      residual: residual, evaluator: evaluator, inverse: inverse)
  }

  /// An error about the Jacobian at the current iterate.
  func singularJacobian(_ reason: any Error) -> NonlinearError {
    .singularJacobian(
      model: problem.model.name, iteration: count, state: state, reason: "\(reason)")
  }
}
