/// Eigenpairs of A v = λ M v that can be differentiated with respect to A and M.
///
/// With vᵀMv = 1 and a simple λ (Nelson, "Simplified calculation of eigenvector derivatives", *AIAA J.* 14,
/// 1976; Magnus, "On differentiating eigenvalues and eigenvectors", *Econometric Theory* 1, 1985):
///
///     λ̇ = vᵀ(Ȧ − λṀ)v
///     (A − λM) v̇ = −(Ȧ − λṀ − λ̇M) v,   vᵀM v̇ = −½ vᵀṀv
///
/// Eigenvalues that are equal to rounding form a cluster; see ``clusters`` and <doc:EigenpairAdjoint> for what is
/// differentiable then. A solution is immutable and may be shared between threads.
public struct SymmetricEigenSolution: Sendable {
  /// What the computation took.
  public struct Statistics: Sendable, Hashable {
    /// The method that was used.
    public var method: EigenSolver.Method
    /// The shift of Lanczos' method; nil for dense matrices.
    public var shift: Double?
    /// Solves with the factors of A − σM.
    public var solves = 0
    /// Matrices factorized to find the shift.
    public var factorizations = 0
    /// Restarts of Lanczos' method.
    public var restarts = 0
    /// Runs of Lanczos' method: one, one for the check, and more for repeated eigenvalues.
    public var runs = 0
  }

  /// What was solved.
  public let problem: SymmetricEigenproblem

  /// The eigenpairs: eigenvalues ascending, vᵢᵀ M vⱼ = δᵢⱼ.
  ///
  /// A vector's sign is such that Σ rᵢ vᵢ > 0 with the fixed numbers rᵢ = ½ + `SeededGenerator.uniform(at: i)`: a
  /// positive vector stays positive, and the sign does not flip where components tie. Within a cluster the
  /// vectors are an arbitrary basis.
  public let value: Eigenpairs

  /// The clusters, ascending; each eigenvalue is in one of them.
  public let clusters: [EigenCluster]

  /// ‖A v − λ M v‖∞/((‖A‖∞ + |λ|‖M‖∞)‖v‖∞) of each eigenpair.
  public let backwardErrors: [Double]

  /// What the computation took.
  public let statistics: Statistics

  let pencil: Pencil
  let massVectors: [[Double]]
  let factors: EigenvectorFactors
  /// (‖A‖∞ + |λ|‖M‖∞)‖v‖₂² of each eigenpair: what a relative change of A and M by one may change λ by.
  let sensitivities: [Double]

  init(
    _ problem: SymmetricEigenproblem, _ pencil: Pencil, _ selected: SelectedEigenpairs,
    _ options: EigenSolver.Options
  ) throws {
    self.problem = problem
    self.pencil = pencil
    let eigenvalues = selected.eigenvalues
    let eigenvectors = selected.eigenvectors.map(\.oriented)
    value = Eigenpairs(eigenvalues: eigenvalues, eigenvectors: eigenvectors)
    statistics = selected.statistics
    factors = EigenvectorFactors(threads: options.threads)
    let stiffnessNorm = problem.norm(problem.stiffness)
    let massNorm = problem.norm(problem.mass)
    var errors: [Double] = []
    var sensitivities: [Double] = []
    var massVectors: [[Double]] = []
    for (eigenvalue, vector) in zip(eigenvalues, eigenvectors) {
      let massVector = problem.massProduct(vector)
      var residual = problem.stiffnessProduct(vector)
      residual.add(-eigenvalue, massVector)
      let norm = stiffnessNorm + eigenvalue.magnitude * massNorm
      let scale = norm * vector.maximumNorm
      let error = scale == 0 ? 0 : residual.maximumNorm / scale
      guard error <= Self.largestBackwardError else {
        throw EigenError.inaccurate(index: errors.count, backwardError: error)
      }
      errors.append(error)
      sensitivities.append(norm * vector.dot(vector))
      massVectors.append(massVector)
    }
    backwardErrors = errors
    self.massVectors = massVectors
    self.sensitivities = sensitivities
    clusters = EigenCluster.clusters(
      of: eigenvalues, neighbors: selected.neighbors, sensitivities: sensitivities,
      tolerance: options.clusterTolerance)
  }

  /// A millionth of what is left of double precision when half of it is lost: beyond this something went
  /// wrong, and a gradient would be silently so.
  private static let largestBackwardError = 1e-10

  /// The index of the cluster that an eigenvalue belongs to.
  ///
  /// - Throws: ``EigenError/noSuchEigenpair(index:count:)``.
  public func cluster(of index: Int) throws -> Int {
    guard let cluster = clusters.firstIndex(where: { $0.members.contains(index) }) else {
      throw EigenError.noSuchEigenpair(index: index, count: value.eigenvalues.count)
    }
    return cluster
  }
}

extension [Double] {
  /// The vector or its opposite, whichever has Σ rᵢ vᵢ ≥ 0; see ``SymmetricEigenSolution/value``.
  var oriented: [Double] {
    var sum = 0.0
    for (index, element) in enumerated() {
      sum += (0.5 + SeededGenerator.uniform(at: index)) * element
    }
    return sum < 0 ? map { -$0 } : self
  }
}

extension EigenCluster {
  /// Groups of ascending eigenvalues: neighbors are in one if they are not farther apart than `tolerance` times
  /// their modulus plus 64 eps times their sensitivity, which is what rounding may do.
  static func clusters(
    of eigenvalues: [Double], neighbors: [Double], sensitivities: [Double], tolerance: Double
  ) -> [EigenCluster] {
    func belongTogether(_ index: Int, _ other: Double) -> Bool {
      let size = max(eigenvalues[index].magnitude, other.magnitude)
      let noise = 64 * Double.ulpOfOne * sensitivities[index]
      return (eigenvalues[index] - other).magnitude <= tolerance * size + noise
    }
    var starts = [0]
    for index in eigenvalues.indices.dropFirst() {
      let isTogether =
        belongTogether(index, eigenvalues[index - 1])
        || belongTogether(index - 1, eigenvalues[index])
      if !isTogether { starts.append(index) }
    }
    let ends = starts.dropFirst() + [eigenvalues.count]
    return zip(starts, ends).map { start, end in
      let members = start..<end
      let outside = eigenvalues[..<start] + eigenvalues[end...] + neighbors
      let missing = neighbors.first { neighbor in members.contains { belongTogether($0, neighbor) }
      }
      let gap = members.map { index in
        outside.map { (eigenvalues[index] - $0).magnitude }.min() ?? .infinity
      }.min()
      return EigenCluster(members: members, missingEigenvalue: missing, gap: gap ?? .infinity)
    }
  }
}
