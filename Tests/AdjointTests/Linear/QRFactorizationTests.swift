import Adjoint
import ReferenceProblems
import Testing

/// Matrices of all shapes and ranks, of condition number below 1e4 on their range.
enum RectangularMatrix: String, CaseIterable, Sendable {
  case oneByOne, column, row, tall, wide, square
  case dependentColumns, dependentRows, singular, zero, withoutEntries, emptyRowsAndColumns

  var rank: Int {
    switch self {
    case .oneByOne, .column, .row: 1
    case .tall, .wide: 12
    case .square: 40
    case .dependentColumns, .dependentRows: 9
    case .singular: 16
    case .zero, .withoutEntries: 0
    case .emptyRowsAndColumns: 3
    }
  }

  func make() throws -> SparseMatrix {
    switch self {
    case .oneByOne: try SparseMatrix(column: [0: -3], rowCount: 1)
    case .column: try SparseMatrix(column: [1: 2, 3: -1], rowCount: 5)
    case .row: try SparseMatrix(column: [1: 2, 3: -1], rowCount: 5).transposed
    case .tall: try Self.random(rowCount: 30, columnCount: 12)
    case .wide: try Self.random(rowCount: 30, columnCount: 12).transposed
    case .square: try SampleMatrix.randomUnsymmetric.make()
    case .dependentColumns: try Self.dependent()
    case .dependentRows: try Self.dependent().transposed
    case .singular: try Self.floatingChain(count: 17)
    case .zero:
      try SparseMatrix(rowCount: 3, columnCount: 2) { try $0.add(0, row: 1, column: 1) }
    case .withoutEntries: try SparseMatrixBuilder(rowCount: 3, columnCount: 4).build()
    case .emptyRowsAndColumns:
      try SparseMatrix(rowCount: 7, columnCount: 6) { builder in
        for (row, column) in [(1, 0), (4, 3), (6, 5)] {
          try builder.add(1.5, row: row, column: column)
        }
        try builder.add(0.5, row: 4, column: 5)
      }
    }
  }

  static func random(rowCount: Int, columnCount: Int) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: 71)
    return try SparseMatrix(rowCount: rowCount, columnCount: columnCount) { builder in
      for row in 0..<rowCount {
        try builder.add(generator.uniform(in: 1..<2), row: row, column: row % columnCount)
        for _ in 0..<2 {
          let column = Int.random(in: 0..<columnCount, using: &generator)
          try builder.add(generator.uniform(in: -0.5..<0.5), row: row, column: column)
        }
      }
    }
  }

  /// Nine independent columns, and five sums of neighbors among them.
  private static func dependent() throws -> SparseMatrix {
    let basis = try random(rowCount: 20, columnCount: 9)
    return try SparseMatrix(rowCount: 20, columnCount: 14) { builder in
      for column in 0..<14 {
        for source in column < 9 ? [column] : [column - 9, column - 8] {
          let slots =
            basis.pattern.columnPointers[source]..<basis.pattern.columnPointers[source + 1]
          for slot in slots {
            try builder.add(basis.values[slot], row: basis.pattern.rowIndices[slot], column: column)
          }
        }
      }
    }
  }

  /// A chain of springs without supports: one rigid motion.
  private static func floatingChain(count: Int) throws -> SparseMatrix {
    try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for index in 0..<count - 1 {
        for (row, column, sign) in [
          (index, index, 1.0), (index + 1, index + 1, 1), (index, index + 1, -1),
          (index + 1, index, -1),
        ] {
          try builder.add(sign, row: row, column: column)
        }
      }
    }
  }
}

@Suite struct QRFactorizationTests {
  private static let orderings: [SymbolicFactorization.Ordering] = [
    .columnMinimumDegree, .minimumDegree, .nestedDissection, .natural,
  ]

  private func factorize(
    _ matrix: SparseMatrix, _ ordering: SymbolicFactorization.Ordering
  ) throws -> QRFactorization {
    var options = QRFactorization.Options()
    options.ordering = ordering
    return try QRFactorization(matrix, options: options)
  }

