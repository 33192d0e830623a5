import Adjoint
import ReferenceProblems
import Testing

@Suite struct LogDeterminantTests {
  @Test(
    "log|det A|, its sign and A⁻ᵀ are those of dense elimination",
    arguments: FunctionSample.allCases)
  func dense(_ sample: FunctionSample) throws {
    for method in sample.methods {
      var options = MatrixFunctionSolver.Options()
      options.method = method
      let matrix = try sample.make()
      let determinant = try MatrixFunctionSolver(options: options).logDeterminant(of: matrix)
      let reference = DenseInverse(matrix)
      // Both are backward stable: each pivot is off by a few n eps κ at most, relative.
      let order = Double(matrix.rowCount)
      let condition = reference.condition(of: matrix)
      let tolerance = 16 * order * order * Double.ulpOfOne * condition
      #expect(abs(determinant.value - reference.logDeterminant) <= tolerance)
      #expect(determinant.sign == reference.sign)
      let gradient = try determinant.pullback(1)
      let scale = reference.inverseNorm
      for column in 0..<matrix.columnCount {
        for row in 0..<matrix.rowCount
        where matrix.pattern.slot(row: row, column: column) != nil {
          let error = abs(gradient.matrix[row, column] - reference.inverse[column][row])
          #expect(error <= tolerance * scale, "(\(row), \(column)) with \(method)")
        }
      }
      #expect(gradient.evidence.primalResidual <= 64 * .ulpOfOne)
      #expect(gradient.evidence.adjointBackwardError <= tolerance)
    }
  }

  @Test(
    "every computed entry of the inverse is that of the inverse", arguments: FunctionSample.allCases
  )
  func selectedEntries(_ sample: FunctionSample) throws {
    for method in sample.methods {
      var options = MatrixFunctionSolver.Options()
      options.method = method
      let matrix = try sample.make()
      let inverse = try MatrixFunctionSolver(options: options).logDeterminant(of: matrix)
        .selectedInverse()
      let reference = DenseInverse(matrix)
      let order = matrix.rowCount
      let condition = reference.condition(of: matrix)
      let tolerance =
        16 * Double(order * order) * Double.ulpOfOne * condition * reference.inverseNorm
      var count = 0
      for row in 0..<order {
        for column in 0..<order {
          guard let entry = inverse[row, column] else { continue }
          count += 1
          #expect(abs(entry - reference.inverse[row][column]) <= tolerance)
        }
      }
      #expect(count >= matrix.pattern.entryCount)
      #expect(inverse[order, 0] == nil && inverse[0, -1] == nil)
    }
  }

  @Test("an inverse that is wrong in one entry, or transposed, does not pass the dense comparison")
  func control() throws {
    let matrix = try FunctionSample.convectionDiffusion.make()
    let gradient = try MatrixFunctionSolver().logDeterminant(of: matrix).pullback(1).matrix
    let reference = DenseInverse(matrix)
    var transposedError = 0.0
    for column in 0..<matrix.columnCount {
      for row in 0..<matrix.rowCount
      where matrix.pattern.slot(row: row, column: column) != nil {
        transposedError = max(
          transposedError, abs(gradient[row, column] - reference.inverse[row][column]))
      }
    }
    #expect(transposedError > 1e-3 * reference.inverseNorm)
  }

