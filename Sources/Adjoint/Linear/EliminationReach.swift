/// Memory for solves that visit only those columns of L that they need.
///
/// L y = b has nonzeros in y only in the columns that one comes to from those of b by going from column j
/// to the first row below the diagonal of L's column j, its parent in the elimination tree; and xᵢ of
/// Lᵀ x = y depends on the columns that one comes to from i in the same way. So both solves are done on the
/// union of these paths. Source: Gilbert and Peierls, *SIAM J. Sci. Stat. Comput.* 9 (1988); Davis,
/// *Direct Methods for Sparse Linear Systems* (2006), §3.2 and 4.1.
final class EliminationReach {
  /// Zero between solves.
  fileprivate let work: Buffer<Double>
  /// False between solves.
  fileprivate let isVisited: Buffer<Bool>
  /// The visited blocks.
  fileprivate var blocks: [Int] = []
  /// The column of L for each unknown, made with the first solve.
  fileprivate var columns: [Int] = []

  init(order: Int) {
    work = Buffer(count: order, repeating: 0)
    isVisited = Buffer(count: order, repeating: false)
  }

  /// The columns of L for the unknowns.
  fileprivate func prepare<Index>(_ factor: FactorBlocks<Index>) {
    guard columns.count != factor.order else { return }
    columns = [Int](repeating: 0, count: factor.order)
    for column in 0..<factor.order { columns[factor.unknown(column)] = column }
  }
}

/// The given entries of A⁻¹ b, for the columns b of a sparse matrix.
struct SparseSolve: FactorVisitor {
  private let rightHandSides: SparseMatrix
  private let entries: [Int]
  private let reach: EliminationReach
  private(set) var solution: [Double] = []

  init(_ rightHandSides: SparseMatrix, entries: [Int], _ reach: EliminationReach) {
    self.rightHandSides = rightHandSides
    self.entries = entries
    self.reach = reach
  }

  mutating func visit<Index>(_ factor: FactorBlocks<Index>) {
    reach.prepare(factor)
    solution.reserveCapacity(entries.count * rightHandSides.columnCount)
    let work = reach.work.all
    for column in 0..<rightHandSides.columnCount {
      for entry in entries { visitPath(of: entry, factor) }
      for slot in rightHandSides.pattern.slots(ofColumn: column) {
        let unknown = rightHandSides.pattern.rowIndices[slot]
        visitPath(of: unknown, factor)
        work[reach.columns[unknown]] = rightHandSides.values[slot]
      }
      reach.blocks.sort()
      for index in reach.blocks { eliminate(factor.block(index), factor.hasSeparateDiagonal) }
      for index in reach.blocks.reversed() {
        substitute(factor.block(index), factor.hasSeparateDiagonal)
      }
      for entry in entries { solution.append(work[reach.columns[entry]]) }
      clear(factor)
    }
  }

  private func visitPath<Index>(of unknown: Int, _ factor: FactorBlocks<Index>) {
    var index = factor.blockIndex(ofColumn: reach.columns[unknown])
    while !reach.isVisited[index] {
      reach.isVisited[index] = true
      reach.blocks.append(index)
      let block = factor.block(index)
      guard block.rowCount > block.columnCount else { return }
      index = factor.blockIndex(ofColumn: Int(block.rows[block.columnCount]))
    }
  }

  private func clear<Index>(_ factor: FactorBlocks<Index>) {
    for index in reach.blocks {
      reach.isVisited[index] = false
      let block = factor.block(index)
      for offset in 0..<block.columnCount { reach.work[block.firstColumn + offset] = 0 }
    }
    reach.blocks.removeAll(keepingCapacity: true)
  }

  /// The part of L y = b, and of D z = y, in the columns of a block.
  private func eliminate<Index>(
    _ block: FactorBlocks<Index>.Block, _ hasSeparateDiagonal: Bool
  ) {
    let work = reach.work.all
    for offset in 0..<block.columnCount {
      let values = block.values + offset * block.rowCount
      let pivot = values[offset]
      let quotient = work[block.firstColumn + offset] / pivot
      // With a separate D, L has ones on its diagonal, and z = y/d is stored for later.
      let value = hasSeparateDiagonal ? work[block.firstColumn + offset] : quotient
      work[block.firstColumn + offset] = quotient
      if value == 0 { continue }
      for place in offset + 1..<block.rowCount {
        work[Int(block.rows[place])] -= values[place] * value
      }
    }
  }

  /// The part of Lᵀ x = z in the columns of a block.
  private func substitute<Index>(
    _ block: FactorBlocks<Index>.Block, _ hasSeparateDiagonal: Bool
  ) {
    let work = reach.work.all
    for offset in (0..<block.columnCount).reversed() {
      let values = block.values + offset * block.rowCount
      var sum = work[block.firstColumn + offset]
      for place in offset + 1..<block.rowCount {
        sum -= values[place] * work[Int(block.rows[place])]
      }
      work[block.firstColumn + offset] = hasSeparateDiagonal ? sum : sum / values[offset]
    }
  }
}