  private func expectEqual(
    _ found: [Double], _ expected: [Double], scale: Double, _ comment: Comment,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    // Condition numbers below 1e4, with some 30 n eps.
    #expect(
      found.count == expected.count
        && zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-11 * scale },
      comment, sourceLocation: sourceLocation)
  }

  @Test(
    "the four conditions of Moore and Penrose hold", arguments: RectangularMatrix.allCases,
    orderings)
  func moorePenrose(
    _ sample: RectangularMatrix, _ ordering: SymbolicFactorization.Ordering
  ) throws {
    let matrix = try sample.make()
    let factors = try factorize(matrix, ordering)
    #expect(factors.rank == sample.rank)
    var generator = SeededGenerator(seed: 72)
    let x = generator.direction(count: matrix.columnCount)
    let b = generator.direction(count: matrix.rowCount)
    // A A⁺ A x = A x and A⁺ A A⁺ b = A⁺ b.
    let image = try matrix.multiply(x)
    let again = try matrix.multiply(factors.solve(image))
    expectEqual(again, image, scale: 10, "A A⁺ A = A")
    let preimage = try factors.solve(b)
    let scale = 1 + (preimage.map(abs).max() ?? 0)
    expectEqual(
      try factors.solve(matrix.multiply(preimage)), preimage, scale: scale, "A⁺ A A⁺ = A⁺")
    // A A⁺ = (A A⁺)ᵀ = A⁺ᵀ Aᵀ and A⁺ A = Aᵀ A⁺ᵀ.
    expectEqual(
      try matrix.multiply(preimage), try factors.solveTransposed(matrix.multiplyTransposed(b)),
      scale: 10 * scale, "A A⁺ is symmetric")
    expectEqual(
      try factors.solve(image), try matrix.multiplyTransposed(factors.solveTransposed(x)),
      scale: 10 * scale, "A⁺ A is symmetric")
    expectEqual(
      try factors.projectOntoRows(x), try factors.solve(image), scale: 10 * scale,
      "A⁺ A projects onto the rows")
    expectEqual(
      try factors.projectOntoColumns(b), try matrix.multiply(preimage), scale: 10 * scale,
      "A A⁺ projects onto the columns")
  }

  @Test("a given order serves, and a factorization in an earlier order gives the same")
  func orders() throws {
    for sample in [RectangularMatrix.tall, .wide, .dependentColumns, .dependentRows, .singular] {
      let matrix = try sample.make()
      var generator = SeededGenerator(seed: 73)
      let b = generator.direction(count: matrix.rowCount)
      let first = try QRFactorization(matrix)
      let expected = try first.solve(b)
      let scale = expected.map(abs).max() ?? 0
      let count = min(matrix.rowCount, matrix.columnCount)
      let order = Array(0..<count).shuffled(using: &generator)
      let given = try factorize(matrix, .given(order))
      #expect(given.rank == sample.rank)
      expectEqual(try given.solve(b), expected, scale: scale, "given order")
      let reusing = try QRFactorization(matrix, reusing: first)
      #expect(reusing.rank == sample.rank)
      expectEqual(try reusing.solve(b), expected, scale: scale, "order of before")
    }
  }

  @Test("the rank margin is large for a clear rank and small for one that hangs by a hair")
  func margin() throws {
    // The last column is the sum of the others but for δ.
    func nearlyDependent(_ difference: Double) throws -> QRFactorization {
      try QRFactorization(
        SparseMatrix(
          pattern: .full(rowCount: 4, columnCount: 3),
          values: [1, 2, 0, 1, 0, 1, 1, -1, 1, 3, 1, difference]))
    }
    let clear = try nearlyDependent(1).statistics
    #expect(clear.rank == 3 && clear.rankMargin > 1e10)
    let close = try nearlyDependent(1e-12).statistics
    #expect(close.rank == 3 && close.rankMargin < 100 && close.rankMargin >= 1)
    let dependent = try nearlyDependent(0).statistics
    #expect(dependent.rank == 2 && dependent.rankMargin > 1e10)
    // The tolerance decides.
    var options = QRFactorization.Options()
    options.rankTolerance = 1e-6
    let matrix = try SparseMatrix(
      pattern: .full(rowCount: 2, columnCount: 2), values: [1, 0, 1, 1e-8])
    #expect(try QRFactorization(matrix, options: options).rank == 1)
    #expect(try QRFactorization(matrix).rank == 2)
  }

  @Test("extreme scales do not overflow")
  func scales() throws {
    for scale in [1e-250, 1e250] {
      let matrix = try SparseMatrix(
        pattern: RectangularMatrix.tall.make().pattern,
        values: RectangularMatrix.tall.make().values.map { scale * $0 })
      let factors = try QRFactorization(matrix)
      #expect(factors.rank == 12)
      var generator = SeededGenerator(seed: 74)
      let x = generator.direction(count: 12)
      expectEqual(try factors.solve(matrix.multiply(x)), x, scale: 1, "A⁺ A x = x")
    }
  }

  @Test("what makes no sense is refused")
  func badArguments() throws {
    let matrix = try RectangularMatrix.tall.make()
    let changes: [(inout QRFactorization.Options) -> Void] = [
      { $0.threads = 0 }, { $0.rankTolerance = -1 }, { $0.rankTolerance = .nan },
      { $0.rankTolerance = 1 }, { $0.expectedRank = -1 }, { $0.ordering = .given([1, 2]) },
    ]
    for change in changes {
      var options = QRFactorization.Options()
      change(&options)
      #expect(throws: InputError.self) { try QRFactorization(matrix, options: options) }
    }
    var options = QRFactorization.Options()
    options.ordering = .given([Int](repeating: 1, count: 12))
    #expect(throws: FactorizationError.notAPermutation(place: 1, unknown: 1)) {
      try QRFactorization(matrix, options: options)
    }
    let factors = try QRFactorization(matrix)
    #expect(throws: InputError.self) { try factors.solve([1]) }
    #expect(throws: InputError.self) { try factors.solveTransposed([1]) }
    #expect(throws: InputError.self) { try factors.projectOntoRows([1]) }
    #expect(throws: InputError.self) { try factors.projectOntoColumns([1]) }
    #expect(throws: InputError.self) {
      try factors.solve([Double](repeating: .nan, count: 30))
    }
    #expect(throws: FactorizationError.differentPattern) {
      try QRFactorization(RectangularMatrix.wide.make(), reusing: factors)
    }
    for (rows, columns) in [(0, 0), (0, 3), (3, 0)] {
      let empty = try QRFactorization(
        SparseMatrixBuilder(rowCount: rows, columnCount: columns).build())
      #expect(empty.rank == 0)
      #expect(try empty.solve([Double](repeating: 1, count: rows)).count == columns)
    }
  }
}