  @Test(
    "supernodes of all widths give the inverse: the determinant's derivative by differences",
    arguments: [3, 12, 40])
  func supernodes(_ size: Int) throws {
    // Large enough for CHOLMOD to choose supernodes; LU is the reference.
    let problem = try LinearPoisson(size: size)
    var options = MatrixFunctionSolver.Options()
    options.method = .cholesky
    let cholesky = try MatrixFunctionSolver(options: options).logDeterminant(
      of: problem.matrix, storage: .symmetricLower)
    options.method = .lu
    let lu = try MatrixFunctionSolver(options: options).logDeterminant(
      of: problem.matrix, storage: .symmetricLower)
    #expect(cholesky.statistics.method == .cholesky && lu.statistics.method == .lu)
    // Logarithms of about n² pivots of order one; conductivities within 0.1 … 10, κ ≈ 100 n².
    let tolerance = 1e-12 * Double(size * size)
    #expect(abs(cholesky.value - lu.value) <= tolerance)
    #expect(cholesky.sign == 1 && lu.sign == 1)
    let first = try cholesky.pullback(-2)
    let second = try lu.pullback(-2)
    for (left, right) in zip(first.matrix.values, second.matrix.values) {
      #expect(abs(left - right) <= tolerance * max(abs(left), abs(right)))
    }
    #expect(first.evidence.adjointBackwardError <= 1e-13 * Double(size))
    // Since Σ Āᵢⱼ Aᵢⱼ = tr(A⁻¹A) = n for the full matrix.
    let trace = zip(first.matrix.values, problem.matrix.values).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(trace + 2 * Double(size * size)) <= tolerance)
  }

  @Test("cancelled entries of the factors do not spoil the inverse")
  func cancellation() throws {
    // Eliminating the first unknown makes exact zeros at (1, 2) and (2, 1), which the inverse needs.
    let rows: [[Double]] = [
      [1, 1, 1, 0, 0], [1, 3, 1, 1, 0], [1, 1, 4, 0, 1], [0, 1, 0, 5, 1], [0, 0, 1, 1, 6],
    ]
    let matrix = try SparseMatrix(rowCount: 5, columnCount: 5) { builder in
      for (row, values) in rows.enumerated() {
        for (column, value) in values.enumerated() where value != 0 {
          try builder.add(value, row: row, column: column)
        }
      }
    }
    for method in [MatrixFunctionSolver.Method.lu, .cholesky] {
      for ordering in [SymbolicFactorization.Ordering.natural, .minimumDegree] {
        var options = MatrixFunctionSolver.Options()
        options.method = method
        options.ordering = ordering
        let gradient = try MatrixFunctionSolver(options: options).logDeterminant(of: matrix)
          .pullback(1).matrix
        let reference = DenseInverse(matrix)
        for (row, column) in [(0, 0), (1, 2), (2, 1), (2, 4), (4, 2), (3, 1)] {
          #expect(abs(gradient[row, column] - reference.inverse[column][row]) <= 1e-14)
        }
      }
    }
  }

  @Test(
    "determinants whose values overflow and underflow have logarithms", arguments: [1e200, 1e-200])
  func extremes(_ scale: Double) throws {
    let count = 400
    let matrix = try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for index in 0..<count {
        // A reversed order of rows: its permutation consists of count/2 transpositions, an even number.
        try builder.add(index == 7 ? -scale : scale, row: count - 1 - index, column: index)
      }
    }
    let determinant = try MatrixFunctionSolver().logDeterminant(of: matrix)
    let exact = Double(count) * Double.log(scale)
    #expect(abs(determinant.value - exact) <= 4 * .ulpOfOne * abs(exact))
    #expect(determinant.sign == -1)
    let gradient = try determinant.pullback(1)
    #expect(abs(gradient.matrix[count - 1, 0] * scale - 1) <= 4 * .ulpOfOne)
    #expect(abs(gradient.matrix[count - 8, 7] * scale + 1) <= 4 * .ulpOfOne)
  }

  @Test("singular, empty, oblong and indefinite matrices are refused by name")
  func errors() throws {
    let solver = MatrixFunctionSolver()
    let singular = try SparseMatrix(rowCount: 3, columnCount: 3) { builder in
      try builder.add(1, row: 0, column: 0)
      try builder.add(1, row: 2, column: 2)
    }
    #expect(throws: FactorizationError.singular(column: 1)) {
      try solver.logDeterminant(of: singular)
    }
    let empty = try SparseMatrix(rowCount: 0, columnCount: 0) { _ in }
    #expect(throws: FactorizationError.emptyMatrix) { try solver.logDeterminant(of: empty) }
    let oblong = try SparseMatrix(rowCount: 1, columnCount: 2) { _ in }
    #expect(throws: FactorizationError.notSquare(rowCount: 1, columnCount: 2)) {
      try solver.logDeterminant(of: oblong)
    }
    var options = MatrixFunctionSolver.Options()
    options.method = .cholesky
    let indefinite = try SparseMatrix(rowCount: 2, columnCount: 2) { builder in
      try builder.add(1, row: 0, column: 0)
      try builder.add(-1, row: 1, column: 1)
    }
    #expect(throws: FactorizationError.notPositiveDefinite(column: 1)) {
      try MatrixFunctionSolver(options: options).logDeterminant(of: indefinite)
    }
    let automatic = try solver.logDeterminant(of: indefinite)
    #expect(automatic.value == 0 && automatic.sign == -1)
    #expect(automatic.statistics.method == .lu)
    #expect(throws: FactorizationError.self) {
      try MatrixFunctionSolver(options: options).logDeterminant(
        of: FunctionSample.convectionDiffusion.make())
    }
    #expect(throws: InputError.self) { try automatic.pullback(.nan) }
    #expect(throws: InputError.self) { try automatic.pushforward(matrix: [1]) }
    #expect(throws: MatrixFunctionError.outsideFactors(row: 0, column: 1)) {
      try automatic.selectedInverse().trace(
        times: SparseMatrix(rowCount: 2, columnCount: 2) { try $0.add(1, row: 0, column: 1) })
    }
    options.threads = 0
    #expect(throws: InputError.self) { try MatrixFunctionSolver(options: options) }
  }

  @Test("an analysis serves other values on the same pattern, and no other pattern")
  func reuse() throws {
    let solver = MatrixFunctionSolver()
    let matrix = try FunctionSample.convectionDiffusion.make()
    let first = try solver.logDeterminant(of: matrix)
    let doubled = try SparseMatrix(pattern: matrix.pattern, values: matrix.values.map { 2 * $0 })
    let second = try solver.logDeterminant(of: doubled, reusing: first.factors.symbolic)
    let exact = Double(matrix.rowCount) * Double.log(2)
    #expect(abs(second.value - first.value - exact) <= 1e-14 * abs(second.value))
    #expect(throws: FactorizationError.differentPattern) {
      try solver.logDeterminant(
        of: FunctionSample.oneByOne.make(), reusing: first.factors.symbolic)
    }
  }

  @Test(
    "det(K − k²(1 + iσ)) of Helmholtz's equation is the product of its eigenvalues",
    arguments: [1, 2, 7, 16])
  func helmholtz(_ size: Int) throws {
    let problem = try ComplexHelmholtz(size: size, wavenumber: 9, damping: 0.2)
    let determinant = try MatrixFunctionSolver().logDeterminant(of: problem.matrix())
    let eigenvalues = problem.eigenvalues
    let logarithms = eigenvalues.map { Complex<Double>.log($0) }
    let sum = logarithms.reduce(.zero, +)
    // One rounding per eigenvalue, each relative to logarithms of at most 8; κ ≲ 100 here.
    let tolerance = 1e-13 * Double(size * size)
    #expect(abs(determinant.value.real - sum.real) <= tolerance)
    let turns = (determinant.value.imaginary - sum.imaginary) / (2 * Double.pi)
    #expect(abs(turns - turns.rounded()) <= tolerance)
    // d/dz log det(K − z) = −Σ 1/(λ − z): the trace of the inverse.
    let gradient = try determinant.pullback(1)
    let trace = (0..<size * size).map { gradient.matrix[$0, $0].conjugate }.reduce(.zero, +)
    let exact = eigenvalues.map { 1 / $0 }.reduce(.zero, +)
    #expect((trace - exact).length <= tolerance * exact.length)
    #expect(gradient.evidence.adjointBackwardError <= 1e-13)
  }
}

