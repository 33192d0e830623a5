/// The solution x = A⁺ b of least ‖b − A x‖₂, and among those of least ‖x‖₂, which can be
/// differentiated with respect to A and b as long as A keeps its rank.
///
/// With r = b − A x and y = A⁺ᵀ x (Golub and Pereyra, "The differentiation of pseudo-inverses and
/// nonlinear least squares problems whose variables separate", *SIAM J. Numer. Anal.* 10, 1973, eq. 4.12):
///
///     ẋ = A⁺(ḃ − Ȧ x) + (AᵀA)⁺ Ȧᵀ r + (I − A⁺A) Ȧᵀ y.
///
/// Transposed, with λ = A⁺ᵀ w, μ = A⁺ λ and ν = w − A⁺A w:
///
///     b̄ = λ,   Ā = −λ xᵀ + r μᵀ + y νᵀ,
///
/// of which only the entries on A's pattern are computed. r μᵀ vanishes where A has full row rank, y νᵀ where
/// it has full column rank. Tangents of a matrix of smaller rank must be such that it keeps that: the
/// derivative of A⁺ in other directions does not exist. Immutable, and may be shared between threads.
public struct LinearLeastSquaresSolution: Sendable {
  /// What the solve took.
  public struct Statistics: Sendable, Hashable {
    /// What the factorization found, the rank above all.
    public var factorization: QRFactorization.Statistics
    /// ‖b − A x‖₂.
    public var residualNorm: Double
    /// The size of a relative change of A that makes x the solution; see ``GradientEvidence``.
    ///
    /// ‖A A⁺ r‖₂/(‖A‖_F‖x‖₂ + ‖b‖₂): with the change E = A A⁺ r xᵀ/‖x‖₂² of A the residual becomes (I − A A⁺) r,
    /// which is orthogonal to the columns of A and of E, so that x is a solution. Where
    /// columns are dependent at least ‖x − A⁺A x‖₂/‖x‖₂.
    public var backwardError: Double
  }

  /// What was solved.
  public let system: LinearLeastSquaresSystem

  /// The factors of A.
  public let factors: QRFactorization

  /// x, of n numbers.
  public let value: [Double]

  /// r = b − A x, of m numbers.
  public let residual: [Double]

  /// What the solve took.
  public let statistics: Statistics

  /// y = A⁺ᵀ x, which is needed where columns are dependent; else empty.
  private let preimage: [Double]

  init(_ system: LinearLeastSquaresSystem, factors: QRFactorization) throws {
    self.system = system
    self.factors = factors
    value = try factors.solve(system.rightHandSide)
    if let index = value.firstIndex(where: { !$0.isFinite }) {
      throw FactorizationError.solutionNotFinite(index: index)
    }
    residual = zip(system.rightHandSide, try system.matrix.multiply(value)).map { $0 - $1 }
    let hasNullSpace = factors.rank < factors.columnCount
    preimage = hasNullSpace ? try factors.solveTransposed(value) : []
    statistics = Statistics(
      factorization: factors.statistics, residualNorm: residual.euclideanNorm,
      backwardError: try system.matrix.backwardError(
        of: value, residual: factors.projectOntoColumns(residual),
        rightHandSide: system.rightHandSide,
        projection: hasNullSpace ? factors.projectOntoRows(value) : nil))
  }

  /// The gradient for the cotangent w of x: λ, and −λ xᵀ + r μᵀ + y νᵀ on A's pattern.
  ///
  /// Cost: two solves with the factors, and O(m + n + entries).
  ///
  /// - Throws: `InputError` for a cotangent of the wrong length or with a number that is not finite;
  ///   ``FactorizationError/solutionNotFinite(index:)``.
  public func pullback(_ cotangent: [Double]) throws -> LinearLeastSquaresGradient {
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    let adjoint = try factors.solveTransposed(cotangent)
    if let index = adjoint.firstIndex(where: { !$0.isFinite }) {
      throw FactorizationError.solutionNotFinite(index: index)
    }
    let remainder =
      preimage.isEmpty ? [] : zip(cotangent, try factors.projectOntoRows(cotangent)).map { $0 - $1 }
    let hasResidual = factors.rank < factors.rowCount
    let second = hasResidual ? try factors.solve(adjoint) : []
    let gradient = matrixGradient(adjoint: adjoint, second: second, remainder: remainder)
    let adjointResidual = zip(cotangent, try system.matrix.multiplyTransposed(adjoint))
      .map { $0 - $1 }
    let backwardError = try system.matrix.transposed.backwardError(
      of: adjoint, residual: factors.projectOntoRows(adjointResidual), rightHandSide: cotangent,
      projection: hasResidual ? factors.projectOntoColumns(adjoint) : nil)
    return LinearLeastSquaresGradient(
      rightHandSide: adjoint,
      matrix: try SparseMatrix(pattern: system.matrix.pattern, values: gradient),
      evidence: GradientEvidence(
        primalResidual: statistics.backwardError, adjointBackwardError: backwardError),
      rankMargin: statistics.factorization.rankMargin)
  }

