/// A function y = f(t, u, p) whose scalar type has been erased, once, at the door.
///
/// The user's generic code is specialized where its type is known, in the `@inlinable` initializers
/// of `ResidualSystem`, `VectorField` and `ParametrizedLinearSystem`; from then on the solvers see
/// one closure per scalar and need not be generic. Use a ``ModelEvaluator`` to call it.
public struct Model: Sendable {
  /// One evaluation in the scalar S: time, state, parameters, output.
  public typealias Kernel<S: Scalar> =
    @Sendable (S, Span<S>, Span<S>, inout MutableSpan<S>) -> Void

  /// The name of the user's type, for messages.
  public let name: String

  /// The length of u.
  public let stateCount: Int

  /// The length of p.
  public let parameterCount: Int

  /// The length of y.
  public let outputCount: Int

  /// The function in `Double`.
  public let value: Kernel<Double>

  /// The function in ``Dual``: eight directional derivatives.
  public let dual: Kernel<Dual>

  /// The function in ``TapeScalar``: a recording for a reverse sweep.
  public let tape: Kernel<TapeScalar>

  /// The function in ``TraceScalar``: its operations, for patterns and replays.
  public let trace: Kernel<TraceScalar>

  /// A model from its specializations; they must compute the same function.
  @inlinable public init(
    name: String, stateCount: Int, parameterCount: Int, outputCount: Int,
    value: @escaping Kernel<Double>, dual: @escaping Kernel<Dual>,
    tape: @escaping Kernel<TapeScalar>, trace: @escaping Kernel<TraceScalar>
  ) {
    self.name = name
    self.stateCount = stateCount
    self.parameterCount = parameterCount
    self.outputCount = outputCount
    self.value = value
    self.dual = dual
    self.tape = tape
    self.trace = trace
  }

  /// How a vector–Jacobian product is computed.
  public enum ReverseMode: Sendable, Hashable {
    /// Duals up to 16 inputs, the tape beyond.
    case automatic
    /// Forward sweeps over all inputs, eight at a time.
    case dual
    /// One recording and one reverse sweep.
    case tape
  }

  /// Throws unless state and parameters have the model's lengths and are finite.
  public func validate(state: [Double], named label: String, parameters: [Double]) throws {
    try InputError.requireLength(label, expected: stateCount, found: state.count)
    try InputError.requireLength(
      "parameters", expected: parameterCount, found: parameters.count)
    try InputError.requireFinite(label, state)
    try InputError.requireFinite("parameters", parameters)
  }
}
