extension EigenSolver {
  /// Computes eigenpairs of a matrix that need not be symmetric.
  ///
  /// ``Target/smallest`` and ``Target/largest`` mean the real part; with Lanczos' method, here Arnoldi's, they take
  /// products with A alone, and converge slowly where many eigenvalues are near. ``Target/nearest(_:)`` takes
  /// factors of A − σI. A second run with the transposed matrix finds the left eigenvectors, a third one checks
  /// that no eigenvalue was missed.
  ///
  /// - Throws: ``EigenError``; `InputError` if more eigenpairs are wanted than there are, or all but less than
  ///   four with ``Method/lanczos``; ``FactorizationError``.
  public func solve(_ problem: GeneralEigenproblem) throws -> GeneralEigenSolution {
    let order = problem.order
    try InputError.require(
      options.count <= order, "count", Double(options.count),
      "at most the number of unknowns, \(order)")
    guard usesLanczos(order: order, count: options.count) else {
      return try GeneralEigenSolution(
        problem, GeneralSpectrum.dense(problem, options), options)
    }
    try InputError.require(
      options.count <= order - 4, "count", Double(options.count),
      "at most n - 4 = \(order - 4) with Lanczos' method; choose .dense")
    return try GeneralEigenSolution(
      problem, GeneralSpectrum.arnoldiMethod(problem, options), options)
  }

  /// Computes singular triplets, as eigenpairs of the augmented matrix of order m + n.
  ///
  /// For the smallest singular values the |m − n| eigenvalues of the augmented matrix that are zero are computed, too: good
  /// for matrices that are square or nearly so.
  ///
  /// - Throws: ``EigenError``; `InputError` if more triplets are wanted than min(m, n), or those nearest to a
  ///   number that is not positive; ``FactorizationError``.
  public func solve(_ problem: SingularValueProblem) throws -> SingularSolution {
    let rows = problem.matrix.rowCount
    let columns = problem.matrix.columnCount
    let count = options.count
    try InputError.require(
      count <= min(rows, columns), "count", Double(count),
      "at most the number of singular values, \(min(rows, columns))")
    var augmentedOptions = options
    switch options.target {
    case .largest: break
    case .smallest:
      augmentedOptions.target = .nearest(0)
      augmentedOptions.count = 2 * count + abs(rows - columns)
    case .nearest(let shift):
      try InputError.require(shift > 0, "the shift", shift, "positive for singular values")
    }
    let solution = try EigenSolver(options: augmentedOptions).solve(problem.augmented)
    let positive = solution.value.eigenvalues.filter { $0 > 0 }.count
    let found = options.target == .smallest ? count : min(count, positive)
    return try SingularSolution(problem, solution, count: found)
  }
}
