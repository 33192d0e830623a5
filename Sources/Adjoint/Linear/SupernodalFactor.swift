/// A copy of CHOLMOD's L, P A Pᵀ = L Lᵀ or L D Lᵀ, as blocks of columns that have the same rows.
///
/// A block is a supernode, or a single column where the factorization was not supernodal. Its values are
/// stored column by column with as many numbers as it has rows, of which the first are those of the
/// columns themselves; what stands above the diagonal there means nothing.
struct SupernodalFactor {
  /// The caller's unknown for each column of L.
  let permutation: [Int]
  /// Whether D's entries stand in place of the ones on L's diagonal.
  let hasSeparateDiagonal: Bool
  /// The first column of each block, and the number of columns at the end.
  let firstColumns: [Int]
  /// Where the rows of each block begin, and their number at the end.
  let rowStarts: [Int]
  /// The rows of each block, increasing.
  let rows: [Int]
  /// Where the values of each block begin, and their number at the end.
  let valueStarts: [Int]
  /// The values of each block.
  var values: [Double]

  var order: Int { permutation.count }
  var blockCount: Int { firstColumns.count - 1 }

  /// A copy at a cost of O(entries of L).
  init<Index>(_ blocks: FactorBlocks<Index>) {
    permutation = (0..<blocks.order).map(blocks.unknown)
    hasSeparateDiagonal = blocks.hasSeparateDiagonal
    var firstColumns: [Int] = []
    var rowStarts = [0]
    var rows: [Int] = []
    var valueStarts = [0]
    var values: [Double] = []
    firstColumns.reserveCapacity(blocks.blockCount + 1)
    values.reserveCapacity(blocks.storedCount)
    for index in 0..<blocks.blockCount {
      let block = blocks.block(index)
      firstColumns.append(block.firstColumn)
      for row in block.rows { rows.append(Int(row)) }
      values.append(contentsOf: block.allValues)
      rowStarts.append(rows.count)
      valueStarts.append(values.count)
    }
    firstColumns.append(blocks.order)
    self.firstColumns = firstColumns
    self.rowStarts = rowStarts
    self.rows = rows
    self.valueStarts = valueStarts
    self.values = values
  }
}

/// Copies L.
struct FactorCopy: FactorVisitor {
  private(set) var factor: SupernodalFactor?

  mutating func visit<Index>(_ blocks: FactorBlocks<Index>) { factor = SupernodalFactor(blocks) }
}

/// Collects the diagonal of D; where the factors are L Lᵀ, the squares of L's.
struct PivotCollector: FactorVisitor {
  private(set) var pivots: [Double] = []

  mutating func visit<Index>(_ blocks: FactorBlocks<Index>) {
    pivots.reserveCapacity(blocks.order)
    for index in 0..<blocks.blockCount {
      let block = blocks.block(index)
      for column in 0..<block.columnCount {
        let entry = block.values[column * (block.rowCount + 1)]
        pivots.append(blocks.hasSeparateDiagonal ? entry : entry * entry)
      }
    }
  }
}
