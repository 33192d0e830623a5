extension ModelTrace {
  /// The nonzero pattern of ∂f/∂u, ∂f/∂p or both: rows outputs, columns variables.
  ///
  /// An entry (i, j) is present if output i was computed from variable j, whatever the values; both
  /// arguments of `minimum` and `maximum` count. A product with the constant 0 does not.
  ///
  /// Cost: O(operations + entries) where outputs depend on few variables; an output of more than 16
  /// costs a walk over the operations with that many.
  public func jacobianPattern(withRespectTo variables: Variables = .state) -> SparsityPattern {
    let range = nodes(of: variables)
    let dependencies = TraceDependencies(trace, variables: range)
    var counts = [Int](repeating: 0, count: range.count + 1)
    var rowPointers = [0]
    rowPointers.reserveCapacity(outputCount + 1)
    var columnIndices: [Int] = []
    columnIndices.reserveCapacity(4 * outputCount)
    var lastRow = [Int](repeating: -1, count: range.count)
    for (row, node) in outputNodes.enumerated() {
      dependencies.forEachVariable(of: Int(node)) { column in
        guard lastRow[column] != row else { return }
        lastRow[column] = row
        counts[column + 1] += 1
        columnIndices.append(column)
      }
      rowPointers.append(columnIndices.count)
    }
    for column in 0..<range.count { counts[column + 1] += counts[column] }
    var next = counts
    var rowIndices = [Int](repeating: 0, count: columnIndices.count)
    for row in 0..<outputCount {
      for entry in rowPointers[row]..<rowPointers[row + 1] {
        let column = columnIndices[entry]
        rowIndices[next[column]] = row
        next[column] += 1
      }
    }
    return SparsityPattern(
      unchecked: outputCount, range.count, columnPointers: counts, rowIndices: rowIndices)
  }
}

extension Model {
  /// The nonzero pattern of ∂f/∂u on the branches taken at (t, u, p): ``recordTrace(time:state:parameters:maximumOperationCount:)``
  /// and ``ModelTrace/jacobianPattern(withRespectTo:)``.
  ///
  /// A model that branches on values, here in another way than elsewhere, should state its pattern
  /// instead. Solvers notice a pattern that is too small, because they check every adjoint against
  /// the model's own vector–Jacobian product.
  public func jacobianPattern(
    time: Double = 0, state: [Double], parameters: [Double]
  ) throws -> SparsityPattern {
    try recordTrace(time: time, state: state, parameters: parameters).jacobianPattern()
  }

  /// The nonzero pattern of ∂f/∂u, ∂f/∂p or both, at every input.
  ///
  /// - Throws: ``TraceError/branches(model:comparisonCount:readCount:)`` if the model branches on values.
  public func jacobianPattern(
    withRespectTo variables: ModelTrace.Variables = .state
  ) throws -> SparsityPattern {
    try recordTrace().jacobianPattern(withRespectTo: variables)
  }
}
