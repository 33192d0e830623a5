import Adjoint
import ReferenceProblems
import Testing

@Suite("Compressed Jacobians") struct SparseJacobianTests {
  @Test(
    "A compressed Jacobian equals directional derivatives column by column", arguments: [2, 3, 50])
  func columns(order: Int) throws {
    let model = Model(Ring(stateCount: order))
    let parameters = [0.5, 0.7, 0.3]
    let state = (0..<order).map { 0.3 * Double.sin(1 + Double($0)) }
    for pattern in [
      try model.jacobianPattern(state: state, parameters: parameters),
      try .full(rowCount: order, columnCount: order),
    ] {
      let jacobian = try SparseJacobian(model, pattern: pattern)
      var values = [Double](repeating: .nan, count: pattern.entryCount)
      try jacobian.evaluate(time: 0, state: state, parameters: parameters, into: &values)
      let matrix = try SparseMatrix(pattern: pattern, values: values)
      let evaluator = ModelEvaluator(model, parameters: parameters)
      let noTangent: [Double] = []
      for column in 0..<order {
        var direction = [Double](repeating: 0, count: order)
        direction[column] = 1
        var output = [Double](repeating: .nan, count: order)
        var span = output.mutableSpan
        evaluator.pushforward(
          time: 0, state: state.span, stateTangent: direction.span,
          parameterTangent: noTangent.span, into: &span)
        // The same operations in the same order: equal bit for bit.
        #expect((0..<order).allSatisfy { matrix[$0, column] == output[$0] })
      }
    }
  }

  @Test("An entry is part of the pattern even where its derivative vanishes")
  func vanishing() throws {
    let model = Model(Ring(stateCount: 5))
    // ∂F/∂uᵢ₋₁ = −p₁ uᵢ₋₁/5 is zero at u = 0.
    let pattern = try model.jacobianPattern(
      state: [0, 0, 0, 0, 0], parameters: [0.5, 0.7, 0.3])
    #expect(pattern.entryCount == 15)
  }

  @Test("The Jacobian of Bratu's problem has five points and takes one sweep of eight lanes")
  func bratu() throws {
    let bratu = Bratu(side: 30)
    let model = Model(bratu)
    let pattern = try model.jacobianPattern(
      state: [Double](repeating: 0, count: 900), parameters: bratu.smoothSource)
    #expect(pattern.entryCount == 5 * 900 - 4 * 30)
    #expect((5...Dual.laneCount).contains(ColumnColoring(pattern).colorCount))
  }

  @Test("Wrong lengths are refused")
  func lengths() throws {
    let model = Model(Ring(stateCount: 4))
    let pattern = try SparsityPattern.full(rowCount: 4, columnCount: 4)
    #expect(throws: InputError.self) {
      try SparseJacobian(model, pattern: .full(rowCount: 3, columnCount: 4))
    }
    let jacobian = try SparseJacobian(model, pattern: pattern)
    var values = [Double](repeating: 0, count: 15)
    #expect(throws: InputError.self) {
      try jacobian.evaluate(time: 0, state: [1, 2, 3, 4], parameters: [1, 2, 3], into: &values)
    }
  }
}
