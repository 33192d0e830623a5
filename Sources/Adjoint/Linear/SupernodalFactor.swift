import CSuiteSparse

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
  ///
  /// - Throws: ``FactorizationError/noFactors`` for a factor without numbers.
  init(_ factor: UnsafeMutablePointer<cholmod_factor>) throws {
    self =
      factor.pointee.itype == CHOLMOD_INT
      ? try Self(factor.pointee, Int32.self) : try Self(factor.pointee, Int.self)
  }

  private init<Index: FixedWidthInteger>(
    _ factor: cholmod_factor, _ index: Index.Type
  ) throws {
    func integers(_ pointer: UnsafeMutableRawPointer?, _ count: Int) throws -> [Int] {
      guard let pointer else { throw FactorizationError.noFactors }
      let integers = pointer.assumingMemoryBound(to: Index.self)
      return (0..<count).map { Int(integers[$0]) }
    }
    guard let numbers = factor.x, factor.xtype == CHOLMOD_REAL else {
      throw FactorizationError.noFactors
    }
    let source = numbers.assumingMemoryBound(to: Double.self)
    let order = Int(factor.n)
    permutation = factor.Perm == nil ? Array(0..<order) : try integers(factor.Perm, order)
    hasSeparateDiagonal = factor.is_ll == 0
    if factor.is_super != 0 {
      let blockCount = Int(factor.nsuper)
      firstColumns = try integers(factor.super, blockCount + 1)
      rowStarts = try integers(factor.pi, blockCount + 1)
      valueStarts = try integers(factor.px, blockCount + 1)
      rows = try integers(factor.s, rowStarts[blockCount])
      values = Array(UnsafeBufferPointer(start: source, count: valueStarts[blockCount]))
      return
    }
    // Columns may have room behind them, and another order in memory after updates.
    let starts = try integers(factor.p, order)
    let counts = try integers(factor.nz, order)
    guard let rowIndices = factor.i?.assumingMemoryBound(to: Index.self) else {
      throw FactorizationError.noFactors
    }
    var pointers = [0]
    var packedRows: [Int] = []
    var packedValues: [Double] = []
    for column in 0..<order {
      for slot in starts[column]..<starts[column] + counts[column] {
        packedRows.append(Int(rowIndices[slot]))
        packedValues.append(source[slot])
      }
      pointers.append(packedRows.count)
    }
    firstColumns = Array(0...order)
    rowStarts = pointers
    valueStarts = pointers
    rows = packedRows
    values = packedValues
  }

  /// The diagonal of L, or D.
  ///
  /// - Throws: ``FactorizationError/noFactors`` for a factor without numbers.
  static func diagonal(of factor: UnsafeMutablePointer<cholmod_factor>) throws -> [Double] {
    factor.pointee.itype == CHOLMOD_INT
      ? try diagonal(factor.pointee, Int32.self) : try diagonal(factor.pointee, Int.self)
  }

  private static func diagonal<Index: FixedWidthInteger>(
    _ factor: cholmod_factor, _ index: Index.Type
  ) throws -> [Double] {
    func integers(_ pointer: UnsafeMutableRawPointer?) throws -> UnsafePointer<Index> {
      guard let pointer else { throw FactorizationError.noFactors }
      return UnsafePointer(pointer.assumingMemoryBound(to: Index.self))
    }
    guard let numbers = factor.x, factor.xtype == CHOLMOD_REAL else {
      throw FactorizationError.noFactors
    }
    let values = numbers.assumingMemoryBound(to: Double.self)
    guard factor.is_super != 0 else {
      let starts = try integers(factor.p)
      return (0..<Int(factor.n)).map { values[Int(starts[$0])] }
    }
    let columns = try integers(factor.super)
    let rowStarts = try integers(factor.pi)
    let valueStarts = try integers(factor.px)
    return (0..<Int(factor.nsuper)).flatMap { block in
      let stride = Int(rowStarts[block + 1] - rowStarts[block]) + 1
      let width = Int(columns[block + 1] - columns[block])
      return (0..<width).map { values[Int(valueStarts[block]) + $0 * stride] }
    }
  }
}
