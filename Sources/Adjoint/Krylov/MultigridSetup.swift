/// How one level's matrix becomes the next: strong couplings, aggregates, prolongation, Galerkin
/// product.
struct MultigridSetup {
  /// The triangles of A, of unit diagonal.
  let lower: SparseRows
  let upper: SparseRows
  /// P.
  let prolongation: SparseRows

  /// Aggregates the unknowns of a matrix of unit diagonal; nil if that would leave more than nine
  /// tenths of them, as without strong couplings.
  init?(_ system: MultigridSystem, strengthThreshold: Double) {
    upper = system.upper
    lower = upper.transposed
    let couplings = Couplings(
      lower, upper, candidate: system.candidate, threshold: strengthThreshold)
    let (aggregates, count) = couplings.aggregate()
    guard count > 0 && 10 * count <= 9 * system.count else { return nil }
    prolongation = couplings.prolongation(aggregates, count)
  }

  /// Pᵀ A P, scaled to unit diagonal by scaling the columns of P.
  ///
  /// First A P, then the columns on and above the diagonal of Pᵀ(A P), row by row; about (entries of
  /// a row of P) operations for each entry of A and of A P.
  ///
  /// - Throws: `FactorizationError` if a diagonal entry is not positive, or something overflows.
  func coarseSystem() throws -> MultigridSystem {
    let count = prolongation.columnCount
    let image = imageOfProlongation()
    let transposed = prolongation.transposed
    var diagonal = [Double](repeating: 0, count: count)
    var sums = RowAccumulator(rowCount: count, columnCount: count, capacity: 8 * count)
    // Their addresses are taken, so the arrays must live until the end.
    withExtendedLifetime(image) {
      let (columns, values) = (image.columns.all, image.values.all)
      for row in 0..<count {
        // The diagonal entry comes first.
        sums.add(0, Int32(truncatingIfNeeded: row))
        for place in transposed.range(row) {
          let weight = transposed.values[place]
          for slot in image.range(Int(transposed.columns[place])) where columns[slot] >= row {
            sums.add(weight * values[slot], columns[slot])
          }
        }
        diagonal[row] = sums.takeFirst()
        sums.endRow()
      }
    }
    // Transposed twice, rows are sorted.
    var system = MultigridSystem(
      diagonal: diagonal, upper: sums.rows.transposed.transposed,
      candidate: [Double](repeating: 1, count: count))
    let scale = try system.normalize()
    for slot in 0..<prolongation.entryCount {
      prolongation.values[slot] *= scale[Int(prolongation.columns[slot])]
    }
    return system
  }

  /// A P.
  private func imageOfProlongation() -> SparseRows {
    var sums = RowAccumulator(
      rowCount: lower.rowCount, columnCount: prolongation.columnCount,
      capacity: 7 * lower.rowCount)
    let (pointers, columns, weights) = (
      prolongation.pointers.all, prolongation.columns.all, prolongation.values.all
    )
    func add(_ row: Int, _ factor: Double) {
      for slot in Int(pointers[row])..<Int(pointers[row + 1]) {
        sums.add(factor * weights[slot], columns[slot])
      }
    }
    for row in 0..<lower.rowCount {
      add(row, 1)
      for slot in lower.range(row) { add(Int(lower.columns[slot]), lower.values[slot]) }
      for slot in upper.range(row) { add(Int(upper.columns[slot]), upper.values[slot]) }
      sums.endRow()
    }
    return sums.rows
  }
}
