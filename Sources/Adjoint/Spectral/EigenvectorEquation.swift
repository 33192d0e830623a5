import Synchronization

/// (A − λM) z = r with zᵀM V = 0, where the columns of V are the eigenvectors of λ's cluster and Vᵀr = 0.
///
/// The bordered matrix
///
///     [A − λM   E]
///     [Eᵀ       0]
///
/// is not singular if EᵀV is not (Govaerts, *Numerical Methods for Bifurcations of Dynamical Equilibria*,
/// SIAM 2000, §3.1). Its border could be MV, a dense one. Here E consists of columns of the identity: the
/// rows in which V has its pivots. They say that z is zero there, so that it suffices to replace these rows and
/// columns of A − λM by those of the identity (Nelson 1976), which keeps the pattern and its
/// analysis. A multiple of V then makes z orthogonal. One step of refinement.
struct EigenvectorEquation {
  private let problem: SymmetricEigenproblem
  private let factors: any Factorization
  private let eigenvalue: Double
  private let vectors: ArraySlice<[Double]>
  private let massVectors: ArraySlice<[Double]>
  private let removed: [Int]
  private let norm: Double
  private(set) var backwardError = 0.0

  /// The equation of eigenpair `index`; its factors are kept by the solution.
  init(_ solution: SymmetricEigenSolution, index: Int, cluster: EigenCluster) throws {
    problem = solution.problem
    eigenvalue = solution.value.eigenvalues[index]
    vectors = solution.value.eigenvectors[cluster.members]
    massVectors = solution.massVectors[cluster.members]
    let removed = pivotRows(of: Array(vectors))
    let pencil = solution.pencil
    let shift = eigenvalue
    self.removed = removed
    norm = problem.norm(problem.stiffness) + eigenvalue.magnitude * problem.norm(problem.mass)
    factors = try solution.factors.factors(of: index, on: pencil.pattern) {
      pencil.shifted(by: shift, removing: removed)
    }
  }

  /// z; of r the part Vᵀr is taken away first.
  mutating func solve(_ rightHandSide: [Double]) throws -> [Double] {
    var wish = rightHandSide
    for (vector, massVector) in zip(vectors, massVectors) {
      wish.add(-vector.dot(wish), massVector)
    }
    var solution = try step(wish)
    var remainder = residual(wish, solution)
    solution.add(1, try step(remainder))
    makeOrthogonal(&solution)
    remainder = residual(wish, solution)
    let scale = norm * solution.maximumNorm + wish.maximumNorm
    backwardError = scale == 0 ? 0 : remainder.maximumNorm / scale
    return solution
  }

  private func step(_ rightHandSide: [Double]) throws -> [Double] {
    var vector = rightHandSide
    for row in removed { vector[row] = 0 }
    try factors.solveInPlace(&vector)
    if let index = vector.firstIndex(where: { !$0.isFinite }) {
      throw FactorizationError.solutionNotFinite(index: index)
    }
    makeOrthogonal(&vector)
    return vector
  }

  private func makeOrthogonal(_ vector: inout [Double]) {
    for (eigenvector, massVector) in zip(vectors, massVectors) {
      vector.add(-massVector.dot(vector), eigenvector)
    }
  }

  private func residual(_ rightHandSide: [Double], _ solution: [Double]) -> [Double] {
    var residual = rightHandSide
    residual.add(-1, problem.stiffnessProduct(solution))
    residual.add(eigenvalue, problem.massProduct(solution))
    return residual
  }
}

/// The factors for derivatives of eigenvectors, made when first needed and then kept.
final class EigenvectorFactors: Sendable {
  private struct Kept {
    var symbolic: SymbolicFactorization?
    var factors: [Int: any Factorization] = [:]
  }

  private let threads: Int
  private let kept = Mutex(Kept())

  init(threads: Int) { self.threads = threads }

  /// The LU factors that belong to an index, of a matrix on a pattern that is always the same.
  func factors(
    of index: Int, on pattern: SparsityPattern, _ matrix: () -> SparseMatrix
  ) throws -> any Factorization {
    try kept.withLock { kept in
      if let factors = kept.factors[index] { return factors }
      let symbolic =
        try kept.symbolic
        ?? SymbolicFactorization(
          analyzing: pattern, method: .lu, options: .init(threads: threads))
      kept.symbolic = symbolic
      let factors = try symbolic.factorize(matrix())
      kept.factors[index] = factors
      return factors
    }
  }
}
