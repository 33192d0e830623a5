/// Eigenpairs as the methods hand them over, ascending.
struct SelectedEigenpairs {
  var eigenvalues: [Double]
  /// vᵢᵀ M vⱼ = δᵢⱼ.
  var eigenvectors: [[Double]]
  /// Eigenvalues, or bounds of them, next to the selection: no eigenvalue that was left out lies closer to it.
  var neighbors: [Double]
  var statistics: SymmetricEigenSolution.Statistics
}

/// All eigenpairs of a small pencil, by LAPACK: dsyevd, or dsygvd with a mass.
struct DenseSymmetricSpectrum {
  private let order: Int
  private let eigenvalues: [Double]
  /// Column by column.
  private let eigenvectors: [Double]

  init(_ problem: SymmetricEigenproblem, _ pencil: Pencil, threads: Int) throws {
    order = problem.order
    try InputError.require(
      order <= 30_000, "the number of unknowns", Double(order), "at most 30,000 for dense matrices")
    let stiffness = pencil.shifted(by: 0).denseColumns()
    let hasMass = problem.mass != nil
    let mass = hasMass ? pencil.massMatrix.denseColumns() : []
    let (eigenvalues, eigenvectors) = try withThreads(threads) {
      hasMass
        ? try denseSymmetricEigen(stiffness, mass: mass, order: problem.order)
        : try denseSymmetricEigen(stiffness, order: problem.order)
    }
    self.eigenvalues = eigenvalues
    self.eigenvectors = eigenvectors
  }

  func selection(_ count: Int, _ target: EigenSolver.Target) -> SelectedEigenpairs {
    let range = range(count, target)
    var neighbors: [Double] = []
    if range.lowerBound > 0 { neighbors.append(eigenvalues[range.lowerBound - 1]) }
    if range.upperBound < order { neighbors.append(eigenvalues[range.upperBound]) }
    return SelectedEigenpairs(
      eigenvalues: Array(eigenvalues[range]),
      eigenvectors: range.map { Array(eigenvectors[order * $0..<order * ($0 + 1)]) },
      neighbors: neighbors, statistics: .init(method: .dense))
  }

  private func range(_ count: Int, _ target: EigenSolver.Target) -> Range<Int> {
    switch target {
    case .smallest: return 0..<count
    case .largest: return order - count..<order
    case .nearest(let shift):
      var upper = eigenvalues.firstIndex { $0 >= shift } ?? order
      var lower = upper
      while upper - lower < count {
        let isBelowNearer =
          upper == order
          || lower > 0 && shift - eigenvalues[lower - 1] < eigenvalues[upper] - shift
        if isBelowNearer { lower -= 1 } else { upper += 1 }
      }
      return lower..<upper
    }
  }
}

extension SparseMatrix {
  /// All entries, column by column.
  func denseColumns() -> [Double] {
    var dense = [Double](repeating: 0, count: rowCount * columnCount)
    for column in 0..<columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        dense[column * rowCount + pattern.rowIndices[slot]] = values[slot]
      }
    }
    return dense
  }
}
