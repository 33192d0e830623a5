/// How one level's matrix becomes the next: strong couplings, aggregates, prolongation, Galerkin
/// product.
struct MultigridSetup {
  /// P.
  let prolongation: Prolongation

  private let matrix: SparseMatrix
  private let upper: UpperTriangle

  /// Aggregates the unknowns of a symmetric matrix whose lower triangle is given; nil if that would
  /// leave more than nine tenths of them, as without strong couplings.
  ///
  /// - Throws: ``FactorizationError/notPositiveDefinite(column:)`` at a diagonal entry that is not
  ///   positive.
  init?(_ matrix: SparseMatrix, strengthThreshold: Double) throws {
    let pattern = matrix.pattern
    for column in 0..<matrix.columnCount {
      let first = pattern.columnPointers[column]
      let isStored =
        first < pattern.columnPointers[column + 1] && pattern.rowIndices[first] == column
      guard isStored && matrix.values[first] > 0 else {
        throw FactorizationError.notPositiveDefinite(column: column)
      }
    }
    self.matrix = matrix
    upper = UpperTriangle(pattern)
    let couplings = Couplings(matrix, upper, threshold: strengthThreshold)
    let (aggregates, count) = couplings.aggregate()
    guard count > 0 && 10 * count <= 9 * matrix.rowCount else { return nil }
    prolongation = couplings.prolongation(aggregates, count)
  }

  /// The lower triangle of Pᵀ A P, column by column.
  ///
  /// Column c sums the entries aᵢⱼ Pⱼ꜀ Pᵢ꜀' over the j where P has column c and the neighbors i of
  /// j; about (entries of a row of P)² operations for each entry of A.
  func coarseMatrix() throws -> SparseMatrix {
    let count = prolongation.columnCount
    let (fineRows, fineWeights, finePointers) = transposedProlongation()
    var sums = ColumnSums(count: count)
    var pointers = [0]
    var rows: [Int] = []
    var values: [Double] = []
    pointers.reserveCapacity(count + 1)
    for column in 0..<count {
      for place in Int(finePointers[column])..<Int(finePointers[column + 1]) {
        add(row: Int(fineRows[place]), times: fineWeights[place], to: &sums, from: column)
      }
      for row in sums.sortedIndices() {
        guard sums[row].isFinite else {
          throw FactorizationError.solutionNotFinite(index: column)
        }
        rows.append(row)
        values.append(sums[row])
      }
      sums.clear()
      pointers.append(rows.count)
    }
    return SparseMatrix(
      unchecked: SparsityPattern(
        unchecked: count, count, columnPointers: pointers, rowIndices: rows),
      values: values)
  }

  /// Adds weight · (row j of A) P, of which only the columns from `column` on are kept.
  private func add(
    row: Int, times weight: Double, to sums: inout ColumnSums, from column: Int
  ) {
    let pointers = matrix.pattern.columnPointers.span
    let rows = matrix.pattern.rowIndices.span
    let values = matrix.values.span
    for slot in pointers[unchecked: row]..<pointers[unchecked: row + 1] {
      let factor = weight * values[unchecked: slot]
      addProlongation(rows[unchecked: slot], times: factor, to: &sums, from: column)
    }
    let upperPointers = upper.pointers.span
    let upperColumns = upper.columns.span
    let upperSlots = upper.slots.span
    let end = Int(upperPointers[unchecked: row + 1])
    for place in Int(upperPointers[unchecked: row])..<end {
      let factor = weight * values[unchecked: Int(upperSlots[unchecked: place])]
      addProlongation(
        Int(upperColumns[unchecked: place]), times: factor, to: &sums, from: column)
    }
  }

  /// Adds factor · (row i of P).
  @inline(__always)
  private func addProlongation(
    _ row: Int, times factor: Double, to sums: inout ColumnSums, from column: Int
  ) {
    let pointers = prolongation.rowPointers.span
    let columns = prolongation.columns.span
    let weights = prolongation.values.span
    let end = Int(pointers[unchecked: row + 1])
    for slot in Int(pointers[unchecked: row])..<end {
      let target = Int(columns[unchecked: slot])
      if target >= column { sums.add(factor * weights[unchecked: slot], at: target) }
    }
  }

  private func transposedProlongation() -> (rows: [Int32], weights: [Double], pointers: [Int32]) {
    let entryCount = prolongation.columns.count
    var pointers = [Int32](repeating: 0, count: prolongation.columnCount + 1)
    for column in prolongation.columns { pointers[Int(column) + 1] += 1 }
    for column in 0..<prolongation.columnCount { pointers[column + 1] += pointers[column] }
    var next = pointers
    var rows = [Int32](repeating: 0, count: entryCount)
    var weights = [Double](repeating: 0, count: entryCount)
    for row in 0..<prolongation.rowPointers.count - 1 {
      let end = Int(prolongation.rowPointers[row + 1])
      for slot in Int(prolongation.rowPointers[row])..<end {
        let column = Int(prolongation.columns[slot])
        let place = Int(next[column])
        next[column] += 1
        rows[place] = Int32(row)
        weights[place] = prolongation.values[slot]
      }
    }
    return (rows, weights, pointers)
  }
}

/// The entries above the diagonal, row by row, as places in the lower triangle that is stored.
struct UpperTriangle {
  let pointers: [Int32]
  let columns: [Int32]
  let slots: [Int32]

  /// Of a pattern that has the diagonal entry first in each column.
  init(_ lower: SparsityPattern) {
    let count = lower.columnCount
    var pointers = [Int32](repeating: 0, count: count + 1)
    for column in 0..<count {
      for slot in lower.columnPointers[column] + 1..<lower.columnPointers[column + 1] {
        pointers[lower.rowIndices[slot] + 1] += 1
      }
    }
    for row in 0..<count { pointers[row + 1] += pointers[row] }
    var next = pointers
    let entryCount = Int(pointers[count])
    var columns = [Int32](repeating: 0, count: entryCount)
    var slots = columns
    for column in 0..<count {
      for slot in lower.columnPointers[column] + 1..<lower.columnPointers[column + 1] {
        let row = lower.rowIndices[slot]
        let place = Int(next[row])
        next[row] += 1
        columns[place] = Int32(column)
        slots[place] = Int32(slot)
      }
    }
    self.pointers = pointers
    self.columns = columns
    self.slots = slots
  }
}

/// A sparse vector that is summed up entry by entry, over and over.
private struct ColumnSums {
  private var values: [Double]
  private var isTouched: [Bool]
  private var touched: [Int] = []

  init(count: Int) {
    values = [Double](repeating: 0, count: count)
    isTouched = [Bool](repeating: false, count: count)
  }

  subscript(index: Int) -> Double { values[index] }

  mutating func add(_ value: Double, at index: Int) {
    if !isTouched[index] {
      isTouched[index] = true
      values[index] = 0
      touched.append(index)
    }
    values[index] += value
  }

  /// The indices that were added to, ascending.
  mutating func sortedIndices() -> [Int] {
    touched.sort()
    return touched
  }

  mutating func clear() {
    for index in touched { isTouched[index] = false }
    touched.removeAll(keepingCapacity: true)
  }
}
