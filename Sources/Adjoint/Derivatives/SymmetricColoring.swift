/// A coloring of a symmetric matrix from which each entry, or its mirror image, can be read off.
///
/// For a symmetric H and a partition of its columns into colors, with d_c the sum of the unit vectors of
/// the color c, every entry hᵢⱼ is (H d_c(j))ᵢ or (H d_c(i))ⱼ if the colors are a *star coloring* of the
/// graph of H: neighbors differ, and no path of four vertices has only two colors (Coleman and Moré,
/// *Math. Programming* 28, 1984; Gebremedhin, Manne and Pothen, *SIAM Review* 47, 2005, §4.1). That
/// needs fewer products than a ``ColumnColoring``, which ignores the symmetry: 2 instead of n for an
/// arrow.
///
/// Several orders are tried, and the column coloring; the best is kept. Cost: a small number of passes
/// of Σ over columns of (entries in the column)² steps.
public struct SymmetricColoring: Sendable, Hashable {
  /// The pattern that values are recovered on: all of a symmetric matrix or its lower triangle.
  public let pattern: SparsityPattern

  /// The color of each column, 0 ..< `colorCount`.
  public let colors: [Int]

  /// The number of colors, and of products H d.
  public let colorCount: Int

  /// The method that won, what was tried and a lower bound.
  public let statistics: ColoringStatistics

  /// For each slot of the pattern where its value is among the products.
  private let sources: [Int]

  /// Colors the symmetric matrix of which `pattern` holds all entries, or those on and below the
  /// diagonal.
  ///
  /// - Throws: ``ColoringError`` if the pattern is neither symmetric nor a lower triangle.
  public init(_ pattern: SparsityPattern) throws {
    guard pattern.isSquare else {
      throw ColoringError.notSquare(rows: pattern.rowCount, columns: pattern.columnCount)
    }
    let mirror = pattern.transposed
    if pattern != mirror, let entry = pattern.entryAboveDiagonal {
      throw pattern.entryWithoutMirror(in: mirror)
        ?? ColoringError.notSymmetric(
          row: entry.row, column: entry.column)
    }
    let graph = AdjacencyGraph(lowerTriangleOf: pattern)
    let search = Self.search(graph)
    self.pattern = pattern
    colors = search.colors
    colorCount = search.colorCount
    statistics = search.statistics
    sources = Self.sources(pattern, graph: graph, colors: search.colors)
  }

  /// d_c: one in the columns of a color, zero elsewhere.
  public func direction(ofColor color: Int) -> [Double] {
    colors.map { $0 == color ? 1 : 0 }
  }

  /// Reads the values of H from the products with all directions.
  ///
  /// Cost: one copy for each slot.
  ///
  /// - Parameters:
  ///   - products: H d₀, then H d₁, …: `colorCount` columns of as many numbers as H has rows.
  ///   - values: What is stored in each slot of ``pattern``.
  /// - Throws: `InputError` for wrong lengths.
  public func recover(_ products: Span<Double>, into values: inout MutableSpan<Double>) throws {
    try InputError.requireLength(
      "products", expected: colorCount * pattern.columnCount, found: products.count)
    try InputError.requireLength(
      "values", expected: pattern.entryCount, found: values.count)
    let sources = sources.span
    for slot in sources.indices { values[unchecked: slot] = products[unchecked: sources[slot]] }
  }

  /// The values of H in each slot of ``pattern``, from the products with all directions.
  ///
  /// - Throws: `InputError` for a wrong length.
  public func recover(_ products: [Double]) throws -> [Double] {
    var values = [Double](repeating: 0, count: pattern.entryCount)
    var span = values.mutableSpan
    try recover(products.span, into: &span)
    return values
  }

