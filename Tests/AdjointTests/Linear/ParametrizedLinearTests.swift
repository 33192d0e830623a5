import Adjoint
import Testing

/// A(p) = A₀ + p pᵀ on the first parameters' unknowns + diag, b(p) = sin(p) and products.
private struct RankOne: ParametrizedLinearSystem {
  let order: Int
  let parameterCount: Int
  let storage: LinearSystem.Storage
  let pattern: SparsityPattern

  init(order: Int, parameterCount: Int, storage: LinearSystem.Storage) throws {
    self.order = order
    self.parameterCount = parameterCount
    self.storage = storage
    let columns = (0..<order).map { column in
      Array((storage == .full ? 0 : column)..<order)
    }
    var pointers = [0]
    for column in columns { pointers.append(pointers[pointers.count - 1] + column.count) }
    pattern = try SparsityPattern(
      rowCount: order, columnCount: order, columnPointers: pointers,
      rowIndices: columns.flatMap { $0 })
  }

  func assemble<S: Scalar>(
    parameters: Span<S>, matrix: inout MutableSpan<S>, rightHandSide: inout MutableSpan<S>
  ) {
    var slot = 0
    for column in 0..<order {
      let first = parameters[column % parameterCount]
      for row in (storage == .full ? 0 : column)..<order {
        let second = parameters[row % parameterCount]
        var value: S = first * second
        if storage == .full && row < column { value = value * second }
        if row == column { value += S(Double(order)) }
        matrix[slot] += value
        slot += 1
      }
      rightHandSide[column] += S.sin(first)
    }
  }
}

/// A storage and a number of parameters: up to 16 go through duals, more through the tape.
private struct RankOneCase: Sendable, CustomTestStringConvertible {
  let storage: LinearSystem.Storage
  let parameterCount: Int

  var testDescription: String { "\(storage), \(parameterCount) parameters" }

  static let all: [RankOneCase] = [LinearSystem.Storage.full, .symmetricLower].flatMap { storage in
    [1, 3, 16, 17, 20].map { RankOneCase(storage: storage, parameterCount: $0) }
  }
}

@Suite struct ParametrizedLinearTests {
  private func map(_ testCase: RankOneCase, drops: Bool = false) throws -> DifferentiableMap {
    let system = try RankOne(
      order: 20, parameterCount: testCase.parameterCount, storage: testCase.storage)
    let solver = LinearSolver()
    return DifferentiableMap(
      name: "rank one",
      value: { try solver.solve(ParametrizedLinearProblem(system, parameters: $0)).value },
      linearize: { parameters in
        let solution = try solver.solve(ParametrizedLinearProblem(system, parameters: parameters))
        return DifferentiableMap.Linearization(
          value: solution.value, pushforward: solution.pushforward,
          pullback: { cotangent in
            let gradient = try solution.pullback(cotangent)
            #expect(gradient.evidence.adjointBackwardError <= 8 * .ulpOfOne)
            guard drops else { return gradient.parameters }
            // Negative control: the part through b is left out.
            let through = zip(parameters.indices, parameters).map { index, parameter in
              stride(from: index, to: 20, by: parameters.count).reduce(0.0) {
                $0 + gradient.adjointState[$1] * Double.cos(parameter)
              }
            }
            return zip(gradient.parameters, through).map { $0 - $1 }
          })
      })
  }

  private func point(_ count: Int) -> [Double] {
    var generator = SeededGenerator(seed: 8)
    return generator.direction(count: count)
  }

  @Test("the derivative with respect to parameters obeys the laws", arguments: RankOneCase.all)
  private func laws(_ testCase: RankOneCase) throws {
    let report = try DerivativeCheck(seed: 4).check(
      map(testCase), at: point(testCase.parameterCount))
    #expect(report.passed, "\(report)")
  }

  @Test("a gradient that forgets b is rejected", arguments: RankOneCase.all)
  private func forgets(_ testCase: RankOneCase) throws {
    let report = try DerivativeCheck(seed: 4).check(
      map(testCase, drops: true), at: point(testCase.parameterCount))
    #expect(!report.passed, "\(report)")
  }

  @Test("an analysis serves all parameters")
  func reuse() throws {
    let system = try RankOne(order: 6, parameterCount: 2, storage: .full)
    let solver = LinearSolver()
    let first = try solver.solve(ParametrizedLinearProblem(system, parameters: [0.5, 0.25]))
    let next = try ParametrizedLinearProblem(system, parameters: [0.1, 0.9])
    let reused = try solver.solve(next, reusing: first.solution.factors.symbolic)
    #expect(try reused.value == solver.solve(next).value)
  }

  @Test("bad parameters are refused")
  func badParameters() throws {
    let system = try RankOne(order: 3, parameterCount: 2, storage: .full)
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 2, found: 1)) {
      try ParametrizedLinearProblem(system, parameters: [1])
    }
    #expect(throws: InputError.self) {
      try ParametrizedLinearProblem(system, parameters: [1, .nan])
    }
    let solution = try LinearSolver().solve(ParametrizedLinearProblem(system, parameters: [1, 2]))
    #expect(throws: InputError.self) { try solution.pushforward([1]) }
    #expect(throws: InputError.self) { try solution.pullback([1]) }
    // An assembled number overflows.
    #expect(throws: InputError.self) {
      try ParametrizedLinearProblem(system, parameters: [1e200, 1e200]).assembled()
    }
  }
}
