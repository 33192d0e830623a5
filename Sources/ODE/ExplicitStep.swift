/// One step of an explicit Runge–Kutta method: what the loop over its stages needs.
///
/// Problems erase their vector field at this level, a whole step, so that its evaluation is inlined
/// into the loop over the stages.
@usableFromInline struct ExplicitStep: BitwiseCopyable {
  @usableFromInline let tables: StepPlan.Tables
  @usableFromInline let stateCount: Int
  @usableFromInline let parameterCount: Int
  @usableFromInline let parameters: UnsafePointer<Double>
  /// Scratch of length `stateCount`.
  @usableFromInline let stageState: UnsafeMutablePointer<Double>
  /// The record of uₙ, its first derivative evaluated, with room for the next one behind it.
  @usableFromInline var record: UnsafeMutablePointer<Double>
  @usableFromInline var time: Double
  @usableFromInline var stepSize: Double

  /// Computes the stages, uₙ₊₁ and its derivative.
  ///
  /// kᵢ = f(tₙ + cᵢh, uₙ + h Σⱼ aᵢⱼ kⱼ), uₙ₊₁ = uₙ + h Σ bᵢ kᵢ; k₁ is there already.
  @inlinable @inline(__always) func take<F: VectorField>(_ field: F) {
    let base = UnsafePointer(record)
    for stage in 1..<max(1, tables.innerStageCount) {
      tables.rows[stage].apply(
        scale: stepSize, base: base, vectors: base, length: stateCount, into: stageState)
      evaluate(
        field, at: time + tables.nodes[stage] * stepSize, stageState,
        into: record + (stage + 1) * stateCount)
    }
    let end = record + tables.stride * stateCount
    tables.advance.apply(
      scale: stepSize, base: base, vectors: base, length: stateCount, into: end)
    evaluate(field, at: time + stepSize, end, into: end + stateCount)
  }

  /// Evaluates the derivative of the record's state, k₁.
  @inlinable @inline(__always) func start<F: VectorField>(_ field: F) {
    evaluate(field, at: time, record, into: record + stateCount)
  }

  @inlinable @inline(__always) func evaluate<F: VectorField>(
    _ field: F, at time: Double, _ state: UnsafeMutablePointer<Double>,
    into derivative: UnsafeMutablePointer<Double>
  ) {
    let stateBuffer = UnsafeBufferPointer(start: state, count: stateCount)
    let parameterBuffer = UnsafeBufferPointer(start: parameters, count: parameterCount)
    let output = UnsafeMutableBufferPointer(start: derivative, count: stateCount)
    var outputSpan = output.mutableSpan
    field.derivative(
      at: time, state: stateBuffer.span, parameters: parameterBuffer.span, into: &outputSpan)
  }
}
