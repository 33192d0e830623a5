/// Repeats a recorded evaluation on new values, with first derivatives, without running the model.
///
/// The operations are those of the trace in another order, each on the same arguments, so values are
/// equal bit for bit to those of the model. Vector–Jacobian products come from one reverse sweep
/// (Griewank and Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, §3.2), whose partial derivatives
/// follow from the values, or are kept by the forward sweep where they are expensive.
///
/// This is right as long as the model does what it did: every comparison must have the outcome, and
/// every reading of a scalar's value the bits, that were recorded. Otherwise a ``TraceError`` is
/// thrown, never a number of the wrong branch. A model whose control flow depends on neither state
/// nor parameters nor time can be replayed everywhere.
///
/// Nothing is allocated after `init`. An object belongs to one thread at a time.
public final class TraceReplay {
  /// The name of the model.
  public let modelName: String

  /// The length of u.
  public let stateCount: Int

  /// The length of p.
  public let parameterCount: Int

  /// The length of the output.
  public var outputCount: Int { program.outputSlots.count }

  /// The number of operations that are replayed.
  public var operationCount: Int { program.operationCount }

  /// The number of operations that are replayed in batches of equal ones; the others go one by one.
  public var batchedOperationCount: Int {
    program.batches.reduce(0) { $0 + ($1.operation == nil ? 0 : $1.count) }
  }

  private let program: ReplayProgram
  private let machine: ReplayMachine

  /// Prepares replays of `trace`, which is not needed any more.
  ///
  /// Cost: a few evaluations in ``TraceScalar``; 52 bytes an operation.
  public init(_ trace: ModelTrace) {
    modelName = trace.modelName
    stateCount = trace.stateCount
    parameterCount = trace.parameterCount
    program = ReplayProgram(trace)
    machine = ReplayMachine(program)
  }

  /// Writes f(t, u, p) to `output`.
  ///
  /// - Throws: ``TraceError`` if a branch changed.
  public func evaluate(
    time: Double, state: Span<Double>, parameters: Span<Double>,
    into output: inout MutableSpan<Double>
  ) throws {
    precondition(output.count == outputCount, "wrong length")
    try run(time: time, state: state, parameters: parameters, keepsPartials: false)
    for (index, slot) in program.outputSlots.enumerated() { output[index] = machine.values[slot] }
  }

  /// Adds Jᵀw to `stateCotangent` and Pᵀw to `parameterCotangent`, w being `cotangent`,
  /// J = ∂f/∂u and P = ∂f/∂p.
  ///
  /// - Throws: ``TraceError`` if a branch changed; nothing has been added then.
  public func pullback(
    time: Double, state: Span<Double>, parameters: Span<Double>, cotangent: Span<Double>,
    addingTo stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) throws {
    precondition(
      cotangent.count == outputCount && stateCotangent.count == stateCount
        && parameterCotangent.count == parameterCount, "wrong lengths")
    try run(time: time, state: state, parameters: parameters, keepsPartials: true)
    machine.clearAdjoints(program)
    for (index, slot) in program.outputSlots.enumerated() {
      machine.adjoints[slot] += cotangent[index]
    }
    machine.sweepBackwards(program)
    machine.addAdjoints(from: 0, to: &stateCotangent)
    machine.addAdjoints(from: stateCount, to: &parameterCotangent)
  }

  private func run(
    time: Double, state: Span<Double>, parameters: Span<Double>, keepsPartials: Bool
  ) throws {
    precondition(state.count == stateCount && parameters.count == parameterCount, "wrong lengths")
    machine.setValues(state, at: 0)
    machine.setValues(parameters, at: stateCount)
    machine.values[stateCount + parameterCount] = time
    machine.sweepForwards(program, keepsPartials: keepsPartials)
    for question in program.guards {
      let first = machine.values[question.first]
      let second = machine.values[question.second]
      guard !question.operation.holds(first, second) else { continue }
      throw question.operation == .read
        ? TraceError.readChanged(
          model: modelName, read: question.ordinal, recorded: second, found: first)
        : TraceError.branchChanged(
          model: modelName, comparison: question.ordinal, first: first, second: second)
    }
  }
}