  private static func search(_ graph: AdjacencyGraph) -> ColoringSearch {
    // An edge needs two colors.
    let lowerBound = graph.vertexCount == 0 ? 0 : graph.edgeCount == 0 ? 1 : 2
    let methods: [ColoringMethod] = [.natural, .largestFirst, .smallestLast, .incidenceDegree]
    var search = ColoringSearch(
      StarColoring.greedy(graph, order: graph.order(methods[0])), by: methods[0],
      lowerBound: lowerBound, target: lowerBound)
    for method in methods.dropFirst() {
      search.attempt(method) { StarColoring.greedy(graph, order: graph.order(method)) }
    }
    let columns = graph.columnGraph
    let largestRow = columns.largestRow
    guard largestRow < search.colorCount else { return search }
    // Columns that share no row at all are a star coloring too.
    search.attempt(.lattice) { [best = search.colorCount] in
      LatticeColoring(columns).search(lowerBound: largestRow, upperBound: best)
    }
    search.attempt(.saturation) { columns.saturationColoring() }
    return search
  }

  /// Where each entry is read: in the row of one of its ends, with the color of the other, provided
  /// that no second neighbor of the row's vertex has that color.
  private static func sources(
    _ pattern: SparsityPattern, graph: AdjacencyGraph, colors: [Int]
  ) -> [Int] {
    let order = pattern.columnCount
    let lonely = graph.neighborsOfTheirOwnColor(colors)
    var next = graph.pointers
    var sources = [Int](repeating: 0, count: pattern.entryCount)
    for column in 0..<order {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        if row == column {
          sources[slot] = colors[column] * order + row
          continue
        }
        // The column's neighbors are met in the order of its rows.
        while graph.neighbors[next[column]] < row { next[column] += 1 }
        let isReadInColumn = lonely[next[column]]
        sources[slot] =
          isReadInColumn ? colors[row] * order + column : colors[column] * order + row
      }
    }
    return sources
  }
}

/// A pattern that cannot be colored in the way asked for.
public enum ColoringError: Error, Equatable, CustomStringConvertible {
  /// A symmetric matrix has as many rows as columns.
  case notSquare(rows: Int, columns: Int)
  /// An entry above the diagonal whose mirror image is not stored, or the other way round.
  case notSymmetric(row: Int, column: Int)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .notSquare(let rows, let columns):
      "a symmetric matrix is square; this pattern has \(rows) rows and \(columns) columns"
    case .notSymmetric(let row, let column):
      "the entry (\(row), \(column)) is stored but not (\(column), \(row)): the pattern of a "
        + "symmetric matrix must be symmetric, or hold no entry above the diagonal"
    }
  }
}

extension SparsityPattern {
  /// The error that names the first entry here that is not in `mirror`, the transposed pattern.
  fileprivate func entryWithoutMirror(in mirror: SparsityPattern) -> ColoringError? {
    for column in 0..<columnCount {
      for row in rows(of: column) where mirror.slot(row: row, column: column) == nil {
        return ColoringError.notSymmetric(row: row, column: column)
      }
    }
    return nil
  }
}

extension AdjacencyGraph {
  /// The columns of the full symmetric matrix with its diagonal.
  fileprivate var columnGraph: ColumnGraph {
    var pointers = [0]
    var rows: [Int] = []
    pointers.reserveCapacity(vertexCount + 1)
    rows.reserveCapacity(vertexCount + neighbors.count)
    for vertex in 0..<vertexCount {
      var isDiagonalPending = true
      forEachNeighbor(of: vertex) { neighbor in
        if isDiagonalPending && neighbor > vertex {
          rows.append(vertex)
          isDiagonalPending = false
        }
        rows.append(neighbor)
      }
      if isDiagonalPending { rows.append(vertex) }
      pointers.append(rows.count)
    }
    return ColumnGraph(
      SparsityPattern(
        unchecked: vertexCount, vertexCount, columnPointers: pointers, rowIndices: rows))
  }

  /// For each place in `neighbors` whether the neighbor is the only one there of its color.
  fileprivate func neighborsOfTheirOwnColor(_ colors: [Int]) -> [Bool] {
    let count = Buffer<Int>(count: (colors.max() ?? 0) + 1, repeating: 0)
    var isLonely = [Bool](repeating: false, count: neighbors.count)
    for vertex in 0..<vertexCount {
      let places = pointers[vertex]..<pointers[vertex + 1]
      for place in places { count[colors[neighbors[place]]] += 1 }
      for place in places { isLonely[place] = count[colors[neighbors[place]]] == 1 }
      for place in places { count[colors[neighbors[place]]] = 0 }
    }
    return isLonely
  }
}