/// Matrices of different kinds.
enum FunctionSample: String, CaseIterable, Sendable {
  case oneByOne
  case random
  case convectionDiffusion
  case permutedBlocks
  case poisson
  case saddlePoint
  case badlyScaled
  case full
  case arrow

  var methods: [MatrixFunctionSolver.Method] {
    switch self {
    case .oneByOne, .poisson, .arrow: [.automatic, .cholesky, .lu]
    default: [.automatic, .lu]
    }
  }

  func make() throws -> SparseMatrix {
    switch self {
    case .oneByOne: return try SampleMatrix.oneByOne.make()
    case .random: return try SampleMatrix.randomUnsymmetric.make()
    case .convectionDiffusion: return try SampleMatrix.convectionDiffusion.make()
    case .permutedBlocks: return try SampleMatrix.permutedBlocks.make()
    case .poisson: return try SampleMatrix.poisson.make()
    case .saddlePoint:
      return try SparseMatrix(rowCount: 14, columnCount: 14) { builder in
        for index in 0..<10 { try builder.add(2 + Double(index), row: index, column: index) }
        for index in 0..<9 {
          try builder.add(-1, row: index, column: index + 1)
          try builder.add(-1, row: index + 1, column: index)
        }
        for constraint in 0..<4 {
          for unknown in [2 * constraint, 2 * constraint + 3] {
            try builder.add(1 + Double(constraint), row: 10 + constraint, column: unknown)
            try builder.add(1 + Double(constraint), row: unknown, column: 10 + constraint)
          }
        }
      }
    case .badlyScaled:
      let matrix = try SampleMatrix.random(order: 25, seed: 8)
      // Rows of sizes 2⁻¹⁰ … 2¹⁰.
      let values = zip(matrix.values, matrix.pattern.rowIndices).map { value, row in
        value * Double.exp2(Double(5 * (row % 5) - 10))
      }
      return try SparseMatrix(pattern: matrix.pattern, values: values)
    case .full:
      var generator = SeededGenerator(seed: 4)
      let values = generator.direction(count: 144)
      return try SparseMatrix(
        pattern: .full(rowCount: 12, columnCount: 12), values: values)
    case .arrow:
      return try SparseMatrix(rowCount: 20, columnCount: 20) { builder in
        for index in 0..<20 { try builder.add(4, row: index, column: index) }
        for index in 1..<20 {
          try builder.add(0.5, row: index, column: 0)
          try builder.add(0.5, row: 0, column: index)
        }
      }
    }
  }
}

