/// A tableau laid out for the loops over steps: only nonzero coefficients, in flat memory.
///
/// The trajectory is a sequence of records of `stride` vectors: slot 0 holds uₙ and slot i + 1 the
/// derivative of stage i. The next record follows, so slot `stride` is uₙ₊₁ and slot `stride` + 1
/// its derivative, which the step also evaluates; where the first stage is the same as the last,
/// that is the last stage, stored once.
@usableFromInline final class StepPlan: @unchecked Sendable {
  // Unchecked because of the pointers; what they point to is written in `init` only.

  /// What the loops read; valid as long as the plan lives.
  @usableFromInline struct Tables: BitwiseCopyable {
    /// Vectors in a record.
    @usableFromInline let stride: Int
    @usableFromInline let stageCount: Int
    /// Stages 1 ..< innerStageCount have a state of their own, which is neither uₙ nor uₙ₊₁.
    @usableFromInline let innerStageCount: Int
    /// cᵢ.
    @usableFromInline let nodes: UnsafePointer<Double>
    /// Row i of a, over the slots of a record.
    @usableFromInline let rows: UnsafePointer<Combination>
    /// b, over the slots of a record.
    @usableFromInline let advance: Combination
    /// b − b̂, over the slots of a record; no terms without embedded method.
    @usableFromInline let error: Combination
    /// Column i of b and a, over the vectors λ, μ₁, …, μ of the inner stages.
    @usableFromInline let columns: UnsafePointer<Combination>
    /// Bᵢₖ, stage after stage, `denseDegree` each.
    @usableFromInline let dense: UnsafePointer<Double>
    @usableFromInline let denseDegree: Int
    /// The slot of each stage's derivative.
    @usableFromInline let stageSlots: UnsafePointer<Int>

    /// Writes bᵢ(θ) for all stages to `weights`.
    @inlinable func denseWeights(
      at theta: Double, into weights: UnsafeMutablePointer<Double>
    ) {
      for stage in 0..<stageCount {
        let row = dense + stage * denseDegree
        var sum = 0.0
        var power = denseDegree
        while power > 0 {
          power -= 1
          sum = (sum + row[power]) * theta
        }
        weights[stage] = sum
      }
    }
  }

  @usableFromInline let tables: Tables
  private let doubles: FlatArray<Double>
  private let integers: FlatArray<Int>
  private let combinations: FlatArray<Combination>

  init(_ tableau: ButcherTableau) {
    let stageCount = tableau.stageCount
    let isFirstSameAsLast = tableau.isFirstSameAsLast
    let stride = isFirstSameAsLast ? stageCount : stageCount + 1
    let innerStageCount = isFirstSameAsLast ? stageCount - 1 : stageCount
    let stageSlots = (0..<stageCount).map { stage in
      isFirstSameAsLast && stage == stageCount - 1 ? stride + 1 : stage + 1
    }

    // Every combination as pairs (weight, slot), first the rows, then the columns, then b, b − b̂.
    var terms: [[(weight: Double, slot: Int)]] = tableau.a.map { row in
      row.enumerated().map { ($1, stageSlots[$0]) }
    }
    for column in 0..<innerStageCount {
      terms.append(
        [(tableau.b[column], 0)]
          + (column + 1..<max(column + 1, innerStageCount)).map { row in
            (tableau.a[row][column], row)
          })
    }
    terms.append(tableau.b.enumerated().map { ($1, stageSlots[$0]) })
    terms.append(
      (tableau.embedded?.weights ?? tableau.b).enumerated().map { stage, weight in
        (tableau.b[stage] - weight, stageSlots[stage])
      })
    terms = terms.map { list in list.filter { $0.weight != 0 } }

    let flatTerms = terms.flatMap { $0 }
    let denseDegree = tableau.denseOutput.coefficients[0].count
    doubles = FlatArray(
      flatTerms.map(\.weight) + tableau.c + tableau.denseOutput.coefficients.flatMap { $0 })
    integers = FlatArray(flatTerms.map(\.slot) + stageSlots)
    var offset = 0
    var list: [Combination] = []
    for term in terms {
      list.append(
        Combination(
          count: term.count, weights: doubles.start + offset, slots: integers.start + offset))
      offset += term.count
    }
    combinations = FlatArray(list)
    tables = Tables(
      stride: stride, stageCount: stageCount, innerStageCount: innerStageCount,
      nodes: doubles.start + flatTerms.count, rows: combinations.start,
      advance: list[list.count - 2], error: list[list.count - 1],
      columns: combinations.start + stageCount,
      dense: doubles.start + flatTerms.count + stageCount, denseDegree: denseDegree,
      stageSlots: integers.start + flatTerms.count)
  }
}

/// Plain values at a fixed address, never changed, freed with the object.
private final class FlatArray<Element: BitwiseCopyable> {
  let start: UnsafePointer<Element>

  init(_ elements: [Element]) {
    let memory = UnsafeMutablePointer<Element>.allocate(capacity: max(1, elements.count))
    memory.initialize(from: elements, count: elements.count)
    start = UnsafePointer(memory)
  }

  deinit { start.deallocate() }
}
