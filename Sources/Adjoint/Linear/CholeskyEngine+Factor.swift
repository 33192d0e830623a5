import CSuiteSparse

// What is done with the numbers of L, beyond solves with all of it.

extension CholeskyEngine {
  /// The number of entries of L.
  func entryCount() throws -> Int {
    var counter = EntryCounter()
    try withBlocks(&counter)
    return counter.count
  }

  /// Adds to the statistics what D and the sizes of L's entries tell.
  ///
  /// - Throws: ``FactorizationError/unstablePivot(column:growth:)`` at a growth of 1/√eps: half of the digits.
  func surveyPivots(
    of values: UnsafePointer<Double>, in statistics: inout FactorizationStatistics
  ) throws {
    var survey = PivotSurvey()
    try withBlocks(&survey)
    let largest = lowerMaximum(values)
    let growth = largest > 0 ? survey.largest / largest : .infinity
    guard growth * Double.ulpOfOne.squareRoot() < 1 else {
      throw FactorizationError.unstablePivot(column: unknown(survey.column), growth: growth)
    }
    statistics.inertia = survey.inertia
    statistics.elementGrowth = growth
  }

  /// max |aᵢⱼ| over the entries on and below the diagonal.
  private func lowerMaximum(_ values: UnsafePointer<Double>) -> Double {
    let pattern = analysis.pattern.pattern
    var largest = 0.0
    for column in 0..<pattern.columnCount {
      for slot in pattern.slots(ofColumn: column) where pattern.rowIndices[slot] >= column {
        largest = max(largest, values[slot].magnitude)
      }
    }
    return largest
  }

  /// Entries of solutions with sparse right-hand sides.
  func solve(_ rightHandSides: SparseMatrix, entries: [Int]) throws -> [Double] {
    var solve = SparseSolve(rightHandSides, entries: entries, reach)
    try withBlocks(&solve)
    return solve.solution
  }

  /// Makes the factors of A ± W Wᵀ.
  func change(by columns: SparseMatrix, isAdded: Bool) throws -> FactorizationStatistics {
    guard let factor else { throw FactorizationError.noFactors }
    isUpdated = true
    if factor.pointee.is_super != 0 || factor.pointee.is_ll != 0 {
      _ = workspace.routines.changeFactor(
        CHOLMOD_REAL, 0, 0, 0, 1, factor, workspace.common)
      try workspace.check("cholmod_change_factor")
    }
    let before = try pivots()
    let permuted = try permutedRows(columns)
    let pattern = CholeskyPattern(permuted.pattern, isNarrow: analysis.pattern.isNarrow)
    try permuted.values.withUnsafeBufferPointer { values in
      guard let first = values.baseAddress, !values.isEmpty else { return }
      let isDone = pattern.withMatrix(values: first, isSymmetric: false) {
        workspace.routines.changeBy(isAdded ? 1 : 0, $0, factor, workspace.common)
      }
      try workspace.check("cholmod_updown")
      guard isDone != 0 else {
        throw FactorizationError.libraryFailure(
          routine: "cholmod_updown", status: Int(workspace.common.pointee.status))
      }
    }
    // A downdate subtracts from each pivot. What is left of one that was cancelled down to its
    // rounding errors says nothing, not even its sign.
    for (column, pivot) in try pivots().enumerated() {
      let isDefinite = pivot > 4 * Double.ulpOfOne * before[column]
      guard isDefinite && pivot.isFinite else {
        throw FactorizationError.notPositiveDefinite(column: unknown(column))
      }
    }
    return try definiteStatistics()
  }

  /// The statistics of a definite matrix.
  func definiteStatistics() throws -> FactorizationStatistics {
    var statistics = FactorizationStatistics(
      method: .cholesky, factorEntryCount: try entryCount(),
      pivotRatio: workspace.routines.reciprocalCondition(factor, workspace.common))
    statistics.inertia = FactorizationStatistics.Inertia(
      positive: analysis.pattern.pattern.columnCount, negative: 0)
    return statistics
  }

  /// W with its rows in the order of L.
  private func permutedRows(_ columns: SparseMatrix) throws -> SparseMatrix {
    var place = [Int](repeating: 0, count: columns.rowCount)
    for column in 0..<columns.rowCount { place[unknown(column)] = column }
    var builder = try SparseMatrixBuilder(
      rowCount: columns.rowCount, columnCount: columns.columnCount)
    for column in 0..<columns.columnCount {
      for slot in columns.pattern.slots(ofColumn: column) {
        try builder.add(
          columns.values[slot], row: place[columns.pattern.rowIndices[slot]], column: column)
      }
    }
    return try builder.build()
  }
}
