extension Model {
  /// The nonzero pattern of ∂f/∂u, found by following a recorded evaluation backwards.
  ///
  /// An entry (i, j) is present if output i was computed from state j, even where the derivative
  /// happens to vanish. The pattern is that of the branches taken at the given point: a model that
  /// branches on its values should state its pattern instead. Solvers notice a pattern that is too
  /// small, because they check every adjoint against the model's own vector–Jacobian product.
  ///
  /// Cost: one recording, and for each output a walk over the operations it depends on.
  public func jacobianPattern(
    time: Double = 0, state: [Double], parameters: [Double]
  ) throws -> SparsityPattern {
    try validate(state: state, named: "state", parameters: parameters)
    let recorder = Tape(capacity: 4 * (stateCount + outputCount))
    let inputs = state.map { recorder.input($0) }
    let constants = parameters.map { TapeScalar($0) }
    var outputs = [TapeScalar](repeating: .zero, count: outputCount)
    var outputSpan = outputs.mutableSpan
    tape(TapeScalar(time), inputs.span, constants.span, &outputSpan)
    return try recorder.dependencyPattern(of: outputs, inputCount: stateCount)
  }
}

extension Tape {
  /// Which of the first `inputCount` nodes each output depends on: rows outputs, columns inputs.
  fileprivate func dependencyPattern(
    of outputs: [TapeScalar], inputCount: Int
  ) throws -> SparsityPattern {
    let nodes = storage.pointee.nodes
    var visitedBy = [Int](repeating: -1, count: storage.pointee.count)
    var stack: [UInt32] = []
    var columns = [[Int]](repeating: [], count: inputCount)
    for (row, output) in outputs.enumerated() where !output.isConstant {
      stack.append(output.index)
      while let index = stack.popLast() {
        let node = Int(index)
        guard node > 0 && visitedBy[node] != row else { continue }
        visitedBy[node] = row
        if node <= inputCount {
          columns[node - 1].append(row)
        } else {
          stack.append(nodes[node].first)
          stack.append(nodes[node].second)
        }
      }
    }
    var columnPointers = [0]
    var entryCount = 0
    for column in columns {
      entryCount += column.count
      columnPointers.append(entryCount)
    }
    return try SparsityPattern(
      rowCount: outputs.count, columnCount: inputCount, columnPointers: columnPointers,
      rowIndices: columns.flatMap { $0 })
  }
}
