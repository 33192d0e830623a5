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

extension Model {
  /// Erases a residual system: outputs F(u, p), independent of time.
  @inlinable public init<R: ResidualSystem>(_ system: R) {
    self.init(
      name: String(describing: R.self), stateCount: system.stateCount,
      parameterCount: system.parameterCount, outputCount: system.stateCount,
      value: { _, state, parameters, output in
        system.residual(at: state, parameters: parameters, into: &output)
      },
      dual: { _, state, parameters, output in
        system.residual(at: state, parameters: parameters, into: &output)
      },
      tape: { _, state, parameters, output in
        system.residual(at: state, parameters: parameters, into: &output)
      },
      trace: { _, state, parameters, output in
        system.residual(at: state, parameters: parameters, into: &output)
      })
  }
}
