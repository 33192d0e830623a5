/// A function f(x, p) to be minimized over x, perhaps with equations c(x, p) = 0, written once for every
/// scalar.
///
/// ```swift
/// struct NearestPoint: MinimizationModel {   // the point of a circle of radius p₂ nearest to (p₀, p₁)
///   let variableCount = 2
///   let parameterCount = 3
///   let constraintCount = 1
///   func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S {
///     let (dx, dy) = (x[0] - p[0], x[1] - p[1])
///     return 0.5 * (dx * dx + dy * dy)
///   }
///   func constraints<S: Scalar>(at x: Span<S>, parameters p: Span<S>, into c: inout MutableSpan<S>) {
///     c[0] = x[0] * x[0] + x[1] * x[1] - p[2] * p[2]
///   }
/// }
/// ```
public protocol MinimizationModel: Sendable {
  /// The number of variables, n.
  var variableCount: Int { get }

  /// The number of parameters; may be zero.
  var parameterCount: Int { get }

  /// The number of equations, m; zero unless stated otherwise.
  var constraintCount: Int { get }

  /// f(x, p).
  func objective<S: Scalar>(at variables: Span<S>, parameters: Span<S>) -> S

  /// Writes c(x, p) to `values`, every element of it; does nothing unless stated otherwise.
  func constraints<S: Scalar>(
    at variables: Span<S>, parameters: Span<S>, into values: inout MutableSpan<S>)
}

extension MinimizationModel {
  /// No equations.
  @inlinable public var constraintCount: Int { 0 }

  /// No equations.
  @inlinable public func constraints<S: Scalar>(
    at variables: Span<S>, parameters: Span<S>, into values: inout MutableSpan<S>
  ) {}
}

/// The outputs (c, f) of a minimization, or c alone, as the function of a model.
@usableFromInline struct MinimizationFunction<M: MinimizationModel>: ModelFunction {
  @usableFromInline let model: M
  @usableFromInline let hasObjective: Bool

  @inlinable init(_ model: M, hasObjective: Bool) {
    self.model = model
    self.hasObjective = hasObjective
  }

  @inlinable func evaluate<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into output: inout MutableSpan<S>
  ) {
    let count = model.constraintCount
    if count > 0 {
      // The first elements as a span of their own; its bounds are those of `output`.
      output.withUnsafeMutableBufferPointer { buffer in
        var values = UnsafeMutableBufferPointer(rebasing: buffer[0..<count]).mutableSpan
        model.constraints(at: state, parameters: parameters, into: &values)
      }
    }
    if hasObjective { output[count] = model.objective(at: state, parameters: parameters) }
  }
}
