import Adjoint
import ODE
import ReferenceProblems
import Testing

@Suite("Patterns of Jacobians") struct JacobianPatternTests {
  /// ∂f/∂u column by column, by directional derivatives at random points in (0.2, 0.8): the rows
  /// with a derivative that is not zero at one of them.
  private func nonzeros(_ model: Model, time: Double = 0, pointCount: Int = 20) -> Set<[Int]> {
    var generator = SeededGenerator(seed: 3)
    var found: Set<[Int]> = []
    for _ in 0..<pointCount {
      func inputs(_ count: Int) -> [Dual] {
        (0..<count).map { _ in Dual(generator.uniform(in: 0.2..<0.8)) }
      }
      var state = inputs(model.stateCount)
      let parameters = inputs(model.parameterCount)
      var output = [Dual](repeating: .zero, count: model.outputCount)
      for column in 0..<model.stateCount {
        state[column].tangent[0] = 1
        var span = output.mutableSpan
        model.dual(Dual(time), state.span, parameters.span, &span)
        state[column].tangent[0] = 0
        for row in 0..<model.outputCount where output[row].tangent[0] != 0 {
          found.insert([row, column])
        }
      }
    }
    return found
  }

  private func entries(_ pattern: SparsityPattern) -> Set<[Int]> {
    var found: Set<[Int]> = []
    for column in 0..<pattern.columnCount {
      for entry in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        found.insert([pattern.rowIndices[entry], column])
      }
    }
    return found
  }

  @Test("A pattern is exactly where random derivatives are not zero")
  func generic() throws {
    let models = [
      Model(Ring(stateCount: 3)), Model(Ring(stateCount: 20)),
      Model(Bratu(side: 5)), Model(Brusselator2D(side: 4)), Model(LotkaVolterra()),
      Model(SmallModel.functions), Model(SmallModel.sums), Model(SmallModel.trivial),
      Model(Products()), Model(ValleyChain(stateCount: 30)),
    ]
    for model in models {
      let pattern = try model.jacobianPattern(
        state: [Double](repeating: 1, count: model.stateCount),
        parameters: [Double](repeating: 1, count: model.parameterCount))
      // Equal, so neither too small nor too large.
      #expect(entries(pattern) == nonzeros(model), "\(model.name)")
      _ = try SparsityPattern(
        rowCount: pattern.rowCount, columnCount: pattern.columnCount,
        columnPointers: pattern.columnPointers, rowIndices: pattern.rowIndices)
    }
  }

  @Test("Random programs depend on no more than their patterns say", arguments: 0..<20)
  func programs(seed: Int) throws {
    let program = RandomProgram(inputCount: 30, stepCount: 60, seed: UInt64(seed))
    let model = Model(ProgramSystem(program: program))
    let pattern = try model.jacobianPattern()
    #expect(nonzeros(model).isSubset(of: entries(pattern)))
    #expect(!nonzeros(model).isEmpty)
  }

  @Test("Both arguments of minimum and maximum count, whichever is smaller")
  func kinks() throws {
    let model = Model(SmallModel.kinks)
    let expected: Set<[Int]> = [[0, 0], [0, 1], [1, 2], [2, 3], [2, 4], [3, 5]]
    #expect(entries(try model.jacobianPattern()) == expected)
    for state in [[1, 2, 3, 4, 5, 6], [6, 5, 0, 3, 2, -7.0]] {
      let pattern = try model.jacobianPattern(state: state, parameters: [1, 2, 3])
      #expect(entries(pattern) == expected)
    }
    #expect(try !model.recordTrace().dependsOnBranches)
    #expect(entries(try model.jacobianPattern(withRespectTo: .parameters)) == [[1, 0]])
    let both = try model.jacobianPattern(withRespectTo: .stateAndParameters)
    #expect(entries(both) == expected.union([[1, 6]]))
  }

  @Test("A product with the constant 0 is no dependence, one with a variable zero is")
  func vanishing() throws {
    let pattern = try Model(SmallModel.vanishing).jacobianPattern()
    #expect(entries(pattern) == [[0, 1], [1, 2], [2, 3], [3, 4]])
  }

  @Test("A model that branches on values has a pattern at a point, but none for every input")
  func branches() throws {
    let model = Model(Branching())
    let trace = try model.recordTrace(state: [1, 2], parameters: [1])
    #expect(trace.comparisonCount == 1)
    #expect(trace.readCount == 1)
    #expect(entries(trace.jacobianPattern()) == [[0, 0], [1, 1]])
    let other = try model.jacobianPattern(state: [-1, -2], parameters: [1])
    #expect(entries(other) == [[0, 1], [1, 0]])
    #expect(throws: TraceError.branches(model: "Branching", comparisonCount: 1, readCount: 1)) {
      try model.jacobianPattern()
    }
  }

  @Test("A trace past its range is refused, one that just fits is not")
  func full() throws {
    let model = Model(Ring(stateCount: 20))
    let count = try model.recordTrace().operationCount
    #expect(try model.recordTrace(maximumOperationCount: count).operationCount == count)
    #expect(throws: TraceError.full(model: "Ring", maximumOperationCount: count - 1)) {
      try model.recordTrace(maximumOperationCount: count - 1)
    }
  }

  @Test("A stated pattern with everything passes, one that lacks an entry is refused")
  func stated() throws {
    let cases: [(Model, time: Double, Double)] = [
      (Model(Ring(stateCount: 7)), 0, 0.5), (Model(Ring(stateCount: 60)), 0, 0.5),
      (Model(Bratu(side: 6)), 0, 0.5), (Model(Brusselator2D(side: 8)), 2, 0.7),
    ]
    for (model, time, value) in cases {
      let state = [Double](repeating: value, count: model.stateCount)
      let parameters = [Double](repeating: value, count: model.parameterCount)
      func check(_ pattern: SparsityPattern) throws {
        try model.checkJacobianPattern(
          pattern, time: time, state: state, parameters: parameters)
      }
      let pattern = try model.jacobianPattern(time: time, state: state, parameters: parameters)
      try check(pattern)
      try check(.full(rowCount: model.outputCount, columnCount: model.stateCount))
      for dropped in [0, pattern.entryCount / 2, pattern.entryCount - 1] {
        let column = pattern.columnPointers.lastIndex { $0 <= dropped } ?? 0
        let row = pattern.rowIndices[dropped]
        let error = #expect(throws: PatternError.self) {
          try check(without(dropped, pattern))
        }
        guard case .missesEntry(model.name, row, column, let derivative) = error else {
          Issue.record("entry (\(row), \(column)) was dropped, but: \(String(describing: error))")
          continue
        }
        #expect(derivative != 0)
      }
    }
  }

  private func without(_ entry: Int, _ pattern: SparsityPattern) throws -> SparsityPattern {
    var rows = pattern.rowIndices
    rows.remove(at: entry)
    return try SparsityPattern(
      rowCount: pattern.rowCount, columnCount: pattern.columnCount,
      columnPointers: pattern.columnPointers.map { $0 > entry ? $0 - 1 : $0 }, rowIndices: rows)
  }

  @Test("A pattern cannot be checked where derivatives are infinite")
  func notFinite() throws {
    let model = Model(SmallModel.functions)
    let pattern = try model.jacobianPattern()
    #expect(throws: PatternError.notFinite(model: "SmallModel", row: 0)) {
      try model.checkJacobianPattern(
        pattern, state: [-1, 0.5, 0.5, 0.5, 0.5, 0.5], parameters: [1, 1, 1])
    }
  }
}

/// A random program as a system: every output is the program of rotated inputs of its own.
struct ProgramSystem: ResidualSystem {
  let program: RandomProgram
  var stateCount: Int { program.inputCount }
  var parameterCount: Int { 2 }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for row in 0..<stateCount {
      var inputs: [S] = []
      for index in 0..<stateCount {
        inputs.append(index % 3 == row % 3 ? state[(index + row) % stateCount] : S(0.5))
      }
      inputs[row] = inputs[row] * parameters[row % 2]
      residual[row] = program.run(inputs)
    }
  }
}
