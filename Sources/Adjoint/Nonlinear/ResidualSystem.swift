/// A nonlinear system F(u, p) = 0, written once for every scalar.
///
/// F maps `stateCount` unknowns and `parameterCount` parameters to `stateCount` residuals. The body
/// may branch on values; the derivative is then that of the branch taken.
///
/// ```swift
/// struct Cubic: ResidualSystem {
///   let stateCount = 1
///   let parameterCount = 1
///   func residual<S: Scalar>(
///     at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
///   ) {
///     residual[0] = state[0] * state[0] * state[0] - parameters[0]
///   }
/// }
/// ```
public protocol ResidualSystem: Sendable {
  /// The number of unknowns and of residuals.
  var stateCount: Int { get }

  /// The number of parameters.
  var parameterCount: Int { get }

  /// Writes F(u, p) to `residual`, every element of it.
  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>)
}

/// A residual system as the function of a model.
@usableFromInline struct ResidualFunction<R: ResidualSystem>: ModelFunction {
  @usableFromInline let system: R

  @inlinable init(_ system: R) { self.system = system }

  @inlinable func evaluate<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into output: inout MutableSpan<S>
  ) {
    system.residual(at: state, parameters: parameters, into: &output)
  }
}

extension Model {
  /// Erases a residual system: outputs F(u, p), independent of time.
  @inlinable public init<R: ResidualSystem>(_ system: R) {
    self.init(
      name: String(describing: R.self), stateCount: system.stateCount,
      parameterCount: system.parameterCount, outputCount: system.stateCount,
      function: ResidualFunction(system))
  }
}
