/// Levenberg–Marquardt steps of a small system by the singular values of A D⁻¹ = U Σ Vᵀ.
///
/// D d = −V Σ (Σ² + λ)⁻¹ Uᵀr; a singular A is no exception. One decomposition, O(n³), for all λ.
final class ScaledSingularValues: DampedSolver {
  private let decomposition: SingularValues
  /// Uᵀ r.
  private let components: [Double]
  private let scales: [Double]

  init(_ matrix: SparseMatrix, _ residual: [Double], _ scales: [Double]) {
    decomposition = SingularValues(
      order: matrix.columnCount, columns: matrix.denseColumns(dividedBy: scales))
    components = decomposition.leftProducts(residual)
    self.scales = scales
  }

  func step(radius: Double) -> [Double] {
    let values = decomposition.values
    let threshold = Double(values.count) * .ulpOfOne * (values.max() ?? 0)
    var damping = 0.0
    var coefficients: [Double] = []
    for _ in 0..<30 {
      coefficients = values.indices.map { index in
        let value = values[index]
        return value <= threshold ? 0 : -value * components[index] / (value * value + damping)
      }
      let length = coefficients.euclideanNorm
      if length <= 1.1 * radius && (damping == 0 || length >= 0.9 * radius) { break }
      // Newton's method for 1/‖d‖ = 1/Δ, whose left side is almost linear in λ.
      var slope = 0.0
      for index in values.indices where values[index] > threshold {
        let relative = coefficients[index] / length
        slope += relative * relative / (values[index] * values[index] + damping)
      }
      let next = damping + (length / radius - 1) / slope
      guard next > 0, next.isFinite else { break }
      damping = next
    }
    return decomposition.combine(coefficients).combined(scales, /)
  }
}

/// Levenberg–Marquardt steps of a dense system by A D⁻¹ = Q B Pᵀ, B bidiagonal.
///
/// One decomposition, O(n³), and then O(n) for each λ: see ``Bidiagonalization``.
final class DampedBidiagonal: DampedSolver {
  private let decomposition: Bidiagonalization
  /// −Qᵀr.
  private let target: [Double]
  private let scales: [Double]

  init(_ matrix: SparseMatrix, _ residual: [Double], _ scales: [Double]) {
    decomposition = Bidiagonalization(
      order: matrix.columnCount, columns: matrix.denseColumns(dividedBy: scales))
    target = decomposition.leftProducts(residual).negated
    self.scales = scales
  }

  func step(radius: Double) -> [Double] {
    // The λ at which singular values that are zero to rounding do not matter any more.
    let largest = max(
      decomposition.diagonal.maximumNorm, decomposition.superdiagonal.maximumNorm)
    let rounding = Double(target.count) * .ulpOfOne * (largest > 0 ? largest : 1)
    let smallest = rounding * rounding
    var damping = smallest
    var solution: [Double] = []
    for _ in 0..<60 {
      let trial = decomposition.minimizer(target, damping: damping)
      solution = trial.solution
      let length = solution.euclideanNorm
      if length <= 1.1 * radius && (damping == smallest || length >= 0.9 * radius) { break }
      // Newton's method for 1/‖d‖ = 1/Δ, whose left side is almost linear in λ.
      let next = max(damping + (length / radius - 1) / trial.slope, smallest)
      guard next.isFinite else { break }
      damping = next
    }
    return decomposition.combine(solution).combined(scales, /)
  }
}

extension SparseMatrix {
  /// All entries of A D⁻¹, column by column.
  fileprivate func denseColumns(dividedBy scales: [Double]) -> [Double] {
    var columns = [Double](repeating: 0, count: rowCount * columnCount)
    for column in 0..<columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        columns[column * rowCount + pattern.rowIndices[slot]] = values[slot] / scales[column]
      }
    }
    return columns
  }
}

