/// The strong couplings of a level's unknowns, and Aᶠ, the matrix without the weak ones.
struct Couplings {
  /// For each unknown the strongly coupled ones and aᵢⱼ.
  private var pointers: [Int32]
  private var neighbors: [Int32] = []
  private var values: [Double] = []
  /// aᶠᵢᵢ = aᵢᵢ + Σ weak aᵢⱼ vⱼ/vᵢ, so that Aᶠ v = A v for the candidate v; aᵢᵢ where that is not
  /// positive.
  private var diagonal: [Double]
  private let candidate: [Double]

  private var count: Int { diagonal.count }

  /// The couplings with |aᵢⱼ| > threshold in a matrix of unit diagonal.
  init(_ lower: SparseRows, _ upper: SparseRows, candidate: [Double], threshold: Double) {
    let count = lower.rowCount
    self.candidate = candidate
    diagonal = [Double](repeating: 1, count: count)
    pointers = [0]
    pointers.reserveCapacity(count + 1)
    neighbors.reserveCapacity(2 * lower.entryCount)
    values.reserveCapacity(2 * lower.entryCount)
    for row in 0..<count {
      var weak = 0.0
      func note(_ neighbor: Int32, _ value: Double) {
        if value.magnitude > threshold {
          neighbors.append(neighbor)
          values.append(value)
        } else {
          weak += value * candidate[Int(neighbor)]
        }
      }
      for slot in lower.range(row) { note(lower.columns[slot], lower.values[slot]) }
      for slot in upper.range(row) { note(upper.columns[slot], upper.values[slot]) }
      let sum: Double = 1 + weak / candidate[row]
      if sum > 0 { diagonal[row] = sum }
      pointers.append(Int32(truncatingIfNeeded: neighbors.count))
    }
  }

  private func range(_ row: Int) -> Range<Int> {
    Int(pointers[row])..<Int(pointers[row + 1])
  }

  /// The aggregate of each unknown, −1 for those without strong couplings (algorithm 5.1 of the
  /// paper).
  ///
  /// First whole neighborhoods that are disjoint; then the rest joins the neighboring aggregate to
  /// which its coupling is strongest; what is left over makes aggregates of its own.
  func aggregate() -> (aggregates: [Int32], count: Int) {
    var aggregates = [Int32](repeating: -1, count: count)
    var aggregateCount: Int32 = 0
    for row in 0..<count where aggregates[row] < 0 && !range(row).isEmpty {
      guard range(row).allSatisfy({ aggregates[Int(neighbors[$0])] < 0 }) else { continue }
      aggregates[row] = aggregateCount
      for place in range(row) { aggregates[Int(neighbors[place])] = aggregateCount }
      aggregateCount += 1
    }
    let first = aggregates
    for row in 0..<count where first[row] < 0 {
      var strongest = 0.0
      for place in range(row) {
        let neighbor = Int(neighbors[place])
        let strength: Double = values[place].magnitude * candidate[neighbor]
        if first[neighbor] >= 0 && strength > strongest {
          strongest = strength
          aggregates[row] = first[neighbor]
        }
      }
    }
    for row in 0..<count where aggregates[row] < 0 && !range(row).isEmpty {
      aggregates[row] = aggregateCount
      for place in range(row) where aggregates[Int(neighbors[place])] < 0 {
        aggregates[Int(neighbors[place])] = aggregateCount
      }
      aggregateCount += 1
    }
    return (aggregates, Int(aggregateCount))
  }

  /// P = (I − ω D⁻¹ Aᶠ) P₀, where P₀ is vᵢ for each unknown and its aggregate, and ω = 4/(3 λ̄) with
  /// λ̄ = maxᵢ Σⱼ |aᶠᵢⱼ| vⱼ/(aᶠᵢᵢ vᵢ), a bound of the spectrum of D⁻¹ Aᶠ.
  func prolongation(_ aggregates: [Int32], _ columnCount: Int) -> SparseRows {
    var bound = 0.0
    for row in 0..<count {
      var sum = 0.0
      for place in range(row) {
        sum += values[place].magnitude * candidate[Int(neighbors[place])]
      }
      bound = max(bound, 1 + sum / (diagonal[row] * candidate[row]))
    }
    let omega: Double = 4 / (3 * bound)
    var rowPointers: [Int32] = [0]
    rowPointers.reserveCapacity(count + 1)
    var columns: [Int32] = []
    var weights: [Double] = []
    columns.reserveCapacity(3 * count)
    weights.reserveCapacity(3 * count)
    var places = [Int](repeating: -1, count: columnCount)
    for row in 0..<count {
      let start = columns.count
      func add(_ unknown: Int, _ weight: Double) {
        guard aggregates[unknown] >= 0 else { return }
        let aggregate = Int(aggregates[unknown])
        if places[aggregate] < start {
          places[aggregate] = columns.count
          columns.append(aggregates[unknown])
          weights.append(weight * candidate[unknown])
        } else {
          weights[places[aggregate]] += weight * candidate[unknown]
        }
      }
      let scale: Double = omega / diagonal[row]
      add(row, 1 - omega)
      for slot in range(row) { add(Int(neighbors[slot]), -scale * values[slot]) }
      rowPointers.append(Int32(truncatingIfNeeded: columns.count))
    }
    return SparseRows(
      pointers: Buffer(rowPointers), columns: Buffer(columns), values: Buffer(weights),
      columnCount: columnCount)
  }
}
