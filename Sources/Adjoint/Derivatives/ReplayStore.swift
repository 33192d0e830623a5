import Synchronization

/// The program of a model's replays, recorded when the first evaluator needs it.
///
/// Models that do the same operations at every state and parameters have one program; if they compare
/// the time, one for each outcome, of which the last one is kept.
@usableFromInline final class ReplayStore: Sendable {
  private let program = Mutex<ReplayProgram?>(nil)

  @usableFromInline init() {}

  /// The program, made of a trace at (t, u, p) if there is none yet or `isFresh` is asked for.
  func program(
    of model: Model, time: Double, state: Span<Double>, parameters: Span<Double>, isFresh: Bool
  ) throws -> ReplayProgram {
    if !isFresh, let known = program.withLock({ $0 }) { return known }
    let made = ReplayProgram(
      try model.recordTrace(
        time: time, state: (0..<state.count).map { state[$0] },
        parameters: (0..<parameters.count).map { parameters[$0] }))
    program.withLock { $0 = made }
    return made
  }
}
