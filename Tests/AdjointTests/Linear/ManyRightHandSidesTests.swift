import Adjoint
import ReferenceProblems
import Testing

@Suite struct ManyRightHandSidesTests {
  // As in FactorizationTests: elimination is backward stable up to growth.
  private func bound(_ order: Int) -> Double { 16 * 121 * Double(order) * .ulpOfOne }

  private func columns(_ numbers: [Double], _ order: Int) -> [[Double]] {
    stride(from: 0, to: numbers.count, by: order).map { Array(numbers[$0..<$0 + order]) }
  }

  @Test(
    "all columns are solved for, with A and with its transpose", arguments: FactorizationCase.all)
  func solves(_ testCase: FactorizationCase) throws {
    let matrix = try testCase.sample.make()
    let order = matrix.rowCount
    let factors = try testCase.factorize(matrix)
    var generator = SeededGenerator(seed: 31)
    // KLU takes four at a time, CHOLMOD 64.
    for count in [0, 1, 3, 4, 9, 67] {
      let rightHandSides = generator.direction(count: order * count)
      let solutions = columns(try factors.solve(rightHandSides, count: count), order)
      let adjoints = columns(try factors.solveTransposed(rightHandSides, count: count), order)
      #expect(solutions.count == count && adjoints.count == count)
      for (column, rightHandSide) in columns(rightHandSides, order).enumerated() {
        #expect(try matrix.backwardError(solutions[column], rightHandSide) <= bound(order))
        #expect(
          try matrix.transposed.backwardError(adjoints[column], rightHandSide) <= bound(order))
      }
      var inPlace = rightHandSides
      try factors.solveInPlace(&inPlace, count: count)
      #expect(columns(inPlace, order) == solutions)
      try factors.solveTransposedInPlace(&inPlace, count: count)
      #expect(inPlace.allSatisfy { $0.isFinite })
    }
  }

  @Test("a supernodal factor solves for many columns")
  func supernodal() throws {
    let problem = try LinearPoisson(size: 60)
    let factors = try CholeskyFactorization(problem.matrix)
    let full = try problem.fullMatrix()
    var generator = SeededGenerator(seed: 32)
    let rightHandSides = generator.direction(count: 3600 * 5)
    let solutions = columns(try factors.solve(rightHandSides, count: 5), 3600)
    for (solution, rightHandSide) in zip(solutions, columns(rightHandSides, 3600)) {
      #expect(try full.backwardError(solution, rightHandSide) <= bound(60))
    }
  }

  @Test("counts and lengths that do not fit are refused")
  func badArguments() throws {
    let factors = try CholeskyFactorization(SampleMatrix.poisson.make())
    #expect(throws: InputError.self) { try factors.solve([1, 2, 3], count: 2) }
    #expect(throws: InputError.self) { try factors.solve([], count: -1) }
    #expect(throws: InputError.self) { try factors.solve([], count: .max) }
    #expect(throws: InputError.self) { try factors.solve([], count: 1) }
    #expect(try factors.solve([], count: 0).isEmpty)
    let matrix = try SampleMatrix.poisson.make()
    #expect(throws: InputError.self) {
      try LinearBlockSystem(matrix: matrix, rightHandSides: [1], count: 1)
    }
    #expect(throws: InputError.self) {
      try LinearBlockSystem(matrix: matrix, rightHandSides: [], count: -1)
    }
  }

  @Test(
    "wanted entries for sparse right-hand sides are those of full solves",
    arguments: FactorizationCase.all)
  func sparse(_ testCase: FactorizationCase) throws {
    let matrix = try testCase.sample.make()
    let factors = try testCase.factorize(matrix)
    try expectEntries(of: factors, matrix.rowCount)
  }

  @Test("wanted entries from a supernodal factor")
  func sparseSupernodal() throws {
    let problem = try LinearPoisson(size: 60)
    try expectEntries(of: CholeskyFactorization(problem.matrix), 3600)
    try expectEntries(
      of: SymbolicFactorization(analyzing: problem.matrix.pattern, method: .ldl)
        .factorize(problem.matrix), 3600)
  }

  private func expectEntries(of factors: any Factorization, _ order: Int) throws {
    var generator = SeededGenerator(seed: 33)
    for _ in 0..<3 {
      let sources = (0..<3).map { _ in Int.random(in: 0..<order, using: &generator) }
      let wanted = (0..<4).map { _ in Int.random(in: 0..<order, using: &generator) }
      let rightHandSides = try SparseMatrix(rowCount: order, columnCount: 3) { builder in
        for (column, source) in sources.enumerated() where column != 1 {
          try builder.add(1.5, row: source, column: column)
          try builder.add(-0.5, row: (source + 1) % order, column: column)
        }
      }
      let found = try factors.solve(rightHandSides, entries: wanted)
      var expected: [Double] = []
      for column in 0..<3 {
        let dense = (0..<order).map { rightHandSides[$0, column] }
        let solution = try factors.solve(dense)
        expected += wanted.map { solution[$0] }
      }
      // The same factors; sums in another order are off by n eps, amplified by the condition number of L,
      // at most some 60 here.
      let scale = expected.map(abs).max() ?? 0
      #expect(found.count == expected.count)
      #expect(
        zip(found, expected).allSatisfy {
          abs($0 - $1) <= 64 * Double(order) * .ulpOfOne * scale
        })
      #expect(found[4..<8].allSatisfy { $0 == 0 }, "an empty column has the solution zero")
    }
    let empty = try SparseMatrix(column: [:], rowCount: order)
    #expect(try factors.solve(empty, entries: []).isEmpty)
    #expect(throws: InputError.self) { try factors.solve(empty, entries: [order]) }
    #expect(throws: InputError.self) { try factors.solve(empty, entries: [-1]) }
    #expect(throws: InputError.self) {
      try factors.solve(SparseMatrix(column: [:], rowCount: order + 1), entries: [])
    }
  }

  @Test("a block's gradient is the sum of its columns'", arguments: SampleMatrix.allCases)
  func blockGradient(_ sample: SampleMatrix) throws {
    let matrix = try sample.make()
    let order = matrix.rowCount
    var generator = SeededGenerator(seed: 34)
    let rightHandSides = generator.direction(count: 3 * order)
    let cotangent = generator.direction(count: 3 * order)
    let block = try LinearSolver().solve(
      LinearBlockSystem(matrix: matrix, rightHandSides: rightHandSides, count: 3))
    let gradient = try block.pullback(cotangent)
    var sum = [Double](repeating: 0, count: matrix.pattern.entryCount)
    var adjoints: [Double] = []
    for (column, part) in columns(rightHandSides, order).enumerated() {
      let single = try LinearSolver().solve(LinearSystem(matrix: matrix, rightHandSide: part))
      #expect(single.statistics.decisions == block.statistics[column].decisions)
      let gradient = try single.pullback(columns(cotangent, order)[column])
      adjoints += gradient.rightHandSide
      for slot in sum.indices { sum[slot] += gradient.matrix.values[slot] }
    }
    // Condition numbers up to 1e3, refined to a few eps of backward error.
    func expectEqual(_ found: [Double], _ expected: [Double]) {
      let scale = expected.map(abs).max() ?? 0
      #expect(zip(found, expected).allSatisfy { abs($0 - $1) <= 1e-11 * scale })
    }
    expectEqual(gradient.matrix.values, sum)
    expectEqual(gradient.rightHandSides, adjoints)
    #expect(gradient.evidence.adjointBackwardError <= 8 * .ulpOfOne)
    #expect(gradient.columnEvidence.count == 3)
  }
}
