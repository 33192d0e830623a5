extension ModelEvaluator {
  /// Throws if products have been NaN for a reason that is known, which is ``failure``.
  ///
  /// - Throws: ``TraceError``.
  public func requireProducts() throws {
    if let failure { throw failure }
  }

  /// A replay after its forward sweep at (t, u); nil where the product is to be had in another way, or, if
  /// replays were asked for and do not hold, not at all.
  ///
  /// A trace is recorded if the model has none yet, and again where the time takes another branch: the
  /// operations are those of the trace wherever it was recorded, so that products do not depend on it.
  func linearizedReplay(
    time: Double, state: Span<Double>, _ linearize: (TraceReplay) throws -> Void
  ) -> TraceReplay? {
    guard reverseMode == .replay else { return nil }
    do {
      if let replay, try holds(replay, linearize) { return replay }
      for isFresh in [false, true] {
        let candidate = TraceReplay(
          try model.replays.program(
            of: model, time: time, state: state, parameters: parameters.all.span,
            isFresh: isFresh))
        if isAutomatic && candidate.branchesOnInputs {
          reverseMode = .tape
          return nil
        }
        guard try holds(candidate, linearize) else { continue }
        replay = candidate
        return candidate
      }
    } catch {
      failure = failure ?? error as? TraceError
    }
    return nil
  }

  /// Whether the forward sweep keeps to the branches of the trace.
  ///
  /// - Throws: ``TraceError`` if not, and states or parameters decide them.
  private func holds(
    _ replay: TraceReplay, _ linearize: (TraceReplay) throws -> Void
  ) throws -> Bool {
    do {
      try linearize(replay)
      return true
    } catch is TraceError where !replay.branchesOnInputs {
      return false
    }
  }

  /// The error of a model with more operations than it allows.
  var fullTape: TraceError {
    .full(model: model.name, maximumOperationCount: model.maximumOperationCount)
  }

  /// Adds NaN to products that cannot be had, and keeps the first reason.
  func refuse(
    _ reason: TraceError?, _ stateCotangent: inout MutableSpan<Double>,
    _ parameterCotangent: inout MutableSpan<Double>
  ) {
    failure = failure ?? reason
    for index in stateCotangent.indices { stateCotangent[index] = .nan }
    for index in parameterCotangent.indices { parameterCotangent[index] = .nan }
  }
}
