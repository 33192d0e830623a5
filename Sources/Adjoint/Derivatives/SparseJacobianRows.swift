/// Jacobians by one recording and a reverse sweep for each color of the rows.
final class RowCompression {
  private let model: Model
  private let variable: SparseJacobian.Variable
  private let tape: Tape
  private let inputs: Buffer<TapeScalar>
  private let output: Buffer<TapeScalar>

  /// The rows of each color, color after color, with pointers.
  private let rowPointers: [Int]
  private let rows: [Int]
  /// The entries in the rows of each color, with pointers.
  private let entryPointers: [Int]
  private let entries: [(input: Int, slot: Int)]

  init(
    _ model: Model, _ variable: SparseJacobian.Variable, pattern: SparsityPattern,
    coloring: RowColoring
  ) {
    self.model = model
    self.variable = variable
    let inputCount = model.stateCount + model.parameterCount
    tape = Tape(
      capacity: 4 * (inputCount + model.outputCount),
      maximumOperationCount: model.maximumOperationCount)
    inputs = Buffer(count: inputCount, repeating: .zero)
    output = Buffer(count: model.outputCount, repeating: .zero)

    let firstInput = variable == .state ? 0 : model.stateCount
    let transposition = pattern.transposition
    var rowsOfColor = [[Int]](repeating: [], count: coloring.colorCount)
    for (row, color) in coloring.colors.enumerated() { rowsOfColor[color].append(row) }
    var rowPointers = [0]
    var entryPointers = [0]
    var entries: [(input: Int, slot: Int)] = []
    for rows in rowsOfColor {
      for row in rows {
        let pointers = transposition.pattern.columnPointers
        for place in pointers[row]..<pointers[row + 1] {
          let column = transposition.pattern.rowIndices[place]
          entries.append((firstInput + column, transposition.sourceSlots[place]))
        }
      }
      rowPointers.append(rowPointers[rowPointers.count - 1] + rows.count)
      entryPointers.append(entries.count)
    }
    self.rowPointers = rowPointers
    rows = rowsOfColor.flatMap { $0 }
    self.entryPointers = entryPointers
    self.entries = entries
  }

  /// Whether the last evaluation had more operations than the tape can hold.
  var isFull: Bool { tape.isFull }

  func evaluate(
    time: Double, state: Span<Double>, parameters: Span<Double>,
    into values: inout MutableSpan<Double>
  ) {
    record(time: time, state: state, parameters: parameters)
    for color in 0..<rowPointers.count - 1 {
      tape.clearAdjoints()
      for place in rowPointers[color]..<rowPointers[color + 1] {
        tape.seed(output[rows[place]], with: 1)
      }
      tape.sweep()
      for place in entryPointers[color]..<entryPointers[color + 1] {
        values[entries[place].slot] = tape.adjoint(of: inputs[entries[place].input])
      }
    }
  }

  /// Records f with the variable's elements as inputs and the others as constants.
  private func record(time: Double, state: Span<Double>, parameters: Span<Double>) {
    tape.removeAll()
    for index in 0..<state.count {
      inputs[index] =
        variable == .state ? tape.input(state[index]) : TapeScalar(state[index])
    }
    for index in 0..<parameters.count {
      inputs[state.count + index] =
        variable == .parameters ? tape.input(parameters[index]) : TapeScalar(parameters[index])
    }
    var outputSpan = output.all.mutableSpan
    model.tape(
      TapeScalar(time), inputs.slice(0, state.count).span,
      inputs.slice(state.count, parameters.count).span, &outputSpan)
  }
}
