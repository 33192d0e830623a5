/// Computes ∂f/∂u of a ``Model`` straight into the values of a sparse matrix.
///
/// Columns of one color are found together, eight colors in one evaluation in ``Dual``, so a
/// Jacobian costs ⌈colors/8⌉ such evaluations. A dense pattern is the same with one color a column.
///
/// A Jacobian is scratch space: it belongs to one thread at a time.
public final class SparseJacobian {
  /// The function.
  public let model: Model

  /// Where ∂f/∂u may be nonzero.
  public let pattern: SparsityPattern

  /// The groups of columns that are found together.
  public let coloring: ColumnColoring

  private let inputs: Buffer<Dual>
  private let output: Buffer<Dual>

  /// Prepares Jacobians of `model` on `pattern`, which must hold every nonzero of ∂f/∂u.
  public init(_ model: Model, pattern: SparsityPattern) throws {
    try InputError.requireLength(
      "rows of the Jacobian's pattern", expected: model.outputCount, found: pattern.rowCount)
    try InputError.requireLength(
      "columns of the Jacobian's pattern", expected: model.stateCount, found: pattern.columnCount)
    self.model = model
    self.pattern = pattern
    coloring = ColumnColoring(pattern)
    inputs = Buffer(count: model.stateCount + model.parameterCount, repeating: Dual.zero)
    output = Buffer(count: model.outputCount, repeating: Dual.zero)
  }

  /// Writes the nonzeros of ∂f/∂u at (t, u, p) to `values`, in the pattern's order.
  public func evaluate(
    time: Double, state: [Double], parameters: [Double], into values: inout [Double]
  ) throws {
    try model.validate(state: state, named: "state", parameters: parameters)
    try InputError.requireLength(
      "values of the Jacobian", expected: pattern.entryCount, found: values.count)
    if let supplied = model.supplied.jacobian, model.supplied.jacobianPattern == pattern {
      var span = values.mutableSpan
      supplied(time, state.span, parameters.span, &span)
      return
    }
    for (index, parameter) in parameters.enumerated() {
      inputs[model.stateCount + index] = Dual(parameter)
    }
    for first in stride(from: 0, to: max(coloring.colorCount, 1), by: Dual.laneCount) {
      seed(state, firstColor: first)
      var outputSpan = output.all.mutableSpan
      model.dual(
        Dual(time), inputs.slice(0, model.stateCount).span,
        inputs.slice(model.stateCount, model.parameterCount).span, &outputSpan)
      gather(firstColor: first, into: &values)
    }
  }

  private func seed(_ state: [Double], firstColor: Int) {
    for column in 0..<model.stateCount {
      var input = Dual(state[column])
      let lane = coloring.colors[column] - firstColor
      if lane >= 0 && lane < Dual.laneCount { input.tangent[lane] = 1 }
      inputs[column] = input
    }
  }

  private func gather(firstColor: Int, into values: inout [Double]) {
    pattern.columnPointers.withUnsafeBufferPointer { pointers in
      pattern.rowIndices.withUnsafeBufferPointer { rows in
        for column in 0..<model.stateCount {
          let lane = coloring.colors[column] - firstColor
          guard lane >= 0 && lane < Dual.laneCount else { continue }
          for entry in pointers[column]..<pointers[column + 1] {
            values[entry] = output[rows[entry]].tangent[lane]
          }
        }
      }
    }
  }
}
