/// The solution x(p) of A(p) x = b(p), which can be differentiated with respect to p.
///
/// With the gradient (Ā, b̄) = (−λ xᵀ, λ) of the ``LinearSolution``, p̄ is the pullback of the map
/// p ↦ (A, b): p̄ₖ = λᵀ(∂b/∂pₖ − ∂A/∂pₖ x).
public struct ParametrizedLinearSolution: Sendable {
  /// What was solved.
  public let problem: ParametrizedLinearProblem

  /// The same in numbers, with the derivatives with respect to A and b.
  public let solution: LinearSolution

  /// x.
  public var value: [Double] { solution.value }

  /// What the solve took.
  public var statistics: LinearSolution.Statistics { solution.statistics }

  /// The gradient p̄ for the cotangent w of x.
  ///
  /// Cost: one transposed solve, and one reverse sweep of the assembly (or, for up to 16 parameters, two
  /// evaluations in ``Dual``).
  ///
  /// - Throws: as ``LinearSolution/pullback(_:)`` and ``ModelEvaluator/requireProducts()`` do.
  public func pullback(_ cotangent: [Double]) throws -> ParametrizedLinearGradient {
    let gradient = try solution.pullback(cotangent)
    let evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    let outputCotangent = gradient.matrix.values + gradient.rightHandSide
    var parameters = [Double](repeating: 0, count: problem.parameters.count)
    var parameterSpan = parameters.mutableSpan
    var stateCotangent: [Double] = []
    var stateSpan = stateCotangent.mutableSpan
    evaluator.pullback(
      time: 0, state: [Double]().span, cotangent: outputCotangent.span, addingTo: &stateSpan,
      parameters: &parameterSpan)
    try evaluator.requireProducts()
    return ParametrizedLinearGradient(
      parameters: parameters, adjointState: gradient.rightHandSide, evidence: gradient.evidence)
  }

  /// The derivative ẋ of x along a tangent ṗ of the parameters: A ẋ = ḃ − Ȧ x.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pushforward(_ parameterTangent: [Double]) throws -> [Double] {
    try InputError.requireLength(
      "parameterTangent", expected: problem.parameters.count, found: parameterTangent.count)
    try InputError.requireFinite("parameterTangent", parameterTangent)
    let evaluator = ModelEvaluator(problem.model, parameters: problem.parameters)
    var output = [Double](repeating: 0, count: problem.model.outputCount)
    var span = output.mutableSpan
    evaluator.pushforward(
      time: 0, state: [Double]().span, stateTangent: [Double]().span,
      parameterTangent: parameterTangent.span, into: &span)
    let entryCount = problem.pattern.entryCount
    return try solution.pushforward(
      matrix: Array(output[..<entryCount]), rightHandSide: Array(output[entryCount...]))
  }
}

/// The gradient of a function of x(p), shaped like its ``ParametrizedLinearProblem``.
public struct ParametrizedLinearGradient: ParameterGradient, Sendable {
  /// p̄ₖ = λᵀ(∂b/∂pₖ − ∂A/∂pₖ x).
  public var parameters: [Double]

  /// λ, where Aᵀ λ = w.
  public var adjointState: [Double]

  /// How well x and λ satisfy their equations.
  public var evidence: GradientEvidence
}

extension LinearSolver {
  /// Assembles, factorizes and solves.
  ///
  /// - Throws: as ``solve(_:)-(LinearSystem)`` does; `InputError` if an assembled number is not finite.
  public func solve(_ problem: ParametrizedLinearProblem) throws -> ParametrizedLinearSolution {
    ParametrizedLinearSolution(
      problem: problem, solution: try solve(problem.assembled()))
  }

  /// Assembles, factorizes and solves with an analysis made before.
  ///
  /// - Throws: as ``solve(_:reusing:)-(LinearSystem,_)`` does.
  public func solve(
    _ problem: ParametrizedLinearProblem, reusing symbolic: SymbolicFactorization
  ) throws -> ParametrizedLinearSolution {
    ParametrizedLinearSolution(
      problem: problem, solution: try solve(problem.assembled(), reusing: symbolic))
  }
}
