import Adjoint
import Testing

/// A positive definite matrix [D₁ … Bᵀ; B C] of dense blocks Dᵢ that are coupled to a dense C only, so that each
/// front has `columnCount` columns and `borderCount` other rows.
struct BorderedBlocks: Sendable, CustomTestStringConvertible {
  let columnCount: Int
  let borderCount: Int
  let blockCount = 3

  var order: Int { columnCount * blockCount + borderCount }

  var testDescription: String { "\(columnCount) columns, \(borderCount) rows below" }

  /// Sizes around the widths of the kernels, and around that from which BLAS is called.
  static let all: [BorderedBlocks] =
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 31, 32, 33, 38].flatMap { columnCount in
      [0, 1, 2, 3, 4, 5, 29, 42].map {
        BorderedBlocks(columnCount: columnCount, borderCount: $0)
      }
    }

  /// Random entries of both signs, and a diagonal that exceeds the sums of their moduli.
  func make(seed: UInt64) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: seed)
    var sums = [Double](repeating: 1, count: order)
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for column in 0..<order {
        for row in column + 1..<max(order, column + 1) {
          let isInBorder = row >= columnCount * blockCount
          guard isInBorder || row / columnCount == column / columnCount else { continue }
          let value = generator.uniform(in: -1..<1)
          try builder.add(value, row: row, column: column)
          sums[row] += abs(value)
          sums[column] += abs(value)
        }
      }
      for index in 0..<order { try builder.add(sums[index], row: index, column: index) }
    }
  }
}

@Suite struct MultifrontalCholeskyTests {
  private func analyze(_ matrix: SparseMatrix) throws -> SymbolicFactorization {
    try SymbolicFactorization(
      analyzing: matrix.pattern, method: .cholesky,
      options: SymbolicFactorization.Options(ordering: .natural))
  }

  // Cholesky's backward error is at most (n + 1) eps of |L||Lᵀ|, whose entries are at most those of A's
  // diagonal; with the two triangular solves 3 n eps ‖|L||Lᵀ|‖ (Higham, theorem 10.4), and ‖|L||Lᵀ|‖∞ ≤
  // n ‖A‖∞ hardly exceeds ‖A‖∞ here.
  private func bound(_ order: Int) -> Double { 6 * Double(order + 1) * .ulpOfOne }

  @Test("fronts of every width are factorized", arguments: BorderedBlocks.all)
  func widths(_ blocks: BorderedBlocks) throws {
    let matrix = try blocks.make(seed: 31)
    let full = try matrix.symmetricCompletion()
    let factors = try analyze(matrix).factorize(matrix)
    var generator = SeededGenerator(seed: 32)
    let rightHandSide = generator.direction(count: blocks.order)
    let solution = try factors.solve(rightHandSide)
    #expect(try full.backwardError(solution, rightHandSide) <= bound(blocks.order))
    // Negative control: A has changed, its factors have not.
    var other = full
    other.scaleLastDiagonalEntry(by: 1.001)
    #expect(try other.backwardError(solution, rightHandSide) > bound(blocks.order))
  }

  @Test("one solution is that of many, and transposed solves are the same")
  func oneAndMany() throws {
    let blocks = BorderedBlocks(columnCount: 11, borderCount: 29)
    let factors = try analyze(blocks.make(seed: 33)).factorize(blocks.make(seed: 33))
    var generator = SeededGenerator(seed: 34)
    let columns = (0..<5).map { _ in generator.direction(count: blocks.order) }
    let together = try factors.solve(columns.flatMap { $0 }, count: 5)
    for (index, column) in columns.enumerated() {
      let alone = try factors.solve(column)
      #expect(alone == (try factors.solveTransposed(column)))
      for (entry, value) in alone.enumerated() {
        // Diagonally dominant: the condition number is of order one.
        #expect(abs(value - together[index * blocks.order + entry]) <= 1e-13)
      }
    }
  }

