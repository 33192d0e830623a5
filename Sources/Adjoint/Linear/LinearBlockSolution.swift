/// The solutions X of A X = B, which can be differentiated with respect to A and B.
///
/// - ``pushforward(matrix:rightHandSides:)``: A Ẋ = Ḃ − Ȧ X;
/// - ``pullback(_:)``: Aᵀ Λ = W, then B̄ = Λ and Ā = −Λ Xᵀ = −Σⱼ λⱼ xⱼᵀ on A's pattern.
///
/// All columns are solved for in one call of the factors. Immutable, and may be shared between threads.
public struct LinearBlockSolution: Sendable {
  /// What was solved.
  public let system: LinearBlockSystem

  /// The solution of each column by itself; all have the same factors.
  public let solutions: [LinearSolution]

  /// The factors of A.
  public let factors: any Factorization

  /// X: columns of n numbers, one after the other.
  public var value: [Double] { solutions.flatMap(\.value) }

  /// What the solves took, column by column.
  public var statistics: [LinearSolution.Statistics] { solutions.map(\.statistics) }

  private let rowSums: RowSums

  init(
    _ system: LinearBlockSystem, factors: any Factorization, decisions: [MethodDecision],
    _ options: LinearSolver.Options
  ) throws {
    self.system = system
    self.factors = factors
    let rowSums = RowSums()
    self.rowSums = rowSums
    let values = try factors.solve(system.rightHandSides, count: system.count)
    let order = system.matrix.rowCount
    solutions = try (0..<system.count).map { column in
      try LinearSolution(
        system.system(column), factors: factors, decisions: decisions, options,
        refinement: options.refinement, rowSums: rowSums,
        unrefined: Array(values[column * order..<(column + 1) * order]))
    }
  }

  /// The gradient for the cotangent W of X, columns of n numbers like X: Λ with Aᵀ Λ = W, and −Λ Xᵀ
  /// on A's pattern.
  ///
  /// Cost: one transposed solve with all columns, and O(count (n + entries)).
  ///
  /// - Throws: as ``LinearSolution/pullback(_:)`` does.
  public func pullback(_ cotangent: [Double]) throws -> LinearBlockGradient {
    let order = system.matrix.rowCount
    try InputError.requireLength(
      "cotangent", expected: system.rightHandSides.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    let adjoints = try factors.solveTransposed(cotangent, count: system.count)
    var rightHandSides: [Double] = []
    rightHandSides.reserveCapacity(cotangent.count)
    var matrix = [Double](repeating: 0, count: system.matrix.pattern.entryCount)
    var evidence: [GradientEvidence] = []
    for (column, solution) in solutions.enumerated() {
      let range = column * order..<(column + 1) * order
      let gradient = try solution.pullback(
        Array(cotangent[range]), unrefined: Array(adjoints[range]))
      rightHandSides += gradient.rightHandSide
      for slot in matrix.indices { matrix[slot] += gradient.matrix.values[slot] }
      evidence.append(gradient.evidence)
    }
    return LinearBlockGradient(
      rightHandSides: rightHandSides,
      matrix: try SparseMatrix(pattern: system.matrix.pattern, values: matrix),
      evidence: GradientEvidence(worstOf: evidence), columnEvidence: evidence)
  }

  /// The derivative Ẋ of X along tangents of the stored entries of A and of B: A Ẋ = Ḃ − Ȧ X.
  ///
  /// - Throws: as ``pullback(_:)`` does.
  public func pushforward(matrix: [Double], rightHandSides: [Double]) throws -> [Double] {
    let order = system.matrix.rowCount
    try InputError.requireLength(
      "rightHandSides", expected: system.rightHandSides.count, found: rightHandSides.count)
    try InputError.requireLength(
      "matrix", expected: system.matrix.pattern.entryCount, found: matrix.count)
    try InputError.requireFinite("matrix", matrix)
    return try solutions.enumerated().flatMap { column, solution in
      try solution.pushforward(
        matrix: matrix,
        rightHandSide: Array(rightHandSides[column * order..<(column + 1) * order]))
    }
  }
}

/// The gradient of a function of several solutions, shaped like their ``LinearBlockSystem``.
public struct LinearBlockGradient: Sendable {
  /// B̄ = Λ, where Aᵀ Λ = W: columns of n numbers, one after the other.
  public var rightHandSides: [Double]

  /// −Λ Xᵀ on the pattern of the stored entries of A.
  public var matrix: SparseMatrix

  /// The worst numbers among the columns.
  ///
  /// An estimated relative error here is the largest of single columns' gradients; what their sum loses
  /// by cancellation is not in it.
  public var evidence: GradientEvidence

  /// How well each column of X and Λ satisfies its equations.
  public var columnEvidence: [GradientEvidence]
}

extension GradientEvidence {
  /// The largest of each number.
  fileprivate init(worstOf parts: [GradientEvidence]) {
    self.init(
      primalResidual: parts.map(\.primalResidual).max() ?? 0,
      adjointBackwardError: parts.map(\.adjointBackwardError).max() ?? 0,
      estimatedRelativeError: parts.compactMap(\.estimatedRelativeError).max())
  }
}

extension LinearSolver {
  /// Analyzes, factorizes and solves for all right-hand sides.
  ///
  /// - Throws: as ``solve(_:)-(LinearSystem)`` does.
  public func solve(_ system: LinearBlockSystem) throws -> LinearBlockSolution {
    let single = try LinearSystem(
      matrix: system.matrix,
      rightHandSide: [Double](repeating: 0, count: system.matrix.rowCount),
      storage: system.storage)
    let (factors, decisions) = try factorize(single)
    return try LinearBlockSolution(system, factors: factors, decisions: decisions, options)
  }
}
