import CSuiteSparse

/// A E = Q R of a sparse matrix, Q being a product of sparse reflectors, by SPQR.
///
/// Q = Pᵀ H₁ H₂ …, Hₖ = I − τₖ vₖ vₖᵀ, P moving row i to `rowPlaces[i]`. R has as many rows as A has rank.
/// Source: Davis, "Algorithm 915, SuiteSparseQR", *ACM TOMS* 38 (2011).
struct HouseholderFactors: Sendable {
  /// How a factorization is made.
  struct Settings {
    var ordering: SymbolicFactorization.Ordering
    var threads: Int
    /// Columns whose remaining part is no longer than this are taken for dependent; nil for none.
    var tolerance: Double?
  }

  let rowCount: Int
  let columnCount: Int
  let rank: Int
  /// ‖·‖_F of what was taken for zero.
  let droppedNorm: Double
  /// Column k of A E is column `columnOrder[k]` of A.
  let columnOrder: [Int]
  /// R: `rank` rows, and the columns of A E.
  let triangle: SparseMatrix
  private let reflectors: SparseMatrix
  private let scales: [Double]
  private let rowPlaces: [Int]

  /// Factorizes a matrix that has rows, columns and entries.
  init(_ matrix: SparseMatrix, _ settings: Settings) throws {
    rowCount = matrix.rowCount
    columnCount = matrix.columnCount
    let given = settings.ordering.withGiven { order in
      order.map { Array(UnsafeBufferPointer(start: $0, count: matrix.columnCount)) }
    }
    let ordering =
      switch settings.ordering {
      case .minimumDegree: SPQR_ORDERING_AMD
      case .columnMinimumDegree: SPQR_ORDERING_COLAMD
      case .nestedDissection: SPQR_ORDERING_METIS
      case .natural, .given: SPQR_ORDERING_FIXED
      }
    let permuted = given.map { matrix.withColumns($0) } ?? matrix
    let result = try settings.ordering.inTurn {
      Result {
        try QRCall(
          permuted, ordering: Int32(ordering), tolerance: settings.tolerance,
          threads: settings.threads)
      }
    }.get()
    rank = result.rank
    droppedNorm = result.droppedNorm
    triangle = result.triangle
    reflectors = result.reflectors
    scales = result.scales
    rowPlaces = result.rowPlaces
    columnOrder = given.map { given in result.columnOrder.map { given[$0] } } ?? result.columnOrder
  }

  /// The least of the numbers that R's rows begin with, in size: how far the last independent column
  /// is from being dependent.
  var smallestPivot: Double {
    var smallest = Double.infinity
    var next = 0
    for column in 0..<triangle.columnCount where next < rank {
      guard let last = triangle.pattern.slots(ofColumn: column).last,
        triangle.pattern.rowIndices[last] == next
      else { continue }
      smallest = min(smallest, triangle.values[last].magnitude)
      next += 1
    }
    return smallest
  }

  /// The numbers in R and in the reflectors.
  var entryCount: Int { triangle.pattern.entryCount + reflectors.pattern.entryCount }

  /// The first `rank` numbers of Qᵀ b.
  func transposedProduct(_ vector: [Double]) -> [Double] {
    var work = vector
    for (row, place) in rowPlaces.enumerated() { work[place] = vector[row] }
    for reflector in scales.indices { reflect(&work, reflector) }
    return Array(work.prefix(rank))
  }

  /// Q [c; 0].
  func product(_ coefficients: [Double]) -> [Double] {
    var work = coefficients + [Double](repeating: 0, count: rowCount - rank)
    for reflector in scales.indices.reversed() { reflect(&work, reflector) }
    return rowPlaces.map { work[$0] }
  }

  private func reflect(_ vector: inout [Double], _ index: Int) {
    let slots = reflectors.pattern.slots(ofColumn: index)
    let rows = reflectors.pattern.rowIndices.span
    let values = reflectors.values.span
    var target = vector.mutableSpan
    var sum = 0.0
    for slot in slots {
      sum += values[unchecked: slot] * target[unchecked: rows[unchecked: slot]]
    }
    sum *= scales[index]
    for slot in slots { target[unchecked: rows[unchecked: slot]] -= sum * values[unchecked: slot] }
  }

  /// E R⁻¹ c, where R is square: all columns are independent.
  func solve(_ coefficients: [Double]) -> [Double] {
    var work = coefficients
    for column in (0..<columnCount).reversed() {
      let slots = triangle.pattern.slots(ofColumn: column)
      guard let last = slots.last else { continue }
      let value = work[column] / triangle.values[last]
      work[column] = value
      for slot in slots.dropLast() {
        work[triangle.pattern.rowIndices[slot]] -= triangle.values[slot] * value
      }
    }
    var solution = work
    for (place, column) in columnOrder.enumerated() { solution[column] = work[place] }
    return solution
  }

  /// R⁻ᵀ Eᵀ w, where R is square.
  func solveTransposed(_ vector: [Double]) -> [Double] {
    var work = columnOrder.map { vector[$0] }
    for column in 0..<columnCount {
      let slots = triangle.pattern.slots(ofColumn: column)
      guard let last = slots.last else { continue }
      var value = work[column]
      for slot in slots.dropLast() {
        value -= triangle.values[slot] * work[triangle.pattern.rowIndices[slot]]
      }
      work[column] = value / triangle.values[last]
    }
    return work
  }

