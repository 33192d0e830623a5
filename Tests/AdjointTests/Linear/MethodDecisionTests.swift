import Adjoint
import Testing

@Suite struct MethodDecisionTests {
  private func solve(
    _ matrix: SparseMatrix, _ change: (inout LinearSolver.Options) -> Void = { _ in }
  ) throws -> LinearSolution.Statistics {
    var options = LinearSolver.Options()
    change(&options)
    let ones = [Double](repeating: 1, count: matrix.rowCount)
    return try LinearSolver(options: options).solve(
      LinearSystem(matrix: matrix, rightHandSide: ones)
    ).statistics
  }

  private func dense(_ rows: [[Double]]) throws -> SparseMatrix {
    try SparseMatrix(rowCount: rows.count, columnCount: rows.count) { builder in
      for (row, values) in rows.enumerated() {
        for (column, value) in values.enumerated() where value != 0 {
          try builder.add(value, row: row, column: column)
        }
      }
    }
  }

  @Test("the statistics tell what was tried and why")
  func decisions() throws {
    let definite = try solve(dense([[2, 1], [1, 3]]))
    #expect(definite.decisions == [.triedCholesky])
    #expect(definite.factorization.inertia == .init(positive: 2, negative: 0))
    let unsymmetric = try solve(dense([[2, 1], [0.5, 3]])).decisions
    #expect(unsymmetric.first == .notSymmetric(row: 1, column: 0))
    let indefinite = try solve(dense([[1, 2], [2, 1]])).decisions
    #expect(indefinite.count == 3)
    #expect(indefinite.first == .triedCholesky)
    // The first pivot is 1, whichever it is; the second −3.
    guard case .notPositiveDefinite = indefinite[1], case .littleFill(let count) = indefinite[2]
    else {
      Issue.record("\(indefinite)")
      return
    }
    #expect(count < 10)
    #expect(
      try solve(dense([[1, 2], [2, 0]])).decisions.first == .diagonalNotPositive(column: 1))
  }

  @Test("a method that was asked for is not chosen")
  func requested() throws {
    let matrix = try SampleMatrix.quasidefinite.make()
    for method in [LinearSolver.Method.ldl, .lu, .klu] {
      #expect(try solve(matrix) { $0.method = method }.decisions == [.requested])
    }
  }

  @Test("LU goes to KLU where there is little fill, and to UMFPACK where there is much")
  func fill() throws {
    let little = try solve(SampleMatrix.circuit.make())
    #expect(little.method == .klu)
    let much = try solve(SampleMatrix.random(order: 400, seed: 5))
    #expect(much.method == .lu)
    guard case .littleFill(let few) = little.decisions.last,
      case .muchFill(let many) = much.decisions.last
    else {
      Issue.record("\(little.decisions) \(much.decisions)")
      return
    }
    #expect(few < many)
  }

  @Test("orderings narrow the choice")
  func orderings() throws {
    let matrix = try SampleMatrix.poisson.make()
    let columns = try solve(matrix) { $0.ordering = .columnMinimumDegree }
    #expect(columns.decisions == [.orderingNotForCholesky, .unknownFill])
    #expect(columns.method == .lu)
    let natural = try solve(SampleMatrix.circuit.make()) { $0.ordering = .natural }
    #expect(natural.decisions.last == .unknownFill)
    let dissected = try solve(matrix) { $0.ordering = .nestedDissection }
    #expect(dissected.decisions == [.triedCholesky])
  }

  @Test("factors that were given are no choice")
  func given() throws {
    let matrix = try SampleMatrix.circuit.make()
    let system = try LinearSystem(
      matrix: matrix, rightHandSide: [Double](repeating: 1, count: matrix.rowCount))
    let first = try LinearSolver().solve(system)
    #expect(
      try LinearSolver().solve(system, reusing: first.factors.symbolic).statistics.decisions
        == [.given])
    #expect(
      try LinearSolver().solve(system, refining: first.factors).statistics.decisions == [.given])
  }

  @Test("each decision is a sentence about its numbers")
  func descriptions() {
    let decisions: [(MethodDecision, String)] = [
      (.requested, "asked for"), (.given, "given"), (.triedCholesky, "Cholesky was tried"),
      (.notPositiveDefinite(column: 3), "column 3"), (.notSymmetric(row: 4, column: 2), "(4, 2)"),
      (.diagonalNotPositive(column: 5), "entry 5"), (.orderingNotForCholesky, "ordering"),
      (.littleFill(operationsPerEntry: 2.5), "2.5"),
      (.muchFill(operationsPerEntry: 250), "UMFPACK"),
      (.unknownFill, "not known"),
    ]
    for (decision, part) in decisions { #expect("\(decision)".contains(part)) }
  }
}
