/// The right-hand side of du/dt = f(t, u, p), written once for every scalar.
///
/// ```swift
/// struct Decay: VectorField {
///   let stateCount = 1
///   let parameterCount = 1
///   func derivative<S: Scalar>(
///     at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
///   ) {
///     derivative[0] = -parameters[0] * state[0]
///   }
/// }
/// ```
/// The body may branch on values; the derivative is then that of the branch taken.
public protocol VectorField: Sendable {
  /// The number of states, n.
  var stateCount: Int { get }

  /// The number of parameters, m; may be zero.
  var parameterCount: Int { get }

  /// Writes f(t, u, p) to `derivative`, every element of it.
  func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>)
}

/// A vector field that knows its own vector–Jacobian product.
///
/// The product is taken from here instead of being derived from the generic code. It is believed:
/// check it with a derivative check.
public protocol DifferentiatedVectorField: VectorField {
  /// Adds Jᵀκ to `stateCotangent` and Pᵀκ to `parameterCotangent`, with κ = `cotangent`,
  /// J = ∂f/∂u and P = ∂f/∂p at (t, u, p).
  func addPullback(
    at time: Double, state: Span<Double>, parameters: Span<Double>, cotangent: Span<Double>,
    state stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>)
}

/// A vector field as the function of a model.
@usableFromInline struct FieldFunction<F: VectorField>: ModelFunction {
  @usableFromInline let field: F

  @inlinable init(_ field: F) { self.field = field }

  @inlinable func evaluate<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into output: inout MutableSpan<S>
  ) {
    field.derivative(at: time, state: state, parameters: parameters, into: &output)
  }
}

extension Model {
  /// Erases a vector field: outputs f(t, u, p).
  @inlinable public init<F: VectorField>(_ field: F) {
    self.init(
      name: String(describing: F.self), stateCount: field.stateCount,
      parameterCount: field.parameterCount, outputCount: field.stateCount,
      function: FieldFunction(field))
  }

  /// Erases a vector field that supplies its own pullback.
  @inlinable public init<F: DifferentiatedVectorField>(_ field: F) {
    let generic = Model(
      name: String(describing: F.self), stateCount: field.stateCount,
      parameterCount: field.parameterCount, outputCount: field.stateCount,
      function: FieldFunction(field))
    self = generic.replacing(
      pullback: { time, state, parameters, cotangent, sum, parameterSum in
        field.addPullback(
          at: time, state: state, parameters: parameters, cotangent: cotangent, state: &sum,
          parameters: &parameterSum)
      })
  }
}
