/// The solution x of a quadratic program and its multipliers y, which can be differentiated with respect to
/// H, g, A and b.
///
/// H x + g + Aᵀy = 0 and A x = b: y is the gradient of the Lagrangian ½xᵀHx + gᵀx + yᵀ(A x − b) with respect to
/// A x − b, and −yᵢ the derivative of the least objective with respect to bᵢ. Differentiation of the
/// two equations gives, with the symmetric saddle-point matrix K,
/// - ``pushforward(hessian:linearTerm:constraintMatrix:constraintValues:)``:
///   K (ẋ, ẏ) = (−ġ − Ḣx − Ȧᵀy, ḃ − Ȧx);
/// - ``pullback(_:multipliers:)``: K (u, v) = (x̄, ȳ), then ḡ = −u, b̄ = v, H̄ = −u xᵀ and Ā = −(v xᵀ + y uᵀ) on
///   their patterns.
///
/// Source: Amos and Kolter, "OptNet", ICML 2017, §3, without inequalities. A solution is immutable and may
/// be shared between threads; their solves take turns.
public struct QuadraticProgramSolution: Sendable {
  /// What the solve took.
  public struct Statistics: Sendable, Hashable {
    /// What the solve of the saddle-point system took.
    public var linear: LinearSolution.Statistics
    /// Whether the solution is known to be a minimum.
    public var curvature: Curvature
  }

  /// What was solved.
  public let program: QuadraticProgram

  /// x.
  public let value: [Double]

  /// y.
  public let multipliers: [Double]

  /// ½ xᵀH x + gᵀx.
  public let objective: Double

  /// What the solve took.
  public let statistics: Statistics

  /// The solution (x, y) of the saddle-point system, with its factors.
  public let linear: LinearSolution

  init(_ program: QuadraticProgram, _ linear: LinearSolution, _ curvature: Curvature) throws {
    self.program = program
    self.linear = linear
    value = Array(linear.value.prefix(program.unknownCount))
    multipliers = Array(linear.value.dropFirst(program.unknownCount))
    objective = try program.objective(value)
    statistics = Statistics(linear: linear.statistics, curvature: curvature)
  }

  /// The gradient for the cotangents x̄ of x and, if given, ȳ of the multipliers.
  ///
  /// Cost: one solve with the factors, and O(entries).
  ///
  /// - Throws: `InputError` for a cotangent of the wrong length or with a number that is not finite;
  ///   ``FactorizationError`` if the factors are gone.
  public func pullback(
    _ cotangent: [Double], multipliers multiplierCotangent: [Double]? = nil
  ) throws -> QuadraticProgramGradient {
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    let second = multiplierCotangent ?? [Double](repeating: 0, count: multipliers.count)
    try InputError.requireLength(
      "multipliers", expected: multipliers.count, found: second.count)
    let gradient = try linear.pullback(cotangent + second)
    let (hessian, constraints) = SaddlePoint.split(
      gradient.matrix.values, program.hessian.pattern, program.constraintMatrix.pattern)
    return QuadraticProgramGradient(
      hessian: try SparseMatrix(pattern: program.hessian.pattern, values: hessian),
      linearTerm: gradient.rightHandSide.prefix(value.count).map { -$0 },
      constraintMatrix: try SparseMatrix(
        pattern: program.constraintMatrix.pattern, values: constraints),
      constraintValues: Array(gradient.rightHandSide.dropFirst(value.count)),
      evidence: gradient.evidence)
  }

  /// The derivatives of x and of the multipliers along tangents of the stored entries of H, of g, of the
  /// stored entries of A, and of b.
  ///
  /// - Throws: as ``pullback(_:multipliers:)`` does.
  public func pushforward(
    hessian: [Double], linearTerm: [Double], constraintMatrix: [Double],
    constraintValues: [Double]
  ) throws -> (value: [Double], multipliers: [Double]) {
    try InputError.requireLength("linearTerm", expected: value.count, found: linearTerm.count)
    try InputError.requireLength(
      "constraintValues", expected: multipliers.count, found: constraintValues.count)
    let matrix = SaddlePoint.stack(
      try SparseMatrix(pattern: program.hessian.pattern, values: hessian),
      try SparseMatrix(pattern: program.constraintMatrix.pattern, values: constraintMatrix))
    let tangent = try linear.pushforward(
      matrix: matrix.values, rightHandSide: linearTerm.map { -$0 } + constraintValues)
    return (Array(tangent.prefix(value.count)), Array(tangent.dropFirst(value.count)))
  }
}

/// The gradient of a function of a quadratic program's solution, shaped like its ``QuadraticProgram``.
public struct QuadraticProgramGradient: Sendable {
  /// H̄ on the pattern of the lower triangle of H, both places of an entry summed.
  public var hessian: SparseMatrix

  /// ḡ.
  public var linearTerm: [Double]

  /// Ā on the pattern of A.
  public var constraintMatrix: SparseMatrix

  /// b̄.
  public var constraintValues: [Double]

  /// How well (x, y) and (u, v) satisfy their equations.
  public var evidence: GradientEvidence
}
