import Adjoint

/// The point of the circle x² + y² = p₂² nearest to (p₀, p₁).
public struct NearestPoint: MinimizationModel {
  /// x and y.
  public let variableCount = 2
  /// The point and the radius.
  public let parameterCount = 3
  /// The circle.
  public let constraintCount = 1

  /// The problem; it has no data but its parameters.
  public init() {}

  /// Half the squared distance.
  @inlinable public func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S {
    let dx: S = x[0] - p[0]
    let dy: S = x[1] - p[1]
    return 0.5 * (dx * dx + dy * dy)
  }

  /// x² + y² − p₂².
  @inlinable public func constraints<S: Scalar>(
    at x: Span<S>, parameters p: Span<S>, into values: inout MutableSpan<S>
  ) {
    values[0] = x[0] * x[0] + x[1] * x[1] - p[2] * p[2]
  }
}

/// Ridge regression ½‖A x − b‖² + ½ eᵖ‖x‖², whose parameter p is the logarithm of the penalty.
public struct RidgeRegression: MinimizationModel {
  /// A, row by row.
  public let rows: [[Double]]
  /// b.
  public let targets: [Double]
  /// The penalty's logarithm.
  public let parameterCount = 1

  /// A regression; all rows have one length, and there are as many targets.
  public init(rows: [[Double]], targets: [Double]) {
    self.rows = rows
    self.targets = targets
  }

  /// The number of columns.
  public var variableCount: Int { rows.first?.count ?? 0 }

  /// Misfit and penalty.
  @inlinable public func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S {
    var misfit: S = 0
    for (row, target) in zip(rows, targets) {
      var residual = S(-target)
      for (index, entry) in row.enumerated() { residual += S(entry) * x[index] }
      misfit += residual * residual
    }
    var size: S = 0
    for index in x.indices { size += x[index] * x[index] }
    return 0.5 * (misfit + S.exp(p[0]) * size)
  }
}

/// A chain of springs between fixed ends that is not convex everywhere: Σ kᵢ(ℓᵢ² − 1)²/4 + loads, with the
/// first and the last node held by equations.
public struct StiffeningChain: MinimizationModel {
  /// Nodes, each with a height.
  public let variableCount: Int
  /// The ends.
  public let constraintCount = 2

  /// A chain of `count` nodes, at least three.
  public init(count: Int) { variableCount = count }

  /// A stiffness for each spring, a load for each node, and the heights of both ends.
  public var parameterCount: Int { 2 * variableCount + 1 }

  /// The energy.
  @inlinable public func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S {
    var energy: S = 0
    for index in 0..<variableCount - 1 {
      let difference: S = x[index + 1] - x[index]
      let strain: S = difference * difference
      energy += 0.25 * p[index] * strain * (2 + strain)
    }
    for index in 0..<variableCount { energy -= p[variableCount - 1 + index] * x[index] }
    return energy
  }

  /// The heights of the ends.
  @inlinable public func constraints<S: Scalar>(
    at x: Span<S>, parameters p: Span<S>, into values: inout MutableSpan<S>
  ) {
    values[0] = x[0] - p[2 * variableCount - 1]
    values[1] = x[variableCount - 1] - p[2 * variableCount]
  }
}
