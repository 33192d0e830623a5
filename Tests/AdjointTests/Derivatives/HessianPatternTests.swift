import Adjoint
import ODE
import ReferenceProblems
import Testing

@Suite("Patterns of Hessians") struct HessianPatternTests {
  /// Where second derivatives of output `row` do not vanish at random points: central differences,
  /// with step h, of the gradient by duals.
  ///
  /// An entry is taken for nonzero above 1e-5: rounding leaves eps·|∇f|/h ≈ 2e-12 with h = 1e-4, and
  /// the truncation is a symmetric difference of equal numbers where the second derivative vanishes
  /// identically.
  private func nonzeros(_ model: Model, output row: Int) -> Set<[Int]> {
    var generator = SeededGenerator(seed: 9)
    let count = model.stateCount
    let step = 1e-4
    var found: Set<[Int]> = []
    for _ in 0..<3 {
      let point = (0..<count).map { _ in generator.uniform(in: 0.3..<0.7) }
      for column in 0..<count {
        var above = point
        var below = point
        above[column] += step
        below[column] -= step
        let difference = zip(gradient(model, row, above), gradient(model, row, below)).map(-)
        for other in 0..<count where (difference[other] / (2 * step)).magnitude > 1e-5 {
          found.insert([other, column])
        }
      }
    }
    return found
  }

  private func gradient(_ model: Model, _ row: Int, _ point: [Double]) -> [Double] {
    let parameters = [Dual](repeating: 0.8, count: model.parameterCount)
    var state = point.map { Dual($0) }
    var output = [Dual](repeating: .zero, count: model.outputCount)
    return point.indices.map { column in
      state[column].tangent[0] = 1
      var span = output.mutableSpan
      model.dual(0, state.span, parameters.span, &span)
      state[column].tangent[0] = 0
      return output[row].tangent[0]
    }
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

  @Test("A pattern is exactly where second differences are not zero")
  func generic() throws {
    let models = [
      Model(Products()), Model(ValleyChain(stateCount: 25)), Model(SmallModel.functions),
      Model(SmallModel.sums), Model(SmallModel.trivial), Model(Ring(stateCount: 6)),
      Model(Bratu(side: 3)), Model(LotkaVolterra()), Model(SmallModel.vanishing),
    ]
    for model in models {
      for row in 0..<model.outputCount {
        let pattern = try model.hessianPattern(ofOutputs: [row])
        #expect(entries(pattern) == nonzeros(model, output: row), "\(model.name), output \(row)")
      }
    }
  }

  @Test("Random programs have no second derivatives outside of their patterns", arguments: 0..<10)
  func programs(seed: Int) throws {
    let program = RandomProgram(inputCount: 12, stepCount: 25, seed: UInt64(seed))
    let model = Model(ProgramSystem(program: program))
    let pattern = try model.hessianPattern(ofOutputs: [1])
    #expect(nonzeros(model, output: 1).isSubset(of: entries(pattern)))
  }

  @Test("The Rosenbrock chain is tridiagonal, a separable sum diagonal, a linear one empty")
  func chain() throws {
    let model = Model(ValleyChain(stateCount: 1000))
    let chain = try model.hessianPattern(ofOutputs: [0])
    #expect(chain.entryCount == 3 * 1000 - 2)
    #expect(entries(chain).allSatisfy { abs($0[0] - $0[1]) <= 1 })
    let separable = try model.hessianPattern(ofOutputs: [1])
    #expect(entries(separable) == Set((0..<1000).map { [$0, $0] }))
    #expect(try Model(Products()).hessianPattern(ofOutputs: [3]).entryCount == 0)
    #expect(try Model(SmallModel.kinks).hessianPattern(ofOutputs: [0, 2, 3]).entryCount == 0)
  }

  @Test("Parameters are variables when asked for, and w joins all outputs")
  func variables() throws {
    let model = Model(LotkaVolterra())
    let all = try model.hessianPattern(withRespectTo: .stateAndParameters)
    #expect(all.rowCount == 6)
    // x′ = αx − βxy and y′ = δxy − γy join x with y, and each with the parameters beside it.
    let pairs = entries(all)
    #expect(pairs.contains([0, 1]) && pairs.contains([1, 0]) && !pairs.contains([0, 0]))
    #expect(pairs == Set(pairs.map { [$0[1], $0[0]] }))
    #expect(try model.hessianPattern(withRespectTo: .parameters).entryCount == 0)
    let union = try (0..<2).reduce(into: Set<[Int]>()) {
      $0.formUnion(entries(try model.hessianPattern(ofOutputs: [$1])))
    }
    #expect(entries(try model.hessianPattern()) == union)
  }

  @Test("An output that does not exist is refused")
  func outputs() throws {
    #expect(throws: TraceError.noSuchOutput(model: "Products", output: 5, outputCount: 5)) {
      try Model(Products()).hessianPattern(ofOutputs: [0, 5])
    }
  }
}
