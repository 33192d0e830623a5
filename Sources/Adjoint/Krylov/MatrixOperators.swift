// Sparse matrices as operators.

extension MutableSpan where Element == Double {
  /// Makes every element zero.
  mutating func clear() {
    for index in 0..<count { self[unchecked: index] = 0 }
  }
}

extension SparseMatrix: DifferentiableOperator {
  /// Writes A x to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireLength("product", expected: rowCount, found: product.count)
    product.clear()
    multiply(vector, addingTo: &product)
  }

  /// Writes Aᵀ y to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    try InputError.requireLength("product", expected: columnCount, found: product.count)
    product.clear()
    multiplyTransposed(vector, addingTo: &product)
  }

  /// ‖A‖∞; cost O(n + entries).
  public var maximumRowSum: Double? { rowSumNorm }

  /// ‖Aᵀ‖∞; cost O(n + entries).
  public var maximumColumnSum: Double? { columnSumNorm }

  /// The number of stored entries.
  public var parameterCount: Int { pattern.entryCount }

  /// Adds scale · λᵢ xⱼ for every stored entry (i, j).
  public func addParameterGradient(
    covector: Span<Double>, vector: Span<Double>, scale: Double,
    to gradient: inout MutableSpan<Double>
  ) throws {
    try pattern.requireLengths(vector: vector, covector: covector, entries: gradient.count)
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    for column in 0..<columnCount {
      let factor = scale * vector[unchecked: column]
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        gradient[unchecked: slot] += covector[unchecked: rows[unchecked: slot]] * factor
      }
    }
  }

  /// Writes Ȧ x, the tangent holding the values of Ȧ slot by slot.
  public func applyTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try pattern.matrix(of: tangent).apply(vector, into: &product)
  }

  /// Writes Ȧᵀ y, the tangent holding the values of Ȧ slot by slot.
  public func applyTransposedTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try pattern.matrix(of: tangent).applyTransposed(vector, into: &product)
  }
}

/// A symmetric matrix A = S + Sᵀ − diag(S) of which the lower triangle S is stored.
///
/// Its parameters are the entries of S; one below the diagonal appears in A twice, and its
/// derivative counts both places. A product reads S once: half the memory traffic of both
/// triangles.
public struct SymmetricOperator: DifferentiableOperator {
  /// S.
  public let lowerTriangle: SparseMatrix

  /// An operator from the lower triangle of its matrix.
  ///
  /// - Throws: ``FactorizationError/notSquare(rowCount:columnCount:)``,
  ///   ``FactorizationError/entryAboveDiagonal(row:column:)``.
  public init(lowerTriangle: SparseMatrix) throws {
    guard lowerTriangle.pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: lowerTriangle.rowCount, columnCount: lowerTriangle.columnCount)
    }
    if let entry = lowerTriangle.pattern.entryAboveDiagonal {
      throw FactorizationError.entryAboveDiagonal(row: entry.row, column: entry.column)
    }
    self.lowerTriangle = lowerTriangle
  }

  /// An operator whose triangle is known to be one.
  init(unchecked lowerTriangle: SparseMatrix) { self.lowerTriangle = lowerTriangle }

  /// The order of A.
  public var rowCount: Int { lowerTriangle.rowCount }

  /// The order of A.
  public var columnCount: Int { lowerTriangle.columnCount }

  /// Writes A x to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireLength("product", expected: rowCount, found: product.count)
    product.clear()
    lowerTriangle.multiplySymmetric(vector, addingTo: &product)
  }

  /// Writes Aᵀ y = A y to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws { try apply(vector, into: &product) }

  /// ‖A‖∞; cost O(n + entries).
  public var maximumRowSum: Double? { lowerTriangle.symmetricRowSumNorm }

  /// ‖Aᵀ‖∞; cost O(n + entries).
  public var maximumColumnSum: Double? { lowerTriangle.symmetricRowSumNorm }

  /// The number of stored entries.
  public var parameterCount: Int { lowerTriangle.pattern.entryCount }

  /// Adds scale · (λᵢ xⱼ + λⱼ xᵢ) for an entry below the diagonal, scale · λᵢ xᵢ on it.
  public func addParameterGradient(
    covector: Span<Double>, vector: Span<Double>, scale: Double,
    to gradient: inout MutableSpan<Double>
  ) throws {
    let pattern = lowerTriangle.pattern
    try pattern.requireLengths(vector: vector, covector: covector, entries: gradient.count)
    let pointers = pattern.columnPointers.span
    let rows = pattern.rowIndices.span
    for column in 0..<columnCount {
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        let row = rows[unchecked: slot]
        var product = covector[unchecked: row] * vector[unchecked: column]
        if row != column { product += covector[unchecked: column] * vector[unchecked: row] }
        gradient[unchecked: slot] += scale * product
      }
    }
  }

  /// Writes Ȧ x, the tangent holding the values of Ṡ slot by slot.
  public func applyTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try SymmetricOperator(unchecked: lowerTriangle.pattern.matrix(of: tangent))
      .apply(vector, into: &product)
  }

  /// Writes Ȧᵀ y = Ȧ y, the tangent holding the values of Ṡ slot by slot.
  public func applyTransposedTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws { try applyTangent(tangent, to: vector, into: &product) }
}

extension SparsityPattern {
  /// The matrix with these values, one for each slot.
  fileprivate func matrix(of values: Span<Double>) throws -> SparseMatrix {
    try InputError.requireLength("tangent", expected: entryCount, found: values.count)
    return SparseMatrix(unchecked: self, values: (0..<values.count).map { values[$0] })
  }

  fileprivate func requireLengths(
    vector: Span<Double>, covector: Span<Double>, entries: Int
  ) throws {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireLength("covector", expected: rowCount, found: covector.count)
    try InputError.requireLength("gradient", expected: entryCount, found: entries)
  }
}

extension LinearSystem {
  /// A as an operator.
  var linearOperator: any DifferentiableOperator {
    switch storage {
    case .full: matrix
    case .symmetricLower: SymmetricOperator(unchecked: matrix)
    }
  }
}
