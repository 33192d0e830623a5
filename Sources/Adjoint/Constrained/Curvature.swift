/// What is known of the sign of xᵀH x for A x = 0, x ≠ 0.
public enum Curvature: Sendable, Hashable {
  /// Positive: the solution is the minimum. Proved, to rounding, by a Cholesky factorization.
  case positive
  /// Negative for some x: there is no minimum. Proved, to rounding, by a determinant or a direction.
  case notPositive
  /// Neither was proved, or nothing was looked for.
  case unknown

  /// Looks for a proof.
  ///
  /// - Positive, if H + γ AᵀA is positive definite for some γ ≥ 0, which by Finsler's lemma it is if and only if
  ///   H is so where A x = 0 (Nocedal and Wright, *Numerical Optimization*, 2nd ed., theorem 17.5). γ = 0
  ///   first; then two others unless AᵀA has much more entries than the saddle-point matrix K.
  /// - Not positive, if det K has not the sign (−1)ᵐ that m negative and n positive eigenvalues give it (the
  ///   inertia of K; theorem 16.3 there), or if d, the first block of K⁻¹(v, 0), which obeys A d = 0 and
  ///   dᵀH d = vᵀd, has negative curvature for one of some vectors v.
  init(_ program: QuadraticProgram, _ solution: LinearSolution) throws {
    if try Self.isDefinite(program.hessian) {
      self = .positive
      return
    }
    if try Self.hasWrongSign(program, solution) {
      self = .notPositive
      return
    }
    if try Self.hasNegativeDirection(program, solution) {
      self = .notPositive
      return
    }
    let matrix = program.constraintMatrix
    let size = matrix.values.maximumNorm
    guard size > 0, let gram = try matrix.gramMatrix(limit: 8 * solution.system.matrix.values.count)
    else {
      self = .unknown
      return
    }
    let unit = program.hessian.values.maximumNorm / (size * size)
    for factor in [1e2, 1e6] {
      if try Self.isDefinite(program.hessian.adding(gram, times: factor * unit)) {
        self = .positive
        return
      }
    }
    self = .unknown
  }

  private static func isDefinite(_ lower: SparseMatrix) throws -> Bool {
    do {
      _ = try SymbolicFactorization(analyzing: lower.pattern, method: .cholesky).factorize(lower)
      return true
    } catch FactorizationError.notPositiveDefinite {
      return false
    }
  }

  private static func hasWrongSign(
    _ program: QuadraticProgram, _ solution: LinearSolution
  ) throws -> Bool {
    guard let sign = try solution.factors.determinantSign() else { return false }
    return sign != (program.constraintCount % 2 == 0 ? 1 : -1)
  }

  private static func hasNegativeDirection(
    _ program: QuadraticProgram, _ solution: LinearSolution
  ) throws -> Bool {
    var generator = SeededGenerator(seed: 1)
    let count = program.unknownCount
    let zeros = [Double](repeating: 0, count: program.constraintCount)
    var vector = generator.direction(count: count)
    for _ in 0..<8 {
      let direction = Array(try solution.factors.solve(vector + zeros).prefix(count))
      let size = direction.maximumNorm
      guard size > 0 && size.isFinite else { return false }
      let curvature = zip(vector, direction).reduce(0) { $0 + $1.0 * $1.1 }
      let terms = zip(vector, direction).reduce(0) { $0 + ($1.0 * $1.1).magnitude }
      // Below this, rounding may have chosen the sign.
      if curvature < -1e-8 * terms { return true }
      // The next step of the power method: towards directions of little curvature.
      vector = direction.map { $0 / size }
    }
    return false
  }
}

extension Factorization {
  /// The sign of det A, 1 or −1; nil for factors that do not tell.
  fileprivate func determinantSign() throws -> Double? {
    try withEngine { engine in
      guard let engine = engine as? any TriangularEngine else { return nil }
      return try engine.triangularFactors(withEntries: false).determinant.sign
    }
  }
}

extension SparseMatrix {
  /// The lower triangle of AᵀA; nil if more than `limit` products would be summed.
  fileprivate func gramMatrix(limit: Int) throws -> SparseMatrix? {
    let rows = transposed
    var work = 0
    for row in 0..<rowCount {
      let count = rows.pattern.columnPointers[row + 1] - rows.pattern.columnPointers[row]
      work += count * count / 2
      if work > limit { return nil }
    }
    var builder = try SparseMatrixBuilder(rowCount: columnCount, columnCount: columnCount)
    for row in 0..<rowCount {
      let slots = rows.pattern.columnPointers[row]..<rows.pattern.columnPointers[row + 1]
      for first in slots {
        for second in first..<slots.upperBound {
          try builder.add(
            rows.values[first] * rows.values[second], row: rows.pattern.rowIndices[second],
            column: rows.pattern.rowIndices[first])
        }
      }
    }
    return try builder.build()
  }

  /// A + f B.
  fileprivate func adding(_ other: SparseMatrix, times factor: Double) -> SparseMatrix {
    let (pattern, slots) = pattern.union(other.pattern)
    return SparseMatrix(
      unchecked: pattern,
      values: slots.map { first, second in
        (first.map { values[$0] } ?? 0) + factor * (second.map { other.values[$0] } ?? 0)
      })
  }
}
