/// A partition of a matrix's columns into groups that share no row.
///
/// Columns of one color can be recovered from one directional derivative J·(sum of their unit
/// vectors), since each row receives at most one of them (Curtis, Powell and Reid, *J. Inst. Math.
/// Appl.* 13, 1974). Finding the fewest colors is NP-hard; this is the greedy algorithm over the
/// columns in order of decreasing degree of their rows, or in natural order, whichever needs fewer
/// (Gebremedhin, Manne and Pothen, *SIAM Review* 47, 2005, algorithm 3.1).
///
/// Cost: Σ over rows of (entries in the row)² steps.
public struct ColumnColoring: Sendable, Hashable {
  /// The color of each column, 0 ..< `colorCount`.
  public let colors: [Int]

  /// The number of colors.
  public let colorCount: Int

  /// Colors the columns of `pattern`.
  public init(_ pattern: SparsityPattern) {
    let transposed = pattern.transposed
    let natural = Array(0..<pattern.columnCount)
    let degrees = natural.map { column in
      pattern.columnPointers[column + 1] - pattern.columnPointers[column]
    }
    let largestFirst = natural.sorted { first, second in
      degrees[first] == degrees[second] ? first < second : degrees[first] > degrees[second]
    }
    let candidates = [natural, largestFirst].map { order in
      Self.greedy(pattern, rows: transposed, order: order)
    }
    let best = candidates[1].count < candidates[0].count ? candidates[1] : candidates[0]
    colors = best.colors
    colorCount = best.count
  }

  private static func greedy(
    _ pattern: SparsityPattern, rows: SparsityPattern, order: [Int]
  ) -> (colors: [Int], count: Int) {
    var colors = [Int](repeating: -1, count: pattern.columnCount)
    var forbiddenBy = [Int](repeating: -1, count: 16)
    var count = 0
    for column in order {
      for entry in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[entry]
        for neighbor in rows.columnPointers[row]..<rows.columnPointers[row + 1] {
          let color = colors[rows.rowIndices[neighbor]]
          if color >= 0 { forbiddenBy[color] = column }
        }
      }
      var color = 0
      while color < count && forbiddenBy[color] == column { color += 1 }
      colors[column] = color
      if color == count {
        count += 1
        if count == forbiddenBy.count {
          forbiddenBy += [Int](repeating: -1, count: count)
        }
      }
    }
    return (colors, count)
  }
}
