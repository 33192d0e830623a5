import Synchronization

/// The bordered system of an eigenpair.
///
///     [A − λI   e_q] [z]   [r]
///     [e_pᵀ     0  ] [s] = [0]
///
/// and its conjugate transpose, not singular for a simple λ if v_p and w_q are not zero (Govaerts, *Numerical Methods for
/// Bifurcations of Dynamical Equilibria*, SIAM 2000, §3.1); p and q are where v and w are largest.
///
/// With wᴴr = 0 it gives s = 0 and the z with z_p = 0. One step of refinement. The arithmetic is complex for real λ,
/// too.
struct BorderedEquation {
  /// The bordered matrix and its factors.
  struct Factored: Sendable {
    let matrix: ComplexSparseMatrix
    let factors: ComplexLUFactorization
    let norm: Double
  }

  private let system: Factored
  private(set) var backwardError = 0.0

  init(_ system: Factored) { self.system = system }

  /// z, or with the conjugate transpose the y of (A − λI)ᴴ y = r.
  mutating func solve(
    _ rightHandSide: ComplexVector, conjugateTransposed: Bool
  ) throws -> ComplexVector {
    let wish = rightHandSide.elements + [.zero]
    var solution = try step(wish, conjugateTransposed)
    let correction = try step(residual(wish, solution, conjugateTransposed), conjugateTransposed)
    for index in solution.indices { solution[index] += correction[index] }
    if let index = solution.firstIndex(where: { !$0.isFinite }) {
      throw FactorizationError.solutionNotFinite(index: index)
    }
    let remainder = try residual(wish, solution, conjugateTransposed).lengths.maximumNorm
    let scale = system.norm * solution.lengths.maximumNorm + wish.lengths.maximumNorm
    backwardError = scale == 0 ? 0 : remainder / scale
    return ComplexVector(Array(solution.dropLast()))
  }

  private func step(
    _ vector: [Complex<Double>], _ conjugateTransposed: Bool
  ) throws -> [Complex<Double>] {
    conjugateTransposed
      ? try system.factors.solveConjugateTransposed(vector) : try system.factors.solve(vector)
  }

  private func residual(
    _ rightHandSide: [Complex<Double>], _ solution: [Complex<Double>], _ conjugateTransposed: Bool
  ) throws -> [Complex<Double>] {
    let product =
      conjugateTransposed
      ? try system.matrix.multiplyConjugateTransposed(solution)
      : try system.matrix.multiply(solution)
    return zip(rightHandSide, product).map { $0 - $1 }
  }
}

extension BorderedEquation.Factored {
  init(_ matrix: SparseMatrix, _ pair: GeneralEigenpair, threads: Int) throws {
    let order = matrix.rowCount
    var builder = try SparseMatrixBuilder(rowCount: order + 1, columnCount: order + 1)
    for column in 0..<order {
      for slot in matrix.pattern.columnPointers[column]..<matrix.pattern.columnPointers[column + 1]
      {
        try builder.add(
          matrix.values[slot], row: matrix.pattern.rowIndices[slot], column: column)
      }
      try builder.add(0, row: column, column: column)
    }
    try builder.add(1, row: pair.left.largestElement, column: order)
    try builder.add(1, row: order, column: pair.right.largestElement)
    let bordered = try builder.build()
    var values = bordered.values.map { Complex($0) }
    for row in 0..<order {
      if let slot = bordered.pattern.slot(row: row, column: row) { values[slot] -= pair.eigenvalue }
    }
    self.matrix = try ComplexSparseMatrix(pattern: bordered.pattern, values: values)
    norm = max(bordered.rowSumNorm, bordered.columnSumNorm) + pair.eigenvalue.length
    factors = try ComplexSymbolicFactorization(
      analyzing: bordered.pattern, options: .init(threads: threads)
    ).factorize(self.matrix)
  }
}

/// The bordered systems of a solution, made when first needed and then kept.
final class BorderedSystems: Sendable {
  private let kept = Mutex<[Int: BorderedEquation.Factored]>([:])

  func system(
    of index: Int, _ make: () throws -> BorderedEquation.Factored
  ) throws -> BorderedEquation.Factored {
    try kept.withLock { kept in
      if let system = kept[index] { return system }
      let system = try make()
      kept[index] = system
      return system
    }
  }
}
