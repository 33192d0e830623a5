/// Why a pattern stated by hand is not that of a model's Jacobian.
public enum PatternError: Error, Equatable, CustomStringConvertible {
  /// ∂fᵢ/∂uⱼ is not zero, but the pattern has no entry (i, j).
  case missesEntry(model: String, row: Int, column: Int, derivative: Double)
  /// A derivative of output i is infinite or NaN, so that nothing can be said.
  case notFinite(model: String, row: Int)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .missesEntry(let model, let row, let column, let derivative):
      """
      the pattern stated for \(model) has no entry (\(row), \(column)), but output \(row) changes \
      with variable \(column) at a rate of \(derivative): add the entry, or let the pattern be traced
      """
    case .notFinite(let model, let row):
      """
      a derivative of output \(row) of \(model) is infinite or NaN near the given point, so its \
      pattern cannot be checked there: give a point inside the model's domain
      """
    }
  }
}

extension Model {
  /// Checks that `pattern` holds every nonzero of ∂f/∂u, by derivatives at random points.
  ///
  /// The columns are divided at random into groups, and J times a group's random weights, taken in
  /// ``Dual``, must vanish exactly in each row that has no entry in the group: there is no tolerance.
  /// With 8⌈(r + 1)/8⌉ groups, r being the most entries of a row, a missing entry escapes one round
  /// with probability below 1 − (1 − 1/(r + 1))^r < 0.64 and all rounds below 0.64^rounds: 1e-6 for 32
  /// rounds. A pattern with too many entries passes. A missing entry whose derivative is zero at all
  /// those points is not noticed.
  ///
  /// Points are drawn within 1 % of (u, p), |uⱼ| + 0.01 being the unit.
  /// Cost: `rounds`·⌈(r + 1)/8⌉ evaluations in ``Dual``, or n/8 a round if that is less.
  ///
  /// - Throws: ``PatternError``, `InputError` for wrong lengths and numbers that are not finite.
  public func checkJacobianPattern(
    _ pattern: SparsityPattern, time: Double = 0, state: [Double], parameters: [Double],
    rounds: Int = 32, seed: UInt64 = 1
  ) throws {
    try validate(state: state, named: "state", parameters: parameters)
    try InputError.requireLength(
      "rows of the Jacobian's pattern", expected: outputCount, found: pattern.rowCount)
    try InputError.requireLength(
      "columns of the Jacobian's pattern", expected: stateCount, found: pattern.columnCount)
    var check = PatternCheck(self, pattern, time: time, seed: seed)
    for _ in 0..<rounds { try check.round(state: state, parameters: parameters) }
  }
}

/// Rounds of random groups of columns.
private struct PatternCheck {
  private let model: Model
  private let pattern: SparsityPattern
  private let rows: SparsityPattern
  private let time: Double
  private let groupCount: Int
  private var generator: SeededGenerator
  private var groups: [Int]
  private var inputs: [Dual]
  private var parameters: [Dual] = []
  private let output: Buffer<Dual>

  init(_ model: Model, _ pattern: SparsityPattern, time: Double, seed: UInt64) {
    self.model = model
    self.pattern = pattern
    self.time = time
    rows = pattern.transposed
    var widest = 0
    for row in 0..<rows.columnCount {
      widest = max(widest, rows.columnPointers[row + 1] - rows.columnPointers[row])
    }
    groupCount = (widest / Dual.laneCount + 1) * Dual.laneCount
    generator = SeededGenerator(seed: seed)
    groups = Array(0..<model.stateCount)
    inputs = [Dual](repeating: .zero, count: model.stateCount)
    output = Buffer(count: model.outputCount, repeating: .zero)
  }

  /// A number within 1 % of `value`.
  private mutating func near(_ value: Double) -> Double {
    value + 0.01 * (value.magnitude + 0.01) * generator.uniform(in: -1..<1)
  }

  mutating func round(state: [Double], parameters values: [Double]) throws {
    for column in groups.indices {
      inputs[column] = Dual(near(state[column]))
      // With fewer columns than groups each has a group of its own.
      if groupCount < groups.count {
        groups[column] = Int.random(in: 0..<groupCount, using: &generator)
      }
    }
    parameters = values.map { Dual(near($0)) }
    let weights = groups.map { _ in generator.uniform(in: 0.5..<1.5) }
    for first in stride(from: 0, to: min(groupCount, groups.count), by: Dual.laneCount) {
      for column in groups.indices {
        let lane = groups[column] - first
        inputs[column].tangent = .zero
        if (0..<Dual.laneCount).contains(lane) { inputs[column].tangent[lane] = weights[column] }
      }
      evaluate()
      try compare(firstGroup: first)
    }
  }

  private func evaluate() {
    var span = output.all.mutableSpan
    model.dual(Dual(time), inputs.span, parameters.span, &span)
  }

  private mutating func compare(firstGroup: Int) throws {
    for row in 0..<model.outputCount {
      let products = output[row].tangent
      for lane in 0..<Dual.laneCount where products[lane] != 0 {
        guard products[lane].isFinite else {
          throw PatternError.notFinite(model: model.name, row: row)
        }
        let stated = rows.rowIndices[rows.columnPointers[row]..<rows.columnPointers[row + 1]]
        let group = firstGroup + lane
        guard !stated.contains(where: { groups[$0] == group }) else { continue }
        try blame(row: row, group: group)
      }
    }
  }

  /// Finds the column of `group` on which output `row` depends.
  private mutating func blame(row: Int, group: Int) throws {
    let suspects = groups.indices.filter { groups[$0] == group }
    for first in stride(from: 0, to: suspects.count, by: Dual.laneCount) {
      for column in groups.indices { inputs[column].tangent = .zero }
      let some = suspects[first..<min(first + Dual.laneCount, suspects.count)]
      for (lane, column) in some.enumerated() { inputs[column].tangent[lane] = 1 }
      evaluate()
      for (lane, column) in some.enumerated() where output[row].tangent[lane] != 0 {
        throw PatternError.missesEntry(
          model: model.name, row: row, column: column, derivative: output[row].tangent[lane])
      }
    }
  }
}
