/// What selected inversion computes with: real or complex numbers.
protocol InverseElement: AlgebraicField, Sendable {
  func scaled(by factor: Double) -> Self
}

extension Double: InverseElement {
  func scaled(by factor: Double) -> Double { self * factor }
}

extension Complex: InverseElement where RealType == Double {
  func scaled(by factor: Double) -> Self { Complex(real * factor, imaginary * factor) }
}

/// The entries of A⁻¹ on the pattern of (L + U)ᵀ, from LU factors with given pivots.
///
/// With B = P R A Q = L D Û, Û having ones on its diagonal, Z = B⁻¹ satisfies Z = D⁻¹L⁻¹ + (I − Û) Z and
/// Z = Û⁻¹D⁻¹ + Z (I − L), of which the known triangles of the first terms give, for i from the last pivot
/// to the first,
///
///     Z_ij = −Σ_{k>i} Û_ik Z_kj,   Z_ji = −Σ_{k>i} Z_jk L_ki   (j > i),   Z_ii = 1/d_i − Σ_{k>i} Û_ik Z_ki.
///
/// All Z_kj on the right belong to the pattern, for it is closed under elimination. Source: Takahashi,
/// Fagan and Chen, "Formation of a sparse bus impedance matrix and its application to short circuit
/// study", PICA 1973; Erisman and Tinney, "On computing certain elements of the inverse of a sparse
/// matrix", *Comm. ACM* 18 (1975). Cost: two operations for each pair of an entry of U's row and one of
/// an L column it meets, about twice those of the factorization.
///
/// Sendable because the buffers are only read after `init`.
final class UnsymmetricInverse<Element: InverseElement>: @unchecked Sendable {
  private let structure: EliminationStructure
  /// A⁻¹ of the caller is Q Z P R.
  private let rowPlaces: [Int]
  private let columnPlaces: [Int]
  private let scales: [Double]
  /// Z_ij for i < j, parallel to the columns of L: row i of Z is with the column i of L.
  private let upper: Buffer<Element>
  /// Z_ji for j > i, parallel to the rows of U.
  private let lower: Buffer<Element>
  private let diagonal: Buffer<Element>

  /// Z from the factors of a matrix on the given pattern.
  ///
  /// - Throws: ``FactorizationError/libraryFailure(routine:status:)`` if the factors have an entry where
  ///   elimination with their pivots makes none.
  init(_ pattern: SparsityPattern, _ factors: TriangularFactors<Element>) throws {
    structure = EliminationStructure(pattern, rows: factors.rows, columns: factors.columns)
    rowPlaces = factors.rows.inversePermutation
    columnPlaces = factors.columns.inversePermutation
    scales = factors.scales
    upper = Buffer(count: structure.lowerRows.count, repeating: .zero)
    lower = Buffer(count: structure.upperColumns.count, repeating: .zero)
    diagonal = Buffer(count: factors.order, repeating: .zero)
    try copyFactors(factors)
    invert()
  }

  /// The entry (row, column) of A⁻¹; nil outside the pattern.
  func entry(row: Int, column: Int) -> Element? {
    let first = columnPlaces[row]
    let second = rowPlaces[column]
    let scale = scales[column]
    if first == second { return diagonal[first].scaled(by: scale) }
    if first < second {
      return structure.lowerRows.firstIndex(
        of: second, in: structure.lowerStarts[first]..<structure.lowerStarts[first + 1]
      ).map { upper[$0].scaled(by: scale) }
    }
    return structure.upperColumns.firstIndex(
      of: first, in: structure.upperStarts[second]..<structure.upperStarts[second + 1]
    ).map { lower[$0].scaled(by: scale) }
  }

  /// Puts L where the upper part of Z will be, Û where the lower part will be, D on the diagonal.
  private func copyFactors(_ factors: TriangularFactors<Element>) throws {
    for pivot in 0..<factors.order { diagonal[pivot] = factors.diagonal[pivot] }
    // Rows of L come in increasing order, and so do the entries of its columns; likewise for U.
    var next = structure.lowerStarts
    for row in 0..<factors.order {
      for slot in factors.lowerStarts[row]..<factors.lowerStarts[row + 1] {
        let column = factors.lowerColumns[slot]
        guard column < row else { continue }
        let end = structure.lowerStarts[column + 1]
        try Self.advance(&next[column], in: structure.lowerRows, end: end, to: row)
        upper[next[column]] = factors.lowerValues[slot]
      }
    }
    next = structure.upperStarts
    for column in 0..<factors.order {
      for slot in factors.upperStarts[column]..<factors.upperStarts[column + 1] {
        let row = factors.upperRows[slot]
        guard row < column else { continue }
        let end = structure.upperStarts[row + 1]
        try Self.advance(&next[row], in: structure.upperColumns, end: end, to: column)
        lower[next[row]] = factors.upperValues[slot] / factors.diagonal[row]
      }
    }
  }