  /// The derivative ẋ of x along tangents of A's entries, which must keep its rank, and of b.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pushforward(matrix: [Double], rightHandSide: [Double]) throws -> [Double] {
    try InputError.requireLength(
      "rightHandSide", expected: residual.count, found: rightHandSide.count)
    try InputError.requireFinite("rightHandSide", rightHandSide)
    let tangent = try SparseMatrix(pattern: system.matrix.pattern, values: matrix)
    let forcing = zip(rightHandSide, try tangent.multiply(value)).map { $0 - $1 }
    var derivative = try factors.solve(forcing)
    if factors.rank < factors.rowCount {
      let correction = try factors.solve(
        factors.solveTransposed(tangent.multiplyTransposed(residual)))
      for index in derivative.indices { derivative[index] += correction[index] }
    }
    if factors.rank < factors.columnCount {
      let direction = try tangent.multiplyTransposed(preimage)
      let inRange = try factors.projectOntoRows(direction)
      for index in derivative.indices { derivative[index] += direction[index] - inRange[index] }
    }
    return derivative
  }

  /// −λ xᵀ + r μᵀ + y νᵀ on the pattern; terms that vanish are left out.
  private func matrixGradient(
    adjoint: [Double], second: [Double], remainder: [Double]
  ) -> [Double] {
    let pattern = system.matrix.pattern
    var gradient = [Double](repeating: 0, count: pattern.entryCount)
    func subtract(_ rows: [Double], _ columns: [Double], sign: Double) {
      guard !rows.isEmpty && !columns.isEmpty else { return }
      for column in 0..<pattern.columnCount {
        let factor = sign * columns[column]
        for slot in pattern.slots(ofColumn: column) {
          gradient[slot] -= rows[pattern.rowIndices[slot]] * factor
        }
      }
    }
    subtract(adjoint, value, sign: 1)
    subtract(residual, second, sign: -1)
    subtract(preimage, remainder, sign: -1)
    return gradient
  }
}

/// The gradient of a function of a least-squares solution, shaped like its ``LinearLeastSquaresSystem``.
public struct LinearLeastSquaresGradient: Sendable {
  /// b̄ = λ = A⁺ᵀ w.
  public var rightHandSide: [Double]

  /// −λ xᵀ + r μᵀ + y νᵀ on A's pattern.
  public var matrix: SparseMatrix

  /// How well x and λ solve their least-squares problems.
  public var evidence: GradientEvidence

  /// See ``QRFactorization/Statistics-swift.struct/rankMargin``: near 1, this gradient is that of a matrix whose
  /// rank is a matter of taste.
  public var rankMargin: Double
}

extension SparseMatrix {
  /// The backward error of a least-squares solution x, of whose residual `residual` is the part in the span
  /// of the columns; also how far x is from A⁺A x, its projection.
  fileprivate func backwardError(
    of solution: [Double], residual: [Double], rightHandSide: [Double], projection: [Double]?
  ) throws -> Double {
    let size = solution.euclideanNorm
    let rest = residual.euclideanNorm
    var error = rest == 0 ? 0 : rest / (values.euclideanNorm * size + rightHandSide.euclideanNorm)
    if let projection, size > 0 {
      let distance = zip(solution, projection).map { $0 - $1 }.euclideanNorm
      error = max(error, distance / size)
    }
    return error
  }
}
