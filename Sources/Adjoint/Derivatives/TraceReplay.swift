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
  private let machine: ReplayMachine<Double>
  /// Values and adjoints along a direction, from the first derivative of a product on.
  private lazy var directionalMachine = ReplayMachine<DirectionalScalar>(program)

  /// Prepares replays of `trace`, which is not needed any more.
  ///
  /// Cost: a few evaluations in ``TraceScalar``; 52 bytes an operation.
  public convenience init(_ trace: ModelTrace) {
    self.init(ReplayProgram(trace))
  }

  /// Prepares replays of a program, which any number of objects may share.
  init(_ program: ReplayProgram) {
    modelName = program.modelName
    stateCount = program.stateCount
    parameterCount = program.parameterCount
    self.program = program
    machine = ReplayMachine(program)
  }

  /// Whether the model branches on states or parameters, and not on the time alone.
  var branchesOnInputs: Bool { program.branchesOnInputs }

  /// Writes f(t, u, p) to `output`.
  ///
  /// - Throws: ``TraceError`` if a branch changed.
  public func evaluate(
    time: Double, state: Span<Double>, parameters: Span<Double>,
    into output: inout MutableSpan<Double>
  ) throws {
    precondition(
      output.count == outputCount && state.count == stateCount
        && parameters.count == parameterCount, "wrong lengths")
    try run(
      machine, time, keepsPartials: false, state: { state[$0] }, parameter: { parameters[$0] })
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
      stateCotangent.count == stateCount && parameterCotangent.count == parameterCount,
      "wrong lengths")
    try linearize(time: time, state: state, parameters: parameters)
    addPullback(of: cotangent, to: &stateCotangent, parameters: &parameterCotangent)
  }

  /// Adds d/dε of Jᵀw and Pᵀw at (u + ε v, p + ε q, w + ε z) to `stateCotangent` and
  /// `parameterCotangent`: with z = 0 the product of (v, q) with the Hessian of wᵀf.
  ///
  /// v = `stateTangent`, q = `parameterTangent`, z = `cotangentTangent`. Costs twice as much as the
  /// product itself (forward over reverse: Griewank and Walther, *Evaluating Derivatives*, 2nd ed.,
  /// SIAM 2008, §5.1).
  ///
  /// - Throws: ``TraceError`` if a branch changed; nothing has been added then.
  public func pullbackDerivative(
    time: Double, state: Span<Double>, parameters: Span<Double>, cotangent: Span<Double>,
    stateTangent: Span<Double>, parameterTangent: Span<Double>, cotangentTangent: Span<Double>,
    addingTo stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) throws {
    precondition(
      stateCotangent.count == stateCount && parameterCotangent.count == parameterCount,
      "wrong lengths")
    try linearize(
      time: time, state: state, parameters: parameters, stateTangent: stateTangent,
      parameterTangent: parameterTangent)
    addPullbackDerivative(
      of: cotangent, tangent: cotangentTangent, to: &stateCotangent,
      parameters: &parameterCotangent)
  }
}

// MARK: The two sweeps

extension TraceReplay {
  /// The forward sweep of a product.
  ///
  /// - Throws: ``TraceError`` if a branch changed.
  func linearize(time: Double, state: Span<Double>, parameters: Span<Double>) throws {
    precondition(state.count == stateCount && parameters.count == parameterCount, "wrong lengths")
    try run(machine, time, keepsPartials: true, state: { state[$0] }, parameter: { parameters[$0] })
  }

  /// The forward sweep of the derivative of a product.
  ///
  /// - Throws: ``TraceError`` if a branch changed.
  func linearize(
    time: Double, state: Span<Double>, parameters: Span<Double>, stateTangent: Span<Double>,
    parameterTangent: Span<Double>
  ) throws {
    precondition(
      state.count == stateCount && parameters.count == parameterCount
        && stateTangent.count == stateCount && parameterTangent.count == parameterCount,
      "wrong lengths")
    try run(
      directionalMachine, time, keepsPartials: true,
      state: { DirectionalScalar(value: state[$0], tangent: stateTangent[$0]) },
      parameter: { DirectionalScalar(value: parameters[$0], tangent: parameterTangent[$0]) })
  }

  /// The reverse sweep of a product, which is added to sums of all inputs or of none.
  func addPullback(
    of cotangent: Span<Double>, to stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    precondition(cotangent.count == outputCount, "wrong length")
    sweepBackwards(machine) { cotangent[$0] }
    machine.addAdjoints(from: 0, to: &stateCotangent) { $0 }
    machine.addAdjoints(from: stateCount, to: &parameterCotangent) { $0 }
  }

  /// The reverse sweep of the derivative of a product.
  func addPullbackDerivative(
    of cotangent: Span<Double>, tangent: Span<Double>,
    to stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>
  ) {
    precondition(cotangent.count == outputCount && tangent.count == outputCount, "wrong length")
    let machine = directionalMachine
    sweepBackwards(machine) { DirectionalScalar(value: cotangent[$0], tangent: tangent[$0]) }
    machine.addAdjoints(from: 0, to: &stateCotangent) { $0.tangent }
    machine.addAdjoints(from: stateCount, to: &parameterCotangent) { $0.tangent }
  }

  @inline(__always)
  private func sweepBackwards<Base>(_ machine: ReplayMachine<Base>, cotangent: (Int) -> Base) {
    machine.clearAdjoints(program)
    for (index, slot) in program.outputSlots.enumerated() {
      machine.adjoints[slot] += cotangent(index)
    }
    machine.sweepBackwards(program)
  }

  @inline(__always)
  private func run<Base>(
    _ machine: ReplayMachine<Base>, _ time: Double, keepsPartials: Bool, state: (Int) -> Base,
    parameter: (Int) -> Base
  ) throws {
    let values = machine.values
    for index in 0..<stateCount { values[index] = state(index) }
    for index in 0..<parameterCount { values[stateCount + index] = parameter(index) }
    values[stateCount + parameterCount] = Base(time)
    machine.sweepForwards(program, keepsPartials: keepsPartials)
    for question in program.guards {
      let first = values[question.first].value
      let second = values[question.second].value
      guard !question.operation.holds(first, second) else { continue }
      throw question.operation == .read
        ? TraceError.readChanged(
          model: modelName, read: question.ordinal, recorded: second, found: first)
        : TraceError.branchChanged(
          model: modelName, comparison: question.ordinal, first: first, second: second)
    }
  }
}
