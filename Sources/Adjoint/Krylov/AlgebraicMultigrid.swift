import Synchronization

/// Smoothed-aggregation algebraic multigrid: one symmetric cycle (Vaněk, Mandel and Brezina,
/// Computing 56, 1996, §§3–5).
///
/// For symmetric positive definite A with negative couplings, as diffusion makes them: conjugate
/// gradients then need a number of iterations that hardly grows with the order, and each costs
/// O(entries).
///
/// First, unknowns of few couplings and none among themselves are eliminated, which is exact: on a
/// grid of five-point stars every other one. In what is left, scaled to unit diagonal, unknowns i and
/// j are strongly coupled if |aᵢⱼ| > θ; neighborhoods of strong couplings are aggregated; the
/// prolongation that is constant on aggregates is smoothed to P = (I − ω D⁻¹ Aᶠ) P₀, Aᶠ being A with
/// weak couplings moved to its diagonal D, ω = 4/(3 λ̄) and λ̄ ≥ λₘₐₓ(D⁻¹Aᶠ); the next matrix is
/// Pᵀ A P. A cycle smooths by a forward and a backward Gauss–Seidel sweep before and after the coarse
/// correction, so M = Mᵀ; the coarsest system is solved by Cholesky's method. The second of the
/// aggregated levels is visited twice, the second time for the residual that the first has left.
///
/// Measured with random conductivities on 1024 × 1024 nodes, iterations to 10⁻¹⁰: 36 by V-cycles with
/// one sweep before and one after; 31 with elimination; 26 with pairs of sweeps, too; 19 with the
/// second visit. Second visits to more levels save none.
///
/// The constant vector stands for what smoothing leaves: for elasticity, with its rotations,
/// convergence is slower. Levels are stored in single precision and applied in double. A cycle uses
/// scratch space of its object, so cycles of several threads take turns.
public final class AlgebraicMultigrid: Preconditioner, @unchecked Sendable {
  // Unchecked because the levels, which have scratch vectors, are touched under the lock only.

  /// How the levels are made.
  public struct Options: Sendable, Hashable {
    /// θ of the given matrix; halved from level to level (§5.1 of the paper), elimination included.
    public var strengthThreshold = 0.08
    /// The order from which on a matrix is factorized.
    public var coarsestSize = 500
    /// The most levels, the factorized one included.
    public var maximumLevels = 20

    /// The defaults.
    public init() {}

    /// Throws `InputError` if an option makes no sense.
    public func validate() throws {
      try InputError.require(
        strengthThreshold >= 0 && strengthThreshold < 1, "strengthThreshold", strengthThreshold,
        "in [0, 1)")
      try InputError.require(
        coarsestSize >= 1, "coarsestSize", Double(coarsestSize), "at least 1")
      try InputError.require(
        maximumLevels >= 1, "maximumLevels", Double(maximumLevels), "at least 1")
    }
  }

  /// The orders of the levels' matrices.
  public let levelSizes: [Int]

  /// The entries of all levels' matrices relative to those of the first.
  public let operatorComplexity: Double

  /// From the finest to the coarsest, and the right-hand side and the solution of what follows each.
  private let stages: [any MultigridStage]
  private let rightHandSides: [Buffer<Double>]
  private let solutions: [Buffer<Double>]
  private let coarsest: any Factorization
  private let revisit: Revisit?
  private let lock = Mutex<Void>(())

