/// Vector–Jacobian products of a model by recording it: scratch space for one recording.
///
/// In the base `Double` the adjoints are Jᵀw and Pᵀw; in ``DirectionalScalar`` they come with their
/// derivative along the direction that the inputs carry (forward over reverse).
final class KernelRecording<Base: BaseScalar> {
  private let stateCount: Int
  private let recording: Recording<Base>
  private let inputs: Buffer<RecordedScalar<Base>>
  private let outputs: Buffer<RecordedScalar<Base>>
  /// The inputs that are variables now: the first nodes of the recording.
  private var active = 0..<0
  /// The time of the evaluation, NaN before the first.
  private var time = Double.nan

  init(_ model: Model) {
    stateCount = model.stateCount
    let inputCount = model.stateCount + model.parameterCount
    recording = Recording(
      capacity: 4 * (inputCount + model.outputCount),
      maximumOperationCount: model.maximumOperationCount)
    inputs = Buffer(count: inputCount, repeating: .zero)
    outputs = Buffer(count: model.outputCount, repeating: .zero)
  }

  /// The operations recorded last, without the inputs.
  var operationCount: Int { recording.count - active.count }

  /// Whether the last evaluation had more operations than a recording can hold.
  var isFull: Bool { recording.isFull }

  /// Records an evaluation at the inputs (u, p), those in `active` as variables, the others as
  /// constants.
  @inline(__always) func record(
    time: Double, active: Range<Int>, input: (Int) -> Base,
    evaluate: Model.Kernel<RecordedScalar<Base>>
  ) {
    let variables = inputs.all
    self.time = time
    if active == self.active && !recording.isFull {
      recording.removeOperations(keepingInputs: active.count)
    } else {
      self.active = active
      recording.removeAll()
      for index in 0..<variables.count {
        variables[index] = active.contains(index) ? recording.input(0) : .zero
      }
    }
    for index in 0..<variables.count {
      variables[index] = variables[index].with(base: input(index))
    }
    var output = outputs.all.mutableSpan
    evaluate(
      RecordedScalar(time), inputs.slice(0, stateCount).span,
      inputs.slice(stateCount, inputs.count - stateCount).span, &output)
  }

  /// Sweeps backwards from the outputs with their cotangents.
  @inline(__always) func sweep(cotangent: (Int) -> Base) {
    recording.clearAdjoints()
    let results = outputs.all
    for index in 0..<results.count { recording.seed(results[index], with: cotangent(index)) }
    recording.sweep()
  }

  /// Adds the part `number` of the adjoints of the active inputs to the parts of (u, p), of which one
  /// is not touched where it has no active inputs.
  @inline(__always) func addAdjoints(
    to stateCotangent: inout MutableSpan<Double>,
    parameters parameterCotangent: inout MutableSpan<Double>, number: (Base) -> Double
  ) {
    let adjoints = recording.inputAdjoints(active.count)
    // What follows the states among the active inputs.
    let split = max(0, min(active.count, stateCount - active.lowerBound))
    for index in 0..<split {
      stateCotangent[active.lowerBound + index] += number(adjoints[index])
    }
    for index in split..<adjoints.count {
      parameterCotangent[active.lowerBound + index - stateCount] += number(adjoints[index])
    }
  }

  /// The value of an output.
  func output(_ index: Int) -> Base { outputs[index].base }
}

extension KernelRecording where Base == Double {
  /// Whether the last recording is of the same evaluation, bit for bit, with the same variables; parameters
  /// are those that every recording of this object has.
  func holds(time: Double, active: Range<Int>, state: Span<Double>) -> Bool {
    guard active == self.active, time.bitPattern == self.time.bitPattern, !isFull else {
      return false
    }
    for index in 0..<stateCount {
      if inputs[index].base.bitPattern != state[index].bitPattern { return false }
    }
    return true
  }
}
