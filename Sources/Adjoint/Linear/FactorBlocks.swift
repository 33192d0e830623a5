import CSuiteSparse

/// CHOLMOD's L as blocks of columns with the same rows: supernodes, or single columns.
///
/// A view without ownership. `Index` is the width of the factor's integers.
struct FactorBlocks<Index: FixedWidthInteger & BitwiseCopyable> {
  /// Adjacent columns of L, of which only `rows` are stored; the first rows are those of the columns
  /// themselves, so that a block begins with a triangle.
  struct Block {
    let firstColumn: Int
    let columnCount: Int
    let rows: UnsafeBufferPointer<Index>
    /// Column by column, with as many numbers as there are rows; above the triangle's diagonal nothing.
    let values: UnsafeMutablePointer<Double>

    @inline(__always) var rowCount: Int { rows.count }

    /// The values of all columns, those that mean nothing too.
    var allValues: UnsafeBufferPointer<Double> {
      UnsafeBufferPointer(start: values, count: columnCount * rowCount)
    }
  }

  /// The number of columns of L.
  let order: Int
  /// Whether D's entries stand in place of the ones on L's diagonal.
  let hasSeparateDiagonal: Bool
  let blockCount: Int
  private let isSupernodal: Bool
  private let permutation: UnsafePointer<Index>?
  /// First columns of supernodes, or nothing.
  private let columns: UnsafePointer<Index>?
  private let rowStarts: UnsafePointer<Index>
  private let rowCounts: UnsafePointer<Index>?
  private let valueStarts: UnsafePointer<Index>
  private let rows: UnsafePointer<Index>
  private let values: UnsafeMutablePointer<Double>

  /// Nil for a factor without numbers.
  init?(_ factor: UnsafeMutablePointer<cholmod_factor>) {
    func integers(_ pointer: UnsafeMutableRawPointer?) -> UnsafePointer<Index>? {
      pointer.map { UnsafePointer($0.assumingMemoryBound(to: Index.self)) }
    }
    let factor = factor.pointee
    guard let values = factor.x, factor.xtype == CHOLMOD_REAL else { return nil }
    order = Int(factor.n)
    hasSeparateDiagonal = factor.is_ll == 0
    isSupernodal = factor.is_super != 0
    permutation = integers(factor.Perm)
    self.values = values.assumingMemoryBound(to: Double.self)
    let starts = integers(isSupernodal ? factor.pi : factor.p)
    guard let starts, let rows = integers(isSupernodal ? factor.s : factor.i),
      let valueStarts = integers(isSupernodal ? factor.px : factor.p)
    else { return nil }
    blockCount = isSupernodal ? Int(factor.nsuper) : order
    columns = isSupernodal ? integers(factor.super) : nil
    rowCounts = isSupernodal ? nil : integers(factor.nz)
    rowStarts = starts
    self.rows = rows
    self.valueStarts = valueStarts
  }

  @inline(__always)
  func block(_ index: Int) -> Block {
    let start = Int(rowStarts[index])
    let rowCount = rowCounts.map { Int($0[index]) } ?? Int(rowStarts[index + 1]) - start
    let first = columns.map { Int($0[index]) } ?? index
    let next = columns.map { Int($0[index + 1]) } ?? index + 1
    return Block(
      firstColumn: first, columnCount: next - first,
      rows: UnsafeBufferPointer(start: rows + start, count: rowCount),
      values: values + Int(valueStarts[index]))
  }

  /// The block that a column belongs to, by bisection.
  func blockIndex(ofColumn column: Int) -> Int {
    guard let columns else { return column }
    var low = 0
    var high = blockCount
    while low + 1 < high {
      let middle = (low + high) / 2
      if Int(columns[middle]) <= column { low = middle } else { high = middle }
    }
    return low
  }

  /// The caller's unknown that is column `column` of L.
  func unknown(_ column: Int) -> Int { permutation.map { Int($0[column]) } ?? column }

