/// Sums of symmetrized outer products ½(x yᵀ + y xᵀ) on the patterns of A and M, as gradients of their stored entries.
struct SymmetricOuterProducts {
  private let problem: SymmetricEigenproblem
  private var stiffness: [Double]
  private var mass: [Double]?

  init(_ problem: SymmetricEigenproblem) {
    self.problem = problem
    stiffness = [Double](repeating: 0, count: problem.stiffness.values.count)
    mass = problem.mass.map { [Double](repeating: 0, count: $0.values.count) }
  }

  /// Adds multiples of the product to both sums; cost O(entries).
  mutating func add(
    _ left: [Double], _ right: [Double], stiffness factor: Double, mass massFactor: Double
  ) {
    let isLower = problem.storage == .symmetricLower
    problem.stiffness.pattern.addOuter(left, right, factor, to: &stiffness, isLower: isLower)
    if let pattern = problem.mass?.pattern, var sum = mass {
      mass = nil
      pattern.addOuter(left, right, massFactor, to: &sum, isLower: isLower)
      mass = sum
    }
  }

  func gradient(_ evidence: GradientEvidence) throws -> SymmetricEigenGradient {
    var massGradient: SparseMatrix?
    if let pattern = problem.mass?.pattern, let mass {
      massGradient = try SparseMatrix(pattern: pattern, values: mass)
    }
    return SymmetricEigenGradient(
      stiffness: try SparseMatrix(pattern: problem.stiffness.pattern, values: stiffness),
      mass: massGradient, evidence: evidence)
  }
}

extension SparsityPattern {
  /// Adds a multiple of ½(x yᵀ + y xᵀ), twice that off the diagonal where an entry stands for two places.
  fileprivate func addOuter(
    _ left: [Double], _ right: [Double], _ factor: Double, to sum: inout [Double], isLower: Bool
  ) {
    guard factor != 0 else { return }
    let pointers = columnPointers.span
    let rows = rowIndices.span
    let left = left.span
    let right = right.span
    var sum = sum.mutableSpan
    for column in 0..<columnCount {
      let leftHere = 0.5 * factor * left[unchecked: column]
      let rightHere = 0.5 * factor * right[unchecked: column]
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        let row = rows[unchecked: slot]
        let product = left[unchecked: row] * rightHere + leftHere * right[unchecked: row]
        sum[unchecked: slot] += isLower && row != column ? 2 * product : product
      }
    }
  }
}

/// Collects what a gradient of eigenpairs knows about its error.
///
/// A relative change δ of the pencil turns an eigenvector by up to δ c/gap, where c is the sensitivity
/// (Stewart and Sun, *Matrix Perturbation Theory*, 1990, theorem VI.3.4): what the backward error of an eigenpair
/// has done already, and rounding of the gradient's own solve does again.
struct SymmetricEigenEvidence {
  private let solution: SymmetricEigenSolution
  private(set) var evidence: GradientEvidence

  init(_ solution: SymmetricEigenSolution) {
    self.solution = solution
    evidence = GradientEvidence(
      primalResidual: solution.backwardErrors.max() ?? 0, adjointBackwardError: 0,
      estimatedRelativeError: 0)
  }

  mutating func addEigenvalues(_ cluster: EigenCluster) { add(cluster, factor: 4, error: 0) }

  mutating func addEigenvector(_ cluster: EigenCluster, _ equation: EigenvectorEquation) {
    evidence.adjointBackwardError = max(evidence.adjointBackwardError, equation.backwardError)
    add(cluster, factor: 16, error: equation.backwardError)
  }

  private mutating func add(_ cluster: EigenCluster, factor: Double, error: Double) {
    for index in cluster.members {
      let backwardError = max(solution.backwardErrors[index], error, Double.ulpOfOne)
      let condition = max(1, solution.sensitivities[index] / cluster.gap)
      evidence.estimatedRelativeError = max(
        evidence.estimatedRelativeError ?? 0, factor * backwardError * condition)
    }
  }
}
