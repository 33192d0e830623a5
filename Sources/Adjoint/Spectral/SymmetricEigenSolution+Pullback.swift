extension SymmetricEigenSolution {
  /// The gradient for cotangents λ̄ of eigenvalues and v̄ of eigenvectors.
  ///
  /// An eigenvalue adds Ā = λ̄ vvᵀ and M̄ = −λ Ā on the patterns; no system is solved: cost O(entries). An
  /// eigenvector adds, with (A − λM) z = v̄ − Mv(vᵀv̄) and zᵀMv = 0,
  ///
  ///     Ā = −z vᵀ,   M̄ = λ z vᵀ − ½ (vᵀv̄) v vᵀ,
  ///
  /// symmetrized; cost one factorization, kept for the next call, and two solves. Within a cluster, all
  /// eigenvalues must have the same cotangent, as they do for the gradient of a symmetric function, and
  /// cotangents V̄ of its eigenvectors must be those of a function that does not change when they are
  /// rotated: VᵀV̄ is symmetric. What depends on eigenvalues and eigenvectors of a cluster *together* may be
  /// differentiable without satisfying this, and is refused, too; use
  /// ``clusterPullback(_:of:)``.
  ///
  /// - Throws: ``EigenError/clusteredEigenvalue(index:cluster:gap:)``,
  ///   ``EigenError/clusteredEigenvectors(cluster:asymmetry:)``,
  ///   ``EigenError/incompleteCluster(cluster:nextEigenvalue:)``; `InputError` for wrong lengths and numbers
  ///   that are not finite; ``FactorizationError``.
  public func pullback(_ cotangent: EigenDerivative) throws -> SymmetricEigenGradient {
    try requireShape(cotangent)
    var sum = SymmetricOuterProducts(problem)
    var evidence = SymmetricEigenEvidence(self)
    for cluster in clusters {
      let members = cluster.members
      let vectorIndices = members.filter { cotangent.eigenvectors[$0] != nil }
      let isConcerned =
        !vectorIndices.isEmpty || members.contains { cotangent.eigenvalues[$0] != 0 }
      guard isConcerned else { continue }
      try cluster.requireComplete()
      try requireEqual(cotangent.eigenvalues, within: cluster)
      for index in members {
        let vector = value.eigenvectors[index]
        let weight = cotangent.eigenvalues[index]
        sum.add(vector, vector, stiffness: weight, mass: -weight * value.eigenvalues[index])
      }
      if vectorIndices.isEmpty {
        evidence.addEigenvalues(cluster)
      } else {
        try addEigenvectors(vectorIndices, cotangent, cluster, to: &sum, &evidence)
      }
    }
    return try sum.gradient(evidence.evidence)
  }

  /// The gradient Ā = V W Vᵀ, M̄ = −½ V(ΛW + WΛ)Vᵀ of a function of a cluster whose derivative with respect to
  /// the cluster's ``derivativeMatrix(of:stiffness:mass:)`` is W, a symmetric matrix.
  ///
  /// With W positive semidefinite and of trace 1 these are the generalized gradients of the largest
  /// eigenvalue (Overton, *SIAM J. Optim.* 2, 1992, theorem 2), the extreme ones being those of single vectors in
  /// the eigenspace.
  ///
  /// - Throws: `InputError` if W has another size than the cluster or a number that is not finite, or is not
  ///   symmetric; ``EigenError/incompleteCluster(cluster:nextEigenvalue:)``,
  ///   ``EigenError/noSuchEigenpair(index:count:)``.
  public func clusterPullback(
    _ weights: [[Double]], of cluster: Int
  ) throws -> SymmetricEigenGradient {
    guard clusters.indices.contains(cluster) else {
      throw EigenError.noSuchEigenpair(index: cluster, count: clusters.count)
    }
    let cluster = clusters[cluster]
    let members = Array(cluster.members)
    try cluster.requireComplete()
    try InputError.requireLength("weights", expected: members.count, found: weights.count)
    let largest = weights.map(\.maximumNorm).max() ?? 0
    for (row, numbers) in weights.enumerated() {
      try InputError.requireLength(
        "weights[\(row)]", expected: members.count, found: numbers.count)
      try InputError.requireFinite("weights[\(row)]", numbers)
    }
    for (row, numbers) in weights.enumerated() {
      for (column, weight) in numbers.enumerated() {
        try InputError.require(
          (weight - weights[column][row]).magnitude <= 1e-12 * largest,
          "weights[\(row)][\(column)]", weight, "equal to its mirror image")
      }
    }
    var sum = SymmetricOuterProducts(problem)
    for (row, first) in members.enumerated() {
      for (column, second) in members.enumerated() {
        let weight = weights[row][column]
        let mean = 0.5 * (value.eigenvalues[first] + value.eigenvalues[second])
        sum.add(
          value.eigenvectors[first], value.eigenvectors[second], stiffness: weight,
          mass: -weight * mean)
      }
    }
    var evidence = SymmetricEigenEvidence(self)
    evidence.addEigenvalues(cluster)
    return try sum.gradient(evidence.evidence)
  }

  private func addEigenvectors(
    _ indices: [Int], _ cotangent: EigenDerivative, _ cluster: EigenCluster,
    to sum: inout SymmetricOuterProducts, _ evidence: inout SymmetricEigenEvidence
  ) throws {
    let overlaps = try symmetricOverlaps(cotangent, cluster)
    for (row, index) in cluster.members.enumerated() {
      let vector = value.eigenvectors[index]
      let rotation = combination(Array(value.eigenvectors[cluster.members]), overlaps[row])
      sum.add(vector, rotation, stiffness: 0, mass: -0.5)
    }
    for index in indices {
      guard let wish = cotangent.eigenvectors[index] else { continue }
      var equation = try EigenvectorEquation(self, index: index, cluster: cluster)
      let adjoint = try equation.solve(wish)
      sum.add(
        adjoint, value.eigenvectors[index], stiffness: -1, mass: value.eigenvalues[index])
      evidence.addEigenvector(cluster, equation)
    }
  }

  /// VᵀV̄ of a cluster, checked to be symmetric but for rounding.
  private func symmetricOverlaps(
    _ cotangent: EigenDerivative, _ cluster: EigenCluster
  ) throws -> [[Double]] {
    var scale = 0.0
    let overlaps = cluster.members.map { row in
      cluster.members.map { column in
        guard let wish = cotangent.eigenvectors[column] else { return 0.0 }
        let vector = value.eigenvectors[row]
        scale = max(
          scale, vector.dot(vector).squareRoot() * wish.euclideanNorm)
        return vector.dot(wish)
      }
    }
    var asymmetry = 0.0
    for row in overlaps.indices {
      for column in overlaps.indices {
        asymmetry = max(asymmetry, (overlaps[row][column] - overlaps[column][row]).magnitude)
      }
    }
    guard asymmetry <= 1e-11 * scale else {
      throw EigenError.clusteredEigenvectors(
        cluster: cluster.members, asymmetry: asymmetry / scale)
    }
    return overlaps
  }

  /// Cotangents of a smooth symmetric function differ by as much as the eigenvalues do, with a factor for its
  /// curvature.
  private func requireEqual(_ cotangents: [Double], within cluster: EigenCluster) throws {
    let members = cluster.members
    let weights = cotangents[members]
    guard let smallest = weights.min(), let largest = weights.max(), members.count > 1 else {
      return
    }
    let eigenvalues = value.eigenvalues[members]
    let width = (eigenvalues.max() ?? 0) - (eigenvalues.min() ?? 0)
    let size = max(eigenvalues.map(\.magnitude).max() ?? 0, .leastNormalMagnitude)
    let allowed = (1e-12 + 1e3 * min(width / size, 1e-8)) * max(-smallest, largest)
    guard largest - smallest > allowed else { return }
    let first = weights.first ?? 0
    let index = members.max {
      (cotangents[$0] - first).magnitude < (cotangents[$1] - first).magnitude
    }
    let other = index.map { $0 > members.lowerBound ? $0 - 1 : $0 + 1 } ?? members.lowerBound
    let gap = value.eigenvalues[index ?? other] - value.eigenvalues[other]
    throw EigenError.clusteredEigenvalue(
      index: index ?? other, cluster: members, gap: gap.magnitude)
  }

  private func requireShape(_ cotangent: EigenDerivative) throws {
    let count = value.eigenvalues.count
    try InputError.requireLength(
      "cotangent.eigenvalues", expected: count, found: cotangent.eigenvalues.count)
    try InputError.requireFinite("cotangent.eigenvalues", cotangent.eigenvalues)
    for (index, vector) in cotangent.eigenvectors {
      guard value.eigenvalues.indices.contains(index) else {
        throw EigenError.noSuchEigenpair(index: index, count: count)
      }
      try InputError.requireLength(
        "cotangent.eigenvectors[\(index)]", expected: problem.order, found: vector.count)
      try InputError.requireFinite("cotangent.eigenvectors[\(index)]", vector)
    }
  }
}
