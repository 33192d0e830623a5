/// Jacobians by evaluations in ``Dual``: lane l of sweep s carries the columns of color 8s + l.
///
/// Seeds are kept between evaluations: with one sweep they are never written again. The values are
/// gathered by lists of (place among the outputs' tangents → slot), one list a sweep.
final class ColumnCompression {
  private let model: Model
  private let inputs: Buffer<Dual>
  private let output: Buffer<Dual>
  /// The parameters that the inputs hold now.
  private let parameters: Buffer<Double>

  /// Where each sweep's columns begin in `columns`, and their number at the end.
  private let columnPointers: [Int]
  /// The inputs that are seeded in each sweep, with the lane.
  private let columns: [(input: Int, lane: Int)]
  /// The sweep whose seeds the inputs hold now.
  private var seededSweep: Int?

  /// Where each sweep's entries begin in `sources` and `slots`, and their number at the end.
  private let entryPointers: [Int]
  /// For each entry the place of its derivative in the output, counted in numbers of eight bytes.
  private let sources: [UInt32]
  /// For each entry its slot in the pattern.
  private let slots: [UInt32]

  private static let numbersPerDual = MemoryLayout<Dual>.stride / MemoryLayout<Double>.stride

  init(
    _ model: Model, _ variable: SparseJacobian.Variable, pattern: SparsityPattern,
    coloring: ColumnColoring
  ) throws {
    let limit = Int(UInt32.max)
    try InputError.require(
      pattern.rowCount < limit / Self.numbersPerDual && pattern.entryCount < limit,
      "entries of the Jacobian's pattern", Double(pattern.entryCount),
      "less than \(limit), and its rows less than \(limit / Self.numbersPerDual)")
    self.model = model
    inputs = Buffer(count: model.stateCount + model.parameterCount, repeating: Dual.zero)
    output = Buffer(count: model.outputCount, repeating: Dual.zero)
    parameters = Buffer(count: model.parameterCount, repeating: 0)

    let laneCount = Dual.laneCount
    let sweepCount = (coloring.colorCount + laneCount - 1) / laneCount
    let firstInput = variable == .state ? 0 : model.stateCount
    let tangentStart = Dual.tangentOffset / MemoryLayout<Double>.stride
    var columnPointers = [0]
    var entryPointers = [0]
    var columns: [(input: Int, lane: Int)] = []
    var sources: [UInt32] = []
    var slots: [UInt32] = []
    columns.reserveCapacity(pattern.columnCount)
    sources.reserveCapacity(pattern.entryCount)
    slots.reserveCapacity(pattern.entryCount)
    let order = coloring.columns(grouping: laneCount)
    var next = 0
    for sweep in 0..<sweepCount {
      while next < order.count && coloring.colors[order[next]] / laneCount == sweep {
        let column = order[next]
        let lane = coloring.colors[column] % laneCount
        columns.append((firstInput + column, lane))
        for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
          let start = pattern.rowIndices[slot] * Self.numbersPerDual
          sources.append(UInt32(start + tangentStart + lane))
          slots.append(UInt32(slot))
        }
        next += 1
      }
      columnPointers.append(columns.count)
      entryPointers.append(slots.count)
    }
    self.columnPointers = columnPointers
    self.entryPointers = entryPointers
    self.columns = columns
    self.sources = sources
    self.slots = slots
  }

  func evaluate(
    time: Double, state: Span<Double>, parameters: Span<Double>,
    into values: inout MutableSpan<Double>
  ) {
    setValues(state, parameters)
    for sweep in 0..<columnPointers.count - 1 {
      seed(sweep)
      var outputSpan = output.all.mutableSpan
      model.dual(
        Dual(time), inputs.slice(0, model.stateCount).span,
        inputs.slice(model.stateCount, model.parameterCount).span, &outputSpan)
      gather(sweep, into: &values)
    }
  }

  private func setValues(_ state: Span<Double>, _ newParameters: Span<Double>) {
    for index in 0..<state.count { inputs[index].value = state[unchecked: index] }
    // Parameters seldom change, and comparing is cheaper than writing with large strides.
    var isChanged = false
    for index in 0..<newParameters.count {
      let parameter = newParameters[unchecked: index]
      // Bits, since the sign of a zero counts too.
      if parameter.bitPattern != parameters[index].bitPattern {
        parameters[index] = parameter
        isChanged = true
      }
    }
    guard isChanged else { return }
    for index in 0..<parameters.count {
      inputs[state.count + index].value = parameters[index]
    }
  }

  private func seed(_ sweep: Int) {
    guard sweep != seededSweep else { return }
    if let seededSweep {
      for entry in columnPointers[seededSweep]..<columnPointers[seededSweep + 1] {
        inputs[columns[entry].input].tangent = .zero
      }
    }
    for entry in columnPointers[sweep]..<columnPointers[sweep + 1] {
      inputs[columns[entry].input].tangent[columns[entry].lane] = 1
    }
    seededSweep = sweep
  }

  private func gather(_ sweep: Int, into values: inout MutableSpan<Double>) {
    // The output as plain numbers; places and slots are in range by construction.
    guard let numbers = UnsafeRawPointer(output.all.baseAddress) else { return }
    let (sources, slots) = (sources, slots)
    let places = sources.span
    let targets = slots.span
    for entry in entryPointers[sweep]..<entryPointers[sweep + 1] {
      let offset = Int(places[unchecked: entry]) &* MemoryLayout<Double>.stride
      values[unchecked: Int(targets[unchecked: entry])] = numbers.load(
        fromByteOffset: offset, as: Double.self)
    }
  }
}

extension ColumnColoring {
  /// The columns by ⌊color / `size`⌋, those of one group in natural order.
  fileprivate func columns(grouping size: Int) -> [Int] {
    var next = [Int](repeating: 0, count: colorCount / size + 2)
    for color in colors { next[color / size + 1] += 1 }
    for group in 1..<next.count { next[group] += next[group - 1] }
    var order = [Int](repeating: 0, count: colors.count)
    for (column, color) in colors.enumerated() {
      order[next[color / size]] = column
      next[color / size] += 1
    }
    return order
  }
}