/// The inverse and the determinant by Gauss–Jordan elimination with row pivoting.
struct DenseInverse {
  private(set) var inverse: [[Double]]
  private(set) var logDeterminant = 0.0
  private(set) var sign = 1.0

  /// ‖A⁻¹‖∞.
  var inverseNorm: Double { inverse.map { $0.reduce(0) { $0 + abs($1) } }.max() ?? 0 }

  /// ‖|A⁻¹||A|‖∞, which does not depend on the scaling of rows (Skeel).
  func condition(of matrix: SparseMatrix) -> Double {
    let sums = (0..<matrix.rowCount).map { row in
      (0..<matrix.columnCount).reduce(0.0) { $0 + abs(matrix[row, $1]) }
    }
    return inverse.map { row in zip(row, sums).reduce(0) { $0 + abs($1.0) * $1.1 } }.max() ?? 0
  }

  init(_ matrix: SparseMatrix) {
    let order = matrix.rowCount
    var rows = (0..<order).map { row in (0..<order).map { matrix[row, $0] } }
    inverse = (0..<order).map { row in (0..<order).map { row == $0 ? 1 : 0 } }
    for pivot in 0..<order {
      let best = (pivot..<order).max { abs(rows[$0][pivot]) < abs(rows[$1][pivot]) } ?? pivot
      if best != pivot {
        rows.swapAt(best, pivot)
        inverse.swapAt(best, pivot)
        sign.negate()
      }
      let value = rows[pivot][pivot]
      logDeterminant += Double.log(abs(value))
      if value < 0 { sign.negate() }
      for column in 0..<order {
        rows[pivot][column] /= value
        inverse[pivot][column] /= value
      }
      for row in 0..<order where row != pivot && rows[row][pivot] != 0 {
        let factor = rows[row][pivot]
        for column in 0..<order {
          rows[row][column] -= factor * rows[pivot][column]
          inverse[row][column] -= factor * inverse[pivot][column]
        }
      }
    }
  }
}