/// Levenberg–Marquardt steps of a sparse system by LU factors of twice its order.
///
///     [ I    A  ] [s]   [−r]
///     [ Aᵀ −λD² ] [d] = [ 0]
///
/// is (AᵀA + λD²) d = −Aᵀr without AᵀA, whose condition number is the square of that of A
/// (Björck, *Numerical Methods for Least Squares Problems*, SIAM 1996, §2.5).
final class AugmentedSystem: DampedSolver {
  private let residual: [Double]
  private let scales: [Double]
  private let order: Int
  private var values: [Double]
  private let dampingSlots: [Int]
  private let pattern: SparsityPattern
  private let symbolic: SymbolicFactorization
  private var factors: (any Factorization)?
  /// The damping of the last step, with which the next search begins.
  private var damping = 0.0

  init(_ matrix: SparseMatrix, _ residual: [Double], _ scales: [Double]) throws {
    let order = matrix.columnCount
    let transposed = matrix.transposed
    var pointers = [0]
    var rows: [Int] = []
    var values: [Double] = []
    var dampingSlots: [Int] = []
    for column in 0..<order {
      rows.append(column)
      values.append(1)
      let range =
        transposed.pattern.columnPointers[column]..<transposed.pattern.columnPointers[column + 1]
      for slot in range {
        rows.append(order + transposed.pattern.rowIndices[slot])
        values.append(transposed.values[slot])
      }
      pointers.append(rows.count)
    }
    for column in 0..<order {
      for slot in matrix.pattern.columnPointers[column]..<matrix.pattern.columnPointers[column + 1]
      {
        rows.append(matrix.pattern.rowIndices[slot])
        values.append(matrix.values[slot])
      }
      dampingSlots.append(rows.count)
      rows.append(order + column)
      values.append(0)
      pointers.append(rows.count)
    }
    self.order = order
    self.residual = residual
    self.scales = scales
    self.values = values
    self.dampingSlots = dampingSlots
    pattern = SparsityPattern(
      unchecked: 2 * order, 2 * order, columnPointers: pointers, rowIndices: rows)
    symbolic = try SymbolicFactorization(analyzing: pattern, method: .lu)
  }

  func step(radius: Double) throws -> [Double] {
    // An upper bound: ‖D d‖ ≤ ‖D⁻¹Aᵀr‖/λ, and the columns of A D⁻¹ have norms of at most one.
    let largest = residual.euclideanNorm * Double(order).squareRoot() / radius
    var damping = damping > 0 ? min(damping, largest) : 1e-3 * largest
    var direction: [Double] = []
    for _ in 0..<8 {
      try factorize(damping)
      direction = try solve(residual.negated + [Double](repeating: 0, count: order))
      let length = direction.combined(scales, *).euclideanNorm
      self.damping = damping
      if length <= 1.1 * radius && (length >= 0.75 * radius || damping <= 1e-14 * largest) { break }
      // d‖D d‖/dλ = −⟨D²d, q⟩/‖D d‖ with (AᵀA + λD²) q = D²d.
      let weighted = direction.indices.map { scales[$0] * scales[$0] * direction[$0] }
      let change = try solve([Double](repeating: 0, count: order) + weighted.negated)
      let slope = weighted.dot(change) / (length * length)
      let next = damping + (length / radius - 1) / slope
      damping = next.isFinite ? min(max(next, 1e-3 * damping), largest) : largest
    }
    return direction
  }

  private func factorize(_ damping: Double) throws {
    for (index, slot) in dampingSlots.enumerated() {
      values[slot] = -damping * scales[index] * scales[index]
    }
    if let factors {
      try factors.refactorize(values)
    } else {
      factors = try symbolic.factorize(SparseMatrix(unchecked: pattern, values: values))
    }
  }

  /// The lower half of the solution.
  private func solve(_ rightHandSide: [Double]) throws -> [Double] {
    guard let factors else { throw FactorizationError.noFactors }
    return Array(try factors.solve(rightHandSide)[order...])
  }
}
