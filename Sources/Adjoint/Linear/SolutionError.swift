import Synchronization

/// Bounds on the error of each component of a computed solution x of A x = b or Aᵀ x = b.
///
/// With r = b − A x in twice the working precision, d = Ã⁻¹r is the error e = A⁻¹r itself up to
/// e − d = G e, G = I − Ã⁻¹A being what the factors lack, of size κ eps. One more step from x + d,
/// kept in two parts, gives d′ ≈ G e and with it the contraction ρ = ‖d′‖∞/‖d‖∞ ≈ ‖G‖: thus
///
///     |eᵢ| ≤ 2 (|dᵢ| + |d′ᵢ|/(1 − ρ)),
///
/// the factor 2 because G is seen in one direction only. With ρ ≥ ½ the factors say nothing about the
/// error, the bound is infinite: A is singular to working precision, or nearly so, or not near Ã.
/// Source: Demmel, Hida, Kahan, Li, Mukherjee and Riedy, "Error bounds from extra-precise iterative
/// refinement", *ACM TOMS* 32 (2006), §2.
struct SolutionError: Sendable {
  /// |x̂ − x|ᵢ at most.
  let bounds: [Double]

  /// ‖x̂ − x‖∞/‖x‖∞ at most.
  let relative: Double

  init(
    of solution: [Double], _ system: LinearSystem, _ factors: any Factorization,
    rightHandSide: [Double], transposed: Bool
  ) throws {
    try self.init(
      of: solution, system, solve: { try factors.solveInPlace(&$0, transposed: $1) },
      rightHandSide: rightHandSide, transposed: transposed)
  }

  init<Equations: LinearEquations>(
    of solution: [Double], _ system: Equations, solve: RefinedSolve<Equations>.Solve,
    rightHandSide: [Double], transposed: Bool
  ) throws {
    var correction = system.accurateResidual(
      solution, from: rightHandSide, transposed: transposed)
    try solve(&correction, transposed)
    var remainder = system.accurateResidual(
      solution, correction: correction, from: rightHandSide, transposed: transposed)
    try solve(&remainder, transposed)
    let norm = solution.maximumNorm
    let size = correction.maximumNorm
    let rest = remainder.maximumNorm
    let ratio = size == 0 ? 0 : rest / size
    if ratio < 0.5 {
      bounds = correction.indices.map { index in
        2 * (correction[index].magnitude + remainder[index].magnitude / (1 - ratio))
      }
    } else if size <= Double.ulpOfOne * norm && rest <= Double.ulpOfOne * norm {
      // x is as good as exact, and its error drowns in that of the accurate residuals, eps² κ.
      bounds = correction.indices.map { index in
        2 * (correction[index].magnitude + remainder[index].magnitude)
          + Double.ulpOfOne * solution[index].magnitude
      }
    } else {
      bounds = [Double](repeating: .infinity, count: solution.count)
    }
    relative = Self.relative(bounds.maximumNorm, to: norm)
  }

  /// The largest |δλᵢ||xⱼ| + |λᵢ||δxⱼ| + |δλᵢ||δxⱼ| over a pattern, which bounds the error of −λ xᵀ.
  ///
  /// With `isMirrored`, entries off the diagonal stand for two places, whose bounds are added.
  static func outerProductBound(
    _ pattern: SparsityPattern, adjoint: [Double], adjointBounds: [Double], solution: [Double],
    solutionBounds: [Double], isMirrored: Bool = false
  ) -> Double {
    func productBound(_ row: Int, _ column: Int) -> Double {
      adjointBounds[row] * (solution[column].magnitude + solutionBounds[column])
        + adjoint[row].magnitude * solutionBounds[column]
    }
    var largest = 0.0
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        var bound = productBound(row, column)
        if isMirrored && row != column { bound += productBound(column, row) }
        largest = max(largest, bound)
      }
    }
    return largest
  }

  /// The relative error of a quantity of computed size `computed` and error `bound`: relative to the true
  /// size, which is at least `computed − bound`.
  static func relative(_ bound: Double, to computed: Double) -> Double {
    if bound == 0 { return 0 }
    return bound < computed ? bound / (computed - bound) : .infinity
  }
}

/// A value that is computed when it is first asked for, and then kept.
final class Lazy<Value: Sendable>: Sendable {
  private let stored = Mutex<Value?>(nil)

  func value(_ make: () throws -> Value) rethrows -> Value {
    try stored.withLock { stored in
      if let stored { return stored }
      let value = try make()
      stored = value
      return value
    }
  }
}
