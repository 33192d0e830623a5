/// Finds a fold of F(u, λ, p) = 0 to rounding: a solution at which the branch turns back in λ.
///
/// There J φ = 0 and ψᵀJ = 0 for J = ∂F/∂u. Newton's method solves the minimally augmented system
/// F = 0, g = 0, where g(u, λ) is given by [J, b; cᵀ, 0] (v, g) = (0, 1) and vanishes exactly if J is
/// singular (Griewank and Reddien, *SIAM J. Numer. Anal.* 21, 1984; Govaerts, *Numerical Methods for
/// Bifurcations of Dynamical Equilibria*, SIAM 2000, ch. 3). With [Jᵀ, c; bᵀ, 0] (w, g) = (0, 1) its
/// derivative is ∂g = −wᵀ(∂J) v, which is one Hessian product of the model. b and c follow w and v.
public struct FoldSolver: Sendable {
  /// Bound on ‖F‖₂; rounding is accepted, too.
  public var tolerance: Double

  /// The largest number of Newton steps.
  public var maximumIterations: Int

  /// A solver with a tolerance and a limit.
  public init(tolerance: Double = 1e-10, maximumIterations: Int = 30) {
    self.tolerance = tolerance
    self.maximumIterations = maximumIterations
  }

  /// The fold near the problem's guess and parameters, of which `index` is λ.
  ///
  /// `nullVector` is a guess of φ: the difference of two solutions on both sides, or a tangent of the
  /// branch. Without one it is made by an inverse iteration.
  ///
  /// Cost: two factorizations and a Hessian product an iteration.
  /// - Throws: ``ContinuationError``; `InputError` for a null vector that is zero or of the wrong length.
  public func solve(
    _ problem: NonlinearProblem, parameter index: Int, nullVector: [Double]? = nil
  ) throws -> FoldSolution {
    guard problem.parameters.indices.contains(index) else {
      throw ContinuationError.noSuchParameter(index: index, count: problem.parameters.count)
    }
    try InputError.require(tolerance > 0, "tolerance", tolerance, "positive")
    try InputError.require(
      maximumIterations > 0, "maximumIterations", Double(maximumIterations), "positive")
    let count = problem.model.stateCount
    try InputError.require(count > 0, "number of unknowns", Double(count), "positive")
    let direction = nullVector ?? [Double](repeating: 1, count: count)
    try InputError.requireLength("nullVector", expected: count, found: direction.count)
    try InputError.requireFinite("nullVector", direction)
    try InputError.require(
      direction.euclideanNorm > 0, "norm of the null vector", direction.euclideanNorm, "positive")
    var iteration = try FoldIteration(problem, index, direction: direction)
    do {
      if nullVector == nil { for _ in 0..<2 { try iteration.updateNullVectors() } }
      for _ in 0..<maximumIterations {
        if try iteration.isConverged(tolerance: tolerance) { return try iteration.solution() }
        try iteration.advance()
      }
    } catch let error as FactorizationError {
      throw ContinuationError.singular(
        model: problem.model.name, parameter: iteration.parameter, reason: "\(error)")
    } catch is InputError {
      // A state that is not finite.
    }
    throw ContinuationError.foldNotFound(
      model: problem.model.name, state: iteration.state, parameter: iteration.parameter,
      residual: iteration.residualNorm)
  }
}

/// One run of Newton's method for a fold.
private struct FoldIteration {
  private var problem: NonlinearProblem
  private let index: Int
  private let matrix: BorderedJacobian
  private(set) var state: [Double]
  private(set) var residualNorm = Double.infinity
  /// Borders, of norm 1.
  private var column: [Double]
  private var row: [Double]
  private var count = 0
  /// Measures of J, and of the last step.
  private var jacobianNorm = 0.0
  private var lastStep = Double.infinity

  var parameter: Double { problem.parameters[index] }

