import CSuiteSparse

// How functions of a matrix get at its factors.

/// An engine that has the factors P A Pᵀ = L Lᵀ or L D Lᵀ.
protocol SupernodalEngine: FactorizationEngine {
  /// A copy of L.
  func supernodalFactor() throws -> SupernodalFactor

  /// The diagonal of L Lᵀ's L, or D.
  func pivots() throws -> [Double]
}

/// An engine that has the factors P R A Q = L U.
protocol TriangularEngine: FactorizationEngine {
  /// A copy of all factors, or of all but the entries of L and U off the diagonal.
  func triangularFactors(withEntries: Bool) throws -> TriangularFactors<Double>
}

extension Factorization {
  /// Calls `body` with the engine while nobody else uses it.
  ///
  /// - Throws: ``FactorizationError/noFactors``.
  func withEngine<Result>(
    _ body: (any FactorizationEngine) throws -> Result
  ) throws -> Result {
    guard let factors = self as? SparseFactorization else { throw FactorizationError.noFactors }
    return try factors.guarded.withEngine(body)
  }
}

/// Memory for what UMFPACK tells about its factors.
///
/// `width` is the number of `Double`s in an element.
struct FactorBuffers {
  let lowerStarts: Buffer<Int>
  let lowerColumns: Buffer<Int>
  let lowerValues: Buffer<Double>
  let upperStarts: Buffer<Int>
  let upperRows: Buffer<Int>
  let upperValues: Buffer<Double>
  let rows: Buffer<Int>
  let columns: Buffer<Int>
  let diagonal: Buffer<Double>
  let scales: Buffer<Double>
  /// Whether rows are multiplied by the scales, rather than divided.
  let isReciprocal: Buffer<Int>

  /// Room for factors with so many entries; none for those of L and U if they are not wanted.
  init(_ counts: FactorCounts, withEntries: Bool, width: Int) {
    let order = counts.order
    let startCount = withEntries ? order + 1 : 0
    let lowerCount = withEntries ? counts.lowerCount : 0
    let upperCount = withEntries ? counts.upperCount : 0
    lowerStarts = Buffer(count: startCount, repeating: 0)
    lowerColumns = Buffer(count: lowerCount, repeating: 0)
    lowerValues = Buffer(count: width * lowerCount, repeating: 0)
    upperStarts = Buffer(count: startCount, repeating: 0)
    upperRows = Buffer(count: upperCount, repeating: 0)
    upperValues = Buffer(count: width * upperCount, repeating: 0)
    rows = Buffer(count: order, repeating: 0)
    columns = Buffer(count: order, repeating: 0)
    diagonal = Buffer(count: width * order, repeating: 0)
    scales = Buffer(count: order, repeating: 0)
    isReciprocal = Buffer(count: 1, repeating: 0)
  }

  /// The factors, with elements that `element` makes of their parts.
  func factors<Element>(
    _ element: (_ parts: Buffer<Double>, _ index: Int) -> Element
  ) -> TriangularFactors<Element> {
    TriangularFactors(
      lowerStarts: Array(lowerStarts.all), lowerColumns: Array(lowerColumns.all),
      lowerValues: (0..<lowerColumns.count).map { element(lowerValues, $0) },
      upperStarts: Array(upperStarts.all), upperRows: Array(upperRows.all),
      upperValues: (0..<upperRows.count).map { element(upperValues, $0) },
      diagonal: (0..<rows.count).map { element(diagonal, $0) },
      rows: Array(rows.all), columns: Array(columns.all),
      scales: scales.all.map { isReciprocal[0] != 0 ? $0 : 1 / $0 })
  }
}

/// What UMFPACK counts: entries of L and of U, rows, columns, pivots that are not zero.
struct FactorCounts {
  private let numbers = Buffer(count: 5, repeating: 0)

  var lowerCount: Int { numbers[0] }
  var upperCount: Int { numbers[1] }
  var order: Int { numbers[2] }

  /// The address of a number, valid while this object lives.
  subscript<Index: FixedWidthInteger>(index: Int) -> UnsafeMutablePointer<Index>? {
    numbers.all.baseAddress.map { indices(UnsafePointer($0 + index)) }
  }
}

extension Buffer {
  /// The address of integers; nil if there are none, by which UMFPACK leaves them out.
  func integers<Index: FixedWidthInteger>() -> UnsafeMutablePointer<Index>?
  where Element == Int {
    count == 0 ? nil : all.baseAddress.map { indices(UnsafePointer($0)) }
  }
}

extension Buffer where Element == Double {
  /// The address; nil if there are no elements.
  var reals: UnsafeMutablePointer<Double>? { count == 0 ? nil : all.baseAddress }
}
