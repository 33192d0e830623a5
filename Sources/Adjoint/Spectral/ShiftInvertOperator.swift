/// x ↦ (±A − σM)⁻¹ M x, from which eigenvectors that are known already may be deflated.
///
/// Its eigenvalues ν = 1/(±λ − σ) are largest for the eigenvalues λ nearest to the shift. It is symmetric in the
/// inner product of M, and stays so when P = I − V VᵀM is applied before and after it.
final class ShiftInvertOperator {
  let problem: SymmetricEigenproblem
  let factors: any Factorization
  private(set) var solveCount = 0
  /// What is deflated.
  var deflated: [RitzPair] = []

  init(_ problem: SymmetricEigenproblem, _ factors: any Factorization) {
    self.problem = problem
    self.factors = factors
  }

  /// The image of x where M x is known.
  func apply(toMassProduct product: [Double]) throws -> [Double] {
    var product = product
    for pair in deflated { product.add(-pair.vector.dot(product), pair.massVector) }
    try factors.solveInPlace(&product)
    guard product.dot(product).isFinite else {
      throw FactorizationError.solutionNotFinite(index: 0)
    }
    project(&product)
    solveCount += 1
    return product
  }

  /// x ← x − V VᵀM x.
  func project(_ vector: inout [Double]) {
    for pair in deflated { vector.add(-pair.massVector.dot(vector), pair.vector) }
  }
}

/// An approximate eigenpair of a ``ShiftInvertOperator``.
struct RitzPair {
  /// ν.
  var inverse: Double
  /// v with vᵀMv = 1.
  var vector: [Double]
  /// M v.
  var massVector: [Double]
}
