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
  }

  /// What was solved.
  public let system: LinearSystem

  /// The factors of A.
  public let factors: any Factorization

  /// x.
  public let value: [Double]

  /// What the solve took.
  public let statistics: Statistics

  private let maximumRefinementSteps: Int

  init(
    _ system: LinearSystem, factors: any Factorization, maximumRefinementSteps: Int
  ) throws {
    self.system = system
    self.factors = factors
    self.maximumRefinementSteps = maximumRefinementSteps
    let refined = try RefinedSolve(
      system, factors, rightHandSide: system.rightHandSide, transposed: false,
      maximumSteps: maximumRefinementSteps)
    value = refined.solution
    statistics = Statistics(
      method: factors.symbolic.method, refinementSteps: refined.steps,
      backwardError: refined.backwardError)
  }

  /// The gradient for the cotangent w of x: λ with Aᵀ λ = w, and −λ xᵀ on A's pattern.
  ///
  /// Where the lower triangle of a symmetric A is stored, an entry below the diagonal gets
  /// −(λᵢ xⱼ + λⱼ xᵢ). Cost: one transposed solve with the factors, and O(n + entries).
  ///
  /// - Throws: `InputError` for a cotangent of the wrong length or with a number that is not finite;
  ///   ``FactorizationError/solutionNotFinite(index:)``.
  public func pullback(_ cotangent: [Double]) throws -> LinearGradient {
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    let refined = try RefinedSolve(
      system, factors, rightHandSide: cotangent, transposed: true,
      maximumSteps: maximumRefinementSteps)
    return LinearGradient(
      rightHandSide: refined.solution,
      matrix: try SparseMatrix(
        pattern: system.matrix.pattern, values: matrixGradient(adjoint: refined.solution)),
      evidence: GradientEvidence(
        primalResidual: statistics.backwardError, adjointBackwardError: refined.backwardError))
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
      system, factors, rightHandSide: forcing, transposed: false,
      maximumSteps: maximumRefinementSteps
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

/// One solve with A or Aᵀ, refined: x ← x + Ã⁻¹(b − A x) (Higham, *Accuracy and Stability*, §12.1).
///
/// A step is kept only if it makes the backward error smaller.
private struct RefinedSolve {
  private(set) var solution: [Double]
  private(set) var backwardError: Double
  private(set) var steps = 0

  init(
    _ system: LinearSystem, _ factors: any Factorization, rightHandSide: [Double],
    transposed: Bool, maximumSteps: Int
  ) throws {
    let norm = system.rowSumNorm(transposed: transposed)
    let rightHandSideNorm = rightHandSide.maximumNorm
    var residual = rightHandSide
    func error(of solution: [Double]) throws -> Double {
      let size = solution.maximumNorm
      guard size.isFinite else {
        let index = solution.firstIndex { !$0.isFinite } ?? 0
        throw FactorizationError.solutionNotFinite(index: index)
      }
      system.subtractProduct(
        with: solution, from: rightHandSide, transposed: transposed, into: &residual)
      let scale = norm * size + rightHandSideNorm
      return scale == 0 ? 0 : residual.maximumNorm / scale
    }
    solution = rightHandSide
    try Self.solve(factors, &solution, transposed)
    backwardError = try error(of: solution)
    while backwardError > 4 * Double.ulpOfOne && steps < maximumSteps {
      var corrected = residual
      try Self.solve(factors, &corrected, transposed)
      for index in corrected.indices { corrected[index] += solution[index] }
      let correctedError = try error(of: corrected)
      guard correctedError < backwardError else { break }
      let hasHalved = correctedError < 0.5 * backwardError
      solution = corrected
      backwardError = correctedError
      steps += 1
      if !hasHalved { break }
    }
  }

  private static func solve(
    _ factors: any Factorization, _ vector: inout [Double], _ transposed: Bool
  ) throws {
    if transposed {
      try factors.solveTransposedInPlace(&vector)
    } else {
      try factors.solveInPlace(&vector)
    }
  }
}
