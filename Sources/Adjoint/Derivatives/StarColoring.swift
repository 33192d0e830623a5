/// The greedy star coloring of a graph: neighbors differ, and no path of four vertices has only two
/// colors.
///
/// Any two colors then induce a forest of stars. The algorithm keeps for each edge the star that it
/// belongs to and for each star its hub, so that the vertices whose colors are forbidden are found by
/// looking two edges far: Gebremedhin, Tarafdar, Manne and Pothen, *SIAM J. Sci. Comput.* 29 (2007),
/// algorithm 4.1. Cost: Σ over vertices of the degrees of the neighbors.
final class StarColoring {
  private let graph: AdjacencyGraph
  private let colors: Buffer<Int>
  /// A color c with `forbiddenBy[c]` = v may not be given to v.
  private let forbiddenBy: Buffer<Int>
  /// For each color the vertex that met it last, and its first neighbor of that color.
  private let metBy: Buffer<Int>
  private let firstNeighbor: Buffer<Int>
  private let firstEdge: Buffer<Int>
  private let treatedFor: Buffer<Int>
  private let starOfEdge: Buffer<Int>
  private let hubOfStar: Buffer<Int>
  private var starCount = 0

  private init(_ graph: AdjacencyGraph) {
    self.graph = graph
    let count = graph.vertexCount
    colors = Buffer(count: count, repeating: -1)
    forbiddenBy = Buffer(count: count + 1, repeating: -1)
    metBy = Buffer(count: count, repeating: -1)
    firstNeighbor = Buffer(count: count, repeating: -1)
    firstEdge = Buffer(count: count, repeating: -1)
    treatedFor = Buffer(count: count, repeating: -1)
    starOfEdge = Buffer(count: graph.edgeCount, repeating: -1)
    hubOfStar = Buffer(count: graph.edgeCount, repeating: -1)
  }

  /// Colors the vertices in the given order.
  static func greedy(_ graph: AdjacencyGraph, order: [Int]) -> (colors: [Int], count: Int) {
    let coloring = StarColoring(graph)
    var count = 0
    for vertex in order {
      coloring.forbidColors(around: vertex)
      var color = 0
      while coloring.forbiddenBy[color] == vertex { color += 1 }
      coloring.colors[vertex] = color
      count = max(count, color + 1)
      coloring.updateStars(at: vertex)
    }
    return (Array(coloring.colors.all), count)
  }

  private func forbidColors(around vertex: Int) {
    graph.forEachEdge(of: vertex) { neighbor, edge in
      let color = colors[neighbor]
      guard color >= 0 else { return }
      forbiddenBy[color] = vertex
      if metBy[color] == vertex {
        // Two neighbors of one color: the vertex is the hub, so no third edge may follow.
        let other = firstNeighbor[color]
        if treatedFor[other] != vertex { treat(other, for: vertex) }
        treat(neighbor, for: vertex)
      } else {
        metBy[color] = vertex
        firstNeighbor[color] = neighbor
        firstEdge[color] = edge
        // The neighbor as a spoke: its star's hub may not get a second one behind it.
        graph.forEachEdge(of: neighbor) { second, secondEdge in
          let secondColor = colors[second]
          guard second != vertex && secondColor >= 0 else { return }
          if hubOfStar[starOfEdge[secondEdge]] == second {
            forbiddenBy[secondColor] = vertex
          }
        }
      }
    }
  }

  /// Forbids for `vertex` all colors around its neighbor.
  private func treat(_ neighbor: Int, for vertex: Int) {
    graph.forEachNeighbor(of: neighbor) { second in
      if colors[second] >= 0 { forbiddenBy[colors[second]] = vertex }
    }
    treatedFor[neighbor] = vertex
  }

  /// Puts the edges from a vertex that was just colored into stars.
  private func updateStars(at vertex: Int) {
    let color = colors[vertex]
    graph.forEachEdge(of: vertex) { neighbor, edge in
      let neighborColor = colors[neighbor]
      guard neighborColor >= 0 else { return }
      var sharedStar = -1
      graph.forEachEdge(of: neighbor) { second, secondEdge in
        if second != vertex && colors[second] == color { sharedStar = starOfEdge[secondEdge] }
      }
      if sharedStar >= 0 {
        hubOfStar[sharedStar] = neighbor
        starOfEdge[edge] = sharedStar
      } else if firstNeighbor[neighborColor] != neighbor {
        let star = starOfEdge[firstEdge[neighborColor]]
        hubOfStar[star] = vertex
        starOfEdge[edge] = star
      } else {
        starOfEdge[edge] = starCount
        starCount += 1
      }
    }
  }
}
