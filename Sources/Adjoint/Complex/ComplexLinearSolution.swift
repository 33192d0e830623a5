/// The solution x of a complex system A x = b, which can be differentiated with respect to A and b.
///
/// Convention for derivatives of a real f: the cotangent of z = u + i v is z̄ = ∂f/∂u + i ∂f/∂v, so that
/// df = Re(z̄ᴴ dz) and z̄ points where f grows fastest. (With Wirtinger's derivatives z̄ = 2 ∂f/∂z*.)
/// From Ȧ x + A ẋ = ḃ:
/// - ``pushforward(matrix:rightHandSide:)``: A ẋ = ḃ − Ȧ x;
/// - ``pullback(_:)``: Aᴴ λ = w, then b̄ = λ and Ā = −λ xᴴ, of which only the entries on A's pattern are
///   computed.
///
/// If A and b depend on real parameters p, then ∂f/∂pₖ = Re(Σ Āᵢⱼ* ∂Aᵢⱼ/∂pₖ + Σ b̄ᵢ* ∂bᵢ/∂pₖ). Source of the
/// real equations: Giles, "Collected matrix derivative results", 2008, §2.3.1; of the convention:
/// Kreutz-Delgado, "The complex gradient operator and the CR-calculus", 2009, §4.
///
/// Both use the factors that the solve made. A solution is immutable and may be shared between
/// threads; their solves take turns.
public struct ComplexLinearSolution: Sendable {
  /// What the solve took, with the errors of the equivalent real system.
  public struct Statistics: Sendable, Hashable {
    /// Steps of iterative refinement.
    public var refinementSteps: Int
    /// ‖b − A x‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞).
    public var backwardError: Double
    /// The smallest relative change of the parts of single entries of A and b that makes x exact.
    public var componentwiseBackwardError: Double
  }

  /// What was solved.
  public let system: ComplexLinearSystem

  /// The factors of A.
  public let factors: ComplexLUFactorization

  /// x.
  public let value: [Complex<Double>]

  /// What the solve took.
  public let statistics: Statistics

  private let options: ComplexLinearSolver.Options
  private let rowSums: [Double]
  private let columnSums = Lazy<[Double]>()
  private let error = Lazy<SolutionError>()
  private let condition = Lazy<ConditionEstimate>()

  init(
    _ system: ComplexLinearSystem, factors: ComplexLUFactorization,
    options: ComplexLinearSolver.Options
  ) throws {
    self.system = system
    self.factors = factors
    self.options = options
    rowSums = system.rowSums(transposed: false)
    let refined = try RefinedSolve(
      system, solve: Self.solve(factors), rightHandSide: system.rightHandSide.interleaved,
      transposed: false, rowSums: rowSums, refinement: options.refinement)
    value = refined.solution.complexNumbers
    statistics = Statistics(
      refinementSteps: refined.steps, backwardError: refined.backwardError,
      componentwiseBackwardError: refined.componentwiseBackwardError)
  }

  /// The gradient for the cotangent w = ∂f/∂Re x + i ∂f/∂Im x: λ with Aᴴ λ = w, and −λ xᴴ on A's pattern.
  ///
  /// Cost: one conjugate-transposed solve with the factors, and O(n + entries); two more solves if
  /// ``ComplexLinearSolver/Options/estimatesErrors`` was set.
  ///
  /// - Throws: `InputError` for a cotangent of the wrong length or with a number that is not finite;
  ///   ``FactorizationError/solutionNotFinite(index:)``.
  public func pullback(_ cotangent: [Complex<Double>]) throws -> ComplexLinearGradient {
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    let parts = cotangent.interleaved
    let refined = try RefinedSolve(
      system, solve: Self.solve(factors), rightHandSide: parts, transposed: true,
      rowSums: columnSums.value { system.rowSums(transposed: true) },
      refinement: options.refinement)
    let adjoint = refined.solution.complexNumbers
    let pattern = system.matrix.pattern
    var gradient: [Complex<Double>] = []
    gradient.reserveCapacity(pattern.entryCount)
    system.matrix.forEachEntry { row, column, _ in
      gradient.append(-adjoint[row] * value[column].conjugate)
    }
    let estimate =
      options.estimatesErrors
      ? try gradientError(gradient, adjoint: refined.solution, cotangent: parts) : nil
    return ComplexLinearGradient(
      rightHandSide: adjoint,
      matrix: try ComplexSparseMatrix(pattern: pattern, values: gradient),
      evidence: GradientEvidence(
        primalResidual: statistics.backwardError, adjointBackwardError: refined.backwardError,
        estimatedRelativeError: estimate))
  }