  /// The levels for a symmetric positive definite matrix.
  ///
  /// Cost O(entries) in time and memory.
  /// - Throws: `InputError` for options that make no sense or more than 2³⁰ entries;
  ///   ``FactorizationError`` if the matrix is not square or symmetric, or if a diagonal entry or a
  ///   pivot of the coarsest matrix is not positive.
  public init(
    _ matrix: SparseMatrix, storage: LinearSystem.Storage = .full, options: Options = Options()
  ) throws {
    try options.validate()
    let matrix = try Self.lowerTriangle(of: matrix, storage)
    let hierarchy = try MultigridHierarchy(matrix, options)
    stages = hierarchy.stages
    rightHandSides = hierarchy.followingSizes.map { Buffer(zeros: $0) }
    solutions = hierarchy.followingSizes.map { Buffer(zeros: $0) }
    coarsest = try SymbolicFactorization(analyzing: hierarchy.coarsest.pattern, method: .cholesky)
      .factorize(hierarchy.coarsest)
    revisit = Revisit(stages)
    levelSizes = hierarchy.levelSizes
    operatorComplexity =
      matrix.pattern.entryCount == 0
      ? 1 : Double(hierarchy.entryCount) / Double(matrix.pattern.entryCount)
  }

  private static func lowerTriangle(
    of matrix: SparseMatrix, _ storage: LinearSystem.Storage
  ) throws -> SparseMatrix {
    guard matrix.pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: matrix.rowCount, columnCount: matrix.columnCount)
    }
    let entryCount = Double(matrix.pattern.entryCount)
    try InputError.require(
      entryCount < 0x1p30, "number of entries", entryCount, "less than 2^30 for multigrid")
    switch storage {
    case .symmetricLower:
      if let entry = matrix.pattern.entryAboveDiagonal {
        throw FactorizationError.entryAboveDiagonal(row: entry.row, column: entry.column)
      }
      return matrix
    case .full:
      if let entry = matrix.entryWithoutEqualMirror {
        throw FactorizationError.notSymmetric(row: entry.row, column: entry.column)
      }
      return matrix.lowerTriangle
    }
  }

  /// The order of A.
  public var rowCount: Int { levelSizes[0] }

  /// The order of A.
  public var columnCount: Int { levelSizes[0] }

  /// The cycle is symmetric.
  public var isSymmetric: Bool { true }

  /// Writes the result of one cycle for A x = r, from zero, to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try requireOrder(vector, product.count)
    try vector.withUnsafeBufferPointer { vector in
      try product.withUnsafeMutableBufferPointer { product in
        guard let source = vector.baseAddress, let target = product.baseAddress else { return }
        try lock.withLock { _ in try cycle(0, source, target) }
      }
    }
  }

  /// Writes M⁻ᵀ r = M⁻¹ r to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws { try apply(vector, into: &product) }

  /// One cycle from a stage on.
  private func cycle(
    _ index: Int, _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>
  ) throws {
    guard index < stages.count, let coarse = rightHandSides[index].all.baseAddress,
      let correction = solutions[index].all.baseAddress
    else {
      let count = coarsest.order
      var target = UnsafeMutableBufferPointer(start: solution, count: count).mutableSpan
      try coarsest.solve(
        UnsafeBufferPointer(start: rightHandSide, count: count).span, into: &target)
      return
    }
    stages[index].restrict(rightHandSide, solution, into: coarse)
    try cycle(index + 1, coarse, correction)
    if let revisit, revisit.index == index + 1, let residual = revisit.residual.all.baseAddress,
      let change = revisit.solution.all.baseAddress
    {
      revisit.level.residual(coarse, correction, into: residual)
      try cycle(index + 1, residual, change)
      solutions[index].add(1, revisit.solution)
    }
    stages[index].correct(rightHandSide, solution, by: correction)
  }
}

/// The level that a cycle visits twice, the second of those that are smoothed, and vectors for that.
private struct Revisit {
  let index: Int
  let level: MultigridLevel
  let residual: Buffer<Double>
  let solution: Buffer<Double>

  init?(_ stages: [any MultigridStage]) {
    let indices = stages.indices.filter { stages[$0] is MultigridLevel }
    guard indices.count > 1, let level = stages[indices[1]] as? MultigridLevel else { return nil }
    index = indices[1]
    self.level = level
    residual = Buffer(zeros: level.count)
    solution = Buffer(zeros: level.count)
  }
}