  private static func advance(
    _ place: inout Int, in indices: [Int], end: Int, to index: Int
  ) throws {
    while place < end && indices[place] < index { place += 1 }
    guard place < end && indices[place] == index else {
      throw FactorizationError.libraryFailure(routine: "umfpack_get_numeric", status: index)
    }
  }

  private func invert() {
    let order = diagonal.count
    let structure = structure
    let lowerStarts = structure.lowerStarts.span
    let upperStarts = structure.upperStarts.span
    let lowerRows = structure.lowerRows.span
    let upperColumns = structure.upperColumns.span
    let (upper, lower, diagonal) = (upper.all, lower.all, diagonal.all)
    // The pivot's row of Û and column of L, zero elsewhere.
    let rowBuffer = Buffer<Element>(count: order, repeating: .zero)
    let columnBuffer = Buffer<Element>(count: order, repeating: .zero)
    // Its row and column of Z; what stands where these have no entries means nothing.
    let rowSumBuffer = Buffer<Element>(count: order, repeating: .zero)
    let columnSumBuffer = Buffer<Element>(count: order, repeating: .zero)
    let (upperRow, lowerColumn) = (rowBuffer.all, columnBuffer.all)
    let (rowSum, columnSum) = (rowSumBuffer.all, columnSumBuffer.all)
    for pivot in (0..<order).reversed() {
      let below = lowerStarts[unchecked: pivot]..<lowerStarts[unchecked: pivot + 1]
      let right = upperStarts[unchecked: pivot]..<upperStarts[unchecked: pivot + 1]
      for slot in below { lowerColumn[lowerRows[unchecked: slot]] = upper[slot] }
      for slot in right { upperRow[upperColumns[unchecked: slot]] = lower[slot] }
      // The diagonal of the known part of Z.
      for slot in below {
        let row = lowerRows[unchecked: slot]
        rowSum[row] = -upperRow[row] * diagonal[row]
      }
      for slot in right {
        let column = upperColumns[unchecked: slot]
        columnSum[column] = -diagonal[column] * lowerColumn[column]
      }
      // Its rows to the right of the diagonal: Z_kj for k in the row of Û.
      for slot in right {
        let index = upperColumns[unchecked: slot]
        let factor = upperRow[index]
        var sum = columnSum[index]
        for place in lowerStarts[unchecked: index]..<lowerStarts[unchecked: index + 1] {
          let other = lowerRows[unchecked: place]
          let entry = upper[place]
          rowSum[other] -= factor * entry
          sum -= entry * lowerColumn[other]
        }
        columnSum[index] = sum
      }
      // Its columns below the diagonal: Z_jk for k in the column of L.
      for slot in below {
        let index = lowerRows[unchecked: slot]
        let factor = lowerColumn[index]
        var sum = rowSum[index]
        for place in upperStarts[unchecked: index]..<upperStarts[unchecked: index + 1] {
          let other = upperColumns[unchecked: place]
          let entry = lower[place]
          columnSum[other] -= entry * factor
          sum -= upperRow[other] * entry
        }
        rowSum[index] = sum
      }
      var corner: Element = 1 / diagonal[pivot]
      for slot in right {
        let column = upperColumns[unchecked: slot]
        corner -= upperRow[column] * columnSum[column]
        lower[slot] = columnSum[column]
        upperRow[column] = .zero
      }
      diagonal[pivot] = corner
      for slot in below {
        let row = lowerRows[unchecked: slot]
        upper[slot] = rowSum[row]
        lowerColumn[row] = .zero
      }
    }
  }
}

extension [Int] {
  /// The permutation q with q[p[k]] = k.
  var inversePermutation: [Int] {
    var inverse = self
    for (place, index) in enumerated() { inverse[index] = place }
    return inverse
  }

  /// The place of a number within a range of places in which the numbers increase.
  func firstIndex(of number: Int, in range: Range<Int>) -> Int? {
    var low = range.lowerBound
    var high = range.upperBound
    while low < high {
      let middle = (low + high) / 2
      if self[middle] < number { low = middle + 1 } else { high = middle }
    }
    return low < range.upperBound && self[low] == number ? low : nil
  }
}