  /// The derivative ẋ of x along tangents of the stored entries of A and of b: A ẋ = ḃ − Ȧ x.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pushforward(
    matrix: [Complex<Double>], rightHandSide: [Complex<Double>]
  ) throws -> [Complex<Double>] {
    try InputError.requireLength(
      "rightHandSide", expected: value.count, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    let tangent = try ComplexSparseMatrix(pattern: system.matrix.pattern, values: matrix)
    let forcing = zip(rightHandSide, try tangent.multiply(value)).map { $0 - $1 }
    return try RefinedSolve(
      system, solve: Self.solve(factors), rightHandSide: forcing.interleaved, transposed: false,
      rowSums: rowSums, refinement: options.refinement
    ).solution.complexNumbers
  }

  /// The condition of the equivalent real system, from about five solves; kept for the next call.
  ///
  /// Its 1-norms lie between those of A and A⁻¹ and √2 times as much.
  ///
  /// - Throws: ``FactorizationError`` if the factors are gone.
  public func conditionEstimate() throws -> ConditionEstimate {
    try condition.value {
      let solve = Self.solve(factors)
      return ConditionEstimate(
        matrixNorm: system.rowSums(transposed: true).maximumNorm,
        inverseNorm: try oneNormEstimate(
          order: system.unknownCount, apply: { try solve(&$0, false) },
          applyTransposed: { try solve(&$0, true) }))
    }
  }

  /// An estimate of ‖x̂ − x‖∞/‖x‖∞, infinite if not a digit of x is known; kept for the next call.
  ///
  /// Cost: two solves and two residuals in twice the working precision.
  ///
  /// - Throws: ``FactorizationError`` if the factors are gone.
  public func estimatedRelativeError() throws -> Double { try solutionError().relative }

  private func solutionError() throws -> SolutionError {
    try error.value {
      try SolutionError(
        of: value.interleaved, system, solve: Self.solve(factors),
        rightHandSide: system.rightHandSide.interleaved, transposed: false)
    }
  }

  /// The larger of the relative errors of b̄ and Ā, as for a ``LinearGradient``.
  private func gradientError(
    _ gradient: [Complex<Double>], adjoint: [Double], cotangent: [Double]
  ) throws -> Double {
    let adjointError = try SolutionError(
      of: adjoint, system, solve: Self.solve(factors), rightHandSide: cotangent,
      transposed: true)
    let solutionError = try solutionError()
    guard solutionError.relative.isFinite && adjointError.relative.isFinite else {
      return .infinity
    }
    let largest = SolutionError.outerProductBound(
      system.matrix.pattern, adjoint: adjoint.complexLengths,
      adjointBounds: adjointError.bounds.complexLengths, solution: value.lengths,
      solutionBounds: solutionError.bounds.complexLengths)
    let matrixError = SolutionError.relative(largest, to: gradient.lengths.maximumNorm)
    // A complex product takes two real ones and a sum for each part.
    return max(adjointError.relative, matrixError) + 2 * Double.ulpOfOne
  }

  /// Solves for real and imaginary parts in turn; the transposed real system is that of Aᴴ.
  private static func solve(
    _ factors: ComplexLUFactorization
  ) -> RefinedSolve<ComplexLinearSystem>.Solve {
    { try factors.solveInPlace($1 ? .conjugateTransposed : .plain, &$0) }
  }
}

/// The gradient of a real function of a complex system's solution, shaped like its
/// ``ComplexLinearSystem``, in the convention of ``ComplexLinearSolution``.
public struct ComplexLinearGradient: Sendable {
  /// b̄ = λ, where Aᴴ λ = w.
  public var rightHandSide: [Complex<Double>]

  /// −λ xᴴ on the pattern of A.
  public var matrix: ComplexSparseMatrix

  /// How well x and λ satisfy their equations.
  public var evidence: GradientEvidence
}
