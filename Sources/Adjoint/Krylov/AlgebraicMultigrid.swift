import Synchronization

/// Smoothed-aggregation algebraic multigrid: one symmetric V-cycle (Vaněk, Mandel and Brezina,
/// Computing 56, 1996, §§3–5).
///
/// For symmetric positive definite A with negative couplings, as diffusion makes them: conjugate
/// gradients then need a number of iterations that hardly grows with the order, and each costs
/// O(entries). Unknowns i and j are strongly coupled if aᵢⱼ² > θ² aᵢᵢ aⱼⱼ; neighborhoods of strong
/// couplings are aggregated; the prolongation that is constant on aggregates is smoothed to P = (I
/// − ω D⁻¹ Aᶠ) P₀, Aᶠ being A with weak couplings moved to the diagonal, ω = 4/(3 λ̄) and λ̄ =
/// ‖D⁻¹Aᶠ‖∞ ≥ λₘₐₓ; the next matrix is Pᵀ A P. A cycle smooths by one forward Gauss–Seidel sweep
/// before and one backward sweep after the coarse correction, so M = Mᵀ; the coarsest system is
/// solved by Cholesky's method.
///
/// W-cycles in place of V-cycles were tried and saved one iteration of 36 on 1024 × 1024 nodes with
/// random conductivities, for a quarter more time: what limits convergence there is the prolongation.
///
/// The constant vector stands for what smoothing leaves: for elasticity, with its rotations,
/// convergence is slower. The lower triangle of A is shared, not copied. A cycle uses scratch space
/// of its object, so cycles of several threads take turns.
public final class AlgebraicMultigrid: Preconditioner, @unchecked Sendable {
  // Unchecked because the levels, which have scratch vectors, are touched under the lock only.

  /// How the levels are made.
  public struct Options: Sendable, Hashable {
    /// θ of the first level; halved from level to level (§5.1 of the paper).
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

  private let levels: [MultigridLevel]
  private let coarsest: any Factorization
  private let coarsestRightHandSide: Buffer<Double>
  private let coarsestSolution: Buffer<Double>
  private let lock = Mutex<Void>(())

  /// The levels for a symmetric positive definite matrix.
  ///
  /// Cost O(entries) in time and memory.
  /// - Throws: `InputError` for options that make no sense or more than 2³¹ entries;
  ///   ``FactorizationError`` if the matrix is not square or symmetric, or if a diagonal entry or a
  ///   pivot of the coarsest matrix is not positive.
  public init(
    _ matrix: SparseMatrix, storage: LinearSystem.Storage = .full, options: Options = Options()
  ) throws {
    try options.validate()
    var matrix = try Self.lowerTriangle(of: matrix, storage)
    let firstCount = matrix.pattern.entryCount
    var entryCount = 0
    var levels: [MultigridLevel] = []
    var sizes: [Int] = []
    var threshold = options.strengthThreshold
    while matrix.rowCount > options.coarsestSize && levels.count + 1 < options.maximumLevels {
      guard let setup = try MultigridSetup(matrix, strengthThreshold: threshold) else { break }
      sizes.append(matrix.rowCount)
      entryCount += matrix.pattern.entryCount
      levels.append(MultigridLevel(matrix, setup.prolongation))
      matrix = try setup.coarseMatrix()
      threshold *= 0.5
    }
    coarsest = try SymbolicFactorization(analyzing: matrix.pattern, method: .cholesky)
      .factorize(matrix)
    coarsestRightHandSide = Buffer(zeros: matrix.rowCount)
    coarsestSolution = Buffer(zeros: matrix.rowCount)
    self.levels = levels
    levelSizes = sizes + [matrix.rowCount]
    entryCount += matrix.pattern.entryCount
    operatorComplexity = firstCount == 0 ? 1 : Double(entryCount) / Double(firstCount)
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
      entryCount < 0x1p31, "number of entries", entryCount, "less than 2^31 for multigrid")
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

  /// Writes the result of one V-cycle for A x = r, from zero, to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try requireOrder(vector, product.count)
    try vector.withUnsafeBufferPointer { vector in
      try product.withUnsafeMutableBufferPointer { product in
        guard let source = vector.baseAddress, let target = product.baseAddress else { return }
        try lock.withLock { _ in try cycle(source, target) }
      }
    }
  }

  /// Writes M⁻ᵀ r = M⁻¹ r to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws { try apply(vector, into: &product) }

  private func cycle(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>
  ) throws {
    guard !levels.isEmpty else {
      let count = rowCount
      var target = UnsafeMutableBufferPointer(start: solution, count: count).mutableSpan
      try coarsest.solve(
        UnsafeBufferPointer(start: rightHandSide, count: count).span, into: &target)
      return
    }
    for (index, level) in levels.enumerated() {
      let next = index + 1 < levels.count ? levels[index + 1].rightHandSide : nil
      level.smoothAndRestrict(
        index == 0 ? rightHandSide : nil, index == 0 ? solution : nil,
        into: next ?? coarsestRightHandSide)
    }
    var target = coarsestSolution.all.mutableSpan
    try coarsest.solve(coarsestRightHandSide.all.span, into: &target)
    for (index, level) in levels.enumerated().reversed() {
      let next = index + 1 < levels.count ? levels[index + 1].solution : nil
      level.correctAndSmooth(index == 0 ? solution : nil, by: next ?? coarsestSolution)
    }
  }
}
