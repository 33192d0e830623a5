/// The exact elimination of unknowns that are not coupled among themselves.
///
/// With F the eliminated unknowns and C the others, A_FF is diagonal, and A⁻¹ is
///
///     [A_FF⁻¹ 0; 0 0] + P S⁻¹ Pᵀ,   P = [−A_FF⁻¹ A_FC; I],   S = A_CC − A_CF A_FF⁻¹ A_FC,
///
/// so an approximate S⁻¹ makes an approximate A⁻¹ that is symmetric, positive definite, and exact as
/// far as it is (total reduction; Trottenberg, Oosterlee and Schüller, *Multigrid*, Academic Press
/// 2001, §A.6). On a grid of five-point stars F is every other node, and S has no more entries than
/// A. S is scaled to unit diagonal. Where little can be eliminated, nothing is, and A is just
/// scaled.
final class MultigridElimination: MultigridStage {
  /// The unknowns of C and of F.
  private let kept: Buffer<Int32>
  private let eliminated: Buffer<Int32>
  /// A_FF⁻¹.
  private let inverse: Buffer<Double>
  /// The diagonal of √δ T, where T scales S to unit diagonal and δ is the least entry of A_FF: with it,
  /// weights are of order one whatever the unit of A.
  private let scale: Buffer<Double>
  /// 1/δ.
  private var unit = 1.0
  /// The rows of A_FF⁻¹ A_FC √δ T, four entries each, zeros where there are fewer.
  private let columns: Buffer<Int32>
  private let weights: Buffer<Float>

  /// Whether T S T is smaller than A.
  var isReduction: Bool { eliminated.count > 0 }

  /// The most couplings of an unknown to be eliminated: more would make S denser than A.
  private static let width = 4

  /// Replaces a system by that of S; nil if too little can be eliminated and that may not be.
  ///
  /// - Throws: `FactorizationError` if the diagonal of S is not positive, or something overflows.
  init?(_ system: inout MultigridSystem, mayBeEmpty: Bool) throws {
    let numbers = Self.numbers(of: system)
    guard mayBeEmpty || numbers.eliminated.count > 0 else { return nil }
    kept = numbers.kept
    eliminated = numbers.eliminated
    inverse = Buffer(count: eliminated.count, repeating: 0)
    columns = Buffer(count: Self.width * eliminated.count, repeating: 0)
    weights = Buffer(count: Self.width * eliminated.count, repeating: 0)
    scale = Buffer(zeros: kept.count)
    guard eliminated.count > 0 else {
      scale.copy(try system.normalize())
      return
    }
    var sums = CoupledPairs(count: kept.count)
    var diagonal = (0..<kept.count).map { system.diagonal[Int(kept[$0])] }
    let candidate = (0..<kept.count).map { system.candidate[Int(kept[$0])] }
    let values = collect(system, numbers.all, &sums)
    sums.allocate()
    for star in 0..<eliminated.count {
      let first = Self.width * star
      for place in first..<first + Self.width where values[place] != 0 {
        let weight: Double = values[place] * inverse[star]
        let column = columns[place]
        diagonal[Int(column)] -= weight * values[place]
        for other in first..<place {
          sums.add(-weight * values[other], columns[other], column)
        }
      }
    }
    let upper = system.upper
    for row in 0..<system.count where numbers.all[row] < 0 {
      for slot in upper.range(row) where numbers.all[Int(upper.columns[slot])] < 0 {
        sums.add(upper.values[slot], ~numbers.all[row], ~numbers.all[Int(upper.columns[slot])])
      }
    }
    system = MultigridSystem(diagonal: diagonal, upper: sums.rows(), candidate: candidate)
    scale.copy(try system.normalize())
    unit = inverse.all.max() ?? 1
    let root: Double = (1 / unit).squareRoot()
    for place in 0..<kept.count { scale[place] *= root }
    for star in 0..<eliminated.count {
      for place in Self.width * star..<Self.width * (star + 1) {
        weights[place] = Float(values[place] * inverse[star] * scale[Int(columns[place])])
      }
    }
  }

  private typealias Numbers = (
    all: Buffer<Int32>, kept: Buffer<Int32>, eliminated: Buffer<Int32>
  )

  /// The place in F of an unknown, or the complement of the place in C: greedily, in the order of the
  /// unknowns.
  private static func numbers(of system: MultigridSystem) -> Numbers {
    let count = system.count
    let upper = system.upper
    let degrees = Buffer<Int32>(count: count, repeating: 0)
    for row in 0..<count {
      let range = upper.range(row)
      degrees[row] += Int32(truncatingIfNeeded: range.count)
      for slot in range { degrees[Int(upper.columns[slot])] += 1 }
    }
    let numbers = Buffer<Int32>(count: count, repeating: 0)
    let members = Buffer<Int32>(count: count, repeating: 0)
    var eliminatedCount = 0
    var keptCount = 0
    for row in 0..<count {
      // A negative number is that of an unknown next to one of F.
      if numbers[row] == 0 && degrees[row] > 0 && Int(degrees[row]) <= width {
        for slot in upper.range(row) { numbers[Int(upper.columns[slot])] = -1 }
        numbers[row] = Int32(truncatingIfNeeded: eliminatedCount)
        members[eliminatedCount] = Int32(truncatingIfNeeded: row)
        eliminatedCount += 1
      } else {
        numbers[row] = ~Int32(truncatingIfNeeded: keptCount)
        keptCount += 1
        members[count - keptCount] = Int32(truncatingIfNeeded: row)
      }
    }
    if 5 * eliminatedCount < 2 * count {
      eliminatedCount = 0
      keptCount = count
      for row in 0..<count { members[count - 1 - row] = Int32(truncatingIfNeeded: row) }
    }
    let kept = Buffer<Int32>(count: keptCount, repeating: 0)
    for place in 0..<keptCount { kept[place] = members[count - 1 - place] }
    let eliminated = Buffer<Int32>(count: eliminatedCount, repeating: 0)
    for place in 0..<eliminatedCount { eliminated[place] = members[place] }
    return (numbers, kept, eliminated)
  }