  /// R Eᵀ: `rank` rows, and the columns of A in their own order.
  var unpermutedTriangle: SparseMatrix {
    var places = columnOrder
    for (place, column) in columnOrder.enumerated() { places[column] = place }
    return triangle.withColumns(places)
  }
}

/// One call of SPQR, and its results in Swift's arrays.
private struct QRCall {
  private(set) var rank = 0
  private(set) var droppedNorm = 0.0
  private(set) var columnOrder: [Int] = []
  private(set) var rowPlaces: [Int] = []
  private(set) var scales: [Double] = []
  private(set) var triangle: SparseMatrix
  private(set) var reflectors: SparseMatrix

  init(_ matrix: SparseMatrix, ordering: Int32, tolerance: Double?, threads: Int) throws {
    let workspace = CholeskyWorkspace(.wide, threads: threads)
    let common = workspace.common
    var triangle: UnsafeMutablePointer<cholmod_sparse>?
    var reflectors: UnsafeMutablePointer<cholmod_sparse>?
    var scales: UnsafeMutablePointer<cholmod_dense>?
    var order: UnsafeMutableRawPointer?
    var places: UnsafeMutableRawPointer?
    defer {
      _ = cholmod_l_free_sparse(&triangle, common)
      _ = cholmod_l_free_sparse(&reflectors, common)
      _ = cholmod_l_free_dense(&scales, common)
      let width = MemoryLayout<Int>.size
      _ = cholmod_l_free(matrix.columnCount, width, order, common)
      _ = cholmod_l_free(matrix.rowCount, width, places, common)
    }
    let pattern = CholeskyPattern(matrix.pattern, isNarrow: false)
    let found = matrix.values.withUnsafeBufferPointer { values in
      withThreads(threads) {
        pattern.withMatrix(values: values.baseAddress, isSymmetric: false) { matrix in
          spqr_factorize(
            ordering, tolerance ?? Double(SPQR_NO_TOL), matrix, &triangle, &order, &reflectors,
            &places, &scales, common)
        }
      }
    }
    try workspace.check("SuiteSparseQR_C")
    guard found >= 0, let triangle, let reflectors, let scales, let places else {
      throw FactorizationError.libraryFailure(
        routine: "SuiteSparseQR_C", status: Int(common.pointee.status))
    }
    rank = Int(found)
    droppedNorm = common.pointee.SPQR_norm_E_fro
    columnOrder = Self.integers(order, matrix.columnCount) ?? Array(0..<matrix.columnCount)
    rowPlaces = Self.integers(places, matrix.rowCount) ?? []
    self.triangle = try Self.copy(triangle)
    self.reflectors = try Self.copy(reflectors)
    let scaleCount = Int(scales.pointee.ncol)
    self.scales =
      scales.pointee.x.map {
        Array(
          UnsafeBufferPointer(start: $0.assumingMemoryBound(to: Double.self), count: scaleCount))
      } ?? []
  }

  private static func integers(_ pointer: UnsafeMutableRawPointer?, _ count: Int) -> [Int]? {
    pointer.map {
      Array(UnsafeBufferPointer(start: $0.assumingMemoryBound(to: Int.self), count: count))
    }
  }

  /// Columns may come unsorted; the builder sorts them.
  private static func copy(_ matrix: UnsafeMutablePointer<cholmod_sparse>) throws -> SparseMatrix {
    let matrix = matrix.pointee
    let columnCount = Int(matrix.ncol)
    let pointers = integers(matrix.p, columnCount + 1) ?? [0]
    let entryCount = pointers[pointers.count - 1]
    let rows = integers(matrix.i, entryCount) ?? []
    var builder = try SparseMatrixBuilder(rowCount: Int(matrix.nrow), columnCount: columnCount)
    builder.reserveCapacity(entryCount)
    let values = matrix.x?.assumingMemoryBound(to: Double.self)
    for column in 0..<columnCount {
      for slot in pointers[column]..<pointers[column + 1] {
        try builder.add(values?[slot] ?? 0, row: rows[slot], column: column)
      }
    }
    return try builder.build()
  }
}

extension SparseMatrix {
  /// The matrix whose column k is column `columns[k]` of this one; the columns exist.
  fileprivate func withColumns(_ columns: [Int]) -> SparseMatrix {
    var pointers = [0]
    var rows: [Int] = []
    var entries: [Double] = []
    rows.reserveCapacity(values.count)
    entries.reserveCapacity(values.count)
    for column in columns {
      let slots = pattern.slots(ofColumn: column)
      rows += pattern.rowIndices[slots]
      entries += values[slots]
      pointers.append(rows.count)
    }
    return SparseMatrix(
      unchecked: SparsityPattern(
        unchecked: rowCount, columns.count, columnPointers: pointers, rowIndices: rows),
      values: entries)
  }

  /// The largest 2-norm of a column.
  var largestColumnNorm: Double {
    (0..<columnCount).reduce(0) { largest, column in
      let entries = values[pattern.slots(ofColumn: column)]
      let scale = entries.reduce(0) { max($0, $1.magnitude) }
      if scale == 0 { return largest }
      let sum = entries.reduce(0) { $0 + ($1 / scale) * ($1 / scale) }
      return max(largest, scale * sum.squareRoot())
    }
  }
}