  /// The number of values in all blocks.
  var storedCount: Int {
    (0..<blockCount).reduce(0) { sum, index in sum + block(index).allValues.count }
  }

  /// The number of entries on and below L's diagonal.
  var entryCount: Int {
    (0..<blockCount).reduce(0) { sum, index in
      let block = block(index)
      return sum + block.columnCount * block.rowCount
        - block.columnCount * (block.columnCount - 1) / 2
    }
  }
}

extension CholeskyEngine {
  /// Shows L to a visitor, with the width that its integers have.
  func withBlocks<V: FactorVisitor>(_ visitor: inout V) throws {
    guard let factor else { throw FactorizationError.noFactors }
    if analysis.pattern.isNarrow {
      guard let blocks = FactorBlocks<Int32>(factor) else { throw FactorizationError.noFactors }
      try visitor.visit(blocks)
    } else {
      guard let blocks = FactorBlocks<Int>(factor) else { throw FactorizationError.noFactors }
      try visitor.visit(blocks)
    }
  }

  /// The caller's unknown that is column `column` of L.
  func unknown(_ column: Int) -> Int {
    guard let permutation = factor?.pointee.Perm else { return column }
    return analysis.pattern.isNarrow
      ? Int(permutation.assumingMemoryBound(to: Int32.self)[column])
      : permutation.assumingMemoryBound(to: Int.self)[column]
  }
}

/// A question to L, whatever the width of its integers.
protocol FactorVisitor {
  mutating func visit<Index>(_ blocks: FactorBlocks<Index>) throws
}

/// The number of entries of L.
struct EntryCounter: FactorVisitor {
  private(set) var count = 0

  mutating func visit<Index>(_ blocks: FactorBlocks<Index>) { count = blocks.entryCount }
}

/// The signs of D, and the diagonal of |L||D||Lᵀ|, which bounds its other entries: by Cauchy and
/// Schwarz (|L||D||Lᵀ|)ᵢⱼ² ≤ (|L||D||Lᵀ|)ᵢᵢ (|L||D||Lᵀ|)ⱼⱼ.
///
/// The rounding errors of an LDLᵀ factorization without pivoting are those of a matrix that is off by
/// n eps |L||D||Lᵀ| (Higham, *Accuracy and Stability*, theorem 9.3 and §11.1).
struct PivotSurvey: FactorVisitor {
  private(set) var inertia = FactorizationStatistics.Inertia(positive: 0, negative: 0)
  /// The largest entry of |L||D||Lᵀ|.
  private(set) var largest = 0.0
  /// The column of L that contributes most to it.
  private(set) var column = 0

  mutating func visit<Index>(_ blocks: FactorBlocks<Index>) {
    var sums = [Double](repeating: 0, count: blocks.order)
    forEachTerm(blocks) { row, _, term in sums[row] += term }
    for index in 0..<blocks.order {
      if blocks.block(index).values[0] < 0 { inertia.negative += 1 } else { inertia.positive += 1 }
    }
    // A sum that is not a number is the worst of all.
    let worst = sums.indices.first { sums[$0].isNaN } ?? sums.indices.max { sums[$0] < sums[$1] }
    guard let worst else { return }
    largest = sums[worst].isNaN ? .infinity : sums[worst]
    var most = -1.0
    forEachTerm(blocks) { row, column, term in
      if row == worst && !(term <= most) { (self.column, most) = (column, term) }
    }
  }

  /// Calls `body` with each i, k and lᵢₖ²|dₖ|.
  private func forEachTerm<Index>(
    _ blocks: FactorBlocks<Index>, _ body: (_ row: Int, _ column: Int, _ term: Double) -> Void
  ) {
    for index in 0..<blocks.blockCount {
      let block = blocks.block(index)
      let pivot = block.values[0].magnitude
      body(index, index, pivot)
      for place in 1..<block.rowCount {
        let value = block.values[place]
        body(Int(block.rows[place]), index, value * value * pivot)
      }
    }
  }
}
