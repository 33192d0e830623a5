import Adjoint
import ODE

/// Reaction and diffusion of two substances on a periodic N×N grid, with a source that is switched on.
///
/// u′ = B + u²v − (A + 1)u + αΔu + s, v′ = Au − u²v + αΔv at the nodes xᵢ = i·dx, yⱼ = j·dx,
/// dx = 1/(N − 1), with the five-point Laplacian over periodic indices and α = 10; s = 5 where
/// (x − 0.3)² + (y − 0.6)² ≤ 0.01 and t ≥ 1.1, else 0. States: u at the node (i, j) is element
/// i + N j, v follows u. Parameters: the fields A and then B. Stiff: λ ≈ −80/dx².
/// Source: Hairer and Wanner, *Solving Ordinary Differential Equations II*, 2nd ed., Springer 1996,
/// §IV.10, problem BRUSS-2D.
public struct Brusselator2D: VectorField {
  /// N.
  public let side: Int
  /// u and v at every node.
  public var stateCount: Int { 2 * side * side }
  /// A and B at every node.
  public var parameterCount: Int { 2 * side * side }

  /// A grid of `side` × `side` nodes, at least 2 × 2.
  public init(side: Int) {
    precondition(side >= 2, "a grid needs two nodes a side")
    self.side = side
  }

  /// Writes u′ and v′ at every node.
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let count = side * side
    let spacing = 1 / Double(side - 1)
    let diffusion = S(10 / (spacing * spacing))
    let isOn = time >= 1.1
    for j in 0..<side {
      let y = Double(j) * spacing - 0.6
      let below = (j == 0 ? side - 1 : j - 1) * side
      let above = (j == side - 1 ? 0 : j + 1) * side
      for i in 0..<side {
        let x = Double(i) * spacing - 0.3
        let node = i + side * j
        let left = (i == 0 ? side - 1 : i - 1) + side * j
        let right = (i == side - 1 ? 0 : i + 1) + side * j
        let u = state[node]
        let v = state[count + node]
        let a = parameters[node]
        let aroundU: S =
          state[left] + state[right] + state[below + i] + state[above + i] - 4 * u
        let aroundV: S =
          state[count + left] + state[count + right] + state[count + below + i]
          + state[count + above + i] - 4 * v
        let reaction: S = u * u * v
        let source: Double = isOn && x * x + y * y <= 0.01 ? 5 : 0
        let growth: S = parameters[count + node] + reaction - (a + 1) * u
        derivative[node] = growth + diffusion * aroundU + S(source)
        derivative[count + node] = a * u - reaction + diffusion * aroundV
      }
    }
  }

  /// u(0) = 22 (y(1 − y))^1.5, v(0) = 27 (x(1 − x))^1.5.
  public var standardInitialState: [Double] {
    let spacing = 1 / Double(side - 1)
    func bump(_ index: Int) -> Double {
      let position = Double(index) * spacing
      return .pow(max(0, position * (1 - position)), 1.5)
    }
    let u = (0..<side * side).map { 22 * bump($0 / side) }
    let v = (0..<side * side).map { 27 * bump($0 % side) }
    return u + v
  }

  /// A = 3.4 and B = 1 everywhere.
  public var standardParameters: [Double] {
    [Double](repeating: 3.4, count: side * side) + [Double](repeating: 1, count: side * side)
  }
}
