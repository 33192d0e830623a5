import Adjoint
import Testing

@Suite struct PivotReuseTests {
  private func factors(
    _ matrix: SparseMatrix, _ ordering: SymbolicFactorization.Ordering = .minimumDegree
  ) throws -> any Factorization {
    try SymbolicFactorization(
      analyzing: matrix.pattern, method: .klu,
      options: SymbolicFactorization.Options(ordering: ordering, reusesPivots: true)
    ).factorize(matrix)
  }

  @Test("pivots of a nearby matrix are kept, and solve as well", arguments: SampleMatrix.allCases)
  func reuses(_ sample: SampleMatrix) throws {
    let matrix = try sample.make()
    let factors = try factors(matrix)
    #expect(factors.statistics.pivoting == .chosen)
    var generator = SeededGenerator(seed: 41)
    for _ in 0..<3 {
      let nearby = try SparseMatrix(
        pattern: matrix.pattern,
        values: matrix.values.map { $0 * generator.uniform(in: 0.98..<1.02) })
      try factors.refactorize(nearby)
      #expect(factors.statistics.pivoting == .reused)
      let growth = try #require(factors.statistics.reciprocalPivotGrowth)
      #expect(growth > 0.01)
      let rightHandSide = generator.direction(count: matrix.rowCount)
      // Growth up to 100, in the place of 121 in FactorizationTests.
      let bound = 16 * 100 * Double(matrix.rowCount) * Double.ulpOfOne
      let solution = try factors.solve(rightHandSide)
      #expect(try nearby.backwardError(solution, rightHandSide) <= bound)
    }
  }

  @Test("pivots are chosen anew where the old ones let entries grow, or vanish")
  func renews() throws {
    func values(_ corner: Double) throws -> SparseMatrix {
      try SparseMatrix(rowCount: 2, columnCount: 2) { builder in
        try builder.add(corner, row: 0, column: 0)
        try builder.add(1, row: 1, column: 0)
        try builder.add(1, row: 0, column: 1)
        try builder.add(1.5, row: 1, column: 1)
      }
    }
    // Of two pivots that are good enough the diagonal one is taken, 4; later it is tiny, or zero.
    for corner in [1e-9, 0] {
      let factors = try factors(values(4), .natural)
      let matrix = try values(corner)
      try factors.refactorize(matrix)
      #expect(factors.statistics.pivoting == .renewed)
      #expect(try matrix.backwardError(factors.solve([1, 2]), [1, 2]) <= 4 * .ulpOfOne)
    }
    // Negative control: without a look at the growth, 1e-9 as a pivot costs nine digits. LDLᵀ in this
    // order has no choice, and says so.
    let symbolic = try SymbolicFactorization(
      analyzing: values(1e-9).pattern, method: .ldl,
      options: SymbolicFactorization.Options(ordering: .natural))
    #expect(throws: FactorizationError.self) { try symbolic.factorize(values(1e-9)) }
  }

  @Test("a singular matrix is still an error, and a good one after it is factorized")
  func singular() throws {
    let matrix = try SampleMatrix.circuit.make()
    let factors = try factors(matrix)
    let zeros = [Double](repeating: 0, count: matrix.pattern.entryCount)
    #expect(throws: FactorizationError.self) { try factors.refactorize(zeros) }
    #expect(throws: FactorizationError.noFactors) {
      try factors.solve([Double](repeating: 1, count: matrix.rowCount))
    }
    try factors.refactorize(matrix)
    let ones = [Double](repeating: 1, count: matrix.rowCount)
    #expect(try matrix.backwardError(factors.solve(ones), ones) <= 1e-13)
  }

  @Test("without the option pivots are always chosen, and growth is not measured")
  func chosen() throws {
    let matrix = try SampleMatrix.circuit.make()
    let factors = try SymbolicFactorization(analyzing: matrix.pattern, method: .klu)
      .factorize(matrix)
    try factors.refactorize(matrix)
    #expect(factors.statistics.pivoting == .chosen)
    #expect(factors.statistics.reciprocalPivotGrowth == nil)
  }
}
