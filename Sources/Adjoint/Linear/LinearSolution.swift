/// The solution x of A x = b, which can be differentiated with respect to A and b.
///
/// From Ȧ x + A ẋ = ḃ (Giles, "Collected matrix derivative results", 2008, §2.3.1):
/// - ``pushforward(matrix:rightHandSide:)``: A ẋ = ḃ − Ȧ x;
/// - ``pullback(_:)``: Aᵀ λ = w, then b̄ = λ and Ā = −λ xᵀ, of which only the entries on A's pattern
///   are computed.
///
/// Both use the factors that the solve made. A solution is immutable and may be shared between
/// threads; their solves take turns.
public struct LinearSolution: Sendable {
  /// What the solve took.
  public struct Statistics: Sendable, Hashable {
    /// How A was factorized.
    public var method: SymbolicFactorization.Method
    /// Steps of iterative refinement.
    public var refinementSteps: Int
    /// ‖b − A x‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞).
    public var backwardError: Double
    /// ω₁ + ω₂, the smallest relative change of single entries of A and b that makes x exact.
    ///
    /// Source: Arioli, Demmel and Duff, *SIAM J. Matrix Anal. Appl.* 10 (1989).
    public var componentwiseBackwardError: Double
  }

  /// What was solved.
  public let system: LinearSystem

  /// The factors of A.
  public let factors: any Factorization

  /// x.
  public let value: [Double]

  /// What the solve took.
  public let statistics: Statistics

  /// Sums of the absolute values of A's rows.
  let rowSums: [Double]

  /// What ``conditionEstimate()`` keeps.
  let condition = Lazy<ConditionEstimate>()

  private let refinement: Refinement
  private let columnSums = Lazy<[Double]>()
  private let estimatesErrors: Bool
  private let error = Lazy<SolutionError>()

  init(
    _ system: LinearSystem, factors: any Factorization, refinement: Refinement,
    estimatesErrors: Bool
  ) throws {
    self.system = system
    self.factors = factors
    self.refinement = refinement
    rowSums = system.rowSums(transposed: false)
    self.estimatesErrors = estimatesErrors
    let refined = try RefinedSolve(
      system, factors, rightHandSide: system.rightHandSide, transposed: false,
      rowSums: rowSums, refinement: refinement)
    value = refined.solution
    statistics = Statistics(
      method: factors.symbolic.method, refinementSteps: refined.steps,
      backwardError: refined.backwardError,
      componentwiseBackwardError: refined.componentwiseBackwardError)
  }

  /// The gradient for the cotangent w of x: λ with Aᵀ λ = w, and −λ xᵀ on A's pattern.
  ///
  /// Where the lower triangle of a symmetric A is stored, an entry below the diagonal gets
  /// −(λᵢ xⱼ + λⱼ xᵢ). Cost: one transposed solve with the factors, and O(n + entries); more if
  /// ``LinearSolver/Options/estimatesErrors`` was set.
  ///
  /// - Throws: `InputError` for a cotangent of the wrong length or with a number that is not finite;
  ///   ``FactorizationError/solutionNotFinite(index:)``;
  ///   ``FactorizationError/refinementStalled(backwardError:steps:)`` with factors of a nearby matrix.
  public func pullback(_ cotangent: [Double]) throws -> LinearGradient {
    try pullback(cotangent, estimatingError: estimatesErrors)
  }

  /// The gradient as ``pullback(_:)`` gives it, bit for bit, with or without an estimate of its error
  /// in ``GradientEvidence/estimatedRelativeError``.
  ///
  /// The estimate costs two solves and two residuals in twice the working precision; the first one
  /// of a solution as much again, for x.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pullback(
    _ cotangent: [Double], estimatingError: Bool
  ) throws -> LinearGradient {
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    let sums =
      system.storage == .symmetricLower
      ? rowSums : columnSums.value { system.rowSums(transposed: true) }
    let refined = try RefinedSolve(
      system, factors, rightHandSide: cotangent, transposed: true, rowSums: sums,
      refinement: refinement)
    let adjoint = refined.solution
    let gradient = matrixGradient(adjoint: adjoint)
    var estimate: Double?
    if estimatingError {
      let adjointError = try SolutionError(
        of: adjoint, system, factors, rightHandSide: cotangent, transposed: true)
      estimate = try gradientError(gradient, adjoint: adjoint, adjointError)
    }
    return LinearGradient(
      rightHandSide: adjoint,
      matrix: try SparseMatrix(pattern: system.matrix.pattern, values: gradient),
      evidence: GradientEvidence(
        primalResidual: statistics.backwardError, adjointBackwardError: refined.backwardError,
        estimatedRelativeError: estimate))
  }

  /// The derivative ẋ of x along tangents of the stored entries of A and of b: A ẋ = ḃ − Ȧ x.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pushforward(matrix: [Double], rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireLength(
      "rightHandSide", expected: value.count, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    let tangent = try LinearSystem(
      matrix: SparseMatrix(pattern: system.matrix.pattern, values: matrix),
      rightHandSide: rightHandSide, storage: system.storage)
    var forcing = value
    tangent.subtractProduct(
      with: value, from: rightHandSide, transposed: false, into: &forcing)
    return try RefinedSolve(
      system, factors, rightHandSide: forcing, transposed: false, rowSums: rowSums,
      refinement: refinement
    ).solution
  }

  /// −λ xᵀ on the pattern, both places of a mirrored entry summed.
  private func matrixGradient(adjoint: [Double]) -> [Double] {
    let pattern = system.matrix.pattern
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    let x = value.span
    let adjoint = adjoint.span
    let isMirrored = system.storage == .symmetricLower
    var gradient = [Double](repeating: 0, count: pattern.entryCount)
    var result = gradient.mutableSpan
    for column in 0..<pattern.columnCount {
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        let row = rows[unchecked: slot]
        var product = adjoint[unchecked: row] * x[unchecked: column]
        if isMirrored && row != column {
          product += adjoint[unchecked: column] * x[unchecked: row]
        }
        result[unchecked: slot] = -product
      }
    }
    return gradient
  }

  /// The bounds on the error of x, computed when first asked for.
  func solutionError() throws -> SolutionError {
    try error.value {
      try SolutionError(
        of: value, system, factors, rightHandSide: system.rightHandSide, transposed: false)
    }
  }

  /// The larger of the relative errors of b̄ and Ā, each in the maximum norm of its entries.
  ///
  /// With eps for the rounding of the products.
  private func gradientError(
    _ gradient: [Double], adjoint: [Double], _ adjointError: SolutionError
  ) throws -> Double {
    let solutionError = try solutionError()
    guard solutionError.relative.isFinite && adjointError.relative.isFinite else {
      return .infinity
    }
    let largest = SolutionError.outerProductBound(
      system.matrix.pattern, adjoint: adjoint, adjointBounds: adjointError.bounds,
      solution: value, solutionBounds: solutionError.bounds,
      isMirrored: system.storage == .symmetricLower)
    let matrixError = SolutionError.relative(largest, to: gradient.maximumNorm)
    return max(adjointError.relative, matrixError) + Double.ulpOfOne
  }
}

/// The gradient of a function of a linear system's solution, shaped like its ``LinearSystem``.
public struct LinearGradient: Sendable {
  /// b̄ = λ, where Aᵀ λ = w.
  public var rightHandSide: [Double]

  /// −λ xᵀ on the pattern of the stored entries of A.
  public var matrix: SparseMatrix

  /// How well x and λ satisfy their equations.
  public var evidence: GradientEvidence
}