  @Test(
    "a pivot that is not positive is named",
    arguments: [(3, 29), (4, 29), (7, 42), (11, 5), (33, 4), (38, 42)])
  func failures(_ columnCount: Int, _ borderCount: Int) throws {
    let blocks = BorderedBlocks(columnCount: columnCount, borderCount: borderCount)
    let matrix = try blocks.make(seed: 35)
    let symbolic = try analyze(matrix)
    let factors = try symbolic.factorize(matrix)
    var generator = SeededGenerator(seed: 36)
    let rightHandSide = generator.direction(count: blocks.order)
    let expected = try factors.solve(rightHandSide)
    for column in 0..<blocks.order {
      // Pivots before this one do not depend on its diagonal entry.
      var indefinite = matrix
      let slot = matrix.pattern.columnPointers[column]
      var values = matrix.values
      values[slot] = -values[slot]
      try indefinite.replaceValues(values)
      let error = #expect(throws: FactorizationError.self) { try factors.refactorize(indefinite) }
      guard case .notPositiveDefinite(let found)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(found == column)
      #expect(throws: FactorizationError.self) { try factors.solve(rightHandSide) }
    }
    try factors.refactorize(matrix)
    #expect(try factors.solve(rightHandSide) == expected)
  }

  @Test(
    "grids in two and three dimensions, in every order",
    arguments: [[23, 17], [40, 40], [9, 8, 7]])
  func grids(_ sides: [Int]) throws {
    let matrix = try Self.laplacian(sides)
    let full = try matrix.symmetricCompletion()
    var generator = SeededGenerator(seed: 37)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    let shuffled = Array(0..<matrix.rowCount).shuffled(using: &generator)
    let orderings: [SymbolicFactorization.Ordering] = [
      .minimumDegree, .nestedDissection, .natural, .given(shuffled),
    ]
    for ordering in orderings {
      for stored in [matrix, full] {
        let factors = try SymbolicFactorization(
          analyzing: stored.pattern, method: .cholesky,
          options: SymbolicFactorization.Options(ordering: ordering)
        ).factorize(stored)
        let solution = try factors.solve(rightHandSide)
        #expect(try full.backwardError(solution, rightHandSide) <= bound(matrix.rowCount))
      }
    }
  }

  @Test("a grid in space whose contributions would be large beside its factor")
  func largeContributions() throws {
    let matrix = try Self.laplacian([30, 30, 30])
    let full = try matrix.symmetricCompletion()
    let factors = try SymbolicFactorization(analyzing: matrix.pattern, method: .cholesky)
      .factorize(matrix)
    var generator = SeededGenerator(seed: 38)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    let solution = try factors.solve(rightHandSide)
    #expect(try full.backwardError(solution, rightHandSide) <= bound(matrix.rowCount))
  }

  /// The lower triangle of I/10 plus the Laplacian of a grid with the given sides.
  private static func laplacian(_ sides: [Int]) throws -> SparseMatrix {
    let order = sides.reduce(1, *)
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for node in 0..<order {
        try builder.add(0.1 + 2 * Double(sides.count), row: node, column: node)
        var stride = 1
        for side in sides {
          if (node / stride) % side + 1 < side {
            try builder.add(-1, row: node + stride, column: node)
          }
          stride *= side
        }
      }
    }
  }
}

extension SparseMatrix {
  /// The symmetric matrix whose lower triangle this is, with both stored.
  fileprivate func symmetricCompletion() throws -> SparseMatrix {
    try SparseMatrix(rowCount: rowCount, columnCount: columnCount) { builder in
      for column in 0..<columnCount {
        for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
          let row = pattern.rowIndices[slot]
          try builder.add(values[slot], row: row, column: column)
          if row != column { try builder.add(values[slot], row: column, column: row) }
        }
      }
    }
  }

  fileprivate mutating func scaleLastDiagonalEntry(by factor: Double) {
    var changed = values
    changed[changed.count - 1] *= factor
    try? replaceValues(changed)
  }
}
