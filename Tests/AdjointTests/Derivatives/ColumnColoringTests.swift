import Adjoint
import Testing

@Suite("Coloring of columns and rows") struct ColumnColoringTests {
  private func expectValid(
    _ coloring: ColumnColoring, on pattern: SparsityPattern,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      ColoringPatterns.isValid(
        coloring.colors, count: coloring.colorCount, columnsOf: pattern),
      sourceLocation: sourceLocation)
    let statistics = coloring.statistics
    #expect(statistics.lowerBound <= coloring.colorCount, sourceLocation: sourceLocation)
    // The best is kept, and it is that of the method named.
    #expect(
      statistics.attempts.map(\.colorCount).min() == coloring.colorCount,
      sourceLocation: sourceLocation)
    #expect(
      statistics.attempts.first { $0.method == statistics.method }?.colorCount
        == coloring.colorCount, sourceLocation: sourceLocation)
  }

  @Test(
    "Stencils that tile the grid get as many colors as they have points",
    arguments: [
      (ColoringPatterns.Stencil.fivePoint, [10, 10]), (.fivePoint, [64, 64]),
      (.fivePoint, [37, 53]), (.fivePoint, [3, 200]), (.ninePoint, [10, 10]),
      (.ninePoint, [64, 64]), (.ninePoint, [31, 45]), (.sevenPoint, [7, 7, 7]),
      (.sevenPoint, [20, 20, 20]), (.sevenPoint, [9, 13, 16]),
    ])
  func stencils(stencil: ColoringPatterns.Stencil, sizes: [Int]) throws {
    let pattern = try ColoringPatterns.stencil(stencil, sizes: sizes)
    let coloring = ColumnColoring(pattern)
    #expect(coloring.colorCount == stencil.pointCount)
    expectValid(coloring, on: pattern)
  }

  @Test(
    "So do periodic ones if the sizes are multiples of that",
    arguments: [
      (ColoringPatterns.Stencil.fivePoint, [10, 10]), (.fivePoint, [65, 65]),
      (.fivePoint, [15, 40]), (.ninePoint, [9, 9]), (.ninePoint, [63, 66]),
      (.sevenPoint, [7, 7, 7]), (.sevenPoint, [14, 21, 7]),
    ])
  func periodicStencils(stencil: ColoringPatterns.Stencil, sizes: [Int]) throws {
    let pattern = try ColoringPatterns.stencil(stencil, sizes: sizes, isPeriodic: true)
    let coloring = ColumnColoring(pattern)
    #expect(coloring.colorCount == stencil.pointCount)
    expectValid(coloring, on: pattern)
  }

  @Test("A five-point stencil with its unknowns in random order gets five colors")
  func shuffledStencil() throws {
    let pattern = try ColoringPatterns.stencil(.fivePoint, sizes: [40, 40])
    var generator = SeededGenerator(seed: 3)
    let place = Array(0..<1600).shuffled(using: &generator)
    var origin = place
    for (index, target) in place.enumerated() { origin[target] = index }
    let shuffled = try ColoringPatterns.pattern(order: 1600) { column in
      let start = pattern.columnPointers[origin[column]]
      let end = pattern.columnPointers[origin[column] + 1]
      return pattern.rowIndices[start..<end].map { place[$0] }
    }
    let coloring = ColumnColoring(shuffled)
    #expect(coloring.colorCount == 5)
    #expect(coloring.statistics.method == .saturation)
    expectValid(coloring, on: shuffled)
  }

  @Test("Banded matrices need as many colors as their bandwidth", arguments: [0, 1, 2, 7, 20])
  func bands(halfWidth: Int) throws {
    let pattern = try ColoringPatterns.banded(order: 100, halfWidth: halfWidth)
    let coloring = ColumnColoring(pattern)
    #expect(coloring.colorCount == 2 * halfWidth + 1)
    expectValid(coloring, on: pattern)
  }

  @Test("Blocks need as many colors as their size", arguments: [1, 2, 5, 30])
  func blocks(size: Int) throws {
    let pattern = try ColoringPatterns.blocks(count: 20, size: size)
    let coloring = ColumnColoring(pattern)
    #expect(coloring.colorCount == size)
    expectValid(coloring, on: pattern)
  }

  @Test("A full row needs a color for each column, a full column two for the rows")
  func arrows() throws {
    let order = 1000
    let fullRow = try ColoringPatterns.arrow(order: order, column: false)
    #expect(ColumnColoring(fullRow).colorCount == order)
    #expect(RowColoring(fullRow).colorCount == 2)
    let fullColumn = try ColoringPatterns.arrow(order: order, row: false)
    #expect(ColumnColoring(fullColumn).colorCount == 2)
    #expect(RowColoring(fullColumn).colorCount == order)
    let both = try ColoringPatterns.arrow(order: order)
    #expect(ColumnColoring(both).colorCount == order)
    #expect(RowColoring(both).colorCount == order)
  }

  @Test("Random patterns are colored validly, rows too, full ones with one color a column")
  func random() throws {
    var generator = SeededGenerator(seed: 5)
    for entryCount in [0, 40, 100, 300, 600] {
      var builder = try SparseMatrixBuilder(rowCount: 40, columnCount: 30)
      for _ in 0..<entryCount {
        try builder.add(
          1, row: .random(in: 0..<40, using: &generator),
          column: .random(in: 0..<30, using: &generator))
      }
      let pattern = try builder.build().pattern
      expectValid(ColumnColoring(pattern), on: pattern)
      let rows = RowColoring(pattern)
      #expect(
        ColoringPatterns.isValid(
          rows.colors, count: rows.colorCount, columnsOf: pattern.transposed))
    }
    #expect(ColumnColoring(try .full(rowCount: 3, columnCount: 11)).colorCount == 11)
    #expect(ColumnColoring(try .full(rowCount: 0, columnCount: 2)).colorCount == 1)
    #expect(ColumnColoring(try .full(rowCount: 2, columnCount: 0)).colorCount == 0)
  }

  @Test("A random pattern is tried by every method, and iterating does not make it worse")
  func attempts() throws {
    let pattern = try ColoringPatterns.symmetric(order: 300, degree: 6, seed: 2)
    let coloring = ColumnColoring(pattern)
    let methods = coloring.statistics.attempts.map(\.method)
    #expect(
      methods == [
        .natural, .saturation, .largestFirst, .smallestLast, .incidenceDegree, .iterated,
      ])
    #expect(coloring.statistics.attempts.last?.colorCount == coloring.colorCount)
    expectValid(coloring, on: pattern)
  }

  @Test("No better coloring is looked for where it would not save a sweep")
  func sweeps() throws {
    let pattern = try ColoringPatterns.stencil(.fivePoint, sizes: [30, 30])
    let coloring = ColumnColoring(pattern, colorsPerSweep: 8)
    #expect((5...8).contains(coloring.colorCount))
    #expect(coloring.statistics.attempts.count == 1)
    expectValid(coloring, on: pattern)
  }

  @Test("A million columns of a five-point stencil are colored with five colors")
  func million() throws {
    let pattern = try ColoringPatterns.stencil(.fivePoint, sizes: [1000, 1000])
    let coloring = ColumnColoring(pattern)
    #expect(coloring.colorCount == 5)
    expectValid(coloring, on: pattern)
  }
}
