/// The solution x of A x = b by a Krylov method, which can be differentiated with respect to A and
/// b.
///
/// - ``pullback(_:)``: Aᵀ λ = w by the same method, with the transposed operator and the transposed
///   preconditioner; then b̄ = λ and p̄ = −∂⟨λ, A(p) x⟩/∂p, which for a matrix is −λ xᵀ on its
///   pattern.
/// - ``pushforward(parameters:rightHandSide:)``: A ẋ = ḃ − Ȧ x.
///
/// A rectangular A of full rank (LSMR) has x = A⁺ b and, with r = b − A x (Golub and Pereyra, SIAM
/// J. Numer. Anal. 10, 1973, theorem 4.3): λ = A⁺ᵀ w, and the gradient of ⟨A, ·⟩ is −λ xᵀ + r vᵀ
/// with v = A⁺ λ if there are more rows, −λ xᵀ + y (w − Aᵀ λ)ᵀ with y = A⁺ᵀ x if there are more
/// columns.
///
/// These are derivatives of the exact solution at the computed x: a loose forward tolerance shows
/// in ``GradientEvidence/primalResidual``. A solution is immutable and may be shared between
/// threads.
public struct KrylovSolution: Sendable {
  /// What a solve took.
  public struct Statistics: Sendable {
    /// The residual norms, start included, as the recurrence has them.
    public var history: KrylovHistory
    /// ‖b − A x‖₂, computed from x.
    public var residualNorm: Double
    /// ‖b − A x‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞), with ‖A x‖∞ for ‖A‖∞‖x‖∞ where ‖A‖∞ is not known.
    public var backwardError: Double
    /// Whether rounding kept the residual above the tolerance.
    public var isAtRounding: Bool

    /// The number of iterations.
    public var iterations: Int { history.iterations }

    init(_ run: KrylovRun) {
      history = run.history
      residualNorm = run.residualNorm
      backwardError = run.backwardError
      isAtRounding = run.isAtRounding
    }
  }

  /// How it was solved.
  public let solver: KrylovSolver

  /// A.
  public let linearOperator: any LinearOperator

  /// M⁻¹.
  public let preconditioner: (any Preconditioner)?

  /// b.
  public let rightHandSide: [Double]

  /// x.
  public let value: [Double]

  /// What the forward solve took.
  public let statistics: Statistics

  /// b − A x, which least squares need.
  private let residual: [Double]

  init(
    solver: KrylovSolver, linearOperator: any LinearOperator,
    preconditioner: (any Preconditioner)?, rightHandSide: [Double], initialGuess: [Double]?
  ) throws {
    self.solver = solver
    self.linearOperator = linearOperator
    self.preconditioner = preconditioner
    self.rightHandSide = rightHandSide
    let run = try KrylovRun(
      KrylovOperand(
        linearOperator: linearOperator, preconditioner: preconditioner, isTransposed: false),
      kind: .forward, rightHandSide: rightHandSide, initialGuess: initialGuess, solver: solver)
    value = run.solution
    residual = linearOperator.rowCount > linearOperator.columnCount ? run.residual : []
    statistics = Statistics(run)
  }

  private func solve(
    _ kind: KrylovHistory.SystemKind, transposed: Bool, _ rightHandSide: [Double]
  ) throws -> KrylovRun {
    try KrylovRun(
      KrylovOperand(
        linearOperator: linearOperator, preconditioner: preconditioner, isTransposed: transposed),
      kind: kind, rightHandSide: rightHandSide, solver: solver)
  }
}

// MARK: Pullback

extension KrylovSolution {
  /// The gradient for the cotangent w of x: λ with Aᵀ λ = w, and −∂⟨λ, A(p) x⟩/∂p.
  ///
  /// Cost: one solve with Aᵀ to ``KrylovSolver/Options/adjointTolerance``, and for a rectangular A
  /// one more solve.
  ///
  /// - Throws: `InputError` for a cotangent of the wrong length or with a number that is not
  ///   finite; ``KrylovError`` if the adjoint iteration fails; whatever the operator throws.
  public func pullback(_ cotangent: [Double]) throws -> KrylovGradient {
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    let adjoint = try solve(.adjoint, transposed: true, cotangent)
    let evidence = GradientEvidence(
      primalResidual: statistics.backwardError, adjointBackwardError: adjoint.backwardError)
    var gradient = KrylovGradient(
      rightHandSide: adjoint.solution, parameters: [], pattern: pattern, evidence: evidence,
      statistics: Statistics(adjoint))
    guard let differentiable = linearOperator as? any DifferentiableOperator else {
      return gradient
    }
    gradient.parameters = [Double](repeating: 0, count: differentiable.parameterCount)
    var span = gradient.parameters.mutableSpan
    try differentiable.addParameterGradient(
      covector: adjoint.solution.span, vector: value.span, scale: -1, to: &span)
    let (rows, columns) = (linearOperator.rowCount, linearOperator.columnCount)
    if rows > columns {
      let vector = try solve(.adjoint, transposed: false, adjoint.solution).solution
      try differentiable.addParameterGradient(
        covector: residual.span, vector: vector.span, scale: 1, to: &span)
    } else if rows < columns {
      let covector = try solve(.adjoint, transposed: true, value).solution
      try differentiable.addParameterGradient(
        covector: covector.span, vector: adjoint.residual.span, scale: 1, to: &span)
    }
    return gradient
  }

