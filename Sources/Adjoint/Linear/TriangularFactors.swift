/// P R A Q = L U as UMFPACK returns it: L by rows and with ones on its diagonal, U by columns.
struct TriangularFactors<Element: Sendable>: Sendable {
  /// The rows of L: where they begin, their columns and values.
  var lowerStarts: [Int]
  var lowerColumns: [Int]
  var lowerValues: [Element]
  /// The columns of U.
  var upperStarts: [Int]
  var upperRows: [Int]
  var upperValues: [Element]
  /// The diagonal of U.
  var diagonal: [Element]
  /// Row k of P R A Q is row `rows[k]` of A times `scales[rows[k]]`.
  var rows: [Int]
  /// Column k of P R A Q is column `columns[k]` of A.
  var columns: [Int]
  /// The diagonal of R, positive.
  var scales: [Double]

  var order: Int { diagonal.count }
}

/// The structure of L and U for a given order of pivots, whatever their values: closed under elimination.
///
/// If l_ji and u_ik are entries of it then so is (j, k), which selected inversion relies on and which
/// computed factors, without the zeros that arise by cancellation, need not obey.
struct EliminationStructure: Sendable {
  /// Below each pivot: the rows of L's column, increasing.
  let lowerStarts: [Int]
  let lowerRows: [Int]
  /// To the right of each pivot: the columns of U's row, increasing.
  let upperStarts: [Int]
  let upperColumns: [Int]

  /// The structure of the factors of B = P A Q, row k of B being row `rows[k]` of A.
  ///
  /// Column i of L has the entries of B's column and those of the columns m < i of L with u_mi ≠ 0; likewise
  /// the rows of U. Of these m only those are looked at for which no s < i has l_sm ≠ 0 and u_ms ≠ 0: row
  /// and column s have inherited from m already (Eisenstat and Liu, "Exploiting structural symmetry in
  /// unsymmetric sparse symbolic factorization", *SIAM J. Matrix Anal. Appl.* 13, 1992).
  init(_ pattern: SparsityPattern, rows: [Int], columns: [Int]) {
    let order = rows.count
    let transposed = pattern.transposed
    var lowerStarts = [0]
    var lowerRows: [Int] = []
    var upperStarts = [0]
    var upperColumns: [Int] = []
    var rowPlaces = [Int](repeating: 0, count: order)
    var columnPlaces = rowPlaces
    for place in 0..<order {
      rowPlaces[rows[place]] = place
      columnPlaces[columns[place]] = place
    }
    // For each pivot the earlier ones that its column of L, or row of U, inherits from.
    var lowerSources = [[Int]](repeating: [], count: order)
    var upperSources = lowerSources
    var lowerMark = [Int](repeating: -1, count: order)
    var upperMark = lowerMark
    for pivot in 0..<order {
      let lowerStart = lowerRows.count
      let upperStart = upperColumns.count
      func addLower(_ row: Int) {
        guard row > pivot && lowerMark[row] != pivot else { return }
        lowerMark[row] = pivot
        lowerRows.append(row)
      }
      func addUpper(_ column: Int) {
        guard column > pivot && upperMark[column] != pivot else { return }
        upperMark[column] = pivot
        upperColumns.append(column)
      }
      let column = columns[pivot]
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        addLower(rowPlaces[pattern.rowIndices[slot]])
      }
      let row = rows[pivot]
      for slot in transposed.columnPointers[row]..<transposed.columnPointers[row + 1] {
        addUpper(columnPlaces[transposed.rowIndices[slot]])
      }
      for source in lowerSources[pivot] {
        for slot in lowerStarts[source]..<lowerStarts[source + 1] { addLower(lowerRows[slot]) }
      }
      for source in upperSources[pivot] {
        for slot in upperStarts[source]..<upperStarts[source + 1] { addUpper(upperColumns[slot]) }
      }
      lowerSources[pivot] = []
      upperSources[pivot] = []
      lowerRows[lowerStart...].sort()
      upperColumns[upperStart...].sort()
      lowerStarts.append(lowerRows.count)
      upperStarts.append(upperColumns.count)
      let last = lowerRows[lowerStart...].first { upperMark[$0] == pivot } ?? order
      for column in upperColumns[upperStart...] {
        guard column <= last else { break }
        lowerSources[column].append(pivot)
      }
      for row in lowerRows[lowerStart...] {
        guard row <= last else { break }
        upperSources[row].append(pivot)
      }
    }
    self.lowerStarts = lowerStarts
    self.lowerRows = lowerRows
    self.upperStarts = upperStarts
    self.upperColumns = upperColumns
  }
}
