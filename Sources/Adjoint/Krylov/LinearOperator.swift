/// A matrix A that is known by its products alone.
///
/// ``SparseMatrix`` is one; ``SymmetricOperator``, ``ClosureOperator`` and ``ModelOperator`` make
/// others. The transposed product is a requirement, not an afterthought: a solution's pullback
/// solves with Aᵀ.
public protocol LinearOperator: Sendable {
  /// The number of rows of A.
  var rowCount: Int { get }

  /// The number of columns of A.
  var columnCount: Int { get }

  /// Writes A x to `product`, every element of it; x has `columnCount` elements.
  func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws

  /// Writes Aᵀ y to `product`, every element of it; y has `rowCount` elements.
  func applyTransposed(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws

  /// ‖A‖∞, the largest sum of moduli of a row, where it is known; nil otherwise.
  var maximumRowSum: Double? { get }

  /// ‖Aᵀ‖∞, the largest sum of moduli of a column, where it is known; nil otherwise.
  var maximumColumnSum: Double? { get }
}

extension LinearOperator {
  /// Unknown.
  public var maximumRowSum: Double? { nil }

  /// Unknown.
  public var maximumColumnSum: Double? { nil }
}

/// A linear operator A(p) that can be differentiated with respect to its parameters p.
///
/// All derivatives follow from the form ⟨λ, A(p) x⟩, which is linear in λ and in x.
public protocol DifferentiableOperator: LinearOperator {
  /// The number of parameters; those of a sparse matrix are its stored entries.
  var parameterCount: Int { get }

  /// Adds `scale` · ∂⟨λ, A(p) x⟩/∂p to `gradient`, x being `vector` and λ the `covector`.
  func addParameterGradient(
    covector: Span<Double>, vector: Span<Double>, scale: Double,
    to gradient: inout MutableSpan<Double>) throws

  /// Writes Ȧ x to `product`, where Ȧ is the derivative of A along the tangent ṗ.
  func applyTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws

  /// Writes Ȧᵀ y to `product`; needed for the pushforward of least squares only.
  func applyTransposedTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws
}

extension DifferentiableOperator {
  /// Writes Ȧᵀ y column by column: (Ȧᵀ y)ⱼ = ⟨y, Ȧ eⱼ⟩, at the cost of as many products as columns.
  public func applyTransposedTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    var unit = [Double](repeating: 0, count: columnCount)
    var image = [Double](repeating: 0, count: rowCount)
    for column in 0..<columnCount {
      unit[column] = 1
      var span = image.mutableSpan
      try applyTangent(tangent, to: unit.span, into: &span)
      unit[column] = 0
      var sum = 0.0
      for row in 0..<rowCount { sum += vector[row] * image[row] }
      product[column] = sum
    }
  }
}
