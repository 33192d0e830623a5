/// Computes eigenpairs that can be differentiated.
///
/// ```swift
/// let problem = try SymmetricEigenproblem(stiffness: a, mass: m, storage: .symmetricLower)
/// let solution = try EigenSolver(count: 4).solve(problem)
/// let gradient = try solution.pullback(EigenDerivative(eigenvalues: [1, 0, 0, 0]))
/// ```
/// Large problems are solved by Lanczos' method with a shifted and inverted matrix, small ones by LAPACK. ARPACK
/// keeps global state, so that runs of Lanczos' method take turns in a process. A solver is a value and may be
/// shared between threads.
public struct EigenSolver: Sendable {
  /// Which eigenvalues to compute.
  public enum Target: Sendable, Hashable {
    /// The smallest ones, with their signs.
    case smallest
    /// The largest ones, with their signs.
    case largest
    /// Those nearest to a number.
    case nearest(Double)
  }

  /// How to compute them.
  public enum Method: Sendable, Hashable {
    /// ``dense`` for up to 200 unknowns or if half of all eigenpairs or more are wanted, else ``lanczos``.
    case automatic
    /// All eigenpairs by LAPACK, with two dense matrices; cost O(n³).
    case dense
    /// Shift and invert with sparse factors (Ericsson and Ruhe, *Math. Comp.* 35, 1980), by ARPACK's implicitly
    /// restarted method (Lehoucq, Sorensen and Yang, *ARPACK Users' Guide*, SIAM 1998).
    case lanczos
  }

  /// Settings.
  public struct Options: Sendable, Hashable {
    /// How many eigenpairs to compute.
    public var count: Int
    /// Which ones.
    public var target: Target
    /// How.
    public var method: Method = .automatic
    /// Neighbors whose distance is at most this times their modulus, or what rounding allows, are one
    /// cluster.
    ///
    /// The square root of eps by default: where the error of single eigenvectors, eps/gap, has become as large
    /// as the gap, and a derivative of a single eigenvalue would hold for changes below that error only.
    public var clusterTolerance = 1e-8
    /// The most restarts of Lanczos' method.
    public var maximumRestarts = 1000
    /// The seed of start vectors.
    public var seed: UInt64 = 1
    /// The most threads that the libraries underneath may use.
    public var threads = 1

    /// The default settings.
    public init(count: Int = 1, target: Target = .smallest) {
      self.count = count
      self.target = target
    }

    /// Throws `InputError.outOfRange` for settings that make no sense.
    public func validate() throws {
      try InputError.require(count >= 1, "count", Double(count), "at least 1")
      try InputError.require(
        clusterTolerance >= 0 && clusterTolerance < 0.1, "clusterTolerance", clusterTolerance,
        "at least 0 and below 0.1")
      try InputError.require(
        (1...1_000_000).contains(maximumRestarts), "maximumRestarts", Double(maximumRestarts),
        "between 1 and 1,000,000")
      if case .nearest(let shift) = target {
        try InputError.require(shift.isFinite, "the shift", shift, "finite")
      }
      try SymbolicFactorization.Options(threads: threads).validate()
    }
  }

  /// The settings.
  public let options: Options

  /// A solver with the given settings.
  ///
  /// - Throws: `InputError` for settings that make no sense.
  public init(options: Options) throws {
    try options.validate()
    self.options = options
  }

  /// A solver for some eigenpairs, by default the smallest ones.
  ///
  /// - Throws: `InputError` unless the count is positive and a shift finite.
  public init(count: Int, target: Target = .smallest) throws {
    try self.init(options: Options(count: count, target: target))
  }

  /// Computes eigenpairs of a symmetric pencil.
  ///
  /// Lanczos' method alone may miss copies of a repeated eigenvalue. Here further runs, in which what was found
  /// is deflated, show the next eigenvalue, until it lies beyond those that were asked for; it also
  /// tells whether the last cluster is complete.
  ///
  /// Cost with n = 10⁵ unknowns of a grid: see <doc:EigenpairAdjoint>.
  ///
  /// - Throws: ``EigenError``; `InputError` if more eigenpairs are wanted than there are, or all but less than two
  ///   with ``Method/lanczos``; ``FactorizationError``.
  public func solve(_ problem: SymmetricEigenproblem) throws -> SymmetricEigenSolution {
    let count = options.count
    let order = problem.order
    try InputError.require(
      count <= order, "count", Double(count), "at most the number of unknowns, \(order)")
    let pencil = try Pencil(problem)
    guard usesLanczos(order: order, count: count) else {
      let spectrum = try DenseSymmetricSpectrum(problem, pencil, threads: options.threads)
      return try SymmetricEigenSolution(
        problem, pencil, spectrum.selection(count, options.target), options)
    }
    try InputError.require(
      count <= order - 2, "count", Double(count),
      "at most n - 2 = \(order - 2) with Lanczos' method; choose .dense")
    try requirePositiveDefiniteMass(problem, pencil)
    return try SymmetricEigenSolution(
      problem, pencil, VerifiedLanczos.solve(problem, pencil, options), options)
  }

  /// Whether a problem is solved by Lanczos' method.
  func usesLanczos(order: Int, count: Int) -> Bool {
    switch options.method {
    case .dense: false
    case .lanczos: true
    case .automatic: order > 200 && 2 * count < order
    }
  }

  private func requirePositiveDefiniteMass(
    _ problem: SymmetricEigenproblem, _ pencil: Pencil
  ) throws {
    guard let mass = problem.mass else { return }
    do {
      _ = try SymbolicFactorization(
        analyzing: mass.pattern, method: .cholesky, options: .init(threads: options.threads)
      ).factorize(mass)
    } catch FactorizationError.notPositiveDefinite(let column) {
      throw EigenError.massNotPositiveDefinite(column: column)
    }
  }
}
