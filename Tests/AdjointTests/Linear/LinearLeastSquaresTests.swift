import Adjoint
import Testing

@Suite struct LinearLeastSquaresTests {
  /// What may be wrong with the gradient.
  enum Fault: String, CaseIterable, Sendable {
    case withoutResidualAndNullSpace, sign, onePercentInBoth, droppedEntry, droppedRightHandSide
  }

  private static let regular: [RectangularMatrix] = [
    .oneByOne, .column, .row, .tall, .wide, .square,
  ]

  /// (A's entries, b) ↦ A⁺ b, for matrices whose rank no small change lowers or raises.
  private func map(_ matrix: SparseMatrix, fault: Fault? = nil) -> DifferentiableMap {
    let count = matrix.pattern.entryCount
    @Sendable func solve(_ x: [Double]) throws -> LinearLeastSquaresSolution {
      try LinearLeastSquaresSolver().solve(
        LinearLeastSquaresSystem(
          matrix: SparseMatrix(pattern: matrix.pattern, values: Array(x.prefix(count))),
          rightHandSide: Array(x.dropFirst(count))))
    }
    return DifferentiableMap(
      name: "least squares", value: { try solve($0).value },
      linearize: { x in
        let solution = try solve(x)
        return .init(
          value: solution.value,
          pushforward: { tangent in
            let image = try solution.pushforward(
              matrix: Array(tangent.prefix(count)), rightHandSide: Array(tangent.dropFirst(count)))
            return fault == .onePercentInBoth ? image.map { 1.01 * $0 } : image
          },
          pullback: { cotangent in
            let gradient = try solution.pullback(cotangent)
            var entries = gradient.matrix.values
            var rightHandSide = gradient.rightHandSide
            switch fault {
            case nil: break
            case .withoutResidualAndNullSpace:
              entries = (0..<matrix.columnCount).flatMap { column in
                let slots =
                  matrix.pattern.columnPointers[column]..<matrix.pattern.columnPointers[column + 1]
                return slots.map {
                  -rightHandSide[matrix.pattern.rowIndices[$0]] * solution.value[column]
                }
              }
            case .sign: entries = entries.map { -$0 }
            case .onePercentInBoth:
              entries = entries.map { 1.01 * $0 }
              rightHandSide = rightHandSide.map { 1.01 * $0 }
            case .droppedEntry: entries[count / 2] = 0
            case .droppedRightHandSide: rightHandSide = rightHandSide.map { _ in 0 }
            }
            return entries + rightHandSide
          })
      })
  }

  private func point(_ matrix: SparseMatrix) -> [Double] {
    var generator = SeededGenerator(seed: 81)
    return matrix.values + generator.direction(count: matrix.rowCount)
  }

  @Test("the derivative obeys the laws where the rank is full", arguments: regular)
  func laws(_ sample: RectangularMatrix) throws {
    let matrix = try sample.make()
    let report = try DerivativeCheck(seed: 5).check(map(matrix), at: point(matrix))
    #expect(report.passed, "\(report)")
    #expect(try #require(report.dotProductGap) <= 1e-12)
  }

  @Test("a planted fault is rejected", arguments: regular, Fault.allCases)
  func rejectsFaults(_ sample: RectangularMatrix, _ fault: Fault) throws {
    let hasTerms = sample == .tall || sample == .wide || sample == .column || sample == .row
    if fault == .withoutResidualAndNullSpace && !hasTerms { return }
    let matrix = try sample.make()
    var options = DerivativeCheck.Options()
    options.inputCount = point(matrix).count
    let report = try DerivativeCheck(seed: 5, options: options).check(
      map(matrix, fault: fault), at: point(matrix))
    #expect(!report.passed, "\(report)")
  }

  @Test(
    "residuals are orthogonal to the columns, solutions to the null space",
    arguments: RectangularMatrix.allCases)
  func orthogonality(_ sample: RectangularMatrix) throws {
    let matrix = try sample.make()
    var generator = SeededGenerator(seed: 82)
    let b = generator.direction(count: matrix.rowCount)
    let solution = try LinearLeastSquaresSolver().solve(
      LinearLeastSquaresSystem(matrix: matrix, rightHandSide: b))
    // QR is backward stable: n eps, with a constant for reflectors (Higham, theorem 20.3).
    #expect(solution.statistics.backwardError <= 1e-14)
    #expect(solution.statistics.factorization.rank == sample.rank)
    let gradient = try solution.pullback(generator.direction(count: matrix.columnCount))
    #expect(gradient.evidence.adjointBackwardError <= 1e-14)
    #expect(gradient.evidence.primalResidual == solution.statistics.backwardError)
    #expect(gradient.rankMargin > 1e3)
    #expect(gradient.matrix.pattern == matrix.pattern)
  }

