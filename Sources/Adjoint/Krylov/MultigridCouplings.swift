/// The strong couplings of a level's unknowns, and Aᶠ, the matrix without the weak ones.
struct Couplings {
  /// For each unknown the strongly coupled ones and aᵢⱼ.
  private var pointers: [Int32]
  private var neighbors: [Int32] = []
  private var values: [Double] = []
  /// aᶠᵢᵢ = aᵢᵢ + Σ weak aᵢⱼ, so that rows keep their sums; aᵢᵢ where that is not positive.
  private var diagonal: [Double]

  private var count: Int { diagonal.count }

  init(_ matrix: SparseMatrix, _ upper: UpperTriangle, threshold: Double) {
    let pattern = matrix.pattern
    let count = matrix.rowCount
    let limit = threshold * threshold
    let original = (0..<count).map { matrix.values[pattern.columnPointers[$0]] }
    diagonal = original
    pointers = [0]
    pointers.reserveCapacity(count + 1)
    neighbors.reserveCapacity(2 * pattern.entryCount)
    values.reserveCapacity(2 * pattern.entryCount)
    for row in 0..<count {
      func note(_ neighbor: Int, _ value: Double) {
        if value * value > limit * original[row] * original[neighbor] {
          neighbors.append(Int32(neighbor))
          values.append(value)
        } else {
          diagonal[row] += value
        }
      }
      for place in Int(upper.pointers[row])..<Int(upper.pointers[row + 1]) {
        note(Int(upper.columns[place]), matrix.values[Int(upper.slots[place])])
      }
      for slot in pattern.columnPointers[row] + 1..<pattern.columnPointers[row + 1] {
        note(pattern.rowIndices[slot], matrix.values[slot])
      }
      if diagonal[row] <= 0 { diagonal[row] = original[row] }
      pointers.append(Int32(neighbors.count))
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
      for place in range(row) where first[Int(neighbors[place])] >= 0 {
        let strength = values[place].magnitude
        if strength > strongest {
          strongest = strength
          aggregates[row] = first[Int(neighbors[place])]
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

  /// P = (I − ω D⁻¹ Aᶠ) P₀, where P₀ is one for each unknown and its aggregate.
  func prolongation(_ aggregates: [Int32], _ columnCount: Int) -> Prolongation {
    var bound = 0.0
    for row in 0..<count {
      var sum = diagonal[row]
      for place in range(row) { sum += values[place].magnitude }
      bound = max(bound, sum / diagonal[row])
    }
    let omega: Double = 4 / (3 * bound)
    var rowPointers = [Int32](repeating: 0, count: count + 1)
    var lastRow = [Int32](repeating: -1, count: columnCount)
    // Counted first, so that the arrays have the size they need.
    for row in 0..<count {
      var entryCount: Int32 = 0
      func note(_ aggregate: Int32) {
        guard aggregate >= 0 && lastRow[Int(aggregate)] != Int32(row) else { return }
        lastRow[Int(aggregate)] = Int32(row)
        entryCount += 1
      }
      note(aggregates[row])
      for place in range(row) { note(aggregates[Int(neighbors[place])]) }
      rowPointers[row + 1] = rowPointers[row] + entryCount
    }
    let entryCount = Int(rowPointers[count])
    var columns = [Int32](repeating: 0, count: entryCount)
    var weights = [Double](repeating: 0, count: entryCount)
    var place = [Int32](repeating: -1, count: columnCount)
    for row in 0..<count {
      var end = rowPointers[row]
      func add(_ aggregate: Int32, _ weight: Double) {
        guard aggregate >= 0 else { return }
        if place[Int(aggregate)] < rowPointers[row] {
          place[Int(aggregate)] = end
          columns[Int(end)] = aggregate
          end += 1
        }
        weights[Int(place[Int(aggregate)])] += weight
      }
      let scale: Double = omega / diagonal[row]
      add(aggregates[row], 1 - omega)
      for slot in range(row) { add(aggregates[Int(neighbors[slot])], -scale * values[slot]) }
    }
    return Prolongation(
      rowPointers: rowPointers, columns: columns, values: weights, columnCount: columnCount)
  }
}
