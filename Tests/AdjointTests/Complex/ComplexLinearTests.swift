import Adjoint
import ReferenceProblems
import Testing

@Suite struct ComplexLinearTests {
  @Test(
    "solutions and gradients are those of the real system of twice the size",
    arguments: ComplexSample.allCases)
  func equivalentRealSystem(_ sample: ComplexSample) throws {
    let system = try sample.system()
    let complex = try ComplexLinearSolver().solve(system)
    let real = try LinearSolver().solve(equivalent(system))
    var generator = SeededGenerator(seed: 3)
    let cotangent = generator.direction(count: 2 * system.rightHandSide.count)
    let gradient = try complex.pullback(cotangent.pairs)
    let expected = try real.pullback(cotangent)
    // Both solutions are backward stable: they differ by a few κ eps.
    let tolerance = try 64 * Double.ulpOfOne / complex.conditionEstimate().reciprocal
    expectEqual(complex.value.parts, real.value, tolerance)
    expectEqual(gradient.rightHandSide.parts, expected.rightHandSide, tolerance)
    // An entry a + i b occurs as ((a, −b), (b, a)): ∂f/∂a and ∂f/∂b are sums of two real entries each.
    var parts: [Double] = []
    let pattern = system.matrix.pattern
    for column in 0..<pattern.columnCount {
      for row in rows(pattern, column) {
        let entry = expected.matrix
        parts.append(entry[2 * row, 2 * column] + entry[2 * row + 1, 2 * column + 1])
        parts.append(entry[2 * row + 1, 2 * column] - entry[2 * row, 2 * column + 1])
      }
    }
    expectEqual(gradient.matrix.values.parts, parts, 2 * tolerance)
    #expect(complex.statistics.backwardError <= 16 * .ulpOfOne)
    #expect(gradient.evidence.primalResidual == complex.statistics.backwardError)
    #expect(gradient.evidence.adjointBackwardError <= 16 * .ulpOfOne)
  }

  @Test("each of the three solves satisfies its equations", arguments: ComplexSample.allCases)
  func residuals(_ sample: ComplexSample) throws {
    let system = try sample.system()
    let matrix = system.matrix
    let factors = try ComplexSymbolicFactorization(analyzing: matrix.pattern).factorize(matrix)
    let load = system.rightHandSide
    let results = try [
      matrix.multiply(factors.solve(load)),
      matrix.multiplyTransposed(factors.solveTransposed(load)),
      matrix.multiplyConjugateTransposed(factors.solveConjugateTransposed(load)),
    ]
    // The backward error of unrefined factors with a pivot threshold of 0.1 is some n eps.
    let tolerance =
      try 64 * Double.ulpOfOne / ComplexLinearSolver().solve(system).conditionEstimate().reciprocal
    for result in results { expectEqual(result.parts, load.parts, tolerance) }
    let distinct = try factors.solveTransposed(load).parts
    let conjugated = try factors.solveConjugateTransposed(load).parts
    #expect(distinct != conjugated, "the matrix is not real")
  }

  @Test("planted faults are rejected", arguments: ComplexFault.allCases)
  func faults(_ fault: ComplexFault) throws {
    let system = try ComplexSample.random.system()
    var options = DerivativeCheck.Options()
    let point = (system.matrix.values + system.rightHandSide).parts
    options.inputCount = point.count
    let check = try DerivativeCheck(seed: 4, options: options)
    #expect(try check.check(map(system, nil), at: point).passed)
    #expect(try !check.check(map(system, fault), at: point).passed)
  }