  @Test("a square regular system has the gradient of the linear solver")
  func agreesWithLinearSolver() throws {
    let matrix = try RectangularMatrix.square.make()
    var generator = SeededGenerator(seed: 83)
    let b = generator.direction(count: 40)
    let w = generator.direction(count: 40)
    let expected = try LinearSolver().solve(LinearSystem(matrix: matrix, rightHandSide: b))
    let found = try LinearLeastSquaresSolver().solve(
      LinearLeastSquaresSystem(matrix: matrix, rightHandSide: b))
    let expectedGradient = try expected.pullback(w)
    let foundGradient = try found.pullback(w)
    let scale = expectedGradient.matrix.values.map(abs).max() ?? 0
    // Condition number below 1e3.
    #expect(
      zip(foundGradient.matrix.values, expectedGradient.matrix.values).allSatisfy {
        abs($0 - $1) <= 1e-11 * scale
      })
  }

  @Test("a line through three points, worked out by hand")
  func line() throws {
    // (1, 1), (2, 2), (3, 2): slope 1/2, intercept 2/3, residuals (−1, 2, −1)/6.
    let matrix = try SparseMatrix(
      pattern: .full(rowCount: 3, columnCount: 2), values: [1, 1, 1, 1, 2, 3])
    let solution = try LinearLeastSquaresSolver().solve(
      LinearLeastSquaresSystem(matrix: matrix, rightHandSide: [1, 2, 2]))
    let expected = [2.0 / 3, 0.5, -1.0 / 6, 1.0 / 3, -1.0 / 6]
    for (found, expected) in zip(solution.value + solution.residual, expected) {
      #expect(abs(found - expected) <= 32 * .ulpOfOne)
    }
    #expect(abs(solution.statistics.residualNorm - 1 / 6.0.squareRoot()) <= 32 * .ulpOfOne)
    // The slope is Σ (tᵢ − 2) bᵢ/2.
    let gradient = try solution.pullback([0, 1])
    for (found, expected) in zip(gradient.rightHandSide, [-0.5, 0, 0.5]) {
      #expect(abs(found - expected) <= 32 * .ulpOfOne)
    }
  }

  @Test("a change of rank is reported, by expectation and within a family")
  func rankChange() throws {
    let pattern = try SparsityPattern.full(rowCount: 3, columnCount: 2)
    func system(_ last: Double) throws -> LinearLeastSquaresSystem {
      try LinearLeastSquaresSystem(
        matrix: SparseMatrix(pattern: pattern, values: [1, 1, 1, 1, 1, last]),
        rightHandSide: [1, 2, 3])
    }
    var options = QRFactorization.Options()
    options.expectedRank = 2
    let solver = try LinearLeastSquaresSolver(options: options)
    let regular = try solver.solve(system(2))
    #expect(throws: FactorizationError.rankChanged(expected: 2, found: 1)) {
      try solver.solve(system(1))
    }
    let free = LinearLeastSquaresSolver()
    #expect(try free.solve(system(1)).factors.rank == 1)
    #expect(throws: FactorizationError.rankChanged(expected: 2, found: 1)) {
      try free.solve(system(1), reusing: regular.factors)
    }
    #expect(try free.solve(system(3), reusing: regular.factors).factors.rank == 2)
    #expect("\(FactorizationError.rankChanged(expected: 2, found: 1))".contains("rank 1"))
  }

  @Test("arguments of the wrong length or that are not finite are refused")
  func badArguments() throws {
    let matrix = try RectangularMatrix.tall.make()
    let ones = [Double](repeating: 1, count: 30)
    #expect(throws: InputError.self) {
      try LinearLeastSquaresSystem(matrix: matrix, rightHandSide: [1])
    }
    #expect(throws: InputError.self) {
      try LinearLeastSquaresSystem(matrix: matrix, rightHandSide: ones.map { _ in .infinity })
    }
    let solution = try LinearLeastSquaresSolver().solve(
      LinearLeastSquaresSystem(matrix: matrix, rightHandSide: ones))
    #expect(throws: InputError.self) { try solution.pullback(ones) }
    #expect(throws: InputError.self) {
      try solution.pullback([Double](repeating: .nan, count: 12))
    }
    #expect(throws: InputError.self) {
      try solution.pushforward(matrix: matrix.values, rightHandSide: [1])
    }
    #expect(throws: InputError.self) { try solution.pushforward(matrix: [1], rightHandSide: ones) }
  }
}