  init(_ problem: NonlinearProblem, _ index: Int, direction: [Double]) throws {
    self.problem = problem
    self.index = index
    state = problem.initialGuess
    matrix = try BorderedJacobian(
      problem.model, state: problem.initialGuess, parameters: problem.parameters)
    let norm = direction.euclideanNorm
    row = direction.map { $0 / norm }
    column = row
  }

  /// v, w and g at the point; the borders follow.
  @discardableResult
  mutating func updateNullVectors() throws -> (right: [Double], left: [Double], gap: Double) {
    try matrix.linearize(state: state, parameters: problem.parameters)
    try matrix.factorize(column: column, row: row, corner: 0)
    let unit = [Double](repeating: 0, count: state.count) + [1]
    var right = try matrix.solve(unit).solution
    var left = try matrix.solve(unit, transposed: true).solution
    let gap = right.removeLast()
    left.removeLast()
    let (rightNorm, leftNorm) = (right.euclideanNorm, left.euclideanNorm)
    row = right.map { $0 / rightNorm }
    column = left.map { $0 / leftNorm }
    jacobianNorm = matrix.matrix.rowSumNorm
    return (right, left, gap)
  }

  mutating func isConverged(tolerance: Double) throws -> Bool {
    let evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    var residual = [Double](repeating: 0, count: state.count)
    evaluator.evaluate(state, into: &residual)
    residualNorm = residual.euclideanNorm
    let rounding: Double = 16 * Double.ulpOfOne * jacobianNorm * state.maximumNorm
    // Quadratic convergence: the next step would be about the square of the last one.
    let isSmall = residualNorm <= tolerance || residual.maximumNorm <= rounding
    let size: Double = state.maximumNorm + parameter.magnitude
    return isSmall && lastStep <= 1e-9 * size
  }

  mutating func advance() throws {
    let system = try linearized()
    let step = try matrix.solve(system.conditions.map { -$0 }).solution
    for index in state.indices { state[index] += step[index] }
    problem.parameters[index] += step[state.count]
    try InputError.requireFinite("state", state + [parameter])
    lastStep = step.maximumNorm
    count += 1
  }

  /// Factorizes [J, F_λ; g_u, g_λ] and returns what belongs to it.
  private mutating func linearized() throws -> FoldSolution.Linearization {
    let (right, left, gap) = try updateNullVectors()
    let evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    let (residual, slope) = evaluator.residual(at: state, withDerivativeBy: index)
    // ∂(wᵀJ v), by u and by all parameters.
    let bent = try evaluator.hessianProduct(
      state: state, cotangent: left, stateTangent: right,
      parameterTangent: problem.parameters.map { _ in 0 })
    let gapByState = bent.state.map { -$0 }
    let gapByParameters = bent.parameters.map { -$0 }
    try matrix.factorize(
      column: slope, row: gapByState, corner: gapByParameters[index])
    return FoldSolution.Linearization(
      conditions: residual + [gap], gapByParameters: gapByParameters, slope: slope, right: right,
      left: left, curvature: bent.state.dot(right),
      curvatureScale: DifferenceLadder.sumOfModuli(bent.state, right))
  }

  mutating func solution() throws -> FoldSolution {
    let system = try linearized()
    // Relative to their terms: ψᵀF_λ and ψᵀF_uu φφ.
    let transversality = system.left.dot(system.slope)
    let terms = DifferenceLadder.sumOfModuli(system.left, system.slope)
    let relative: Double = terms == 0 ? 0 : transversality / terms
    let bend: Double =
      system.curvatureScale == 0 ? 0 : system.curvature / system.curvatureScale
    guard relative.magnitude > 1e-7 && bend.magnitude > 1e-7 else {
      throw ContinuationError.degenerateFold(
        model: problem.model.name, parameter: parameter, transversality: relative, curvature: bend)
    }
    problem.initialGuess = state
    return FoldSolution(
      problem: problem, parameterIndex: index, linearization: system, matrix: matrix,
      jacobianNorm: jacobianNorm,
      statistics: FoldSolution.Statistics(
        iterations: count, factorizations: matrix.factorizationCount, residualNorm: residualNorm))
  }
}
