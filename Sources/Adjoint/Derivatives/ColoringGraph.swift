/// A graph whose vertices are colored: neighbors get different colors.
protocol ColoringGraph {
  var vertexCount: Int { get }

  /// Calls `body` with each neighbor of `vertex`, some perhaps several times, perhaps with `vertex`
  /// itself.
  func forEachNeighbor(of vertex: Int, _ body: (Int) -> Void)
}

/// The columns of a matrix, neighbors if they share a row.
struct ColumnGraph: ColoringGraph {
  let columns: SparsityPattern
  /// The transposed pattern: the columns of each row.
  let rows: SparsityPattern

  init(_ pattern: SparsityPattern) {
    columns = pattern
    rows = pattern.transposed
  }

  var vertexCount: Int { columns.columnCount }

  /// The most entries in a row; so many columns are neighbors of each other.
  var largestRow: Int {
    (0..<rows.columnCount).reduce(0) { largest, row in
      max(largest, rows.columnPointers[row + 1] - rows.columnPointers[row])
    }
  }

  /// Σ over rows of (entries in the row)²: how often ``forEachNeighbor(of:_:)`` of all vertices
  /// calls its body.
  var neighborVisits: Double {
    (0..<rows.columnCount).reduce(into: 0.0) { sum, row in
      let count = Double(rows.columnPointers[row + 1] - rows.columnPointers[row])
      sum += count * count
    }
  }

  @inline(__always) func forEachNeighbor(of vertex: Int, _ body: (Int) -> Void) {
    let columnPointers = columns.columnPointers.span
    let rowIndices = columns.rowIndices.span
    let rowPointers = rows.columnPointers.span
    let columnIndices = rows.rowIndices.span
    // Patterns are valid by construction: indices are in range.
    for slot in columnPointers[vertex]..<columnPointers[vertex + 1] {
      let row = rowIndices[unchecked: slot]
      for other in rowPointers[unchecked: row]..<rowPointers[unchecked: row + 1] {
        body(columnIndices[unchecked: other])
      }
    }
  }
}

/// The rows and columns of a symmetric matrix, neighbors if their entry is stored.
struct AdjacencyGraph: ColoringGraph {
  /// Where each vertex's neighbors begin in `neighbors`, and their number at the end.
  let pointers: [Int]
  /// The neighbors of each vertex, increasing.
  let neighbors: [Int]
  /// The number of the edge to each neighbor, the same from both ends.
  let edges: [Int]

  /// The graph of the entries below the diagonal of `pattern`, which is square.
  init(lowerTriangleOf pattern: SparsityPattern) {
    let order = pattern.columnCount
    var pointers = [Int](repeating: 0, count: order + 1)
    for column in 0..<order {
      for row in pattern.rows(of: column) where row > column {
        pointers[column + 1] += 1
        pointers[row + 1] += 1
      }
    }
    for vertex in 0..<order { pointers[vertex + 1] += pointers[vertex] }
    var next = pointers
    var neighbors = [Int](repeating: 0, count: pointers[order])
    var edges = neighbors
    var edge = 0
    for column in 0..<order {
      for row in pattern.rows(of: column) where row > column {
        neighbors[next[column]] = row
        neighbors[next[row]] = column
        edges[next[column]] = edge
        edges[next[row]] = edge
        next[column] += 1
        next[row] += 1
        edge += 1
      }
    }
    self.pointers = pointers
    self.neighbors = neighbors
    self.edges = edges
  }

  var vertexCount: Int { pointers.count - 1 }

  var edgeCount: Int { neighbors.count / 2 }

  @inline(__always) func forEachNeighbor(of vertex: Int, _ body: (Int) -> Void) {
    let neighbors = neighbors.span
    for place in pointers[vertex]..<pointers[vertex + 1] { body(neighbors[unchecked: place]) }
  }

  /// As ``forEachNeighbor(of:_:)``, with the number of the edge.
  @inline(__always) func forEachEdge(of vertex: Int, _ body: (Int, Int) -> Void) {
    let neighbors = neighbors.span
    let edges = edges.span
    for place in pointers[vertex]..<pointers[vertex + 1] {
      body(neighbors[unchecked: place], edges[unchecked: place])
    }
  }
}

extension SparsityPattern {
  /// The rows of one column.
  @inline(__always) func rows(of column: Int) -> ArraySlice<Int> {
    rowIndices[columnPointers[column]..<columnPointers[column + 1]]
  }
}
