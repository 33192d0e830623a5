import Synchronization

/// A linear operator from two closures, one for each product.
public struct ClosureOperator: LinearOperator {
  /// Writes a product of the first vector to the second.
  public typealias Product = @Sendable (Span<Double>, inout MutableSpan<Double>) throws -> Void

  /// The number of rows of A.
  public let rowCount: Int

  /// The number of columns of A.
  public let columnCount: Int

  private let product: Product
  private let transposedProduct: Product

  /// An operator from its products; each closure must write every element of the second span.
  ///
  /// - Throws: `InputError.outOfRange` for a negative size.
  public init(
    rowCount: Int, columnCount: Int, product: @escaping Product,
    transposedProduct: @escaping Product
  ) throws {
    try InputError.require(rowCount >= 0, "rowCount", Double(rowCount), "at least 0")
    try InputError.require(columnCount >= 0, "columnCount", Double(columnCount), "at least 0")
    self.rowCount = rowCount
    self.columnCount = columnCount
    self.product = product
    self.transposedProduct = transposedProduct
  }

  /// A symmetric operator from its product.
  ///
  /// - Throws: `InputError.outOfRange` for a negative order.
  public init(symmetricOfOrder order: Int, product: @escaping Product) throws {
    try self.init(
      rowCount: order, columnCount: order, product: product, transposedProduct: product)
  }

  /// Writes A x to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireLength("product", expected: rowCount, found: product.count)
    try self.product(vector, &product)
  }

  /// Writes Aᵀ y to `product`.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    try InputError.requireLength("product", expected: columnCount, found: product.count)
    try transposedProduct(vector, &product)
  }
}

/// A linear operator A(p) from a model y = A(p) u, written once for every scalar.
///
/// The product is the model in `Double`; the transposed product and the gradient with respect to p
/// are its vector–Jacobian product, ∂⟨λ, A(p) u⟩/∂u = A(p)ᵀλ and ∂⟨λ, A(p) u⟩/∂p. A
/// ``ResidualSystem`` whose residual is linear in the state and vanishes with it makes such a
/// model.
///
/// May be shared between threads: products take turns.
public final class ModelOperator: DifferentiableOperator, @unchecked Sendable {
  // Unchecked because the evaluator, which is scratch space, is touched under the lock only.

  /// A(p) u.
  public let model: Model

  /// p.
  public let parameters: [Double]

  private let evaluator: ModelEvaluator
  /// Derivatives that a call does not ask for.
  private let unusedState: Buffer<Double>
  private let unusedParameters: Buffer<Double>
  private let zeros: Buffer<Double>
  private let lock = Mutex<Void>(())

  /// The operator at the given parameters.
  ///
  /// - Throws: `InputError` for parameters of the wrong length or not finite, or if the model's
  ///   value at the state zero is not zero, so that it is not linear.
  public init(_ model: Model, parameters: [Double]) throws {
    let zero = [Double](repeating: 0, count: model.stateCount)
    try model.validate(state: zero, named: "state", parameters: parameters)
    self.model = model
    self.parameters = parameters
    evaluator = ModelEvaluator(model, parameters: parameters)
    unusedState = Buffer(count: model.stateCount, repeating: 0)
    unusedParameters = Buffer(count: model.parameterCount, repeating: 0)
    zeros = Buffer(count: model.stateCount, repeating: 0)
    var value = [Double](repeating: 0, count: model.outputCount)
    evaluator.evaluate(zero, into: &value)
    for (index, element) in value.enumerated() {
      try InputError.require(
        element == 0, "\(model.name)(0)[\(index)]", element, "0: a linear operator maps 0 to 0")
    }
  }

  /// The number of outputs of the model.
  public var rowCount: Int { model.outputCount }

  /// The number of states of the model.
  public var columnCount: Int { model.stateCount }

  /// The number of parameters of the model.
  public var parameterCount: Int { model.parameterCount }

  /// Writes A(p) x to `product`.
  public func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireLength("product", expected: rowCount, found: product.count)
    product.withUnsafeMutableBufferPointer { product in
      lock.withLock { _ in
        var span = product.mutableSpan
        evaluator.evaluate(time: 0, state: vector, into: &span)
      }
    }
  }

  /// Writes A(p)ᵀ y to `product`: one vector–Jacobian product of the model.
  public func applyTransposed(
    _ vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try InputError.requireLength("vector", expected: rowCount, found: vector.count)
    try InputError.requireLength("product", expected: columnCount, found: product.count)
    product.clear()
    try product.withUnsafeMutableBufferPointer { product in
      try lock.withLock { _ in
        var span = product.mutableSpan
        var unused = unusedParameters.all.mutableSpan
        evaluator.pullback(
          time: 0, state: zeros.all.span, cotangent: vector, addingTo: &span,
          parameters: &unused)
        try evaluator.requireProducts()
      }
    }
  }

  /// Adds scale · ∂⟨λ, A(p) x⟩/∂p.
  public func addParameterGradient(
    covector: Span<Double>, vector: Span<Double>, scale: Double,
    to gradient: inout MutableSpan<Double>
  ) throws {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireLength("covector", expected: rowCount, found: covector.count)
    try InputError.requireLength("gradient", expected: parameterCount, found: gradient.count)
    let scaled = (0..<covector.count).map { scale * covector[$0] }
    try gradient.withUnsafeMutableBufferPointer { gradient in
      try lock.withLock { _ in
        var unused = unusedState.all.mutableSpan
        var span = gradient.mutableSpan
        evaluator.pullback(
          time: 0, state: vector, cotangent: scaled.span, addingTo: &unused, parameters: &span)
        try evaluator.requireProducts()
      }
    }
  }

  /// Writes (∂A/∂p · ṗ) x.
  public func applyTangent(
    _ tangent: Span<Double>, to vector: Span<Double>, into product: inout MutableSpan<Double>
  ) throws {
    try InputError.requireLength("vector", expected: columnCount, found: vector.count)
    try InputError.requireLength("tangent", expected: parameterCount, found: tangent.count)
    try InputError.requireLength("product", expected: rowCount, found: product.count)
    product.withUnsafeMutableBufferPointer { product in
      lock.withLock { _ in
        var span = product.mutableSpan
        evaluator.pushforward(
          time: 0, state: vector, stateTangent: zeros.all.span, parameterTangent: tangent,
          into: &span)
      }
    }
  }
}
