import Adjoint
import ReferenceProblems
import Testing

@Suite struct FactorizationErrorTests {
  private static let methods: [SymbolicFactorization.Method] = [.cholesky, .ldl, .lu, .klu]

  private func matrix(_ order: Int, _ entries: [(Int, Int, Double)]) throws -> SparseMatrix {
    try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for (row, column, value) in entries { try builder.add(value, row: row, column: column) }
    }
  }

  private func factorize(
    _ matrix: SparseMatrix, _ method: SymbolicFactorization.Method
  ) throws -> any Factorization {
    try SymbolicFactorization(analyzing: matrix.pattern, method: method).factorize(matrix)
  }

  @Test("a singular matrix names its column", arguments: [SymbolicFactorization.Method.lu, .klu])
  func singular(_ method: SymbolicFactorization.Method) throws {
    // Column 2 is stored but zero.
    let zeroColumn = try matrix(
      4, [(0, 0, 2), (1, 1, 3), (1, 2, 0), (2, 2, 0), (3, 3, 1), (0, 3, 1)])
    #expect(throws: FactorizationError.singular(column: 2)) { try factorize(zeroColumn, method) }
    // Column 1 has no entry at all.
    let emptyColumn = try matrix(3, [(0, 0, 2), (1, 0, 1), (2, 2, 3)])
    #expect(throws: FactorizationError.singular(column: 1)) { try factorize(emptyColumn, method) }
    // No entry anywhere.
    #expect(throws: FactorizationError.self) { try factorize(matrix(3, []), method) }
    // Row 1 is empty: some column is left without a pivot.
    let emptyRow = try matrix(3, [(0, 0, 2), (0, 1, 1), (2, 2, 3)])
    #expect(throws: FactorizationError.self) { try factorize(emptyRow, method) }
    // Linearly dependent columns.
    let dependent = try matrix(2, [(0, 0, 1), (0, 1, 2), (1, 0, 2), (1, 1, 4)])
    #expect(throws: FactorizationError.self) { try factorize(dependent, method) }
  }

  @Test("Cholesky names the column where positive definiteness ends")
  func notPositiveDefinite() throws {
    for column in 0..<5 {
      let diagonal = try matrix(5, (0..<5).map { ($0, $0, $0 == column ? -1 : 2) })
      #expect(throws: FactorizationError.notPositiveDefinite(column: column)) {
        try factorize(diagonal, .cholesky)
      }
    }
    // Indefinite in spite of a positive diagonal; and singular; and structurally singular.
    #expect(throws: FactorizationError.self) {
      try factorize(matrix(2, [(0, 0, 1), (1, 0, 2), (1, 1, 1)]), .cholesky)
    }
    #expect(throws: FactorizationError.notPositiveDefinite(column: 0)) {
      try factorize(matrix(1, [(0, 0, 0)]), .cholesky)
    }
    #expect(throws: FactorizationError.notPositiveDefinite(column: 1)) {
      try factorize(matrix(3, [(0, 0, 1), (2, 2, 1)]), .cholesky)
    }
  }

  @Test("a supernodal factorization names the column, too")
  func notPositiveDefiniteSupernodal() throws {
    let problem = try LinearPoisson(size: 60)
    var values = problem.matrix.values
    let column = 1234
    values[try #require(problem.matrix.pattern.slot(row: column, column: column))] = -1
    let symbolic = try SymbolicFactorization(analyzing: problem.matrix.pattern, method: .cholesky)
    #expect(throws: FactorizationError.notPositiveDefinite(column: column)) {
      try symbolic.factorize(SparseMatrix(pattern: problem.matrix.pattern, values: values))
    }
  }

  @Test(
    "after a failed refactorization there are no factors, until one succeeds", arguments: methods)
  func failedRefactorization(_ method: SymbolicFactorization.Method) throws {
    // Squares, so that Cholesky is exact.
    let good = try matrix(2, [(0, 0, 4), (1, 1, 16)])
    let factors = try factorize(good, method)
    #expect(throws: FactorizationError.self) { try factors.refactorize([4, 0]) }
    #expect(throws: FactorizationError.noFactors) { try factors.solve([1, 1]) }
    try factors.refactorize([4, 64])
    #expect(try factors.solve([1, 1]) == [0.25, 1.0 / 64])
    // Bad arguments leave the factors alone.
    #expect(throws: InputError.wrongLength(argument: "values", expected: 2, found: 3)) {
      try factors.refactorize([1, 2, 3])
    }
    #expect(throws: InputError.notFinite(argument: "values", index: 1, value: .infinity)) {
      try factors.refactorize([1, .infinity])
    }
    #expect(throws: FactorizationError.differentPattern) {
      try factors.refactorize(matrix(2, [(0, 0, 2), (1, 0, 0), (1, 1, 4)]))
    }
    #expect(try factors.solve([1, 1]) == [0.25, 1.0 / 64])
  }

  @Test("a NaN at any position is found", arguments: methods)
  func notFinite(_ method: SymbolicFactorization.Method) throws {
    let problem = try LinearPoisson(size: 4)
    let factors = try factorize(
      method == .cholesky ? problem.matrix : problem.fullMatrix(), method)
    let values = [Double](repeating: 1, count: factors.symbolic.pattern.entryCount)
    for index in values.indices {
      var broken = values
      broken[index] = index % 2 == 0 ? -.infinity : .nan
      #expect(throws: InputError.self) { try factors.refactorize(broken) }
    }
    #expect(throws: InputError.self) { try factors.solve([Double](repeating: .nan, count: 16)) }
    #expect(throws: InputError.self) { try factors.solve([1, 2]) }
    #expect(throws: InputError.self) { try factors.solveTransposed([1, 2]) }
  }

  @Test("shapes that have no factors are refused", arguments: methods)
  func shapes(_ method: SymbolicFactorization.Method) throws {
    let wide = try SparsityPattern.full(rowCount: 2, columnCount: 3)
    #expect(throws: FactorizationError.notSquare(rowCount: 2, columnCount: 3)) {
      try SymbolicFactorization(analyzing: wide, method: method)
    }
    let empty = try SparsityPattern.full(rowCount: 0, columnCount: 0)
    #expect(throws: FactorizationError.emptyMatrix) {
      try SymbolicFactorization(analyzing: empty, method: method)
    }
    let one = try SparsityPattern.full(rowCount: 1, columnCount: 1)
    #expect(throws: InputError.self) {
      try SymbolicFactorization(
        analyzing: one, method: method, options: SymbolicFactorization.Options(threads: 0))
    }
    let factors = try SymbolicFactorization(analyzing: one, method: method)
      .factorize(SparseMatrix(pattern: one, values: [4]))
    #expect(try factors.solve([2]) == [0.5] && factors.solveTransposed([8]) == [2])
  }

  @Test("an upper triangle is not taken for a symmetric matrix")
  func upperTriangle() throws {
    let upper = try matrix(3, [(0, 0, 2), (1, 1, 2), (1, 2, 1), (2, 2, 2)])
    #expect(throws: FactorizationError.missingMirror(row: 1, column: 2)) {
      try SymbolicFactorization(analyzing: upper.pattern, method: .cholesky)
    }
    #expect(throws: FactorizationError.entryAboveDiagonal(row: 1, column: 2)) {
      try LinearSystem(matrix: upper, rightHandSide: [1, 1, 1], storage: .symmetricLower)
    }
    var options = LinearSolver.Options()
    options.method = .cholesky
    #expect(throws: FactorizationError.notSymmetric(row: 1, column: 0)) {
      try LinearSolver(options: options).solve(
        LinearSystem(
          matrix: matrix(2, [(0, 0, 2), (1, 0, 0.5), (0, 1, 1), (1, 1, 2)]), rightHandSide: [1, 1]))
    }
  }

  @Test("an ordering that a method does not have is refused")
  func ordering() throws {
    let one = try SparsityPattern.full(rowCount: 1, columnCount: 1)
    let pairs: [(SymbolicFactorization.Ordering, SymbolicFactorization.Method)] = [
      (.nestedDissection, .klu), (.columnMinimumDegree, .cholesky), (.columnMinimumDegree, .ldl),
    ]
    for (ordering, method) in pairs {
      #expect(throws: FactorizationError.unsupportedOrdering(ordering, method)) {
        try SymbolicFactorization(
          analyzing: one, method: method,
          options: SymbolicFactorization.Options(ordering: ordering))
      }
    }
  }

  @Test("a given ordering must name each unknown once", arguments: methods)
  func givenOrdering(_ method: SymbolicFactorization.Method) throws {
    let pattern = try SparsityPattern.full(rowCount: 3, columnCount: 3)
    func analyze(_ order: [Int]) throws {
      _ = try SymbolicFactorization(
        analyzing: pattern, method: method,
        options: SymbolicFactorization.Options(ordering: .given(order)))
    }
    #expect(throws: FactorizationError.notAPermutation(place: 2, unknown: 1)) {
      try analyze([0, 1, 1])
    }
    #expect(throws: FactorizationError.notAPermutation(place: 0, unknown: 3)) {
      try analyze([3, 1, 2])
    }
    #expect(throws: FactorizationError.notAPermutation(place: 1, unknown: -1)) {
      try analyze([0, -1, 2])
    }
    #expect(throws: InputError.wrongLength(argument: "ordering", expected: 3, found: 2)) {
      try analyze([0, 1])
    }
    try analyze([2, 0, 1])
  }

  @Test("factors ask for the analysis of their own method")
  func differentMethod() throws {
    let matrix = try matrix(1, [(0, 0, 4)])
    let symbolic = try SymbolicFactorization(analyzing: matrix.pattern, method: .ldl)
    #expect(throws: FactorizationError.differentMethod(expected: .cholesky, found: .ldl)) {
      try CholeskyFactorization(matrix, symbolic: symbolic)
    }
    #expect(throws: FactorizationError.differentMethod(expected: .lu, found: .ldl)) {
      try LUFactorization(matrix, symbolic: symbolic)
    }
  }

  @Test("a solution that overflows is an error, not an infinity")
  func overflow() throws {
    let tiny = try matrix(1, [(0, 0, 1e-300)])
    #expect(throws: FactorizationError.solutionNotFinite(index: 0)) {
      try LinearSolver().solve(LinearSystem(matrix: tiny, rightHandSide: [1e300]))
    }
  }

  @Test("messages name the likely cause")
  func messages() {
    let errors: [(FactorizationError, String)] = [
      (.notSquare(rowCount: 2, columnCount: 3), "square"), (.emptyMatrix, "no rows"),
      (.missingMirror(row: 1, column: 2), "lower triangle"),
      (.entryAboveDiagonal(row: 1, column: 2), "above the diagonal"),
      (.notSymmetric(row: 1, column: 2), "use LU"), (.singular(column: 7), "column 7"),
      (.notPositiveDefinite(column: 7), "column 7"), (.differentPattern, "pattern"),
      (.unsupportedOrdering(.nestedDissection, .klu), "klu"), (.noFactors, "refactorization"),
      (.solutionNotFinite(index: 3), "element 3"), (.outOfMemory, "memory"),
      (.libraryFailure(routine: "r", status: -4), "-4"),
      (.unstablePivot(column: 7, growth: 1e9), "column 7"),
      (.notAPermutation(place: 4, unknown: 9), "element 4"),
      (.differentMethod(expected: .lu, found: .ldl), "ldl"),
    ]
    for (error, part) in errors { #expect("\(error)".contains(part)) }
  }
}
