/// A sparse matrix by rows, packed for cycles of multigrid.
///
/// Weights in single precision halve the traffic; what they round away, a preconditioner need not
/// know. Rows are padded by zeros to multiples of four entries, so that loops over rows that are short
/// and of varying length are straight.
struct PackedRows {
  /// Four entries are a group; of each row the first group, and the number of groups at the end.
  private let groups: Buffer<Int32>
  private let columns: Buffer<Int32>
  private let weights: Buffer<Float>

  /// The rows with their columns as they are, or the last one first.
  ///
  /// In a triangle, the entry nearest to the diagonal should come last: a sweep has just computed the
  /// unknown that it is multiplied by.
  init(_ rows: SparseRows, isDescending: Bool = false) {
    let count = rows.rowCount
    groups = Buffer(count: count + 1, repeating: 0)
    for row in 0..<count {
      groups[row + 1] = groups[row] + Int32(truncatingIfNeeded: (rows.range(row).count + 3) / 4)
    }
    let total = 4 * Int(groups[count])
    columns = Buffer(count: total, repeating: 0)
    weights = Buffer(count: total, repeating: 0)
    for row in 0..<count {
      let range = rows.range(row)
      guard let farthest = isDescending ? range.last : range.first else { continue }
      var place = 4 * Int(groups[row])
      let end = 4 * Int(groups[row + 1])
      // A padding zero meets an unknown that the row uses anyway.
      while end - place > range.count {
        columns[place] = rows.columns[farthest]
        place += 1
      }
      for offset in 0..<range.count {
        let slot = isDescending ? range.upperBound - 1 - offset : range.lowerBound + offset
        columns[place + offset] = rows.columns[slot]
        weights[place + offset] = Float(rows.values[slot])
      }
    }
  }

  /// The packed rows by their addresses, valid as long as this exists.
  var reader: Reader? {
    guard let columns = columns.all.baseAddress, let weights = weights.all.baseAddress,
      let groups = groups.all.baseAddress
    else { return nil }
    return Reader(groups: groups, columns: columns, weights: weights)
  }

  /// Addresses, so that sweeps neither count references nor check bounds.
  struct Reader {
    fileprivate let groups: UnsafePointer<Int32>
    fileprivate let columns: UnsafePointer<Int32>
    fileprivate let weights: UnsafePointer<Float>

    /// start − (row i) x.
    @inline(__always)
    func subtract(_ row: Int, times x: UnsafePointer<Double>, from start: Double) -> Double {
      var rest = start
      var place = 4 * Int(groups[row])
      let end = 4 * Int(groups[row + 1])
      while place < end {
        rest -= Double(weights[place]) * x[Int(columns[place])]
        rest -= Double(weights[place + 1]) * x[Int(columns[place + 1])]
        rest -= Double(weights[place + 2]) * x[Int(columns[place + 2])]
        rest -= Double(weights[place + 3]) * x[Int(columns[place + 3])]
        place += 4
      }
      return rest
    }

    /// Adds factor · (row i) to x.
    @inline(__always)
    func add(_ row: Int, times factor: Double, to x: UnsafeMutablePointer<Double>) {
      var place = 4 * Int(groups[row])
      let end = 4 * Int(groups[row + 1])
      while place < end {
        x[Int(columns[place])] += Double(weights[place]) * factor
        x[Int(columns[place + 1])] += Double(weights[place + 1]) * factor
        x[Int(columns[place + 2])] += Double(weights[place + 2]) * factor
        x[Int(columns[place + 3])] += Double(weights[place + 3]) * factor
        place += 4
      }
    }
  }
}
