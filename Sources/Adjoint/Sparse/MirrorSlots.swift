/// Where the mirror image of each slot of a symmetric pattern is: found once, to test many matrices.
struct MirrorSlots {
  private let mirrors: [Int]
  /// The slot of each diagonal entry, or nil where none is stored.
  private let diagonal: [Int?]
  private let pattern: SparsityPattern

  /// Nil unless entry (j, i) is stored wherever entry (i, j) is.
  init?(_ pattern: SparsityPattern) {
    guard pattern.isSquare else { return nil }
    let (transposed, sources) = pattern.transposition
    guard transposed == pattern else { return nil }
    self.pattern = pattern
    mirrors = sources
    diagonal = (0..<pattern.columnCount).map { pattern.slot(row: $0, column: $0) }
  }

  /// Whether values are symmetric up to rounding, as `SparseMatrix.entryWithoutEqualMirror` defines it.
  func isSymmetric(_ values: [Double]) -> Bool {
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let difference = values[slot] - values[mirrors[slot]]
        if difference == 0 { continue }
        let bound = root(column, values) * root(pattern.rowIndices[slot], values)
        if !(difference.magnitude <= 64 * Double.ulpOfOne * bound) { return false }
      }
    }
    return true
  }

  /// √aᵢᵢ, zero where that is not positive.
  private func root(_ index: Int, _ values: [Double]) -> Double {
    diagonal[index].map { max(values[$0], 0).squareRoot() } ?? 0
  }
}
