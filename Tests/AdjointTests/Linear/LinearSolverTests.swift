import Adjoint
import ReferenceProblems
import Testing

@Suite struct LinearSolverTests {
  @Test(
    "the derivative with respect to every entry and b obeys the laws",
    arguments: LinearSystemMap.all)
  func laws(_ map: LinearSystemMap) throws {
    let report = try DerivativeCheck(seed: 5).check(map.map(), at: map.point())
    #expect(report.passed, "\(report)")
    #expect(try #require(report.dotProductGap) <= 1e-12)
  }

  @Test("a planted fault is rejected", arguments: LinearSystemMap.faulty)
  func rejectsFaults(_ map: LinearSystemMap) throws {
    var options = DerivativeCheck.Options()
    // All inputs one by one: a single dropped entry must not hide.
    options.inputCount = try map.point().count
    let report = try DerivativeCheck(seed: 5, options: options).check(map.map(), at: map.point())
    #expect(!report.passed, "\(report)")
  }

  @Test("both triangles of a symmetric matrix have the gradient of the general matrix")
  func conventions() throws {
    let problem = try LinearPoisson(size: 6)
    let lower = try LinearSolver().solve(
      LinearSystem(
        matrix: problem.matrix, rightHandSide: problem.rightHandSide, storage: .symmetricLower))
    let full = try LinearSolver().solve(
      LinearSystem(matrix: problem.fullMatrix(), rightHandSide: problem.rightHandSide))
    #expect(lower.statistics.method == .cholesky && full.statistics.method == .cholesky)
    var generator = SeededGenerator(seed: 2)
    let cotangent = generator.direction(count: 36)
    let lowerGradient = try lower.pullback(cotangent)
    let fullGradient = try full.pullback(cotangent)
    // Same factors up to the order of sums: equal to κ eps with κ ≈ 1e3.
    for column in 0..<36 {
      for row in column..<36
      where lowerGradient.matrix.pattern.slot(row: row, column: column) != nil {
        let mirrored: Double = row == column ? 0 : fullGradient.matrix[column, row]
        let sum = fullGradient.matrix[row, column] + mirrored
        let scale = abs(fullGradient.matrix[row, column]) + abs(mirrored)
        #expect(abs(lowerGradient.matrix[row, column] - sum) <= 1e-11 * scale)
      }
    }
  }

  @Test("dJ/dk of the Poisson problem follows from the gradient of its matrix")
  func poissonGradient() throws {
    let problem = try LinearPoisson(size: 7)
    let solution = try LinearSolver().solve(
      LinearSystem(
        matrix: problem.matrix, rightHandSide: problem.rightHandSide, storage: .symmetricLower))
    let gradient = try solution.pullback(solution.value)
    let expected = problem.gradient(
      state: solution.value, adjointState: gradient.rightHandSide)
    // Edge e between nodes p and q: k_e adds to A_pp, A_qq and is subtracted from A_qp.
    let first = 3 * 7 + 3
    let edge = 3 * 8 + 4
    let found =
      gradient.matrix[first, first] + gradient.matrix[first + 1, first + 1]
      - gradient.matrix[first + 1, first]
    let terms =
      abs(gradient.matrix[first, first]) + abs(gradient.matrix[first + 1, first + 1])
      + abs(gradient.matrix[first + 1, first])
    #expect(abs(found - expected[edge]) <= 8 * .ulpOfOne * terms)
  }

  @Test("automatic takes Cholesky if it can and LU if it must; small matrices have little fill")
  func automatic() throws {
    let solver = LinearSolver()
    func method(_ rows: [[Double]], _ storage: LinearSystem.Storage = .full) throws
      -> SymbolicFactorization.Method
    {
      let matrix = try SparseMatrix(rowCount: 2, columnCount: 2) { builder in
        for (row, values) in rows.enumerated() {
          for (column, value) in values.enumerated() where value != 0 {
            try builder.add(value, row: row, column: column)
          }
        }
      }
      let solution = try solver.solve(
        LinearSystem(matrix: matrix, rightHandSide: [1, 2], storage: storage))
      let full = storage == .full ? rows : [[rows[0][0], rows[1][0]], rows[1]]
      for (row, value) in zip(full, [1.0, 2.0]) {
        let product = row[0] * solution.value[0] + row[1] * solution.value[1]
        #expect(abs(product - value) <= 1e-14)
      }
      return solution.statistics.method
    }
    #expect(try method([[2, 1], [1, 3]]) == .cholesky)
    #expect(try method([[2, 0], [1, 3]]) == .klu)
    #expect(try method([[2, 1], [1 + 1e-10, 3]]) == .klu)
    #expect(try method([[1, 2], [2, 1]]) == .klu)
    #expect(try method([[0, 2], [2, 0]]) == .klu)
    #expect(try method([[-2, 0], [0, 3]]) == .klu)
    #expect(try method([[2, 0], [1, 3]], .symmetricLower) == .cholesky)
    #expect(try method([[1, 0], [2, 1]], .symmetricLower) == .klu)
  }

