import Adjoint
import ReferenceProblems
import Testing

@Suite struct InverseTraceTests {
  @Test(
    "the trace and its gradients are those of dense matrices", arguments: FunctionSample.allCases)
  func dense(_ sample: FunctionSample) throws {
    let matrix = try sample.make()
    let order = matrix.rowCount
    var generator = SeededGenerator(seed: 21)
    // Entries anywhere, most of them where A has none.
    let other = try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for index in 0..<min(order, 7) {
        try builder.add(
          generator.uniform(in: -1..<1), row: (5 * index + 1) % order, column: (3 * index) % order)
      }
    }
    let reference = DenseInverse(matrix)
    let condition = reference.condition(of: matrix)
    let tolerance = 64 * Double(order * order) * Double.ulpOfOne * condition
    for method in sample.methods {
      var options = MatrixFunctionSolver.Options()
      options.method = method
      let trace = try MatrixFunctionSolver(options: options).inverseTrace(
        of: matrix, times: other)
      let product = Dense.product(reference.inverse, other)
      let expected = (0..<order).reduce(0) { $0 + product[$1][$1] }
      let scale = reference.inverseNorm * other.rowSumNorm * Double(order)
      #expect(abs(trace.value - expected) <= tolerance * scale)
      let gradient = try trace.pullback(-0.5)
      let inner = Dense.product(product, reference.inverse)
      let innerScale = reference.inverseNorm * reference.inverseNorm * other.rowSumNorm
      for column in 0..<order {
        for row in 0..<order {
          if matrix.pattern.slot(row: row, column: column) != nil {
            // −½ · −(A⁻¹BA⁻¹)ᵀ.
            let error = abs(gradient.matrix[row, column] - 0.5 * inner[column][row])
            #expect(error <= tolerance * innerScale, "(\(row), \(column)) \(method)")
          }
          if other.pattern.slot(row: row, column: column) != nil {
            let error = abs(gradient.other[row, column] + 0.5 * reference.inverse[column][row])
            #expect(error <= tolerance * reference.inverseNorm)
          }
        }
      }
      #expect(gradient.evidence.adjointBackwardError <= tolerance)
    }
  }

  @Test(
    "the diagonal of the inverse and its gradient are dense ones",
    arguments: FunctionSample.allCases)
  func diagonal(_ sample: FunctionSample) throws {
    let matrix = try sample.make()
    let order = matrix.rowCount
    var generator = SeededGenerator(seed: 22)
    let cotangent = generator.direction(count: order)
    let reference = DenseInverse(matrix)
    let condition = reference.condition(of: matrix)
    let tolerance = 64 * Double(order * order) * Double.ulpOfOne * condition
    let norm = reference.inverseNorm
    let result = try MatrixFunctionSolver().inverseDiagonal(of: matrix)
    for index in 0..<order {
      #expect(abs(result.value[index] - reference.inverse[index][index]) <= tolerance * norm)
    }
    let gradient = try result.pullback(cotangent)
    for column in 0..<order {
      for row in 0..<order where matrix.pattern.slot(row: row, column: column) != nil {
        let exact = (0..<order).reduce(0.0) { sum, index in
          sum - reference.inverse[index][row] * cotangent[index] * reference.inverse[column][index]
        }
        #expect(abs(gradient.matrix[row, column] - exact) <= tolerance * norm * norm)
      }
    }
    #expect(gradient.evidence.adjointBackwardError <= tolerance)
  }

  @Test("planted faults in the gradient are rejected", arguments: TraceFault.allCases)
  func faults(_ fault: TraceFault) throws {
    let matrix = try SampleMatrix.random(order: 12, seed: 3)
    let other = try SampleMatrix.random(order: 12, seed: 9)
    let count = matrix.pattern.entryCount
    func map(_ fault: TraceFault?) -> DifferentiableMap {
      func solve(_ x: [Double]) throws -> InverseTrace {
        try MatrixFunctionSolver().inverseTrace(
          of: SparseMatrix(pattern: matrix.pattern, values: Array(x.prefix(count))),
          times: SparseMatrix(pattern: other.pattern, values: Array(x.dropFirst(count))))
      }
      return DifferentiableMap(
        name: "trace", value: { try [solve($0).value] },
        linearize: { x in
          let trace = try solve(x)
          let factor = fault == .onePercentInBoth ? 1.01 : 1
          return .init(
            value: [trace.value],
            pushforward: { tangent in
              try [
                factor
                  * trace.pushforward(
                    matrix: Array(tangent.prefix(count)), other: Array(tangent.dropFirst(count)))
              ]
            },
            pullback: { cotangent in
              let gradient = try trace.pullback(factor * cotangent[0])
              var entries = gradient.matrix.values
              var others = gradient.other.values
              switch fault {
              case nil, .onePercentInBoth: break
              case .sign: entries = entries.map { -$0 }
              case .droppedEntry: entries[entries.count / 2] = 0
              case .droppedOther: others = others.map { _ in 0 }
              }
              return entries + others
            })
        })
    }
    var options = DerivativeCheck.Options()
    options.inputCount = count + other.pattern.entryCount
    let check = try DerivativeCheck(seed: 2, options: options)
    let point = matrix.values + other.values
    #expect(try check.check(map(nil), at: point).passed)
    #expect(try !check.check(map(fault), at: point).passed)
  }

  @Test("a matrix of another order is refused, and one without entries has trace zero")
  func edges() throws {
    let matrix = try FunctionSample.poisson.make()
    let small = try FunctionSample.oneByOne.make()
    #expect(
      throws: MatrixFunctionError.differentOrder(expected: 64, rowCount: 1, columnCount: 1)
    ) { try MatrixFunctionSolver().inverseTrace(of: matrix, times: small) }
    let blank = try SparseMatrix(rowCount: 64, columnCount: 64) { _ in }
    let trace = try MatrixFunctionSolver().inverseTrace(of: matrix, times: blank)
    #expect(trace.value == 0)
    #expect(try trace.pullback(1).matrix.values.allSatisfy { $0 == 0 })
    let diagonal = try MatrixFunctionSolver().inverseDiagonal(of: matrix)
    #expect(throws: InputError.self) { try diagonal.pullback([1]) }
    #expect(throws: InputError.self) { try diagonal.pushforward(matrix: [1]) }
  }
}

enum TraceFault: String, CaseIterable, Sendable {
  case sign
  case droppedEntry
  case droppedOther
  case onePercentInBoth
}

/// Products of small dense matrices, row by row.
enum Dense {
  static func product(_ left: [[Double]], _ right: SparseMatrix) -> [[Double]] {
    product(
      left, (0..<right.rowCount).map { row in (0..<right.columnCount).map { right[row, $0] } })
  }

  static func product(_ left: [[Double]], _ right: [[Double]]) -> [[Double]] {
    left.map { row in
      right[0].indices.map { column in
        row.indices.reduce(0.0) { $0 + row[$1] * right[$1][column] }
      }
    }
  }
}
