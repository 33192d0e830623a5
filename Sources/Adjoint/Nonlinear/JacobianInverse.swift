/// An approximate inverse of J = ∂F/∂u, kept from the solve for its derivatives.
///
/// Factors of J at an earlier iterate, or a Krylov method with a preconditioner.
protocol JacobianInverse: AnyObject {
  /// Whether nothing has been prepared yet.
  var isEmpty: Bool { get }

  /// The number of numeric factorizations, or setups of a preconditioner.
  var factorizationCount: Int { get }

  /// ‖J‖∞ at the last evaluation; zero if it is not known.
  var rowSumNorm: Double { get }

  /// ‖J‖₁ at the last evaluation; zero if it is not known.
  var columnSumNorm: Double { get }

  /// Σⱼ |Jᵢⱼ| max(|uⱼ|, 1) for each equation with the J of the last evaluation; nil without a matrix.
  func termSizes(state: [Double]) -> [Double]?

  /// The normwise backward error at which refinement of a solution may end.
  var targetBackwardError: Double { get }

  /// Makes the norms those of J at `state`; NaN if J is not finite there.
  func updateNorms(state: [Double])

  /// Prepares solves with J at `state`.
  func update(state: [Double]) throws

  /// About J⁻¹ B for `count` columns, one after the other.
  func solve(_ rightHandSides: [Double], count: Int) throws -> [Double]

  /// About J⁻ᵀ B for `count` columns, one after the other.
  func solveTransposed(_ rightHandSides: [Double], count: Int) throws -> [Double]
}

/// The solutions of `count` systems, one after the other.
func inColumns(
  _ rightHandSides: [Double], _ count: Int, solve: ([Double]) throws -> [Double]
) rethrows -> [Double] {
  guard count > 1 else { return try solve(rightHandSides) }
  let order = rightHandSides.count / count
  return try (0..<count).flatMap {
    try solve(Array(rightHandSides[$0 * order..<($0 + 1) * order]))
  }
}
