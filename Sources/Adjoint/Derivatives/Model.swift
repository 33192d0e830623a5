/// A function y = f(t, u, p) whose scalar type has been erased, once, at the door.
///
/// The user's generic code is specialized where its type is known, in the `@inlinable` initializers
/// of `ResidualSystem`, `VectorField` and `ParametrizedLinearSystem`; from then on the solvers see
/// one closure per scalar and need not be generic. Use a ``ModelEvaluator`` to call it.
///
/// Each derivative can be replaced by hand-written code, piece by piece:
/// ``replacing(pushforward:)``, ``replacing(pullback:)``, ``replacing(pullbackDerivative:)`` and
/// ``replacing(jacobian:on:)``.
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

  /// The function in ``DirectionalScalar``: one directional derivative.
  public let directional: Kernel<DirectionalScalar>

  /// The function in ``TapeScalar``: a recording for a reverse sweep.
  public let tape: Kernel<TapeScalar>

  /// The function recorded along a direction: a reverse sweep with its derivative.
  public let directionalTape: Kernel<RecordedScalar<DirectionalScalar>>

  /// The function in ``TraceScalar``: its operations, for patterns and replays.
  public let trace: Kernel<TraceScalar>

  /// The most operations, inputs included, that a recording of one evaluation may have; no more than
  /// 2³² − 1.
  ///
  /// An evaluation that makes more is an error of whatever needs the recording, a ``TraceError`` with
  /// the limit. Lower it to bound memory: a tape takes 32 bytes an operation.
  public var maximumOperationCount = Int(UInt32.max)

  /// The program of replays, which copies of the model and their evaluators share.
  @usableFromInline let replays = ReplayStore()

  /// Derivatives written by hand.
  public internal(set) var supplied = SuppliedKernels()

  /// A model from a generic function, whose type is erased here.
  @inlinable public init<F: ModelFunction>(
    name: String, stateCount: Int, parameterCount: Int, outputCount: Int, function: F
  ) {
    self.init(
      name: name, stateCount: stateCount, parameterCount: parameterCount, outputCount: outputCount,
      value: { function.evaluate(at: $0, state: $1, parameters: $2, into: &$3) },
      dual: { function.evaluate(at: $0, state: $1, parameters: $2, into: &$3) },
      directional: { function.evaluate(at: $0, state: $1, parameters: $2, into: &$3) },
      tape: { function.evaluate(at: $0, state: $1, parameters: $2, into: &$3) },
      directionalTape: { function.evaluate(at: $0, state: $1, parameters: $2, into: &$3) },
      trace: { function.evaluate(at: $0, state: $1, parameters: $2, into: &$3) })
  }

  /// A model from its specializations; they must compute the same function.
  @inlinable public init(
    name: String, stateCount: Int, parameterCount: Int, outputCount: Int,
    value: @escaping Kernel<Double>, dual: @escaping Kernel<Dual>,
    directional: @escaping Kernel<DirectionalScalar>, tape: @escaping Kernel<TapeScalar>,
    directionalTape: @escaping Kernel<RecordedScalar<DirectionalScalar>>,
    trace: @escaping Kernel<TraceScalar>
  ) {
    self.name = name
    self.stateCount = stateCount
    self.parameterCount = parameterCount
    self.outputCount = outputCount
    self.value = value
    self.dual = dual
    self.directional = directional
    self.tape = tape
    self.directionalTape = directionalTape
    self.trace = trace
  }

  /// How a vector–Jacobian product is computed.
  public enum ReverseMode: String, Sendable, Hashable {
    /// The model's own product if it supplies one; else duals, the tape or replays, by ``KernelCost``.
    case automatic
    /// Forward sweeps over all inputs, eight at a time.
    case dual
    /// One recording and one reverse sweep.
    case tape
    /// Replays of one trace, for a model that does the same operations at every state and parameters.
    ///
    /// Chosen automatically for many products of models that a trace shows to be such. Where it is asked
    /// for and a comparison of states or parameters changes its outcome, that is an error.
    case replay
    /// The product that the model supplies, which must be there.
    case supplied
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

/// A function y = f(t, u, p) that any scalar can run: what a ``Model`` is made from.
///
/// Users write a `ResidualSystem`, `VectorField` or `ParametrizedLinearSystem` instead, each of which
/// is turned into one of these.
public protocol ModelFunction: Sendable {
  /// Writes f(t, u, p) to `output`, every element of it.
  func evaluate<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into output: inout MutableSpan<S>)
}
