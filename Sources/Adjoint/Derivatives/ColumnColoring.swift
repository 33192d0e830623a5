/// A partition of a matrix's columns into groups that share no row.
///
/// Columns of one color can be recovered from one directional derivative J·(sum of their unit
/// vectors), since each row receives at most one of them (Curtis, Powell and Reid, *J. Inst. Math.
/// Appl.* 13, 1974). Finding the fewest colors is NP-hard; several methods are tried in turn and the
/// best result is kept, until the lower bound is met, which is the most entries in a row. See
/// ``ColoringMethod``.
///
/// Five-, nine- and seven-point stencils on grids numbered line by line get five, nine and seven
/// colors, periodic ones if the sizes are multiples of five, three and seven; bands of half width b
/// get 2b + 1; blocks their size. A full row needs a color for each of its columns: then compress rows
/// instead, see ``RowColoring``. Columns and rows are not combined.
///
/// Cost: a small number of passes of Σ over rows of (entries in the row)² steps; only the first
/// method is tried where that is more than 2·10⁹.
public struct ColumnColoring: Sendable, Hashable {
  /// The color of each column, 0 ..< `colorCount`.
  public let colors: [Int]

  /// The number of colors.
  public let colorCount: Int

  /// The method that won, what was tried and the lower bound.
  public let statistics: ColoringStatistics

  /// Colors the columns of `pattern`.
  ///
  /// One evaluation handles `colorsPerSweep` colors: no better coloring is looked for once it would not
  /// save an evaluation.
  public init(_ pattern: SparsityPattern, colorsPerSweep: Int = 1) {
    let graph = ColumnGraph(pattern)
    let search = Self.search(graph, colorsPerSweep: max(colorsPerSweep, 1))
    colors = search.colors
    colorCount = search.colorCount
    statistics = search.statistics
  }

  private static let maximumVisits = 2e9

  private static func search(_ graph: ColumnGraph, colorsPerSweep: Int) -> ColoringSearch {
    let largestRow = graph.largestRow
    let lowerBound = max(largestRow, graph.vertexCount > 0 ? 1 : 0)
    let sweeps = (lowerBound + colorsPerSweep - 1) / colorsPerSweep
    let isFull = largestRow == graph.vertexCount
    let natural = Array(0..<graph.vertexCount)
    var search = ColoringSearch(
      isFull ? (natural, graph.vertexCount) : graph.greedyColoring(natural), by: .natural,
      lowerBound: lowerBound, target: sweeps * colorsPerSweep)
    guard graph.neighborVisits <= maximumVisits else { return search }
    search.attempt(.lattice) { [best = search.colorCount] in
      LatticeColoring(graph).search(lowerBound: lowerBound, upperBound: best)
    }
    search.attempt(.saturation) { graph.saturationColoring() }
    for method in [ColoringMethod.largestFirst, .smallestLast, .incidenceDegree] {
      search.attempt(method) { graph.greedyColoring(graph.order(method)) }
    }
    search.attempt(.iterated) { [colors = search.colors, count = search.colorCount] in
      graph.iteratedColoring(colors, count: count, passes: 4)
    }
    return search
  }
}

/// A partition of a matrix's rows into groups that share no column.
///
/// Rows of one color can be recovered from one vector–Jacobian product (sum of their unit vectors)ᵀJ.
/// The same as a ``ColumnColoring`` of the transposed matrix.
public struct RowColoring: Sendable, Hashable {
  /// The color of each row, 0 ..< `colorCount`.
  public let colors: [Int]

  /// The number of colors.
  public let colorCount: Int

  /// The method that won, what was tried and the lower bound.
  public let statistics: ColoringStatistics

  /// Colors the rows of `pattern`; the lower bound is the most entries in a column.
  public init(_ pattern: SparsityPattern) {
    let coloring = ColumnColoring(pattern.transposed)
    colors = coloring.colors
    colorCount = coloring.colorCount
    statistics = coloring.statistics
  }
}
