/// The operations of one evaluation of a ``Model``: what its outputs are computed from.
///
/// From it follow the patterns of Jacobians and Hessians, structurally: an entry is present if its
/// derivative can be nonzero at *some* input, where no operation cancels another. They hold for
/// every input if the model does not branch on values (``dependsOnBranches``), and otherwise for
/// all inputs that take the branches that were taken.
///
/// An object belongs to one thread at a time.
public final class ModelTrace {
  /// The variables with respect to which a pattern is asked for.
  public enum Variables: Sendable, Hashable {
    /// The states u.
    case state
    /// The parameters p.
    case parameters
    /// (u, p): the states, then the parameters.
    case stateAndParameters
  }

  /// The name of the model.
  public let modelName: String

  /// The length of u.
  public let stateCount: Int

  /// The length of p.
  public let parameterCount: Int

  /// The number of comparisons, of which at least one side depends on an input.
  public let comparisonCount: Int

  /// How often the model read the value of a scalar that depends on an input.
  public let readCount: Int

  let trace: Trace
  /// The node of each output.
  let outputNodes: [UInt32]

  /// Whether the model compared or read values, so that other inputs may take other branches.
  public var dependsOnBranches: Bool { comparisonCount + readCount > 0 }

  /// The number of operations recorded, with inputs, constants and comparisons.
  public var operationCount: Int { trace.count - 1 }

  /// The number of outputs.
  public var outputCount: Int { outputNodes.count }

  /// The node of the time, which comes after those of u and p.
  var timeNode: Int { stateCount + parameterCount + 1 }

  fileprivate init(
    _ model: Model, time: Double, state: [Double], parameters: [Double], maximumCount: Int
  ) throws {
    let inputCount = state.count + parameters.count + 1
    // A node is an index of 32 bits, and 0 is none of them.
    let maximumCount = max(0, min(maximumCount, model.maximumOperationCount, Int(UInt32.max)))
    let trace = Trace(
      capacity: inputCount + 8 * model.outputCount, maximumCount: maximumCount + 1)
    let states = state.map { trace.input($0) }
    let inputs = parameters.map { trace.input($0) }
    let instant = trace.input(time)
    var outputs = [TraceScalar](repeating: .zero, count: model.outputCount)
    var span = outputs.mutableSpan
    model.trace(instant, states.span, inputs.span, &span)
    outputNodes = outputs.map { trace.node(of: $0) }
    guard !trace.isFull else {
      throw TraceError.full(model: model.name, maximumOperationCount: maximumCount)
    }
    var comparisons = 0
    var reads = 0
    for index in 1..<trace.count where trace.nodes[index].operation.isGuard {
      if trace.nodes[index].operation == .read { reads += 1 } else { comparisons += 1 }
    }
    comparisonCount = comparisons
    readCount = reads
    modelName = model.name
    stateCount = model.stateCount
    parameterCount = model.parameterCount
    self.trace = trace
  }

  /// The nodes of the given variables.
  func nodes(of variables: Variables) -> Range<Int> {
    switch variables {
    case .state: 1..<stateCount + 1
    case .parameters: stateCount + 1..<timeNode
    case .stateAndParameters: 1..<timeNode
    }
  }
}

extension Model {
  /// The operations of the evaluation at (t, u, p).
  ///
  /// Where the model does not branch on values they are those of every evaluation.
  /// Cost: about two evaluations of memory traffic, 12 bytes an operation.
  ///
  /// - Throws: `InputError` for wrong lengths and numbers that are not finite, ``TraceError/full(model:maximumOperationCount:)``.
  public func recordTrace(
    time: Double = 0, state: [Double], parameters: [Double],
    maximumOperationCount: Int = Int(UInt32.max)
  ) throws -> ModelTrace {
    try validate(state: state, named: "state", parameters: parameters)
    return try ModelTrace(
      self, time: time, state: state, parameters: parameters, maximumCount: maximumOperationCount)
  }

  /// The operations of every evaluation, of a model that does not branch on values.
  ///
  /// The model is evaluated at t = 0 and ones, which may be outside of its domain: values do not
  /// matter.
  ///
  /// - Throws: ``TraceError/branches(model:comparisonCount:readCount:)`` if values do matter,
  ///   ``TraceError/full(model:maximumOperationCount:)``.
  public func recordTrace(maximumOperationCount: Int = Int(UInt32.max)) throws -> ModelTrace {
    let trace = try recordTrace(
      state: [Double](repeating: 1, count: stateCount),
      parameters: [Double](repeating: 1, count: parameterCount),
      maximumOperationCount: maximumOperationCount)
    guard !trace.dependsOnBranches else {
      throw TraceError.branches(
        model: name, comparisonCount: trace.comparisonCount, readCount: trace.readCount)
    }
    return trace
  }
}