  @Test("an analysis is reused on the same pattern only")
  func reuse() throws {
    let matrix = try SampleMatrix.convectionDiffusion.make()
    let rightHandSide = [Double](repeating: 1, count: matrix.rowCount)
    let solver = LinearSolver()
    let first = try solver.solve(LinearSystem(matrix: matrix, rightHandSide: rightHandSide))
    let second = try solver.solve(
      LinearSystem(matrix: matrix, rightHandSide: rightHandSide),
      reusing: first.factors.symbolic)
    #expect(first.value == second.value)
    let other = try SampleMatrix.randomUnsymmetric.make()
    #expect(throws: FactorizationError.differentPattern) {
      try solver.solve(
        LinearSystem(
          matrix: other, rightHandSide: [Double](repeating: 1, count: other.rowCount)),
        reusing: first.factors.symbolic)
    }
  }

  @Test("refinement removes what element growth leaves")
  func refinement() throws {
    // Threshold pivoting takes 0.11 for the pivot over 1, time and again: errors grow.
    let order = 60
    let matrix = try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for index in 0..<order {
        try builder.add(0.11, row: index, column: index)
        if index > 0 { try builder.add(1, row: index, column: index - 1) }
        try builder.add(1, row: index, column: order - 1)
      }
    }
    var options = LinearSolver.Options()
    options.method = .klu
    options.ordering = .natural
    var errors: [Double] = []
    for steps in [0, 3] {
      options.maximumRefinementSteps = steps
      let solution = try LinearSolver(options: options).solve(
        LinearSystem(matrix: matrix, rightHandSide: [Double](repeating: 1, count: order)))
      #expect(solution.statistics.refinementSteps <= steps)
      errors.append(solution.statistics.backwardError)
    }
    #expect(errors[1] <= 4 * .ulpOfOne)
    #expect(errors[1] <= errors[0])
  }

  @Test("evidence tells good factors from the right residual", arguments: SampleMatrix.allCases)
  func evidence(_ sample: SampleMatrix) throws {
    let matrix = try sample.make()
    var generator = SeededGenerator(seed: 9)
    let rightHandSide = generator.direction(count: matrix.rowCount)
    let solution = try LinearSolver().solve(
      LinearSystem(matrix: matrix, rightHandSide: rightHandSide))
    let measured = try matrix.backwardError(solution.value, rightHandSide)
    #expect(abs(solution.statistics.backwardError - measured) <= .ulpOfOne)
    let cotangent = generator.direction(count: matrix.rowCount)
    let gradient = try solution.pullback(cotangent)
    #expect(gradient.evidence.primalResidual == solution.statistics.backwardError)
    let adjointError = try matrix.transposed.backwardError(gradient.rightHandSide, cotangent)
    #expect(abs(gradient.evidence.adjointBackwardError - adjointError) <= .ulpOfOne)
    // Refined solutions are exact for data within a few rounding errors.
    #expect(gradient.evidence.adjointBackwardError <= 8 * .ulpOfOne)
  }

  @Test("options and arguments that make no sense are refused")
  func badArguments() throws {
    for change: (inout LinearSolver.Options) -> Void in [
      { $0.threads = 0 }, { $0.threads = 2000 }, { $0.maximumRefinementSteps = -1 },
    ] {
      var options = LinearSolver.Options()
      change(&options)
      #expect(throws: InputError.self) { try LinearSolver(options: options) }
    }
    let matrix = try SampleMatrix.convectionDiffusion.make()
    let count = matrix.rowCount
    let ones = [Double](repeating: 1, count: count)
    #expect(throws: InputError.wrongLength(argument: "rightHandSide", expected: count, found: 2)) {
      try LinearSystem(matrix: matrix, rightHandSide: [1, 2])
    }
    #expect(throws: InputError.self) {
      try LinearSystem(matrix: matrix, rightHandSide: ones.map { _ in .nan })
    }
    let wide = try SparseMatrixBuilder(rowCount: 1, columnCount: 2).build()
    #expect(throws: FactorizationError.notSquare(rowCount: 1, columnCount: 2)) {
      try LinearSystem(matrix: wide, rightHandSide: [1])
    }
    let solution = try LinearSolver().solve(LinearSystem(matrix: matrix, rightHandSide: ones))
    #expect(throws: InputError.wrongLength(argument: "cotangent", expected: count, found: 1)) {
      try solution.pullback([1])
    }
    #expect(throws: InputError.self) { try solution.pullback(ones.map { _ in .infinity }) }
    #expect(throws: InputError.self) { try solution.pushforward(matrix: [1], rightHandSide: ones) }
    #expect(throws: InputError.self) {
      try solution.pushforward(matrix: matrix.values, rightHandSide: [1])
    }
  }
}
