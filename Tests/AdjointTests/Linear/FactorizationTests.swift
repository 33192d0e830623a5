import Adjoint
import Testing

/// A matrix with a method that can factorize it.
struct FactorizationCase: Sendable, CustomTestStringConvertible {
  let sample: SampleMatrix
  let method: SymbolicFactorization.Method
  var ordering: SymbolicFactorization.Ordering = .minimumDegree

  var testDescription: String { "\(sample) \(method) \(ordering)" }

  static let all: [FactorizationCase] = SampleMatrix.allCases.flatMap { sample in
    var cases: [FactorizationCase] = []
    for method in [SymbolicFactorization.Method.cholesky, .ldl, .lu, .klu]
    where sample.suits(method) {
      cases.append(FactorizationCase(sample: sample, method: method))
      cases.append(FactorizationCase(sample: sample, method: method, ordering: .natural))
      if method != .klu {
        cases.append(FactorizationCase(sample: sample, method: method, ordering: .nestedDissection))
      }
      if method == .lu || method == .klu {
        cases.append(
          FactorizationCase(sample: sample, method: method, ordering: .columnMinimumDegree))
      }
    }
    return cases
  }

  func factorize(_ matrix: SparseMatrix) throws -> any Factorization {
    try SymbolicFactorization(
      analyzing: matrix.pattern, method: method,
      options: SymbolicFactorization.Options(ordering: ordering)
    ).factorize(matrix)
  }
}

@Suite struct FactorizationTests {
  // Elimination is backward stable up to the growth of entries: error ≤ c n eps · growth (Higham,
  // §9.3). Threshold pivoting with τ = 0.1 lets entries grow by 1 + 1/τ = 11 a step; two such steps
  // in a row are conceded. Cholesky has no growth, but shares the bound: 4e-11 at n = 81.
  private func bound(_ order: Int) -> Double { 16 * 121 * Double(order) * .ulpOfOne }

  @Test("solves with A and its transpose are backward stable", arguments: FactorizationCase.all)
  func solves(_ testCase: FactorizationCase) throws {
    let matrix = try testCase.sample.make()
    let factors = try testCase.factorize(matrix)
    var generator = SeededGenerator(seed: 3)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    let solution = try factors.solve(rightHandSide)
    #expect(try matrix.backwardError(solution, rightHandSide) <= bound(factors.order))
    let adjoint = try factors.solveTransposed(rightHandSide)
    #expect(try matrix.transposed.backwardError(adjoint, rightHandSide) <= bound(factors.order))
    if !testCase.sample.isSymmetric {
      // Negative control: the solution with A is no solution with its transpose.
      #expect(try matrix.transposed.backwardError(solution, rightHandSide) > 1e-3)
    }
  }

  @Test(
    "solving into the memory of the right-hand side gives the same",
    arguments: FactorizationCase.all)
  func solvesInPlace(_ testCase: FactorizationCase) throws {
    let matrix = try testCase.sample.make()
    let factors = try testCase.factorize(matrix)
    var generator = SeededGenerator(seed: 4)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    var vector = rightHandSide
    try factors.solveInPlace(&vector)
    #expect(vector == (try factors.solve(rightHandSide)))
    vector = rightHandSide
    try factors.solveTransposedInPlace(&vector)
    #expect(vector == (try factors.solveTransposed(rightHandSide)))
  }

  @Test("refactorization gives the bits of a new factorization", arguments: FactorizationCase.all)
  func refactorizes(_ testCase: FactorizationCase) throws {
    let matrix = try testCase.sample.make()
    let factors = try testCase.factorize(matrix)
    var generator = SeededGenerator(seed: 5)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    let first = try factors.solve(rightHandSide)
    // A symmetric change that keeps the matrix definite: D A D with a positive diagonal D.
    let scales = (0..<matrix.rowCount).map { _ in generator.uniform(in: 0.5..<2) }
    var other = matrix
    let pattern = matrix.pattern
    try other.replaceValues(
      (0..<pattern.columnCount).flatMap { column in
        (pattern.columnPointers[column]..<pattern.columnPointers[column + 1]).map { slot in
          matrix.values[slot] * scales[column] * scales[pattern.rowIndices[slot]]
        }
      })
    try factors.refactorize(other)
    let refactorized = try factors.solve(rightHandSide)
    #expect(refactorized == (try testCase.factorize(other).solve(rightHandSide)))
    #expect(refactorized != first)
    try factors.refactorize(matrix.values)
    #expect(try factors.solve(rightHandSide) == first)
  }

  @Test(
    "a given order serves every method and every permutation", arguments: SampleMatrix.allCases)
  func givenOrder(_ sample: SampleMatrix) throws {
    let matrix = try sample.make()
    var generator = SeededGenerator(seed: 8)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    let backwards = Array((0..<matrix.rowCount).reversed())
    for order in [backwards, backwards.shuffled(using: &generator)] {
      for method in [SymbolicFactorization.Method.cholesky, .ldl, .lu, .klu]
      where sample.suits(method) {
        let factors = try FactorizationCase(
          sample: sample, method: method, ordering: .given(order)
        ).factorize(matrix)
        let solution = try factors.solve(rightHandSide)
        #expect(try matrix.backwardError(solution, rightHandSide) <= bound(factors.order))
        let adjoint = try factors.solveTransposed(rightHandSide)
        #expect(try matrix.transposed.backwardError(adjoint, rightHandSide) <= bound(factors.order))
      }
    }
  }

  @Test("the order that is given is the order of elimination")
  func givenOrderIsUsed() throws {
    // An arrow: eliminating the point first fills the matrix, last fills nothing.
    let order = 30
    let arrow = try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for index in 0..<order {
        try builder.add(Double(order), row: index, column: index)
        if index > 0 { try builder.add(1, row: index, column: 0) }
        if index > 0 { try builder.add(1, row: 0, column: index) }
      }
    }
    for method in [SymbolicFactorization.Method.cholesky, .ldl] {
      func entryCount(_ ordering: SymbolicFactorization.Ordering) throws -> Int {
        try FactorizationCase(sample: .poisson, method: method, ordering: ordering)
          .factorize(arrow).statistics.factorEntryCount
      }
      #expect(try entryCount(.natural) == order * (order + 1) / 2)
      #expect(try entryCount(.given(Array(1..<order) + [0])) == 2 * order - 1)
    }
  }

  @Test("Cholesky reads the lower triangle alone", arguments: SampleMatrix.definite)
  func readsLowerTriangle(_ sample: SampleMatrix) throws {
    let full = try sample.make()
    let lower = try full.lowerTriangle()
    var generator = SeededGenerator(seed: 6)
    let rightHandSide = generator.direction(count: full.rowCount)
    let expected = try FactorizationCase(sample: sample, method: .cholesky)
      .factorize(full).solve(rightHandSide)
    let found = try FactorizationCase(sample: sample, method: .cholesky)
      .factorize(lower).solve(rightHandSide)
    #expect(try full.backwardError(found, rightHandSide) <= bound(full.rowCount))
    #expect(zip(expected, found).allSatisfy { abs($0 - $1) <= 1e-12 * abs($0) })
  }
}
