/// A step that makes ‖S(F + J d)‖₂ small within ‖D d‖₂ ≤ Δ.
///
/// D holds the largest norms of the columns of S J so far. A step is taken if ‖S F‖² falls by more than
/// 10⁻⁴ of what the model predicts; Δ shrinks to a half or less where it falls by less than a quarter,
/// and grows to 2‖D d‖ where it falls by more than three quarters (Moré, Garbow and Hillstrom, *User
/// Guide for MINPACK-1*, Argonne ANL-80-74, 1980, §2.5).
struct TrustRegionStep: NewtonStep {
  private let subproblem: NewtonSolver.TrustRegion
  private var scales: [Double] = []
  private var radius = 0.0

  init(_ subproblem: NewtonSolver.TrustRegion) { self.subproblem = subproblem }

  mutating func advance(_ run: NonlinearRun, _ factors: JacobianFactors) throws -> Bool {
    do {
      try factors.evaluate(state: run.state)
    } catch {
      throw run.singularJacobian(error)
    }
    let matrix = run.weights.isEmpty ? factors.matrix : factors.matrix.scalingRows(run.weights)
    updateScales(matrix, run.state)
    let residual =
      run.weights.isEmpty ? run.residual : run.residual.combined(run.weights, *)
    var region = LinearModel(
      matrix, residual: residual, scales: scales, factors: factors, unscaled: run.residual)
    let smallest = Double.ulpOfOne * (run.state.combined(scales, *).euclideanNorm + 1e-100)
    while radius > smallest {
      let step: [Double]
      do {
        step =
          try subproblem == .dogleg
          ? region.doglegStep(radius) : region.exactStep(radius)
      } catch {
        throw run.singularJacobian(error)
      }
      guard step.isFinite else { return false }
      let norm = run.move(step)
      // Bounds may have changed the step.
      let taken = run.candidate.combined(run.state, -)
      let length = taken.combined(scales, *).euclideanNorm
      guard length > 0 else { return false }
      let predicted = region.predictedReduction(taken)
      let ratio = norm / run.residualNorm
      let actual = norm.isFinite ? 1 - ratio * ratio : -.infinity
      let quality = predicted > 0 ? actual / predicted : -1
      if quality < 0.25 {
        let shorter = actual >= -1 ? 0.5 : 0.1
        radius = shorter * min(radius, length)
      } else if quality > 0.75 || region.isNewtonStep {
        radius = max(radius, 2 * length)
      }
      if quality > 1e-4 && norm < run.residualNorm {
        run.accept(region.isNewtonStep ? step : nil)
        return true
      }
    }
    return false
  }

  private mutating func updateScales(_ matrix: SparseMatrix, _ state: [Double]) {
    let norms = matrix.columnNorms
    guard !scales.isEmpty else {
      scales = norms.map { $0 > 0 ? $0 : 1 }
      let size = state.combined(scales, *).euclideanNorm
      radius = 10 * (size > 0 ? size : 1)
      return
    }
    for index in scales.indices { scales[index] = max(scales[index], norms[index]) }
  }
}

extension SparseMatrix {
  /// The Euclidean norm of each column.
  var columnNorms: [Double] {
    (0..<columnCount).map { column in
      Array(values[pattern.columnPointers[column]..<pattern.columnPointers[column + 1]])
        .euclideanNorm
    }
  }

  /// diag(w) A.
  func scalingRows(_ weights: [Double]) -> SparseMatrix {
    SparseMatrix(
      unchecked: pattern,
      values: values.indices.map { values[$0] * weights[pattern.rowIndices[$0]] })
  }
}
