import Adjoint
import Testing

@Suite("Star coloring of symmetric matrices") struct SymmetricColoringTests {
  /// The definition, checked by brute force: neighbors differ, and no path a–b–c–d has two colors.
  private func isStarColoring(_ colors: [Int], of pattern: SparsityPattern) -> Bool {
    let neighbors = (0..<pattern.columnCount).map { column in
      pattern.rowIndices[pattern.columnPointers[column]..<pattern.columnPointers[column + 1]]
        .filter { $0 != column }
    }
    for second in neighbors.indices {
      for third in neighbors[second] {
        guard colors[second] != colors[third] else { return false }
        for first in neighbors[second] where first != third && colors[first] == colors[third] {
          for fourth in neighbors[third] where fourth != second && fourth != first {
            guard colors[fourth] != colors[second] else { return false }
          }
        }
      }
    }
    return true
  }

  /// Symmetric patterns and the most colors that they may take.
  private static func samples() throws -> [(pattern: SparsityPattern, limit: Int)] {
    let path = [1, 2, 5, 20]
    return try [
      (ColoringPatterns.arrow(order: 50), 2),
      (ColoringPatterns.banded(order: 100, halfWidth: 0), 1),
      (ColoringPatterns.blocks(count: 10, size: 6), 6),
      (ColoringPatterns.stencil(.fivePoint, sizes: [20, 20]), 5),
      (ColoringPatterns.stencil(.fivePoint, sizes: [15, 15], isPeriodic: true), 5),
      (ColoringPatterns.stencil(.ninePoint, sizes: [12, 15]), 9),
      (ColoringPatterns.stencil(.sevenPoint, sizes: [8, 9, 10]), 7),
    ]
      + path.map { width in
        (try ColoringPatterns.banded(order: 100, halfWidth: width), 2 * width + 1)
      }
      + (1...12).map { seed in
        (try ColoringPatterns.symmetric(order: 60, degree: Int(seed), seed: seed), 60)
      }
  }

  @Test("Each pair of colors makes stars, with no more colors than are known to suffice")
  func stars() throws {
    for (pattern, limit) in try Self.samples() {
      let coloring = try SymmetricColoring(pattern)
      #expect(coloring.colorCount <= limit)
      #expect(Set(coloring.colors) == Set(0..<coloring.colorCount))
      #expect(isStarColoring(coloring.colors, of: pattern))
    }
  }

  @Test("The check knows a path with two colors, and neighbors of one")
  func negativeControl() throws {
    let path = try ColoringPatterns.banded(order: 4, halfWidth: 1)
    #expect(!isStarColoring([0, 1, 0, 1], of: path))
    #expect(!isStarColoring([0, 0, 1, 2], of: path))
    #expect(isStarColoring([0, 1, 0, 2], of: path))
  }

  @Test("Values are recovered from the products bit for bit, into all of the pattern or its half")
  func recovery() throws {
    var generator = SeededGenerator(seed: 9)
    for (pattern, _) in try Self.samples() {
      let order = pattern.columnCount
      var values = generator.direction(count: pattern.entryCount)
      let mirror = pattern.transposed
      for column in 0..<order {
        for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
          let row = pattern.rowIndices[slot]
          if row < column, let other = mirror.slot(row: column, column: row) {
            values[slot] = values[other]
          }
        }
      }
      let matrix = try SparseMatrix(pattern: pattern, values: values)
      let lower = try ColoringPatterns.lowerTriangle(pattern)
      for stored in [pattern, lower] {
        let coloring = try SymmetricColoring(stored)
        let products = try (0..<coloring.colorCount).flatMap {
          try matrix.multiply(coloring.direction(ofColor: $0))
        }
        let recovered = try SparseMatrix(
          pattern: stored, values: coloring.recover(products))
        // Each product's row holds one entry times one and zeros.
        for column in 0..<order {
          for row in stored.rowIndices[
            stored.columnPointers[column]..<stored.columnPointers[column + 1]]
          {
            #expect(recovered[row, column] == matrix[row, column])
          }
        }
      }
    }
  }

  @Test("Both triangles and one give the same colors")
  func triangles() throws {
    let pattern = try ColoringPatterns.symmetric(order: 80, degree: 5, seed: 4)
    let both = try SymmetricColoring(pattern)
    let lower = try SymmetricColoring(ColoringPatterns.lowerTriangle(pattern))
    #expect(both.colors == lower.colors)
  }

  @Test("Patterns that are not symmetric are refused, with an entry")
  func refusals() throws {
    #expect(throws: ColoringError.notSquare(rows: 2, columns: 3)) {
      try SymmetricColoring(.full(rowCount: 2, columnCount: 3))
    }
    let upper = try ColoringPatterns.pattern(order: 3) { $0 == 2 ? [0, 1, 2] : [$0] }
    #expect(throws: ColoringError.notSymmetric(row: 0, column: 2)) {
      try SymmetricColoring(upper)
    }
    let coloring = try SymmetricColoring(ColoringPatterns.arrow(order: 4))
    #expect(throws: InputError.self) { try coloring.recover([1, 2, 3]) }
  }

  @Test("A million rows of a five-point stencil take at most five products")
  func million() throws {
    let pattern = try ColoringPatterns.stencil(.fivePoint, sizes: [1000, 1000])
    #expect(try SymmetricColoring(pattern).colorCount <= 5)
  }
}
