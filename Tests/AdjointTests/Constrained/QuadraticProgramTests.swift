import Adjoint
import ReferenceProblems
import Testing

@Suite struct QuadraticProgramTests {
  @Test("the conditions of optimality hold", arguments: [0, 1, 5, 20], [false, true])
  func optimality(_ constraints: Int, _ isIndefinite: Bool) throws {
    guard constraints > 0 || !isIndefinite else { return }
    let program = try EqualityProgram.make(
      unknowns: 30, constraints: constraints, isIndefinite: isIndefinite)
    let solution = try QuadraticProgramSolver().solve(program)
    #expect(solution.statistics.curvature == .positive)
    let force = try program.constraintMatrix.multiplyTransposed(solution.multipliers)
    let full = try mirrored(program.hessian)
    let stress = try full.multiply(solution.value)
    // Entries of order one, ten of them in a sum: residuals of some 10 eps.
    for index in 0..<30 {
      #expect(abs(stress[index] + program.linearTerm[index] + force[index]) <= 1e-13)
    }
    let values = try program.constraintMatrix.multiply(solution.value)
    for row in 0..<constraints {
      #expect(abs(values[row] - program.constraintValues[row]) <= 1e-13)
    }
    #expect(solution.statistics.linear.backwardError <= 16 * .ulpOfOne)
    // x minimizes: every other point on the constraints has a larger objective. Differences of two
    // solutions lie in the null space of A.
    var generator = SeededGenerator(seed: 6)
    for _ in 0..<5 {
      let other = try QuadraticProgramSolver().solve(
        QuadraticProgram(
          hessian: program.hessian, linearTerm: generator.direction(count: 30),
          constraintMatrix: program.constraintMatrix,
          constraintValues: program.constraintValues))
      #expect(try program.objective(other.value) > solution.objective)
    }
  }

  @Test("a program with a known solution: the point of a plane that is nearest to the origin")
  func plane() throws {
    let solution = try QuadraticProgramSolver().solve(projection(onto: [[1, 2, 2]], [9]))
    // x = a b/|a|², y = −b/|a|², least objective b²/(2|a|²).
    for (found, exact) in zip(solution.value, [1.0, 2, 2]) {
      #expect(abs(found - exact) <= 8 * .ulpOfOne)
    }
    #expect(abs(solution.multipliers[0] + 1) <= 4 * .ulpOfOne)
    #expect(abs(solution.objective - 4.5) <= 16 * .ulpOfOne)
  }

  @Test("minus the multipliers are the derivatives of the least objective")
  func shadowPrices() throws {
    let program = try EqualityProgram.make(unknowns: 15, constraints: 4)
    let solution = try QuadraticProgramSolver().solve(program)
    // f = ½xᵀHx + gᵀx has the cotangent H x + g = −Aᵀy for x.
    let cotangent = try program.constraintMatrix.multiplyTransposed(solution.multipliers)
    let gradient = try solution.pullback(cotangent.map { -$0 })
    for (price, multiplier) in zip(gradient.constraintValues, solution.multipliers) {
      #expect(abs(price + multiplier) <= 1e-13)
    }
  }

  @Test("planted faults are rejected", arguments: ProgramFault.allCases)
  func faults(_ fault: ProgramFault) throws {
    let program = try EqualityProgram.make(unknowns: 9, constraints: 3)
    let point =
      program.hessian.values + program.linearTerm + program.constraintMatrix.values
      + program.constraintValues
    var options = DerivativeCheck.Options()
    options.inputCount = point.count
    let check = try DerivativeCheck(seed: 8, options: options)
    #expect(try check.check(map(program, nil), at: point).passed)
    #expect(try !check.check(map(program, fault), at: point).passed)
  }

