/// What can be computed of a model y = f(t, u, p), with J = ∂f/∂u and P = ∂f/∂p.
public enum ModelKernel: String, Sendable, CaseIterable {
  /// f.
  case value = "value"
  /// J v + P q along one direction.
  case pushforward = "pushforward"
  /// J v + P q along up to eight directions at once.
  case pushforwards = "pushforwards"
  /// Jᵀw and Pᵀw.
  case pullback = "pullback"
  /// The nonzeros of J.
  case jacobian = "sparse Jacobian"
  /// The derivative of Jᵀw and Pᵀw along a direction.
  case pullbackDerivative = "pullback derivative"
}

/// Derivatives of a model that are written by hand; nil where they are to be generated.
///
/// They are believed. Check them with `DerivativeCheck` on a `DifferentiableMap` of the model, or
/// let ``Model/report(time:state:parameters:reverseMode:expectedProductCount:willRun:)`` compare them with those that are
/// generated.
public struct SuppliedKernels: Sendable {
  /// Writes J v + P q: time, state, parameters, v, q, output.
  public typealias Pushforward =
    @Sendable (
      _ time: Double, _ state: Span<Double>, _ parameters: Span<Double>,
      _ stateTangent: Span<Double>, _ parameterTangent: Span<Double>,
      _ output: inout MutableSpan<Double>
    ) -> Void

  /// Adds Jᵀw and Pᵀw: time, state, parameters, w, the two sums.
  public typealias Pullback =
    @Sendable (
      _ time: Double, _ state: Span<Double>, _ parameters: Span<Double>,
      _ cotangent: Span<Double>, _ stateCotangent: inout MutableSpan<Double>,
      _ parameterCotangent: inout MutableSpan<Double>
    ) -> Void

  /// Adds d/dε of Jᵀw and Pᵀw at (u + ε v, p + ε q, w + ε z): time, state, parameters, w, v, q, z, the
  /// two sums.
  public typealias PullbackDerivative =
    @Sendable (
      _ time: Double, _ state: Span<Double>, _ parameters: Span<Double>,
      _ cotangent: Span<Double>, _ stateTangent: Span<Double>, _ parameterTangent: Span<Double>,
      _ cotangentTangent: Span<Double>, _ stateCotangent: inout MutableSpan<Double>,
      _ parameterCotangent: inout MutableSpan<Double>
    ) -> Void

  /// Writes the nonzeros of J in the order of a pattern's slots: time, state, parameters, values.
  public typealias Jacobian =
    @Sendable (
      _ time: Double, _ state: Span<Double>, _ parameters: Span<Double>,
      _ values: inout MutableSpan<Double>
    ) -> Void

  /// J v + P q.
  public internal(set) var pushforward: Pushforward?

  /// Jᵀw and Pᵀw.
  public internal(set) var pullback: Pullback?

  /// The derivative of Jᵀw and Pᵀw.
  public internal(set) var pullbackDerivative: PullbackDerivative?

  /// The nonzeros of J.
  public internal(set) var jacobian: Jacobian?

  /// The pattern that ``jacobian`` writes the values of.
  public internal(set) var jacobianPattern: SparsityPattern?

  /// Nothing written by hand.
  public init() {}
}

extension Model {
  /// The same model with its own products J v + P q, in the lengths of state and parameters.
  public func replacing(pushforward: @escaping SuppliedKernels.Pushforward) -> Model {
    var model = self
    model.supplied.pushforward = pushforward
    return model
  }

  /// The same model with its own products Jᵀw and Pᵀw, which are added to what is there.
  public func replacing(pullback: @escaping SuppliedKernels.Pullback) -> Model {
    var model = self
    model.supplied.pullback = pullback
    return model
  }

  /// The same model with its own derivative of Jᵀw and Pᵀw, which is added to what is there.
  public func replacing(
    pullbackDerivative: @escaping SuppliedKernels.PullbackDerivative
  ) -> Model {
    var model = self
    model.supplied.pullbackDerivative = pullbackDerivative
    return model
  }

  /// The same model with its own Jacobian J on `pattern`: every value of it is written.
  ///
  /// - Throws: `InputError` if the pattern has not the model's lengths.
  public func replacing(
    jacobian: @escaping SuppliedKernels.Jacobian, on pattern: SparsityPattern
  ) throws -> Model {
    try InputError.requireLength(
      "rows of the Jacobian's pattern", expected: outputCount, found: pattern.rowCount)
    try InputError.requireLength(
      "columns of the Jacobian's pattern", expected: stateCount, found: pattern.columnCount)
    var model = self
    model.supplied.jacobian = jacobian
    model.supplied.jacobianPattern = pattern
    return model
  }
}
