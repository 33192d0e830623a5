import Adjoint
import ReferenceProblems
import Testing

@Suite("Compressed Jacobians") struct SparseJacobianTests {
  /// A model of the reference problems at a point of order one.
  struct Sample: CustomTestStringConvertible, Sendable {
    let model: Model
    let state: [Double]
    let parameters: [Double]

    init(_ model: Model, seed: UInt64) {
      var generator = SeededGenerator(seed: seed)
      self.model = model
      state = generator.direction(count: model.stateCount).map(\.magnitude)
      parameters = generator.direction(count: model.parameterCount).map(\.magnitude)
    }

    var testDescription: String { model.name }

    static let all = [
      Sample(Model(LotkaVolterra()), seed: 1), Sample(Model(Robertson()), seed: 2),
      Sample(Model(HighIrradianceResponse()), seed: 3), Sample(Model(Pollution()), seed: 4),
      Sample(Model(Brusselator2D(side: 5)), seed: 5), Sample(Model(Bratu(side: 6)), seed: 6),
      Sample(Model(PlanarTruss.cantilever(bays: 6, load: 1)), seed: 7),
      Sample(Model(RosenbrockChain(stateCount: 20)), seed: 8),
      Sample(RosenbrockChain(stateCount: 20).objectiveModel, seed: 9),
      Sample(Model(Ring(stateCount: 3)), seed: 10), Sample(Model(Ring(stateCount: 50)), seed: 11),
    ]

    func pattern() throws -> SparsityPattern {
      try model.jacobianPattern(time: 2, state: state, parameters: parameters)
    }

    func matrix(_ jacobian: SparseJacobian) throws -> SparseMatrix {
      var values = [Double](repeating: .nan, count: jacobian.pattern.entryCount)
      try jacobian.evaluate(time: 2, state: state, parameters: parameters, into: &values)
      return try SparseMatrix(pattern: jacobian.pattern, values: values)
    }

    /// The derivative by one input at a time.
    func column(_ index: Int, of variable: SparseJacobian.Variable) -> [Double] {
      var stateTangent = [Double](repeating: 0, count: state.count)
      var parameterTangent = [Double](repeating: 0, count: parameters.count)
      if variable == .state { stateTangent[index] = 1 } else { parameterTangent[index] = 1 }
      var output = [Double](repeating: .nan, count: model.outputCount)
      var span = output.mutableSpan
      ModelEvaluator(model, parameters: parameters).pushforward(
        time: 2, state: state.span, stateTangent: stateTangent.span,
        parameterTangent: parameterTangent.span, into: &span)
      return output
    }
  }

  @Test(
    "Columns equal directional derivatives bit for bit, sparse and dense", arguments: Sample.all)
  func columns(sample: Sample) throws {
    let model = sample.model
    for pattern in [
      try sample.pattern(),
      try .full(rowCount: model.outputCount, columnCount: model.stateCount),
    ] {
      let jacobian = try SparseJacobian(model, pattern: pattern, compression: .columns)
      let matrix = try sample.matrix(jacobian)
      for column in 0..<model.stateCount {
        let expected = sample.column(column, of: .state)
        // The same operations in the same order.
        #expect((0..<model.outputCount).allSatisfy { matrix[$0, column] == expected[$0] })
      }
    }
  }

  @Test("Rows by the tape agree with columns by duals", arguments: Sample.all)
  func rows(sample: Sample) throws {
    let pattern = try sample.pattern()
    let byColumns = try sample.matrix(
      SparseJacobian(sample.model, pattern: pattern, compression: .columns))
    let byRows = try sample.matrix(
      SparseJacobian(sample.model, pattern: pattern, compression: .rows))
    // Some twenty roundings of partial derivatives of order one to a thousand, summed in another order.
    let scale = byColumns.values.map(\.magnitude).max() ?? 0
    for (first, second) in zip(byColumns.values, byRows.values) {
      #expect((first - second).magnitude <= 32 * Double.ulpOfOne * scale)
    }
  }

  @Test("So do derivatives by the parameters", arguments: Sample.all)
  func parameters(sample: Sample) throws {
    let model = sample.model
    let pattern = try SparsityPattern.full(
      rowCount: model.outputCount, columnCount: model.parameterCount)
    let byColumns = try sample.matrix(
      SparseJacobian(model, pattern: pattern, variable: .parameters, compression: .columns))
    let byRows = try sample.matrix(
      SparseJacobian(model, pattern: pattern, variable: .parameters, compression: .rows))
    let scale = byColumns.values.map(\.magnitude).max() ?? 0
    for column in 0..<model.parameterCount {
      let expected = sample.column(column, of: .parameters)
      for row in 0..<model.outputCount {
        #expect(byColumns[row, column] == expected[row])
        let gap = (byRows[row, column] - expected[row]).magnitude
        #expect(gap <= 32 * Double.ulpOfOne * scale)
      }
    }
  }

  @Test("Reuse at other points leaves no trace", arguments: Sample.all)
  func reuse(sample: Sample) throws {
    for compression in [SparseJacobian.Compression.columns, .rows] {
      let pattern = try SparsityPattern.full(
        rowCount: sample.model.outputCount, columnCount: sample.model.stateCount)
      let used = try SparseJacobian(sample.model, pattern: pattern, compression: compression)
      _ = try Sample(sample.model, seed: 99).matrix(used)
      let fresh = try SparseJacobian(sample.model, pattern: pattern, compression: compression)
      #expect(try sample.matrix(used).values == sample.matrix(fresh).values)
    }
  }

