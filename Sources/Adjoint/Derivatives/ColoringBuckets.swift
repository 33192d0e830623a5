/// Vertices sorted by a small key that changes in steps of one: bucket lists in flat arrays.
///
/// Every operation takes constant time, but for the search of the next bucket that is not empty,
/// which is paid for by the changes of keys (Matula and Beck 1983). Among equal keys the vertex
/// inserted last comes first.
struct ColoringBuckets {
  private let first: Buffer<Int>
  private let next: Buffer<Int>
  private let previous: Buffer<Int>
  private let keys: Buffer<Int>
  private var lowest: Int
  private var highest = 0

  /// Room for the vertices 0 ..< `vertexCount` with keys 0 ..< `keyCount`.
  init(vertexCount: Int, keyCount: Int) {
    first = Buffer(count: keyCount, repeating: -1)
    next = Buffer(count: vertexCount, repeating: -1)
    previous = Buffer(count: vertexCount, repeating: -1)
    keys = Buffer(count: vertexCount, repeating: 0)
    lowest = keyCount
  }

  mutating func insert(_ vertex: Int, key: Int) {
    let following = first[key]
    if following >= 0 { previous[following] = vertex }
    next[vertex] = following
    previous[vertex] = -1
    first[key] = vertex
    keys[vertex] = key
    highest = max(highest, key)
    lowest = min(lowest, key)
  }

  private mutating func remove(_ vertex: Int) {
    let (before, after) = (previous[vertex], next[vertex])
    if before >= 0 { next[before] = after } else { first[keys[vertex]] = after }
    if after >= 0 { previous[after] = before }
  }

  /// Adds `step` to the key of a vertex that is inserted.
  mutating func move(_ vertex: Int, by step: Int) {
    remove(vertex)
    insert(vertex, key: keys[vertex] + step)
  }

  /// Removes a vertex of the highest key; there must be one.
  mutating func removeHighest() -> Int {
    while first[highest] < 0 { highest -= 1 }
    let vertex = first[highest]
    remove(vertex)
    return vertex
  }

  /// Removes a vertex of the lowest key; there must be one.
  mutating func removeLowest() -> Int {
    while first[lowest] < 0 { lowest += 1 }
    let vertex = first[lowest]
    remove(vertex)
    return vertex
  }
}