  @Test("factors are reused for other values, and other patterns are refused")
  func reuse() throws {
    let system = try ComplexSample.helmholtz.system()
    let solver = ComplexLinearSolver()
    let first = try solver.solve(system)
    let doubled = try ComplexLinearSystem(
      matrix: ComplexSparseMatrix(
        pattern: system.matrix.pattern, values: system.matrix.values.map { $0 + $0 }),
      rightHandSide: system.rightHandSide)
    let second = try solver.solve(doubled, reusing: first.factors.symbolic)
    // Powers of two change no rounding.
    #expect(second.value.map { $0 + $0 } == first.value)
    let other = try ComplexSample.random.system()
    #expect(throws: FactorizationError.differentPattern) {
      try solver.solve(other, reusing: first.factors.symbolic)
    }
    #expect(throws: FactorizationError.differentPattern) {
      try first.factors.refactorize(other.matrix)
    }
  }

  @Test("the estimated error of a gradient bounds its error", arguments: [1e-4, 1e-8, 1e-11])
  func errorEstimates(_ gap: Double) throws {
    // Two equations that differ by the gap; the accurate gradient is that of refined solutions.
    let matrix = try ComplexSparseMatrix(
      pattern: .full(rowCount: 2, columnCount: 2),
      values: [Complex(1, 1), Complex(1, 1), Complex(2, -1), Complex(2 + gap, -1)])
    let system = try ComplexLinearSystem(
      matrix: matrix, rightHandSide: [Complex(0.3, 0.1), Complex(0.7, -0.9)])
    var options = ComplexLinearSolver.Options()
    options.estimatesErrors = true
    options.maximumRefinementSteps = 0
    let cotangent = [Complex(0.9, 0.2), Complex(-0.4, 0.8)]
    let rough = try ComplexLinearSolver(options: options).solve(system).pullback(cotangent)
    options.maximumRefinementSteps = 20
    options.residualPrecision = .twice
    let accurate = try ComplexLinearSolver(options: options).solve(system).pullback(cotangent)
    let estimate = try #require(rough.evidence.estimatedRelativeError)
    let error = relativeError(rough.matrix.values, accurate.matrix.values)
    #expect(error <= estimate)
    #expect(estimate <= 1e-10 / gap)
    #expect(try #require(accurate.evidence.estimatedRelativeError) <= 1e-14)
  }

  @Test("bad data is refused with an error that says what is wrong")
  func errors() throws {
    let full = try SparsityPattern.full(rowCount: 2, columnCount: 2)
    let ones = [Complex<Double>](repeating: 1, count: 4)
    #expect(throws: InputError.wrongLength(argument: "values", expected: 4, found: 3)) {
      try ComplexSparseMatrix(pattern: full, values: Array(ones.prefix(3)))
    }
    #expect(throws: InputError.self) {
      try ComplexSparseMatrix(pattern: full, values: [1, 1, Complex(0, .nan), 1])
    }
    let singular = try ComplexSparseMatrix(pattern: full, values: ones)
    #expect(throws: FactorizationError.singular(column: 1)) {
      try ComplexLinearSolver().solve(
        ComplexLinearSystem(matrix: singular, rightHandSide: [1, 2]))
    }
    let empty = try ComplexSparseMatrix(
      pattern: .full(rowCount: 0, columnCount: 0), values: [])
    #expect(throws: FactorizationError.emptyMatrix) {
      try ComplexLinearSolver().solve(ComplexLinearSystem(matrix: empty, rightHandSide: []))
    }
    let blank = try ComplexSparseMatrix(
      pattern: SparsityPattern(
        rowCount: 2, columnCount: 2, columnPointers: [0, 0, 0], rowIndices: []), values: [])
    #expect(throws: FactorizationError.self) {
      try ComplexLinearSolver().solve(ComplexLinearSystem(matrix: blank, rightHandSide: [1, 2]))
    }
    let wide = try ComplexSparseMatrix(
      pattern: .full(rowCount: 1, columnCount: 2), values: [1, 2])
    #expect(throws: FactorizationError.notSquare(rowCount: 1, columnCount: 2)) {
      try ComplexLinearSystem(matrix: wide, rightHandSide: [1])
    }
    let one = try ComplexSparseMatrix(
      pattern: .full(rowCount: 1, columnCount: 1), values: [Complex(0, 2)])
    let solution = try ComplexLinearSolver().solve(
      ComplexLinearSystem(matrix: one, rightHandSide: [Complex(4)]))
    #expect(solution.value == [Complex(0, -2)])
    #expect(throws: InputError.self) { try solution.pullback([]) }
    #expect(throws: InputError.self) { try solution.pullback([Complex(.infinity, 0)]) }
    #expect(throws: InputError.self) { try solution.factors.solve([]) }
    #expect(throws: FactorizationError.self) {
      try solution.factors.refactorize(ComplexSparseMatrix(pattern: one.pattern, values: [0]))
    }
    #expect(throws: FactorizationError.noFactors) { try solution.factors.solve([1]) }
  }

  @Test("the union of two patterns takes each entry from where it is stored")
  func union() throws {
    let real = try SparseMatrix(rowCount: 3, columnCount: 2) { builder in
      try builder.add(1, row: 0, column: 0)
      try builder.add(2, row: 2, column: 1)
    }
    let imaginary = try SparseMatrix(rowCount: 3, columnCount: 2) { builder in
      try builder.add(3, row: 0, column: 0)
      try builder.add(4, row: 1, column: 1)
    }
    let sum = try ComplexSparseMatrix(real: real, imaginary: imaginary)
    #expect(sum.values == [Complex(1, 3), Complex(0, 4), Complex(2, 0)])
    #expect(sum[1, 1] == Complex(0, 4) && sum[1, 0] == .zero)
    #expect(throws: InputError.self) {
      try ComplexSparseMatrix(real: real, imaginary: imaginary.transposed)
    }
  }

  private func rows(_ pattern: SparsityPattern, _ column: Int) -> ArraySlice<Int> {
    pattern.rowIndices[pattern.columnPointers[column]..<pattern.columnPointers[column + 1]]
  }

  private func equivalent(_ system: ComplexLinearSystem) throws -> LinearSystem {
    let pattern = system.matrix.pattern
    let order = 2 * pattern.columnCount
    let matrix = try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for column in 0..<pattern.columnCount {
        for row in rows(pattern, column) {
          let value = system.matrix[row, column]
          try builder.add(value.real, row: 2 * row, column: 2 * column)
          try builder.add(value.real, row: 2 * row + 1, column: 2 * column + 1)
          try builder.add(value.imaginary, row: 2 * row + 1, column: 2 * column)
          try builder.add(-value.imaginary, row: 2 * row, column: 2 * column + 1)
        }
      }
    }
    return try LinearSystem(matrix: matrix, rightHandSide: system.rightHandSide.parts)
  }

  private func expectEqual(_ found: [Double], _ expected: [Double], _ tolerance: Double) {
    let scale = expected.map(abs).max() ?? 0
    #expect(found.count == expected.count)
    let error = zip(found, expected).map { abs($0 - $1) }.max() ?? 0
    #expect(error <= tolerance * scale, "\(error) against \(tolerance * scale)")
  }

  private func relativeError(_ found: [Complex<Double>], _ exact: [Complex<Double>]) -> Double {
    let error = zip(found, exact).map { ($0 - $1).length }.max() ?? 0
    return error / (exact.map(\.length).max() ?? 1)
  }

  private func map(_ system: ComplexLinearSystem, _ fault: ComplexFault?) -> DifferentiableMap {
    let pattern = system.matrix.pattern
    let count = pattern.entryCount
    func solve(_ x: [Double]) throws -> ComplexLinearSolution {
      try ComplexLinearSolver().solve(
        ComplexLinearSystem(
          matrix: ComplexSparseMatrix(pattern: pattern, values: Array(x.pairs.prefix(count))),
          rightHandSide: Array(x.pairs.dropFirst(count))))
    }
    return DifferentiableMap(
      name: "complex system", value: { try solve($0).value.parts },
      linearize: { x in
        let solution = try solve(x)
        return .init(
          value: solution.value.parts,
          pushforward: { tangent in
            let result = try solution.pushforward(
              matrix: Array(tangent.pairs.prefix(count)),
              rightHandSide: Array(tangent.pairs.dropFirst(count)))
            return fault == .onePercentInBoth ? result.parts.map { 1.01 * $0 } : result.parts
          },
          pullback: { cotangent in
            let gradient = try solution.pullback(cotangent.pairs)
            var entries = gradient.matrix.values
            var load = gradient.rightHandSide
            switch fault {
            case nil: break
            case .conjugatedCotangent:
              load = try solution.pullback(cotangent.pairs.map(\.conjugate)).rightHandSide
            case .transposedForConjugateTransposed:
              load = try solution.factors.solveTransposed(cotangent.pairs)
            case .outerProductWithoutConjugate:
              var slot = 0
              for column in 0..<pattern.columnCount {
                for row in rows(pattern, column) {
                  entries[slot] = -load[row] * solution.value[column]
                  slot += 1
                }
              }
            case .signOfImaginaryPart: entries[0].imaginary.negate()
            case .onePercentInBoth:
              entries = entries.map { Complex(1.01 * $0.real, 1.01 * $0.imaginary) }
              load = load.map { Complex(1.01 * $0.real, 1.01 * $0.imaginary) }
            }
            return (entries + load).parts
          })
      })
  }
}

