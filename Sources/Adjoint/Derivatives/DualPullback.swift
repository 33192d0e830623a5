/// Vector–Jacobian products of a function with few inputs, by forward sweeps.
///
/// For y = f(t, u, p) with J = ∂f/∂u and P = ∂f/∂p, the products Jᵀw and Pᵀw come from
/// ⌈(n + m)/8⌉ evaluations in ``Dual`` whose lanes are the inputs' unit directions. Scratch space is
/// kept, so that nothing is allocated after `init`; an object belongs to one thread at a time.
///
/// The evaluation is an argument of every call, to be inlined into it where its type is known.
public final class DualPullback {
  @usableFromInline let stateCount: Int
  @usableFromInline let parameterCount: Int
  @usableFromInline let outputCount: Int
  /// Inputs (u, p) of forward sweeps, sweep after sweep.
  ///
  /// In the sweep c, lane l of the input 8c + l is one. Few inputs are prepared for all sweeps, many
  /// for one, which is changed from sweep to sweep.
  @usableFromInline let inputs: UnsafeMutablePointer<Dual>
  @usableFromInline let preparesAll: Bool
  @usableFromInline let outputs: UnsafeMutablePointer<Dual>

  /// Prepares products at the given parameters.
  public init(stateCount: Int, parameters: Span<Double>, outputCount: Int) {
    self.stateCount = stateCount
    self.outputCount = outputCount
    parameterCount = parameters.count
    let inputCount = stateCount + parameterCount
    let chunkCount = (inputCount + Dual.laneCount - 1) / Dual.laneCount
    preparesAll = chunkCount <= 8
    let preparedCount = preparesAll ? chunkCount : 1
    inputs = .allocate(capacity: preparedCount * inputCount)
    inputs.initialize(repeating: .zero, count: preparedCount * inputCount)
    outputs = .allocate(capacity: outputCount)
    outputs.initialize(repeating: .zero, count: outputCount)
    for chunk in 0..<preparedCount {
      for index in 0..<parameterCount {
        inputs[chunk * inputCount + stateCount + index].value = parameters[index]
      }
      if preparesAll { seed(chunk, at: inputs + chunk * inputCount, with: 1) }
    }
  }

  /// Sets the diagonal of a sweep's tangents, one lane for each of its inputs.
  @usableFromInline func seed(
    _ chunk: Int, at inputs: UnsafeMutablePointer<Dual>, with tangent: Double
  ) {
    let first = chunk * Dual.laneCount
    for input in first..<min(first + Dual.laneCount, stateCount + parameterCount) {
      inputs[input].tangent[input - first] = tangent
    }
  }

  deinit {
    inputs.deallocate()
    outputs.deallocate()
  }

  /// Adds Jᵀw to `stateCotangent` and Pᵀw to `parameterCotangent`, w being `cotangent`.
  @inlinable @inline(__always) public func add(
    time: Double, state: Span<Double>, cotangent: Span<Double>,
    to stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>,
    evaluate: (Dual, Span<Dual>, Span<Dual>, inout MutableSpan<Dual>) -> Void
  ) {
    add(
      inputs: 0..<stateCount + parameterCount, time: time, state: state, cotangent: cotangent,
      to: &stateCotangent, parameters: &parameterCotangent, evaluate: evaluate)
  }

  /// Adds the elements `inputs` of (Jᵀw, Pᵀw), in the numbering of (u, p).
  @inlinable @inline(__always) func add(
    inputs active: Range<Int>, time: Double, state: Span<Double>, cotangent: Span<Double>,
    to stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>,
    evaluate: (Dual, Span<Dual>, Span<Dual>, inout MutableSpan<Dual>) -> Void
  ) {
    let inputCount = stateCount + parameterCount
    let chunkEnd = (active.upperBound + Dual.laneCount - 1) / Dual.laneCount
    for chunk in active.lowerBound / Dual.laneCount..<chunkEnd {
      let start = preparesAll ? inputs + chunk * inputCount : inputs
      if !preparesAll { seed(chunk, at: start, with: 1) }
      for index in 0..<stateCount { start[index].value = state[index] }
      let states = UnsafeBufferPointer(start: start, count: stateCount)
      let parameters = UnsafeBufferPointer(start: start + stateCount, count: parameterCount)
      let output = UnsafeMutableBufferPointer(start: outputs, count: outputCount)
      var outputSpan = output.mutableSpan
      evaluate(Dual(time), states.span, parameters.span, &outputSpan)
      if !preparesAll { seed(chunk, at: start, with: 0) }
      var product: Dual.Lanes = .zero
      for index in 0..<outputCount { product += cotangent[index] * outputs[index].tangent }
      // Lanes below stateCount − first belong to states, those above to parameters.
      let first = chunk * Dual.laneCount
      let laneStart = max(0, active.lowerBound - first)
      let laneEnd = min(Dual.laneCount, active.upperBound - first)
      let split = max(laneStart, min(laneEnd, stateCount - first))
      for lane in laneStart..<split { stateCotangent[first + lane] += product[lane] }
      for lane in split..<laneEnd {
        parameterCotangent[first + lane - stateCount] += product[lane]
      }
    }
  }
}
