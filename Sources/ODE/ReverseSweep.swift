import Adjoint

/// The exact adjoint of the steps of a solution, from the last to the first.
///
/// With step sizes h held fixed, a step maps (uₙ, k₁) to (uₙ₊₁, its derivative). Given the cotangents
/// λ of uₙ₊₁ and κ of its derivative, for a cotangent w of an observation at θ in the step:
///
///     λ ← λ + Jᵀκ at uₙ₊₁,                                     p̄ ← p̄ + Pᵀκ
///     κᵢ = h bᵢ λ + h Σ_{j>i} aⱼᵢ μⱼ + h bᵢ(θ) w,  i = s … 2:  μᵢ = Jᵀκᵢ,  p̄ ← p̄ + Pᵀκᵢ
///     λ ← λ + Σ μᵢ + w,    κ ← h b₁ λ + h Σ aⱼ₁ μⱼ + h b₁(θ) w  (with λ from before)
///
/// The first stage's product Jᵀκ₁ waits for the step before, of which k₁ may also be the last stage:
/// so a step costs as many products as evaluations. At t₀ it is added to λ, which is then ū₀.
/// Source: Hager, *Numer. Math.* 87 (2000) 247–282, §2; Sandu, *ICCS 2006*, LNCS 3994, §2;
/// Alexe and Sandu, *J. Comput. Appl. Math.* 233 (2009) 1005–1020, §2.
///
/// Pointers are valid during the call that the sweep is made for.
@usableFromInline struct ReverseSweep: BitwiseCopyable {
  @usableFromInline let tables: StepPlan.Tables
  @usableFromInline let stateCount: Int
  @usableFromInline let parameterCount: Int
  @usableFromInline let parameters: UnsafePointer<Double>
  /// The trajectory: records and, in turn, tₙ and hₙ.
  @usableFromInline let records: UnsafePointer<Double>
  @usableFromInline let clock: UnsafePointer<Double>
  @usableFromInline let stepCount: Int
  /// The observations: times, the steps they lie in, cotangents.
  @usableFromInline let observationCount: Int
  @usableFromInline let observationTimes: UnsafePointer<Double>
  @usableFromInline let observationSteps: UnsafePointer<Int>
  @usableFromInline let cotangent: UnsafePointer<Double>
  /// Enters with the cotangent of the final state, leaves with ū₀.
  @usableFromInline let adjoint: UnsafeMutablePointer<Double>
  /// Enters with zero, leaves with p̄.
  @usableFromInline let parameterSum: UnsafeMutablePointer<Double>