  @Test("dependent constraints are refused with a row that takes part")
  func dependentConstraints() throws {
    let solver = try QuadraticProgramSolver()
    let twice = try projection(onto: [[1, 2, 2], [0, 1, 0], [2, 4, 4]], [9, 1, 18])
    expectDependent(among: [0, 2]) { try solver.solve(twice) }
    // Dependent only up to rounding: thirds have no exact sum.
    let third = 1.0 / 3
    let rounded = try projection(
      onto: [[0.1, third, 0.7], [third, 0.2, -0.3], [0.1 + third, third + 0.2, 0.7 - 0.3]],
      [1, 2, 3])
    expectDependent(among: [0, 1, 2]) { try solver.solve(rounded) }
    let empty = try projection(onto: [[1, 2, 2], [0, 0, 0]], [9, 0])
    #expect(throws: QuadraticProgramError.dependentConstraints(row: 1)) {
      try solver.solve(empty)
    }
    let many = try projection(onto: [[1], [2]], [1, 2])
    #expect(throws: QuadraticProgramError.dependentConstraints(row: nil)) {
      try solver.solve(many)
    }
    // Rows of very different sizes are not dependent.
    let scaled = try projection(onto: [[1e-9, 2e-9, 2e-9], [1e8, -1e8, 0]], [9e-9, 0])
    let solution = try solver.solve(scaled)
    #expect(abs(solution.value[0] - solution.value[1]) <= 1e-14)
  }

  @Test("a Hessian that is flat or negative on the constraints is refused")
  func curvature() throws {
    var options = QuadraticProgramSolver.Options()
    let solver = try QuadraticProgramSolver()
    let flat = try diagonalProgram([1, 0, 1], holding: 0)
    #expect(throws: QuadraticProgramError.notUnique) { try solver.solve(flat) }
    let untouched = try QuadraticProgram(
      hessian: SparseMatrix(rowCount: 2, columnCount: 2) { try $0.add(1, row: 0, column: 0) },
      linearTerm: [1, 0], constraintMatrix: SparseMatrix(rowCount: 0, columnCount: 2) { _ in },
      constraintValues: [])
    #expect(throws: QuadraticProgramError.notUnique) { try solver.solve(untouched) }
    // Negative where it is held: a minimum. One or two negative directions that are free: none.
    #expect(
      try solver.solve(diagonalProgram([-1, 1, 1], holding: 0)).statistics.curvature == .positive)
    for diagonal in [[1.0, -1, 1], [1, -1, -2], [1, 1e3, -1e-3], [-1, -1, -1]] {
      let program = try diagonalProgram(diagonal, holding: 0)
      #expect(throws: QuadraticProgramError.notAMinimum) { try solver.solve(program) }
      options.checksCurvature = false
      let saddle = try QuadraticProgramSolver(options: options).solve(program)
      #expect(saddle.statistics.curvature == .unknown)
      #expect(abs(saddle.value[1] + 1 / diagonal[1]) <= 1e-15 * abs(1 / diagonal[1]))
    }
  }

  @Test("sizes that do not fit are refused, and an empty program, too")
  func errors() throws {
    let one = try SparseMatrix(rowCount: 1, columnCount: 1) { try $0.add(2, row: 0, column: 0) }
    let none = try SparseMatrix(rowCount: 0, columnCount: 1) { _ in }
    #expect(throws: InputError.self) {
      try QuadraticProgram(
        hessian: one, linearTerm: [], constraintMatrix: none, constraintValues: [])
    }
    #expect(throws: InputError.self) {
      try QuadraticProgram(
        hessian: one, linearTerm: [1], constraintMatrix: none, constraintValues: [1])
    }
    #expect(throws: InputError.self) {
      try QuadraticProgram(
        hessian: one, linearTerm: [.nan], constraintMatrix: none, constraintValues: [])
    }
    let upper = try SparseMatrix(rowCount: 2, columnCount: 2) { try $0.add(1, row: 0, column: 1) }
    #expect(throws: FactorizationError.entryAboveDiagonal(row: 0, column: 1)) {
      try QuadraticProgram(
        hessian: upper, linearTerm: [1, 1],
        constraintMatrix: SparseMatrix(rowCount: 0, columnCount: 2) { _ in },
        constraintValues: [])
    }
    let empty = try QuadraticProgram(
      hessian: SparseMatrix(rowCount: 0, columnCount: 0) { _ in }, linearTerm: [],
      constraintMatrix: SparseMatrix(rowCount: 0, columnCount: 0) { _ in }, constraintValues: [])
    #expect(throws: FactorizationError.emptyMatrix) { try QuadraticProgramSolver().solve(empty) }
    let solution = try QuadraticProgramSolver().solve(
      QuadraticProgram(
        hessian: one, linearTerm: [4], constraintMatrix: none, constraintValues: []))
    #expect(solution.value == [-2] && solution.multipliers == [] && solution.objective == -4)
    #expect(throws: InputError.self) { try solution.pullback([]) }
    #expect(throws: InputError.self) { try solution.pullback([1], multipliers: [1]) }
  }

  @Test("an analysis serves other values on the same patterns")
  func reuse() throws {
    let solver = try QuadraticProgramSolver()
    let program = try EqualityProgram.make(unknowns: 20, constraints: 5)
    let first = try solver.solve(program)
    let second = try solver.solve(program, reusing: first.linear.factors.symbolic)
    #expect(first.value == second.value && first.multipliers == second.multipliers)
  }

  private func mirrored(_ lower: SparseMatrix) throws -> SparseMatrix {
    try SparseMatrix(rowCount: lower.rowCount, columnCount: lower.columnCount) { builder in
      for column in 0..<lower.columnCount {
        for row in column..<lower.rowCount where lower.pattern.slot(row: row, column: column) != nil
        {
          try builder.add(lower[row, column], row: row, column: column)
          if row != column { try builder.add(lower[row, column], row: column, column: row) }
        }
      }
    }
  }

  /// min ½|x|² on given planes.
  private func projection(onto rows: [[Double]], _ values: [Double]) throws -> QuadraticProgram {
    let count = rows[0].count
    return try QuadraticProgram(
      hessian: SparseMatrix(rowCount: count, columnCount: count) { builder in
        for index in 0..<count { try builder.add(1, row: index, column: index) }
      },
      linearTerm: [Double](repeating: 0, count: count),
      constraintMatrix: SparseMatrix(rowCount: rows.count, columnCount: count) { builder in
        for (row, entries) in rows.enumerated() {
          for (column, value) in entries.enumerated() where value != 0 {
            try builder.add(value, row: row, column: column)
          }
        }
      },
      constraintValues: values)
  }

  /// min Σ ½dᵢxᵢ² + xᵢ with one unknown held at zero.
  private func diagonalProgram(_ diagonal: [Double], holding held: Int) throws -> QuadraticProgram {
    let count = diagonal.count
    return try QuadraticProgram(
      hessian: SparseMatrix(rowCount: count, columnCount: count) { builder in
        for (index, value) in diagonal.enumerated() {
          try builder.add(value, row: index, column: index)
        }
      },
      linearTerm: [Double](repeating: 1, count: count),
      constraintMatrix: SparseMatrix(rowCount: 1, columnCount: count) { builder in
        try builder.add(1, row: 0, column: held)
      },
      constraintValues: [0])
  }

  private func expectDependent(
    among rows: Set<Int>, _ solve: () throws -> QuadraticProgramSolution
  ) {
    do {
      let solution = try solve()
      Issue.record("solved with \(solution.multipliers)")
    } catch QuadraticProgramError.dependentConstraints(let row) {
      if let row { #expect(rows.contains(row)) }
    } catch {
      Issue.record("another error: \(error)")
    }
  }

  private func map(_ program: QuadraticProgram, _ fault: ProgramFault?) -> DifferentiableMap {
    let counts = [
      program.hessian.pattern.entryCount, program.unknownCount,
      program.constraintMatrix.pattern.entryCount, program.constraintCount,
    ]
    func parts(_ x: [Double]) -> [[Double]] {
      var start = 0
      return counts.map { count in
        defer { start += count }
        return Array(x[start..<start + count])
      }
    }
    func solve(_ x: [Double]) throws -> QuadraticProgramSolution {
      let parts = parts(x)
      return try QuadraticProgramSolver().solve(
        QuadraticProgram(
          hessian: SparseMatrix(pattern: program.hessian.pattern, values: parts[0]),
          linearTerm: parts[1],
          constraintMatrix: SparseMatrix(
            pattern: program.constraintMatrix.pattern, values: parts[2]),
          constraintValues: parts[3]))
    }
    return DifferentiableMap(
      name: "quadratic program",
      value: {
        let solution = try solve($0)
        return solution.value + solution.multipliers
      },
      linearize: { x in
        let solution = try solve(x)
        return .init(
          value: solution.value + solution.multipliers,
          pushforward: { tangent in
            let parts = parts(tangent)
            let result = try solution.pushforward(
              hessian: parts[0], linearTerm: parts[1], constraintMatrix: parts[2],
              constraintValues: parts[3])
            return (result.value + result.multipliers).map {
              fault == .onePercentInBoth ? 1.01 * $0 : $0
            }
          },
          pullback: { cotangent in
            let count = solution.value.count
            let gradient = try solution.pullback(
              Array(cotangent.prefix(count)), multipliers: Array(cotangent.dropFirst(count)))
            var parts = [
              gradient.hessian.values, gradient.linearTerm, gradient.constraintMatrix.values,
              gradient.constraintValues,
            ]
            switch fault {
            case nil: break
            case .signOfLinearTerm: parts[1] = parts[1].map { -$0 }
            case .droppedHessian: parts[0] = parts[0].map { _ in 0 }
            case .droppedMultiplierTerm:
              parts[2] = try solution.pullback(Array(cotangent.prefix(count))).constraintMatrix
                .values
            case .onePercentInBoth: parts = parts.map { $0.map { 1.01 * $0 } }
            }
            return parts.flatMap { $0 }
          })
      })
  }
}

enum ProgramFault: String, CaseIterable, Sendable {
  case signOfLinearTerm
  case droppedHessian
  case droppedMultiplierTerm
  case onePercentInBoth
}
