extension ColoringGraph {
  /// Gives each vertex, in the given order, the first color that none of its neighbors has.
  ///
  /// Gebremedhin, Manne and Pothen, *SIAM Review* 47 (2005), algorithm 3.1. Every neighbor is visited
  /// once.
  func greedyColoring(_ order: [Int]) -> (colors: [Int], count: Int) {
    let colors = Buffer<Int>(count: vertexCount, repeating: -1)
    let forbiddenBy = Buffer<Int>(count: vertexCount + 1, repeating: -1)
    var count = 0
    for vertex in order {
      forEachNeighbor(of: vertex) { neighbor in
        let color = colors[neighbor]
        if color >= 0 { forbiddenBy[color] = vertex }
      }
      var color = 0
      while forbiddenBy[color] == vertex { color += 1 }
      colors[vertex] = color
      count = max(count, color + 1)
    }
    return (Array(colors.all), count)
  }

  /// Colors next a vertex with the most different colors around it; nil beyond 64 colors.
  ///
  /// Where the colors around a vertex leave no choice it is colored at once, so that a perfect
  /// coloring of a grid, once begun, is continued. The colors around each vertex are the bits of a
  /// word.
  func saturationColoring() -> (colors: [Int], count: Int)? {
    let colors = Buffer<Int>(count: vertexCount, repeating: -1)
    let around = Buffer<UInt64>(count: vertexCount, repeating: 0)
    var buckets = ColoringBuckets(vertexCount: vertexCount, keyCount: 65)
    for vertex in (0..<vertexCount).reversed() { buckets.insert(vertex, key: 0) }
    var count = 0
    for _ in 0..<vertexCount {
      let vertex = buckets.removeHighest()
      let color = (~around[vertex]).trailingZeroBitCount
      guard color < 64 else { return nil }
      colors[vertex] = color
      count = max(count, color + 1)
      let bit: UInt64 = 1 << UInt64(color)
      forEachNeighbor(of: vertex) { neighbor in
        if colors[neighbor] < 0 && around[neighbor] & bit == 0 {
          around[neighbor] |= bit
          buckets.move(neighbor, by: 1)
        }
      }
    }
    return (Array(colors.all), count)
  }

  /// Colors again, color class by color class, `passes` times; the count never increases.
  ///
  /// The first pass takes the classes in reverse, the next by decreasing size, and so on in turn.
  func iteratedColoring(
    _ colors: [Int], count: Int, passes: Int
  ) -> (colors: [Int], count: Int) {
    var best = (colors: colors, count: count)
    for pass in 0..<passes {
      var ranks = (0..<best.count).map { best.count - 1 - $0 }
      if pass % 2 == 1 {
        var sizes = [Int](repeating: 0, count: best.count)
        for color in best.colors { sizes[color] += 1 }
        let bySize = (0..<best.count).sorted { sizes[$0] > sizes[$1] }
        for (rank, color) in bySize.enumerated() { ranks[color] = rank }
      }
      best = greedyColoring(counting(keyCount: best.count) { ranks[best.colors[$0]] })
    }
    return best
  }
}