  /// Runs backwards through all steps.
  ///
  /// The closure adds Jᵀκ to its fourth argument and Pᵀκ to its last, given a time, a state and κ.
  @inlinable @inline(__always) func run(
    pullback: (
      Double, Span<Double>, Span<Double>, inout MutableSpan<Double>, inout MutableSpan<Double>
    ) -> Void
  ) {
    let length = stateCount
    let inner = tables.innerStageCount
    // The vectors λ, μ₁ …; the observations' part of every κᵢ; κ; κ of the next step's first stage;
    // the state of a stage; bᵢ(θ).
    let slots = (inner + 1) + tables.stageCount + 3
    let scratch = UnsafeMutablePointer<Double>.allocate(
      capacity: slots * length + tables.stageCount)
    defer { scratch.deallocate() }
    scratch.initialize(repeating: 0, count: slots * length)
    let adjoints = scratch
    let observed = adjoints + (inner + 1) * length
    let stage = observed + tables.stageCount * length
    let carried = stage + length
    let state = carried + length
    let weights = state + length

    func addPullback(
      at time: Double, _ state: UnsafePointer<Double>, _ cotangent: UnsafePointer<Double>,
      to sum: UnsafeMutablePointer<Double>
    ) {
      let states = UnsafeBufferPointer(start: state, count: length)
      let cotangents = UnsafeBufferPointer(start: cotangent, count: length)
      let sums = UnsafeMutableBufferPointer(start: sum, count: length)
      let parameterSums = UnsafeMutableBufferPointer(start: parameterSum, count: parameterCount)
      var sumSpan = sums.mutableSpan
      var parameterSpan = parameterSums.mutableSpan
      pullback(time, states.span, cotangents.span, &sumSpan, &parameterSpan)
    }

    // λ lives in slot 0 of the vectors.
    adjoints.update(from: adjoint, count: length)
    var observation = observationCount - 1
    while observation >= 0, observationSteps[observation] == stepCount {
      add(cotangent + observation * length, to: adjoints)
      observation -= 1
    }

    var step = stepCount - 1
    while step >= 0 {
      let record = records + step * tables.stride * length
      let time = clock[2 * step]
      let stepSize = clock[2 * step + 1]
      let lastObservation = observation
      while observation >= 0, observationSteps[observation] == step {
        addObservation(
          cotangent + observation * length,
          at: (observationTimes[observation] - time) / stepSize, stepSize, weights, to: observed)
        observation -= 1
      }
      let isObserved = observation < lastObservation
      if isObserved && inner < tables.stageCount {
        add(observed + inner * length, to: carried)
      }
      addPullback(
        at: time + stepSize, record + tables.stride * length, carried, to: adjoints)

      var index = inner - 1
      while index > 0 {
        tables.columns[index].apply(
          scale: stepSize, base: observed + index * length, vectors: adjoints, length: length,
          into: stage)
        tables.rows[index].apply(
          scale: stepSize, base: record, vectors: record, length: length, into: state)
        let product = adjoints + index * length
        product.update(repeating: 0, count: length)
        addPullback(at: time + tables.nodes[index] * stepSize, state, stage, to: product)
        index -= 1
      }
      tables.columns[0].apply(
        scale: stepSize, base: observed, vectors: adjoints, length: length, into: carried)
      for index in 1..<max(1, inner) { add(adjoints + index * length, to: adjoints) }
      if isObserved {
        observed.update(repeating: 0, count: tables.stageCount * length)
        for index in observation + 1...lastObservation {
          add(cotangent + index * length, to: adjoints)
        }
      }
      step -= 1
    }
    addPullback(at: clock[0], records, carried, to: adjoints)
    adjoint.update(from: adjoints, count: length)
  }

  /// Adds h bᵢ(θ) w to every stage's part of κ.
  @inlinable func addObservation(
    _ cotangent: UnsafePointer<Double>, at theta: Double, _ stepSize: Double,
    _ weights: UnsafeMutablePointer<Double>, to observed: UnsafeMutablePointer<Double>
  ) {
    tables.denseWeights(at: theta, into: weights)
    for stage in 0..<tables.stageCount {
      let weight: Double = stepSize * weights[stage]
      let sum = observed + stage * stateCount
      for index in 0..<stateCount { sum[index] += weight * cotangent[index] }
    }
  }

  @inlinable @inline(__always) func add(
    _ source: UnsafePointer<Double>, to sum: UnsafeMutablePointer<Double>
  ) {
    for index in 0..<stateCount { sum[index] += source[index] }
  }

  // MARK: The three ways to a vector–Jacobian product

  /// With the field's code evaluated in `Dual`, inlined.
  @inlinable @inline(__always) func runWithDuals<F: VectorField>(_ field: F) {
    let pullback = DualPullback(
      stateCount: stateCount,
      parameters: UnsafeBufferPointer(start: parameters, count: parameterCount).span,
      outputCount: stateCount)
    run { time, state, cotangent, sum, parameterSum in
      pullback.add(
        time: time, state: state, cotangent: cotangent, to: &sum, parameters: &parameterSum
      ) { time, state, parameters, output in
        field.derivative(at: time, state: state, parameters: parameters, into: &output)
      }
    }
  }

  /// With the field's own product, inlined.
  @inlinable @inline(__always) func runWithFieldPullback<F: DifferentiatedVectorField>(
    _ field: F
  ) {
    let values = UnsafeBufferPointer(start: parameters, count: parameterCount)
    run { time, state, cotangent, sum, parameterSum in
      field.addPullback(
        at: time, state: state, parameters: values.span, cotangent: cotangent, state: &sum,
        parameters: &parameterSum)
    }
  }

  /// With a tape or replays of a trace, for fields of many inputs.
  func runWithRecording(_ evaluator: ModelEvaluator) {
    run { time, state, cotangent, sum, parameterSum in
      evaluator.pullback(
        time: time, state: state, cotangent: cotangent, addingTo: &sum,
        parameters: &parameterSum)
    }
  }
}
