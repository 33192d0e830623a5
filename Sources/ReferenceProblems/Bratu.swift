import Adjoint

/// Bratu's problem −Δu = λ eᵘ + p on the unit square, u = 0 on its boundary, by five points.
///
/// With N×N interior nodes and h = 1/(N + 1),
/// Fᵢ(u) = 4uᵢ − Σ neighbors − h²(λ e^{uᵢ} + pᵢ). Node (i, j) is unknown i·N + j. The parameters are the
/// N² values of the field p.
public struct Bratu: ResidualSystem {
  /// Nodes along a side, N.
  public let side: Int

  /// The strength of the exponential; there is no solution beyond λ ≈ 6.81 at p = 0.
  public let lambda: Double

  /// A grid of `side`² interior nodes.
  public init(side: Int, lambda: Double = 5) {
    self.side = side
    self.lambda = lambda
  }

  /// The number of nodes, N².
  public var stateCount: Int { side * side }

  /// The number of nodes, N².
  public var parameterCount: Int { side * side }

  /// The field sin(2πx) sin(3πy) at the nodes, a smooth source of both signs.
  public var smoothSource: [Double] {
    let spacing: Double = 1 / Double(side + 1)
    return (0..<side * side).map { node in
      let x: Double = Double(node / side + 1) * spacing
      let y: Double = Double(node % side + 1) * spacing
      return Double.sin(2 * .pi * x) * Double.sin(3 * .pi * y)
    }
  }

  /// Writes F(u, p).
  @inlinable public func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let spacing: Double = 1 / Double(side + 1)
    let area = S(spacing * spacing)
    let strength = S(spacing * spacing * lambda)
    for row in 0..<side {
      for column in 0..<side {
        let node = row * side + column
        var sum: S = 4 * state[node] - strength * S.exp(state[node]) - area * parameters[node]
        if row > 0 { sum -= state[node - side] }
        if column > 0 { sum -= state[node - 1] }
        if column < side - 1 { sum -= state[node + 1] }
        if row < side - 1 { sum -= state[node + side] }
        residual[node] = sum
      }
    }
  }
}
