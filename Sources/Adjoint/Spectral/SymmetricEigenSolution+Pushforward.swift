extension SymmetricEigenSolution {
  /// The derivatives of all eigenvalues, and of the eigenvectors that are named, along tangents of the stored entries
  /// of A and of M.
  ///
  /// Cost O(entries) for each eigenvalue; for each eigenvector a factorization, which is kept, and two
  /// solves.
  ///
  /// - Throws: ``EigenError/clusteredEigenvalue(index:cluster:gap:)`` if there is a cluster, whose eigenvalues depend
  ///   on the tangent, but not linearly: see ``directionalDerivatives(stiffness:mass:)``;
  ///   ``EigenError/noSuchEigenpair(index:count:)``; `InputError` for a wrong length or a number that is
  ///   not finite; ``FactorizationError``.
  public func pushforward(
    stiffness: [Double], mass: [Double]? = nil, eigenvectors: [Int] = []
  ) throws -> EigenDerivative {
    let tangent = try Tangent(problem, stiffness: stiffness, mass: mass)
    var result = EigenDerivative(eigenvalues: [])
    for cluster in clusters {
      let members = cluster.members
      try cluster.requireComplete()
      guard members.count == 1 else {
        let width =
          (value.eigenvalues[members].max() ?? 0) - (value.eigenvalues[members].min() ?? 0)
        throw EigenError.clusteredEigenvalue(
          index: members.lowerBound, cluster: members, gap: width)
      }
      result.eigenvalues.append(tangent.derivativeMatrix(of: cluster, self)[0])
    }
    for index in eigenvectors {
      result.eigenvectors[index] = try eigenvectorDerivative(index, tangent)
    }
    return result
  }

  /// v̇ of one eigenpair, which is simple.
  func eigenvectorDerivative(_ index: Int, stiffness: [Double]) throws -> [Double] {
    try eigenvectorDerivative(index, Tangent(problem, stiffness: stiffness, mass: nil))
  }

  private func eigenvectorDerivative(_ index: Int, _ tangent: Tangent) throws -> [Double] {
    let cluster = clusters[try self.cluster(of: index)]
    let vector = value.eigenvectors[index]
    let (forcing, massForcing) = tangent.products(vector, value.eigenvalues[index])
    var equation = try EigenvectorEquation(self, index: index, cluster: cluster)
    var derivative = try equation.solve(forcing.scaled(by: -1))
    derivative.add(-0.5 * vector.dot(massForcing), vector)
    return derivative
  }

  /// The one-sided derivatives of all eigenvalues, as they are sorted, along a tangent; each eigenvalue has one,
  /// in clusters, too.
  ///
  /// Those of a cluster are the eigenvalues of its ``derivativeMatrix(of:stiffness:mass:)`` (Lancaster, "On
  /// eigenvalues of matrices dependent on a parameter", *Numer. Math.* 6, 1964). They are not linear in the
  /// tangent: along its opposite they are the opposite numbers in opposite order.
  ///
  /// - Throws: ``EigenError/incompleteCluster(cluster:nextEigenvalue:)``; `InputError` as
  ///   ``pushforward(stiffness:mass:eigenvectors:)`` does.
  public func directionalDerivatives(
    stiffness: [Double], mass: [Double]? = nil
  ) throws -> [Double] {
    let tangent = try Tangent(problem, stiffness: stiffness, mass: mass)
    return try clusters.flatMap { cluster in
      try cluster.requireComplete()
      return try denseSymmetricEigen(
        tangent.derivativeMatrix(of: cluster, self), order: cluster.members.count
      ).eigenvalues
    }
  }

  /// The derivative VᵀȦV − ½(ΛVᵀṀV + VᵀṀVΛ) of a cluster along a tangent: its trace is that of the sum of the
  /// eigenvalues, its eigenvalues are the one-sided derivatives of the sorted ones.
  ///
  /// It depends on the basis V as a matrix, by rotation. Cost O(k entries + k²n) with k members.
  ///
  /// - Throws: ``EigenError/noSuchEigenpair(index:count:)``,
  ///   ``EigenError/incompleteCluster(cluster:nextEigenvalue:)``; `InputError` as
  ///   ``pushforward(stiffness:mass:eigenvectors:)`` does.
  public func derivativeMatrix(
    of cluster: Int, stiffness: [Double], mass: [Double]? = nil
  ) throws -> [[Double]] {
    let tangent = try Tangent(problem, stiffness: stiffness, mass: mass)
    guard clusters.indices.contains(cluster) else {
      throw EigenError.noSuchEigenpair(index: cluster, count: clusters.count)
    }
    let cluster = clusters[cluster]
    try cluster.requireComplete()
    let order = cluster.members.count
    let matrix = tangent.derivativeMatrix(of: cluster, self)
    return (0..<order).map { row in (0..<order).map { matrix[row + order * $0] } }
  }
}

/// Ȧ and Ṁ on the patterns of A and M.
private struct Tangent {
  let problem: SymmetricEigenproblem
  let stiffness: SparseMatrix
  let mass: SparseMatrix?

  init(_ problem: SymmetricEigenproblem, stiffness: [Double], mass: [Double]?) throws {
    self.problem = problem
    self.stiffness = try SparseMatrix(pattern: problem.stiffness.pattern, values: stiffness)
    guard let mass else {
      self.mass = nil
      return
    }
    guard let pattern = problem.mass?.pattern else {
      throw InputError.wrongLength(argument: "mass", expected: 0, found: mass.count)
    }
    self.mass = try SparseMatrix(pattern: pattern, values: mass)
  }

  /// (Ȧ − λṀ) v and Ṁ v, both tangents symmetrized.
  func products(
    _ vector: [Double], _ eigenvalue: Double
  ) -> (forcing: [Double], mass: [Double]) {
    let massProduct = mass.map { symmetricProduct($0, vector) } ?? vector.map { _ in 0 }
    var forcing = symmetricProduct(stiffness, vector)
    forcing.add(-eigenvalue, massProduct)
    return (forcing, massProduct)
  }

  private func symmetricProduct(_ matrix: SparseMatrix, _ vector: [Double]) -> [Double] {
    var product = problem.product(matrix, vector)
    if problem.storage == .full {
      var span = product.mutableSpan
      matrix.multiplyTransposed(vector.span, addingTo: &span)
      for index in product.indices { product[index] *= 0.5 }
    }
    return product
  }

  /// The derivative matrix of a cluster, column by column.
  func derivativeMatrix(of cluster: EigenCluster, _ solution: SymmetricEigenSolution) -> [Double] {
    let members = Array(cluster.members)
    let count = members.count
    let vectors = solution.value.eigenvectors
    var matrix = [Double](repeating: 0, count: count * count)
    for (column, second) in members.enumerated() {
      let (forcing, _) = products(vectors[second], solution.value.eigenvalues[second])
      for (row, first) in members.enumerated() {
        // Both (Ȧ − λⱼṀ)ᵢⱼ and (Ȧ − λᵢṀ)ⱼᵢ are computed; the derivative is their mean.
        let product = 0.5 * vectors[first].dot(forcing)
        matrix[row + count * column] += product
        matrix[column + count * row] += product
      }
    }
    return matrix
  }
}
