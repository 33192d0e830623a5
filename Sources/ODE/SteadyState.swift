import Adjoint

/// A state u with f(t, u, p) = 0 that can be differentiated with respect to p.
///
/// It is the root of F = −f, whose derivatives are those of `NonlinearSolution`: the adjoint costs one
/// transposed solve with the factors that the last step made.
public struct SteadyState: Sendable {
  /// The root of −f, with its factors and statistics.
  public let solution: NonlinearSolution

  /// Whether pseudo-time was needed, or asked for.
  public let usedPseudoTime: Bool

  /// u.
  public var value: [Double] { solution.value }

  /// What finding it took.
  public var statistics: NonlinearSolution.Statistics { solution.statistics }

  /// The gradient p̄ = (∂f/∂p)ᵀλ with −Jᵀλ = w, J = ∂f/∂u, for the cotangent w of the state.
  ///
  /// - Throws: as `NonlinearSolution.pullback`.
  public func pullback(_ cotangent: [Double]) throws -> NonlinearGradient {
    try solution.pullback(cotangent)
  }

  /// The derivative u̇ of the state along a tangent ṗ of the parameters: −J u̇ = ∂f/∂p ṗ.
  ///
  /// - Throws: as `NonlinearSolution.pushforward`.
  public func pushforward(_ parameterTangent: [Double]) throws -> [Double] {
    try solution.pushforward(parameterTangent)
  }
}
