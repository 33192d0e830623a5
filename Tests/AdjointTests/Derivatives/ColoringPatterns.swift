import Adjoint

/// Patterns whose fewest colors are known.
enum ColoringPatterns {
  /// Offsets of grid points from their middle.
  enum Stencil: String, CaseIterable, Sendable {
    case fivePoint
    case ninePoint
    case sevenPoint

    var dimension: Int { self == .sevenPoint ? 3 : 2 }

    /// The number of points, which is the number of colors of a perfect tiling.
    var pointCount: Int { offsets.count }

    var offsets: [[Int]] {
      switch self {
      case .ninePoint: (-1...1).flatMap { i in (-1...1).map { [i, $0] } }
      case .fivePoint, .sevenPoint:
        [[Int](repeating: 0, count: dimension)]
          + (0..<dimension).flatMap { axis in
            [-1, 1].map { step in (0..<dimension).map { $0 == axis ? step : 0 } }
          }
      }
    }
  }

  /// The matrix of a stencil on a grid numbered line by line.
  static func stencil(
    _ stencil: Stencil, sizes: [Int], isPeriodic: Bool = false
  ) throws -> SparsityPattern {
    let offsets = stencil.offsets
    return try pattern(order: sizes.reduce(1, *)) { column in
      var rest = column
      let point = sizes.map { size in
        defer { rest /= size }
        return rest % size
      }
      return offsets.compactMap { offset in
        var row = 0
        for axis in sizes.indices.reversed() {
          var coordinate = point[axis] + offset[axis]
          if isPeriodic { coordinate = (coordinate + sizes[axis]) % sizes[axis] }
          guard (0..<sizes[axis]).contains(coordinate) else { return nil }
          row = row * sizes[axis] + coordinate
        }
        return row
      }
    }
  }

  /// Entries at most `halfWidth` from the diagonal.
  static func banded(order: Int, halfWidth: Int) throws -> SparsityPattern {
    try pattern(order: order) { column in
      Array(max(0, column - halfWidth)...min(order - 1, column + halfWidth))
    }
  }

  /// Full blocks on the diagonal.
  static func blocks(count: Int, size: Int) throws -> SparsityPattern {
    try pattern(order: count * size) { column in
      (0..<size).map { column / size * size + $0 }
    }
  }

  /// A diagonal with a full first row, a full first column, or both.
  static func arrow(order: Int, row: Bool = true, column: Bool = true) throws -> SparsityPattern {
    try pattern(order: order) { index in
      index == 0 && column ? Array(0..<order) : row ? [0, index] : [index]
    }
  }

  /// A random symmetric pattern with its diagonal, about `degree` neighbors each.
  static func symmetric(order: Int, degree: Int, seed: UInt64) throws -> SparsityPattern {
    var generator = SeededGenerator(seed: seed)
    var neighbors = (0..<order).map { [$0] }
    for _ in 0..<order * degree / 2 {
      let first = Int.random(in: 0..<order, using: &generator)
      let second = Int.random(in: 0..<order, using: &generator)
      neighbors[first].append(second)
      neighbors[second].append(first)
    }
    return try pattern(order: order) { neighbors[$0] }
  }

  /// The entries on and below the diagonal.
  static func lowerTriangle(_ pattern: SparsityPattern) throws -> SparsityPattern {
    try self.pattern(order: pattern.columnCount) { column in
      pattern.rowIndices[pattern.columnPointers[column]..<pattern.columnPointers[column + 1]]
        .filter { $0 >= column }
    }
  }

  /// A square pattern from the rows of each column, repeated ones counted once.
  static func pattern(order: Int, rows: (Int) -> [Int]) throws -> SparsityPattern {
    var pointers = [0]
    var indices: [Int] = []
    for column in 0..<order {
      var previous = -1
      for row in rows(column).sorted() where row != previous {
        indices.append(row)
        previous = row
      }
      pointers.append(indices.count)
    }
    return try SparsityPattern(
      rowCount: order, columnCount: order, columnPointers: pointers, rowIndices: indices)
  }

  /// Whether no row holds two columns of one color, and the colors are 0 ..< count, all used.
  static func isValid(
    _ colors: [Int], count: Int, columnsOf pattern: SparsityPattern
  ) -> Bool {
    guard Set(colors) == Set(0..<count) else { return false }
    let rows = pattern.transposed
    var seenIn = [Int](repeating: -1, count: count)
    for row in 0..<pattern.rowCount {
      for slot in rows.columnPointers[row]..<rows.columnPointers[row + 1] {
        let color = colors[rows.rowIndices[slot]]
        if seenIn[color] == row { return false }
        seenIn[color] = row
      }
    }
    return true
  }
}
