/// Vector–Jacobian products of a model by recording it: scratch space for one recording.
///
/// In the base `Double` the adjoints are Jᵀw and Pᵀw; in ``DirectionalScalar`` they come with their
/// derivative along the direction that the inputs carry (forward over reverse).
final class KernelRecording<Base: BaseScalar> {
  private let stateCount: Int
  private let recording: Recording<Base>
  private let inputs: Buffer<RecordedScalar<Base>>
  private let outputs: Buffer<RecordedScalar<Base>>

  init(_ model: Model) {
    stateCount = model.stateCount
    let inputCount = model.stateCount + model.parameterCount
    recording = Recording(capacity: 4 * (inputCount + model.outputCount))
    inputs = Buffer(count: inputCount, repeating: .zero)
    outputs = Buffer(count: model.outputCount, repeating: .zero)
  }

  /// The operations recorded last, without the inputs.
  private(set) var operationCount = 0

  /// Whether the last evaluation had more operations than a recording can hold.
  var isFull: Bool { recording.isFull }

  /// Records an evaluation at the inputs (u, p), those in `active` as variables, the others as
  /// constants.
  @inline(__always) func record(
    time: Double, active: Range<Int>, input: (Int) -> Base,
    evaluate: Model.Kernel<RecordedScalar<Base>>
  ) {
    let variables = inputs.all
    recording.removeAll()
    for index in 0..<variables.count {
      let base = input(index)
      variables[index] =
        active.contains(index)
        ? recording.input(base) : RecordedScalar(base: base, index: 0, storage: nil)
    }
    var output = outputs.all.mutableSpan
    evaluate(
      RecordedScalar(time), inputs.slice(0, stateCount).span,
      inputs.slice(stateCount, inputs.count - stateCount).span, &output)
    operationCount = recording.count - active.count
  }

  /// Sweeps backwards from the outputs with their cotangents.
  @inline(__always) func sweep(cotangent: (Int) -> Base) {
    recording.clearAdjoints()
    let results = outputs.all
    for index in 0..<results.count { recording.seed(results[index], with: cotangent(index)) }
    recording.sweep()
  }

  /// The adjoint of an input after ``sweep(cotangent:)``.
  func adjoint(_ input: Int) -> Base { recording.adjoint(of: inputs[input]) }

  /// The value of an output.
  func output(_ index: Int) -> Base { outputs[index].base }
}
