/// An approximate inverse of J = ∂F/∂u, kept from the solve for its derivatives.
///
/// Factors of J at an earlier iterate, or a Krylov method with a preconditioner.
protocol JacobianInverse: AnyObject {
  /// Whether nothing has been prepared yet.
  var isEmpty: Bool { get }

  /// The number of numeric factorizations, or setups of a preconditioner.
  var factorizationCount: Int { get }

  /// ‖J‖∞ at the last update; zero if it is not known.
  var rowSumNorm: Double { get }

  /// ‖J‖₁ at the last update; zero if it is not known.
  var columnSumNorm: Double { get }

  /// Prepares solves with J at `state`.
  func update(state: [Double]) throws

  /// About J⁻¹ b.
  func solve(_ rightHandSide: [Double]) throws -> [Double]

  /// About J⁻ᵀ b.
  func solveTransposed(_ rightHandSide: [Double]) throws -> [Double]
}
