/// A search for a coloring of grid points by a linear form of their coordinates.
///
/// With the columns numbered as the points of a grid, c = i₀ + i₁s₁ + i₂s₂ + …, the color is
/// (a₀i₀ + a₁i₁ + a₂i₂ + …) mod m. For stencils that tile the space this needs as many colors as the
/// stencil has points: i + 2j mod 5 for five points, i + 2j + 3k mod 7 for seven (Goldfarb and Toint,
/// *Math. Comp.* 43, 1984, §3). The strides s are looked for among the distances of the entries from the
/// diagonal, m and a by trial: a conflict found in a row excludes all forms that make one there.
///
/// Cost: a pass over the entries for each candidate that survives long, few in practice; matrices with
/// entries at more than 64 distances are not tried.
struct LatticeColoring {
  private static let maximumDistances = 64
  private static let maximumDimension = 4
  private static let maximumStrideChains = 128
  private static let maximumForms = 1 << 14
  /// How many rows' conflicts are learnt from before a choice of strides is given up.
  private static let maximumLessons = 64

  private let graph: ColumnGraph

  init(_ graph: ColumnGraph) { self.graph = graph }

  /// A coloring with at least `lowerBound` and fewer than `upperBound` colors, or nil.
  func search(lowerBound: Int, upperBound: Int) -> (colors: [Int], count: Int)? {
    guard graph.columns.isSquare, let distances = diagonalDistances() else { return nil }
    var best: (colors: [Int], count: Int)?
    for strides in strideChains(distances) {
      let bound = best?.count ?? upperBound
      if bound <= lowerBound { break }
      best = search(strides: strides, lowerBound: lowerBound, upperBound: bound) ?? best
    }
    return best
  }

  /// The different |row − column| ≥ 2 in increasing order, nil if they are too many.
  private func diagonalDistances() -> [Int]? {
    var isFound = [Bool](repeating: false, count: graph.vertexCount)
    var distances: [Int] = []
    for column in 0..<graph.vertexCount {
      for row in graph.columns.rows(of: column) {
        let distance = abs(row - column)
        if !isFound[distance] {
          isFound[distance] = true
          if distance > 1 { distances.append(distance) }
          if distances.count > Self.maximumDistances { return nil }
        }
      }
    }
    return distances.sorted()
  }

  /// Strides 1, s₁, s₂, … with each a multiple of the one before, the longest last.
  private func strideChains(_ distances: [Int]) -> [[Int]] {
    var chains = [[1]]
    var next = 0
    while next < chains.count && chains.count < Self.maximumStrideChains {
      let chain = chains[next]
      next += 1
      guard let last = chain.last, chain.count < Self.maximumDimension else { continue }
      for distance in distances where distance > last && distance.isMultiple(of: last) {
        chains.append(chain + [distance])
      }
    }
    return chains
  }

  private func search(
    strides: [Int], lowerBound: Int, upperBound: Int
  ) -> (colors: [Int], count: Int)? {
    var differences: Set<[Int]> = []
    var lessons = 0
    for modulus in max(lowerBound, 1)..<upperBound {
      var formCount = 1
      for _ in strides { formCount = min(formCount * modulus, Self.maximumForms + 1) }
      guard formCount <= Self.maximumForms else { return nil }
      for number in 0..<formCount {
        let form = digits(of: number, base: modulus, count: strides.count)
        guard differences.allSatisfy({ value(form, $0) % modulus != 0 }) else { continue }
        let colors = colors(form: form, strides: strides, modulus: modulus)
        guard let row = rowWithConflict(colors, count: modulus) else { return (colors, modulus) }
        lessons += 1
        guard lessons <= Self.maximumLessons else { return nil }
        learn(from: row, strides: strides, into: &differences)
      }
    }
    return nil
  }

  private func digits(of number: Int, base: Int, count: Int) -> [Int] {
    var rest = number
    return (0..<count).map { _ in
      defer { rest /= base }
      return rest % base
    }
  }

  private func value(_ form: [Int], _ coordinates: [Int]) -> Int {
    zip(form, coordinates).reduce(0) { $0 + $1.0 * $1.1 }
  }

  private func coordinates(of column: Int, strides: [Int]) -> [Int] {
    var rest = column
    var coordinates = strides
    for dimension in strides.indices.reversed() {
      coordinates[dimension] = rest / strides[dimension]
      rest %= strides[dimension]
    }
    return coordinates
  }

  /// The coordinate differences of all pairs of columns in a row: no form may vanish on them.
  private func learn(from row: Int, strides: [Int], into differences: inout Set<[Int]>) {
    let points = graph.rows.rows(of: row).map { coordinates(of: $0, strides: strides) }
    for (index, point) in points.enumerated() {
      for other in points[..<index] { differences.insert(zip(point, other).map { $0 - $1 }) }
    }
  }

  private func colors(form: [Int], strides: [Int], modulus: Int) -> [Int] {
    // As the column's number grows by one, so does the first coordinate, with carries.
    var colors = [Int](repeating: 0, count: graph.vertexCount)
    let row = strides.count > 1 ? strides[1] : max(graph.vertexCount, 1)
    for start in stride(from: 0, to: graph.vertexCount, by: row) {
      var color = value(form, coordinates(of: start, strides: strides)) % modulus
      for column in start..<min(start + row, graph.vertexCount) {
        colors[column] = color
        color += form[0]
        if color >= modulus { color -= modulus }
      }
    }
    return colors
  }

  /// The first row in which a color occurs twice.
  private func rowWithConflict(_ colors: [Int], count: Int) -> Int? {
    let seenIn = Buffer<Int>(count: count, repeating: -1)
    let pointers = graph.rows.columnPointers.span
    let columns = graph.rows.rowIndices.span
    let colors = colors.span
    for row in 0..<graph.rows.columnCount {
      for slot in pointers[row]..<pointers[row + 1] {
        let color = colors[unchecked: columns[unchecked: slot]]
        if seenIn[color] == row { return row }
        seenIn[color] = row
      }
    }
    return nil
  }
}
