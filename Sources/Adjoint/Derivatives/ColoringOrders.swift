// The orders of the greedy algorithm. Each costs a constant number of visits to all neighbors.

extension ColoringGraph {
  /// The vertices in the order of `method`, which must be one of the static orders; else natural.
  func order(_ method: ColoringMethod) -> [Int] {
    switch method {
    case .largestFirst: largestFirstOrder
    case .smallestLast: smallestLastOrder
    case .incidenceDegree: incidenceDegreeOrder
    default: Array(0..<vertexCount)
    }
  }

  /// The number of different neighbors of each vertex.
  private var degrees: [Int] {
    let seenBy = Buffer<Int>(count: vertexCount, repeating: -1)
    return (0..<vertexCount).map { vertex in
      var degree = 0
      seenBy[vertex] = vertex
      forEachNeighbor(of: vertex) { neighbor in
        if seenBy[neighbor] != vertex {
          seenBy[neighbor] = vertex
          degree += 1
        }
      }
      return degree
    }
  }

  /// By decreasing degree, equal ones in natural order.
  private var largestFirstOrder: [Int] {
    let degrees = degrees
    let largest = degrees.max() ?? 0
    return counting(keyCount: largest + 1) { largest - degrees[$0] }
  }

  /// The vertices by increasing key, equal ones in natural order: a counting sort.
  func counting(keyCount: Int, _ key: (Int) -> Int) -> [Int] {
    var next = [Int](repeating: 0, count: keyCount + 1)
    for vertex in 0..<vertexCount { next[key(vertex) + 1] += 1 }
    for index in 0..<keyCount { next[index + 1] += next[index] }
    var order = [Int](repeating: 0, count: vertexCount)
    for vertex in 0..<vertexCount {
      order[next[key(vertex)]] = vertex
      next[key(vertex)] += 1
    }
    return order
  }

  /// From the last to the first, each a vertex of least degree among those not yet taken.
  private var smallestLastOrder: [Int] {
    let degrees = degrees
    var buckets = ColoringBuckets(
      vertexCount: vertexCount, keyCount: (degrees.max() ?? 0) + 1)
    for vertex in 0..<vertexCount { buckets.insert(vertex, key: degrees[vertex]) }
    var order = [Int](repeating: 0, count: vertexCount)
    let seenBy = Buffer<Int>(count: vertexCount, repeating: -1)
    let isTaken = Buffer<Bool>(count: vertexCount, repeating: false)
    for place in (0..<vertexCount).reversed() {
      let vertex = buckets.removeLowest()
      order[place] = vertex
      isTaken[vertex] = true
      forEachNeighbor(of: vertex) { neighbor in
        if !isTaken[neighbor] && seenBy[neighbor] != vertex {
          seenBy[neighbor] = vertex
          buckets.move(neighbor, by: -1)
        }
      }
    }
    return order
  }

  /// Each a vertex with the most neighbors before it.
  private var incidenceDegreeOrder: [Int] {
    var buckets = ColoringBuckets(vertexCount: vertexCount, keyCount: vertexCount + 1)
    for vertex in (0..<vertexCount).reversed() { buckets.insert(vertex, key: 0) }
    let seenBy = Buffer<Int>(count: vertexCount, repeating: -1)
    let isTaken = Buffer<Bool>(count: vertexCount, repeating: false)
    return (0..<vertexCount).map { _ in
      let vertex = buckets.removeHighest()
      isTaken[vertex] = true
      forEachNeighbor(of: vertex) { neighbor in
        if !isTaken[neighbor] && seenBy[neighbor] != vertex {
          seenBy[neighbor] = vertex
          buckets.move(neighbor, by: 1)
        }
      }
      return vertex
    }
  }
}