  @Test("A parameter that changes only the sign of its zero is noticed")
  func signedZero() throws {
    let model = Model(Slope())
    let jacobian = try SparseJacobian(model, pattern: .full(rowCount: 1, columnCount: 1))
    var values = [0.0]
    try jacobian.evaluate(time: 0, state: [1], parameters: [0], into: &values)
    #expect(values == [.pi])
    try jacobian.evaluate(time: 0, state: [1], parameters: [-0.0], into: &values)
    #expect(values == [-.pi])
  }

  @Test("Few outputs of many inputs are found by rows, the others by columns")
  func choice() throws {
    let chain = RosenbrockChain(stateCount: 1000)
    let full = try SparsityPattern.full(rowCount: 1, columnCount: 1000)
    let gradient = try SparseJacobian(chain.objectiveModel, pattern: full)
    #expect(gradient.compression == .rows && gradient.colorCount == 1)
    let tridiagonal = try ColoringPatterns.banded(order: 1000, halfWidth: 1)
    let hessian = try SparseJacobian(Model(chain), pattern: tridiagonal)
    #expect(hessian.compression == .columns && hessian.colorCount == 3)
    let forced = try SparseJacobian(
      Model(chain), pattern: tridiagonal, compression: .rows)
    #expect(forced.compression == .rows && forced.colorCount == 3)
  }

  @Test("A Jacobian that the model supplies is used on its own pattern only")
  func supplied() throws {
    let pattern = try SparsityPattern.full(rowCount: 4, columnCount: 4)
    let model = try Model(Ring(stateCount: 4)).replacing(
      jacobian: { _, _, _, values in
        for slot in 0..<values.count { values[slot] = Double(slot) }
      }, on: pattern)
    let sample = Sample(model, seed: 1)
    let own = try SparseJacobian(model, pattern: pattern)
    #expect(own.compression == .supplied && own.statistics == nil)
    #expect(try sample.matrix(own).values == (0..<16).map { Double($0) })
    let derived = try SparseJacobian(model, pattern: pattern, compression: .columns)
    #expect(try sample.matrix(derived)[0, 0] == sample.column(0, of: .state)[0])
    let ring = try sample.pattern()
    #expect(try SparseJacobian(model, pattern: ring).compression == .columns)
    #expect(throws: InputError.self) {
      try SparseJacobian(model, pattern: ring, compression: .supplied)
    }
  }

  @Test("The Brusselator on 64×64 nodes takes one sweep of eight lanes")
  func brusselator() throws {
    let sample = Sample(Model(Brusselator2D(side: 64)), seed: 3)
    let jacobian = try SparseJacobian(sample.model, pattern: sample.pattern())
    #expect(jacobian.pattern.entryCount == 6 * 8192)
    #expect(jacobian.colorCount <= Dual.laneCount)
    let matrix = try sample.matrix(jacobian)
    var generator = SeededGenerator(seed: 4)
    let direction = generator.direction(count: 8192)
    var output = [Double](repeating: .nan, count: 8192)
    var span = output.mutableSpan
    let noTangent: [Double] = []
    ModelEvaluator(sample.model, parameters: sample.parameters).pushforward(
      time: 2, state: sample.state.span, stateTangent: direction.span,
      parameterTangent: noTangent.span, into: &span)
    let product = try matrix.multiply(direction)
    // Six terms of at most 4α/dx² ≈ 1.6e5 each.
    let tolerance: Double = 16 * Double.ulpOfOne * 6 * 1.6e5
    #expect(zip(product, output).allSatisfy { ($0 - $1).magnitude <= tolerance })
  }

  @Test("An entry is part of the pattern even where its derivative vanishes")
  func vanishing() throws {
    let model = Model(Ring(stateCount: 5))
    // ∂F/∂uᵢ₋₁ = −p₁ uᵢ₋₁/5 is zero at u = 0.
    let pattern = try model.jacobianPattern(
      state: [0, 0, 0, 0, 0], parameters: [0.5, 0.7, 0.3])
    #expect(pattern.entryCount == 15)
  }

  @Test("A model without parameters or outputs has an empty Jacobian")
  func empty() throws {
    let model = Model(Bratu(side: 0))
    let jacobian = try SparseJacobian(model, pattern: .full(rowCount: 0, columnCount: 0))
    var values: [Double] = []
    try jacobian.evaluate(time: 0, state: [], parameters: [], into: &values)
    #expect(values.isEmpty && jacobian.colorCount == 0)
  }

  @Test("Wrong lengths are refused")
  func lengths() throws {
    let model = Model(Ring(stateCount: 4))
    let pattern = try SparsityPattern.full(rowCount: 4, columnCount: 4)
    #expect(throws: InputError.self) {
      try SparseJacobian(model, pattern: .full(rowCount: 3, columnCount: 4))
    }
    #expect(throws: InputError.self) {
      try SparseJacobian(model, pattern: pattern, variable: .parameters)
    }
    let jacobian = try SparseJacobian(model, pattern: pattern)
    var values = [Double](repeating: 0, count: 15)
    #expect(throws: InputError.self) {
      try jacobian.evaluate(time: 0, state: [1, 2, 3, 4], parameters: [1, 2, 3], into: &values)
    }
  }
}

/// F = u·(angle of (−1, p)), which jumps where p changes its sign.
private struct Slope: ResidualSystem {
  let stateCount = 1
  let parameterCount = 1

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    residual[0] = state[0] * S.atan2(y: parameters[0], x: -1)
  }
}