  private var pattern: SparsityPattern? {
    switch linearOperator {
    case let matrix as SparseMatrix: matrix.pattern
    case let matrix as SymmetricOperator: matrix.lowerTriangle.pattern
    default: nil
    }
  }
}

/// The gradient of a function of an iterative solution, shaped like its problem.
public struct KrylovGradient: Sendable {
  /// b̄ = λ, where Aᵀ λ = w.
  public var rightHandSide: [Double]

  /// −∂⟨λ, A(p) x⟩/∂p; for a matrix one number for each stored entry.
  ///
  /// Empty if the operator is not a ``DifferentiableOperator``.
  public var parameters: [Double]

  private let pattern: SparsityPattern?

  /// How well x and λ satisfy their equations.
  public var evidence: GradientEvidence

  /// What the adjoint solve took.
  public var statistics: KrylovSolution.Statistics

  /// The gradient on the pattern of the stored entries of A, if the operator is a matrix.
  public var matrix: SparseMatrix? {
    pattern.map { SparseMatrix(unchecked: $0, values: parameters) }
  }

  fileprivate init(
    rightHandSide: [Double], parameters: [Double], pattern: SparsityPattern?,
    evidence: GradientEvidence, statistics: KrylovSolution.Statistics
  ) {
    self.rightHandSide = rightHandSide
    self.parameters = parameters
    self.pattern = pattern
    self.evidence = evidence
    self.statistics = statistics
  }
}

// MARK: Pushforward

extension KrylovSolution {
  /// The derivative ẋ of x along tangents of the operator's parameters (a matrix's stored entries)
  /// and of b: A ẋ = ḃ − Ȧ x, to ``KrylovSolver/Options/adjointTolerance``.
  ///
  /// Where A is rectangular, ẋ = A⁺(ḃ − Ȧ x + A⁺ᵀ Ȧᵀ r), or g + A⁺(ḃ − Ȧ x − A g) with g = Ȧᵀ A⁺ᵀ
  /// x.
  ///
  /// - Throws: as ``pullback(_:)`` does; `InputError` if tangents of parameters are given to an
  ///   operator that has none.
  public func pushforward(
    parameters: [Double] = [], rightHandSide tangent: [Double]
  ) throws -> [Double] {
    try InputError.requireLength(
      "rightHandSide", expected: rightHandSide.count, found: tangent.count)
    try InputError.requireFinite("rightHandSide", tangent)
    try InputError.requireFinite("parameters", parameters)
    if parameters.isEmpty { return try solve(.tangent, transposed: false, tangent).solution }
    guard let differentiable = linearOperator as? any DifferentiableOperator else {
      throw InputError.wrongLength(argument: "parameters", expected: 0, found: parameters.count)
    }
    try InputError.requireLength(
      "parameters", expected: differentiable.parameterCount, found: parameters.count)
    var forcing = [Double](repeating: 0, count: tangent.count)
    var span = forcing.mutableSpan
    try differentiable.applyTangent(parameters.span, to: value.span, into: &span)
    for index in tangent.indices { span[index] = tangent[index] - span[index] }
    let (rows, columns) = (linearOperator.rowCount, linearOperator.columnCount)
    if rows == columns { return try solve(.tangent, transposed: false, forcing).solution }
    let covector =
      rows > columns ? residual : try solve(.tangent, transposed: true, value).solution
    var extra = [Double](repeating: 0, count: columns)
    var extraSpan = extra.mutableSpan
    try differentiable.applyTransposedTangent(
      parameters.span, to: covector.span, into: &extraSpan)
    if rows > columns {
      let shift = try solve(.tangent, transposed: true, extra).solution
      return try solve(.tangent, transposed: false, zip(forcing, shift).map { $0 + $1 }).solution
    }
    var image = forcing
    var imageSpan = image.mutableSpan
    try linearOperator.apply(extra.span, into: &imageSpan)
    let correction = try solve(
      .tangent, transposed: false, zip(forcing, image).map { $0 - $1 }
    ).solution
    return zip(extra, correction).map { $0 + $1 }
  }
}
