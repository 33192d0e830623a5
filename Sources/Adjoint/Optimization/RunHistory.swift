/// What the evaluations of a run say about its end, at no cost but O(n) for each.
///
/// An optimizer whose gradient is wrong, or whose values are noisy, often stops by a tolerance: steps have
/// become small because none leads down. The gradient tells. A step of the relative size η changes a value of
/// the size V by V η² or so, so that at an optimum found to the tolerances τ_f of the value and τ_x of the point
///
///     ‖S (g + Aᵀλ)‖₂ ≈ (√τ_f + τ_x) V
///
/// over the variables that no bound holds, S being their sizes, A the gradients of the active constraints and λ
/// the multipliers that make it smallest. More than ten times that asks for a diagnosis.
struct RunHistory {
  private var start: [Double] = []
  private var startValue = 0.0
  /// The farthest that each variable has been from its start.
  private var spans: [Double] = []
  /// Whether each derivative has been zero so far.
  private var isSilent: [Bool] = []
  private var bestValue = Double.infinity
  private var countAtBest = 0
  private var count = 0

  /// How much larger than at a good optimum a gradient must be to be looked at.
  private static let margin = 10.0

  /// After so many evaluations without a smaller value, and no fewer than half of all, there is no progress.
  private static let patience = 50

  /// Takes an evaluation of the objective into account.
  mutating func record(point: [Double], value: Double, gradient: [Double]) {
    if start.isEmpty {
      start = point
      startValue = value
      spans = [Double](repeating: 0, count: point.count)
      isSilent = [Bool](repeating: true, count: point.count)
    }
    count += 1
    if value < bestValue {
      bestValue = value
      countAtBest = count
    }
    for index in point.indices {
      spans[index] = max(spans[index], (point[index] - start[index]).magnitude)
      if gradient[index] != 0 { isSilent[index] = false }
    }
  }

  /// Whether many evaluations at the end have found no smaller value.
  var hasStalled: Bool { count - countAtBest >= max(Self.patience, count / 2) }

  /// Whether the gradient at the end is larger than the tolerances explain.
  ///
  /// `constraints` holds the gradients of the active constraints there.
  func isUnexplained(
    point: [Double], value: Double, gradient: [Double], constraints: [[Double]],
    problem: OptimizationProblem, options: Optimizer.Options
  ) -> Bool {
    let size = max(value.magnitude, (startValue - value).magnitude)
    let sizes = point.indices.map { index in
      let size = max(point[index].magnitude, spans[index])
      return size > 0 ? size : 1
    }
    let free = point.indices.filter { index in
      let isAtLower = problem.lower(index).map { point[index] <= $0 } ?? false
      let isAtUpper = problem.upper(index).map { point[index] >= $0 } ?? false
      return !(isAtLower && gradient[index] >= 0) && !(isAtUpper && gradient[index] <= 0)
    }
    let scaled = free.map { sizes[$0] * gradient[$0] }
    guard let smallest = sizes.min(), constraints.count < free.count else { return false }
    let columns = constraints.flatMap { row in free.map { sizes[$0] * row[$0] } }
    let rest = HouseholderQR(columns, rowCount: free.count, columnCount: constraints.count)
      .transposedTimes(scaled).dropFirst(constraints.count)
    let valueTolerance: Double = max(
      options.relativeValueTolerance, .ulpOfOne,
      size > 0 ? options.absoluteValueTolerance / size : 0)
    let pointTolerance: Double = max(
      options.relativePointTolerance, options.absolutePointTolerance / smallest)
    let explained: Double = (valueTolerance.squareRoot() + pointTolerance) * size
    return norm(rest) > Self.margin * explained
  }

  /// Two points with every variable moved up and down whose derivative was zero throughout, if there is one.
  ///
  /// Such a variable does not move, and its derivative may have been forgotten. Then the value rises on one
  /// side and falls on the other, as it does not where the derivative is zero.
  func probes(around point: [Double], problem: OptimizationProblem) -> [[Double]] {
    var (up, down) = (point, point)
    for index in point.indices where isSilent[index] {
      let above = problem.upper(index).map { $0 - point[index] } ?? .infinity
      let below = problem.lower(index).map { point[index] - $0 } ?? .infinity
      let size = point[index] == 0 ? 1 : point[index].magnitude
      // Between rounding, ε/h, and curvature, h².
      let step = min(0x1p-17 * size, above, below)
      up[index] += step
      down[index] -= step
    }
    return up == down ? [] : [up, down]
  }
}

extension OptimizationProblem {
  fileprivate func lower(_ index: Int) -> Double? {
    lowerBounds.isEmpty ? nil : lowerBounds[index]
  }

  fileprivate func upper(_ index: Int) -> Double? {
    upperBounds.isEmpty ? nil : upperBounds[index]
  }
}
