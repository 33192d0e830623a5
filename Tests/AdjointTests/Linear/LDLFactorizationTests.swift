import Adjoint
import RealModule
import ReferenceProblems
import Testing

@Suite struct LDLFactorizationTests {
  private func factorize(
    _ matrix: SparseMatrix, _ ordering: SymbolicFactorization.Ordering = .minimumDegree
  ) throws -> any Factorization {
    try SymbolicFactorization(
      analyzing: matrix.pattern, method: .ldl,
      options: SymbolicFactorization.Options(ordering: ordering)
    ).factorize(matrix)
  }

  private func matrix(_ order: Int, _ entries: [(Int, Int, Double)]) throws -> SparseMatrix {
    try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for (row, column, value) in entries { try builder.add(value, row: row, column: column) }
    }
  }

  @Test("the signs of pivots are those of the eigenvalues", arguments: [1, 3, 25, 60])
  func inertia(_ count: Int) throws {
    // A quasi-definite matrix has as many negative eigenvalues as constraints.
    let matrix = try SampleMatrix.quasidefinite(count: count)
    for ordering in [SymbolicFactorization.Ordering.minimumDegree, .natural, .nestedDissection] {
      let statistics = try factorize(matrix, ordering).statistics
      #expect(statistics.inertia == .init(positive: count, negative: count / 3))
      #expect(try #require(statistics.elementGrowth) < 10)
    }
    let poisson = try factorize(LinearPoisson(size: 9).matrix).statistics
    #expect(poisson.inertia == .init(positive: 81, negative: 0))
    // |L||D||Lᵀ| has the diagonal of A if D is positive.
    #expect(abs(try #require(poisson.elementGrowth) - 1) <= 100 * .ulpOfOne)
  }

  @Test("the inertia of a shifted matrix counts eigenvalues below the shift")
  func sylvester() throws {
    // −u″ on n nodes has the eigenvalues 2 − 2 cos(kπ/(n + 1)) = 4 sin²(kπ/(2(n + 1))).
    let order = 30
    for shift in [0.1, 0.55, 0.9, 1.9] {
      let shifted = try SparseMatrix(rowCount: order, columnCount: order) { builder in
        for index in 0..<order {
          try builder.add(2 - shift, row: index, column: index)
          if index + 1 < order { try builder.add(-1, row: index + 1, column: index) }
        }
      }
      var below = 0
      for k in 1...order where 4 * squaredSine(k, order) < shift { below += 1 }
      #expect(
        try factorize(shifted, .natural).statistics.inertia
          == .init(positive: order - below, negative: below))
    }
  }

  /// sin²(kπ/(2(n + 1))).
  private func squaredSine(_ k: Int, _ order: Int) -> Double {
    let sine = Double.sin(Double(k) * .pi / Double(2 * (order + 1)))
    return sine * sine
  }

  @Test("a zero pivot is an error at its column")
  func zeroPivot() throws {
    let zero = try matrix(3, [(0, 0, 1), (1, 1, 0), (2, 2, 3)])
    #expect(throws: FactorizationError.unstablePivot(column: 1, growth: .infinity)) {
      try factorize(zero)
    }
    // A saddle point without −C: its constraint must not come first.
    let saddle = try matrix(2, [(0, 0, 0), (1, 0, 1), (1, 1, 2)])
    #expect(throws: FactorizationError.unstablePivot(column: 0, growth: .infinity)) {
      try factorize(saddle, .natural)
    }
    #expect(
      try factorize(saddle, .given([1, 0])).statistics.inertia == .init(positive: 1, negative: 1))
    #expect(throws: FactorizationError.self) { try factorize(matrix(2, [])) }
  }

  @Test("a tiny pivot is an error with the growth it causes, a smaller growth is in the statistics")
  func tinyPivot() throws {
    func corner(_ pivot: Double) throws -> any Factorization {
      try factorize(matrix(2, [(0, 0, pivot), (1, 0, 1), (1, 1, 1)]), .natural)
    }
    // |L||D||Lᵀ|₁₁ = 1/ε + |1 − 1/ε|.
    #expect(abs(try #require(corner(0x1p-10).statistics.elementGrowth) - 2047) <= 1e-9)
    do {
      _ = try corner(0x1p-40)
      Issue.record("no error")
    } catch FactorizationError.unstablePivot(let column, let growth) {
      #expect(column == 0 && abs(growth / 0x1p41 - 1) < 1e-9)
    }
  }

  @Test("only a symmetric matrix is taken by the solver")
  func symmetry() throws {
    var options = LinearSolver.Options()
    options.method = .ldl
    let unsymmetric = try matrix(2, [(0, 0, 1), (1, 0, 2), (0, 1, 1), (1, 1, -1)])
    #expect(throws: FactorizationError.notSymmetric(row: 1, column: 0)) {
      try LinearSolver(options: options).solve(
        LinearSystem(matrix: unsymmetric, rightHandSide: [1, 1]))
    }
  }
}
