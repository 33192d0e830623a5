import Adjoint

/// The family −κΔu = λ exp(u/(1 + εu)) on the unit interval or square, u = 0 on its boundary: Bratu's
/// problem for κ = 1 and ε = 0, with the parameters (λ, ε, κ).
///
/// With N interior nodes a side and h = 1/(N + 1),
/// Fᵢ(u) = κ(2d uᵢ − Σ neighbors) − h² λ exp(uᵢ/(1 + εuᵢ)), d the dimension. The branch through u = 0, λ = 0
/// turns at the fold λ*, for ε = 0 and κ = 1 at 3.513830719 on the interval and 6.808124423 on the square
/// (Mohsen, *Comput. Math. Appl.* 67, 2014), as h → 0.
public struct BratuFamily: ResidualSystem {
  /// Nodes along a side, N.
  public let side: Int

  /// 1 or 2.
  public let dimension: Int

  /// λ, ε and κ.
  public let parameterCount = 3

  /// A grid of `side` nodes, or of `side`² in two dimensions.
  public init(side: Int, dimension: Int = 2) {
    self.side = side
    self.dimension = dimension
  }

  /// The number of nodes.
  public var stateCount: Int { dimension == 1 ? side : side * side }

  /// Writes F(u, p).
  @inlinable public func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let spacing: Double = 1 / Double(side + 1)
    let strength: S = S(spacing * spacing) * parameters[0]
    let diagonal = S(Double(2 * dimension))
    let rows = dimension == 1 ? 1 : side
    for row in 0..<rows {
      for column in 0..<side {
        let node = row * side + column
        var sum: S = diagonal * state[node]
        if row > 0 { sum -= state[node - side] }
        if column > 0 { sum -= state[node - 1] }
        if column < side - 1 { sum -= state[node + 1] }
        if row < rows - 1 { sum -= state[node + side] }
        let exponent: S = state[node] / (1 + parameters[1] * state[node])
        residual[node] = parameters[2] * sum - strength * S.exp(exponent)
      }
    }
  }
}