enum ComplexFault: String, CaseIterable, Sendable {
  case conjugatedCotangent
  case transposedForConjugateTransposed
  case outerProductWithoutConjugate
  case signOfImaginaryPart
  case onePercentInBoth
}

/// Complex systems of different kinds.
enum ComplexSample: String, CaseIterable, Sendable {
  case oneByOne
  case random
  case badlyScaled
  case saddlePoint
  case helmholtz

  func system() throws -> ComplexLinearSystem {
    var generator = SeededGenerator(seed: 12)
    switch self {
    case .oneByOne:
      return try ComplexLinearSystem(
        matrix: ComplexSparseMatrix(
          pattern: .full(rowCount: 1, columnCount: 1), values: [Complex(0.2, -3)]),
        rightHandSide: [Complex(1, 2)])
    case .random, .badlyScaled:
      let real = try SampleMatrix.random(order: 30, seed: 5)
      let imaginary = try SampleMatrix.random(order: 30, seed: 6)
      let matrix = try ComplexSparseMatrix(real: real, imaginary: imaginary)
      let load = generator.direction(count: 60).pairs
      guard self == .badlyScaled else {
        return try ComplexLinearSystem(matrix: matrix, rightHandSide: load)
      }
      let values = zip(matrix.values, matrix.pattern.rowIndices).map { value, row in
        value * Complex(Double.exp2(Double(8 * (row % 5) - 16)))
      }
      return try ComplexLinearSystem(
        matrix: ComplexSparseMatrix(pattern: matrix.pattern, values: values),
        rightHandSide: load)
    case .saddlePoint:
      // A Hermitian block, two constraints, and no entry on the rest of the diagonal.
      let matrix = try ComplexSparseMatrix(
        real: SparseMatrix(rowCount: 6, columnCount: 6) { builder in
          for index in 0..<4 { try builder.add(3 + Double(index), row: index, column: index) }
          for (row, column) in [(4, 0), (4, 1), (5, 2), (5, 3)] {
            try builder.add(1, row: row, column: column)
            try builder.add(1, row: column, column: row)
          }
        },
        imaginary: SparseMatrix(rowCount: 6, columnCount: 6) { builder in
          try builder.add(0.5, row: 0, column: 1)
          try builder.add(-0.5, row: 1, column: 0)
          try builder.add(2, row: 4, column: 2)
        })
      return try ComplexLinearSystem(
        matrix: matrix, rightHandSide: generator.direction(count: 12).pairs)
    case .helmholtz:
      return try ComplexHelmholtz(size: 9, wavenumber: 11, damping: 0.1).system()
    }
  }
}