  /// Fills `inverse` and `columns`, returns A_FC row by row, and counts the entries of S.
  private func collect(
    _ system: MultigridSystem, _ numbers: Buffer<Int32>, _ sums: inout CoupledPairs
  ) -> Buffer<Double> {
    let width = Self.width
    let upper = system.upper
    let values = Buffer<Double>(count: width * eliminated.count, repeating: 0)
    let filled = Buffer<Int32>(count: eliminated.count, repeating: 0)
    for star in 0..<eliminated.count { inverse[star] = 1 / system.diagonal[Int(eliminated[star])] }
    for row in 0..<system.count {
      for slot in upper.range(row) {
        let (a, b) = (numbers[row], numbers[Int(upper.columns[slot])])
        // Of two neighbors one is in F at most.
        if max(a, b) < 0 {
          sums.reserve(~a, ~b)
          continue
        }
        let star = Int(max(a, b))
        let place = width * star + Int(filled[star])
        filled[star] += 1
        columns[place] = ~min(a, b)
        values[place] = upper.values[slot]
      }
    }
    for star in 0..<eliminated.count {
      for place in width * star..<width * (star + 1) where values[place] != 0 {
        for other in width * star..<place { sums.reserve(columns[other], columns[place]) }
      }
    }
    return values
  }

  /// x_F ← A_FF⁻¹ b_F, and √δ T(b_C − A_CF x_F) for the next stage.
  func restrict(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>,
    into coarse: UnsafeMutablePointer<Double>
  ) {
    let (kept, scale) = (kept.all, scale.all)
    for place in 0..<kept.count {
      coarse[place] = rightHandSide[Int(kept[place])] * scale[place]
    }
    let (eliminated, inverse) = (eliminated.all, inverse.all)
    guard var column = columns.all.baseAddress, var weight = weights.all.baseAddress else { return }
    for star in 0..<eliminated.count {
      let unknown = Int(eliminated[star])
      let value = rightHandSide[unknown]
      solution[unknown] = value * inverse[star]
      coarse[Int(column[0])] -= Double(weight[0]) * value
      coarse[Int(column[1])] -= Double(weight[1]) * value
      coarse[Int(column[2])] -= Double(weight[2]) * value
      coarse[Int(column[3])] -= Double(weight[3]) * value
      column += Self.width
      weight += Self.width
    }
  }

  /// x_C ← T e/√δ and x_F ← x_F − A_FF⁻¹ A_FC x_C.
  func correct(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>,
    by coarse: UnsafePointer<Double>
  ) {
    let (kept, scale) = (kept.all, scale.all)
    for place in 0..<kept.count {
      solution[Int(kept[place])] = coarse[place] * scale[place] * unit
    }
    let eliminated = eliminated.all
    guard var column = columns.all.baseAddress, var weight = weights.all.baseAddress else { return }
    for star in 0..<eliminated.count {
      var sum: Double = Double(weight[0]) * coarse[Int(column[0])]
      var other: Double = Double(weight[1]) * coarse[Int(column[1])]
      sum += Double(weight[2]) * coarse[Int(column[2])]
      other += Double(weight[3]) * coarse[Int(column[3])]
      solution[Int(eliminated[star])] -= (sum + other) * unit
      column += Self.width
      weight += Self.width
    }
  }
}

/// Entries of a symmetric matrix, summed by pairs of unknowns: counted first, then added.
private struct CoupledPairs {
  private let count: Int
  /// Where each row begins, the number of its pairs before that.
  private let starts: Buffer<Int32>
  private var next = Buffer<Int32>(count: 0, repeating: 0)
  private var columns = Buffer<Int32>(count: 0, repeating: 0)
  private var values = Buffer<Double>(count: 0, repeating: 0)

  init(count: Int) {
    self.count = count
    starts = Buffer(count: count + 1, repeating: 0)
  }

  func reserve(_ a: Int32, _ b: Int32) { starts[Int(min(a, b)) + 1] += 1 }

  mutating func allocate() {
    next = Buffer(count: count, repeating: 0)
    for row in 0..<count {
      next[row] = starts[row]
      starts[row + 1] += starts[row]
    }
    let total = Int(starts[count])
    columns = Buffer(count: total, repeating: 0)
    values = Buffer(count: total, repeating: 0)
  }

  func add(_ value: Double, _ a: Int32, _ b: Int32) {
    let place = Int(next[Int(min(a, b))])
    next[Int(min(a, b))] += 1
    columns[place] = max(a, b)
    values[place] = value
  }

  /// The sums above the diagonal, by insertion into rows that are short.
  func rows() -> SparseRows {
    let pointers = Buffer<Int32>(count: count + 1, repeating: 0)
    var end = 0
    for row in 0..<count {
      let start = end
      for slot in Int(starts[row])..<Int(starts[row + 1]) {
        let (column, value) = (columns[slot], values[slot])
        var place = end
        while place > start && columns[place - 1] > column { place -= 1 }
        if place > start && columns[place - 1] == column {
          values[place - 1] += value
          continue
        }
        var moved = end
        while moved > place {
          columns[moved] = columns[moved - 1]
          values[moved] = values[moved - 1]
          moved -= 1
        }
        columns[place] = column
        values[place] = value
        end += 1
      }
      pointers[row + 1] = Int32(truncatingIfNeeded: end)
    }
    return SparseRows(pointers: pointers, columns: columns, values: values, columnCount: count)
  }
}
