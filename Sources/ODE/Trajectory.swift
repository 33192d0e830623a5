/// The steps of a solution: uₙ and its stage derivatives, record after record, as ``StepPlan`` says.
///
/// Written by the solver while it steps, never changed afterwards.
final class Trajectory: @unchecked Sendable {
  // Unchecked because of the pointers; a solver publishes a trajectory only when it is finished.
  let stateCount: Int
  /// Numbers in a record.
  let recordLength: Int
  private(set) var values: UnsafeMutablePointer<Double>
  /// tₙ and hₙ in turn; `stepCount` pairs and then the end.
  private(set) var clock: UnsafeMutablePointer<Double>
  private var capacity: Int
  private(set) var stepCount = 0

  init(stateCount: Int, stride: Int) {
    self.stateCount = stateCount
    recordLength = stateCount * stride
    // About a page for small systems, two steps for large ones.
    capacity = max(2, min(64, 65536 / max(1, recordLength)))
    values = Self.allocate(recordLength, stateCount, capacity)
    clock = .allocate(capacity: 2 * capacity + 2)
  }

  deinit {
    values.deallocate()
    clock.deallocate()
  }

  /// Room for `capacity` records and, behind them, the last state and its derivative.
  private static func allocate(
    _ recordLength: Int, _ stateCount: Int, _ capacity: Int
  ) -> UnsafeMutablePointer<Double> {
    .allocate(capacity: capacity * recordLength + 2 * stateCount)
  }

  /// Keeps the step that has been computed behind the last record.
  ///
  /// `progress` is the part of the time span that is done after it.
  func accept(time: Double, stepSize: Double, end: Double, progress: Double) {
    clock[2 * stepCount] = time
    clock[2 * stepCount + 1] = stepSize
    clock[2 * stepCount + 2] = end
    stepCount += 1
    if stepCount == capacity { grow(progress: progress) }
  }

  /// Makes room for as many steps as the whole span will take at the rate so far and an eighth
  /// more, between 1.5 and 8 times what there is: fewer copies and less fresh memory than doubling.
  private func grow(progress: Double) {
    let expected: Double = 1.125 * Double(stepCount) / max(progress, 0.125)
    let newCapacity = max(capacity + capacity / 2, min(8 * capacity, Int(expected)))
    let newValues = Self.allocate(recordLength, stateCount, newCapacity)
    newValues.moveInitialize(from: values, count: stepCount * recordLength + 2 * stateCount)
    values.deallocate()
    values = newValues
    let newClock = UnsafeMutablePointer<Double>.allocate(capacity: 2 * newCapacity + 2)
    newClock.moveInitialize(from: clock, count: 2 * stepCount + 1)
    clock.deallocate()
    clock = newClock
    capacity = newCapacity
  }

  /// The record of step `index`; for `stepCount` the last state and its derivative.
  func record(_ index: Int) -> UnsafeMutablePointer<Double> { values + index * recordLength }

  /// tₙ.
  func time(_ index: Int) -> Double { clock[2 * index] }

  /// hₙ.
  func stepSize(_ index: Int) -> Double { clock[2 * index + 1] }

  /// The step that contains `time`, tₙ ≤ t < tₙ₊₁; `stepCount` for the end.
  func step(containing time: Double) -> Int {
    var low = 0
    var high = stepCount
    while low < high {
      let middle = (low + high + 1) / 2
      if clock[2 * middle] <= time { low = middle } else { high = middle - 1 }
    }
    return low
  }
}
