/// Singular triplets that can be differentiated with respect to the matrix.
///
/// They are eigenpairs of the augmented matrix with A and Aᵀ beside a zero diagonal (Golub and Van Loan, *Matrix
/// Computations*, 4th ed., §8.6.1), and so are their derivatives: of a simple σ > 0
///
///     σ̇ = uᵀȦ v,
///
/// and those of u and v follow from one system for both; see ``SymmetricEigenSolution``. Equal singular values form
/// clusters, as eigenvalues do. At σ = 0 a singular value, like |x|, has no derivative. A solution is
/// immutable and may be shared between threads.
public struct SingularSolution: Sendable {
  /// What was solved.
  public let problem: SingularValueProblem

  /// The triplets: σ ascending, vectors of length one.
  ///
  /// A pair's sign is such that Σ rᵢ xᵢ > 0 for x = (v, u), the vectors
  /// one after the other, with the numbers r of ``SymmetricEigenSolution/value``.
  public let value: SingularTriplets

  /// The clusters, ascending.
  public let clusters: [EigenCluster]

  /// What the computation took, with the augmented matrix.
  public var statistics: SymmetricEigenSolution.Statistics { augmented.statistics }

  private let augmented: SymmetricEigenSolution
  /// The index of the first triplet among the augmented eigenpairs; those before have σ ≤ 0.
  private let offset: Int

  init(_ problem: SingularValueProblem, _ augmented: SymmetricEigenSolution, count: Int) throws {
    self.problem = problem
    self.augmented = augmented
    let pairs = augmented.value
    let first = pairs.eigenvalues.count - count
    offset = first
    let columns = problem.matrix.columnCount
    var triplets = SingularTriplets(singularValues: [], leftVectors: [], rightVectors: [])
    for index in first..<pairs.eigenvalues.count {
      let vector = pairs.eigenvectors[index]
      // Rounding may leave a zero below zero.
      triplets.singularValues.append(max(pairs.eigenvalues[index], 0))
      triplets.rightVectors.append(Array(vector[..<columns]).normalized)
      triplets.leftVectors.append(Array(vector[columns...]).normalized)
    }
    value = triplets
    clusters = augmented.clusters.compactMap { cluster in
      guard cluster.members.upperBound > first else { return nil }
      var cluster = cluster
      if cluster.members.lowerBound < first { cluster.missingEigenvalue = 0 }
      cluster.members =
        max(cluster.members.lowerBound - first, 0)..<cluster.members.upperBound - first
      return cluster
    }
  }

  /// The gradient for cotangents of singular values and vectors: σ adds σ̄ u vᵀ on A's pattern, cost O(entries);
  /// vectors as for ``SymmetricEigenSolution/pullback(_:)``, with one factorization of order m + n.
  ///
  /// - Throws: as ``SymmetricEigenSolution/pullback(_:)`` does, with indices of singular values; a singular
  ///   value that is zero counts as part of an incomplete cluster.
  public func pullback(_ cotangent: SingularDerivative) throws -> SingularGradient {
    let count = value.singularValues.count
    try InputError.requireLength(
      "cotangent.singularValues", expected: count, found: cotangent.singularValues.count)
    let columns = problem.matrix.columnCount
    var derivative = EigenDerivative(
      eigenvalues: [Double](repeating: 0, count: offset) + cotangent.singularValues)
    for index in Set(cotangent.leftVectors.keys).union(cotangent.rightVectors.keys) {
      try requireIndex(index)
      let left = cotangent.leftVectors[index]
      let right = cotangent.rightVectors[index]
      let rows = problem.matrix.rowCount
      try InputError.requireLength(
        "cotangent.leftVectors[\(index)]", expected: rows, found: left?.count ?? rows)
      try InputError.requireLength(
        "cotangent.rightVectors[\(index)]", expected: columns, found: right?.count ?? columns)
      let both =
        (right ?? [Double](repeating: 0, count: columns))
        + (left ?? [Double](repeating: 0, count: rows))
      // (v, u) = √2 x.
      derivative.eigenvectors[offset + index] = both.scaled(by: Double(2).squareRoot())
    }
    for cluster in clusters where cluster.missingEigenvalue == 0 {
      let isConcerned = cluster.members.contains {
        cotangent.singularValues[$0] != 0 || derivative.eigenvectors[offset + $0] != nil
      }
      if isConcerned { try cluster.requireComplete() }
    }
    do {
      let gradient = try augmented.pullback(derivative)
      return SingularGradient(
        matrix: try SparseMatrix(
          pattern: problem.matrix.pattern, values: gradient.stiffness.values),
        evidence: gradient.evidence)
    } catch let error as EigenError {
      throw error.shifted(by: -offset)
    }
  }

  /// The derivatives of all singular values, and of both vectors of those triplets that are named, along a tangent of
  /// A's stored entries.
  ///
  /// - Throws: as ``SymmetricEigenSolution/pushforward(stiffness:mass:eigenvectors:)`` does.
  public func pushforward(
    _ tangent: [Double], vectors: [Int] = []
  ) throws -> SingularDerivative {
    let matrix = try SparseMatrix(pattern: problem.matrix.pattern, values: tangent)
    var result = SingularDerivative(singularValues: [])
    for (index, left) in value.leftVectors.enumerated() {
      let cluster = clusters.first { $0.members.contains(index) }
      try cluster?.requireComplete()
      if let cluster, cluster.members.count > 1 {
        let width =
          value.singularValues[cluster.members.upperBound - 1]
          - value.singularValues[cluster.members.lowerBound]
        throw EigenError.clusteredEigenvalue(index: index, cluster: cluster.members, gap: width)
      }
      result.singularValues.append(
        left.dot(matrix.product(value.rightVectors[index])))
    }
    for index in vectors {
      try requireIndex(index)
      let derivative = try augmented.eigenvectorDerivative(
        offset + index, stiffness: tangent
      ).scaled(by: Double(2).squareRoot())
      result.rightVectors[index] = Array(derivative[..<problem.matrix.columnCount])
      result.leftVectors[index] = Array(derivative[problem.matrix.columnCount...])
    }
    return result
  }

  private func requireIndex(_ index: Int) throws {
    guard value.singularValues.indices.contains(index) else {
      throw EigenError.noSuchEigenpair(index: index, count: value.singularValues.count)
    }
  }
}

extension [Double] {
  /// x/‖x‖₂; zero stays zero.
  fileprivate var normalized: [Double] {
    let norm = euclideanNorm
    return norm > 0 ? scaled(by: 1 / norm) : self
  }
}

extension EigenError {
  /// The same error where indices begin elsewhere.
  fileprivate func shifted(by offset: Int) -> EigenError {
    func moved(_ range: Range<Int>) -> Range<Int> {
      range.lowerBound + offset..<range.upperBound + offset
    }
    switch self {
    case .clusteredEigenvalue(let index, let cluster, let gap):
      return .clusteredEigenvalue(index: index + offset, cluster: moved(cluster), gap: gap)
    case .clusteredEigenvectors(let cluster, let asymmetry):
      return .clusteredEigenvectors(cluster: moved(cluster), asymmetry: asymmetry)
    case .incompleteCluster(let cluster, let next):
      return .incompleteCluster(cluster: moved(cluster), nextEigenvalue: next)
    default: return self
    }
  }
}
