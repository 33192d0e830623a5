/// One integration on its way: the trajectory so far and the scratch space of a step.
///
/// It belongs to one call of a solver.
final class Integration {
  private let problem: ODEProblem
  private let plan: StepPlan
  let trajectory: Trajectory
  private(set) var statistics = ODESolution.Statistics()
  private var step: ExplicitStep
  /// Parameters, stage state, error and zeros.
  private let scratch: UnsafeMutablePointer<Double>
  private let errorVector: UnsafeMutablePointer<Double>
  private let zeros: UnsafeMutablePointer<Double>

  init(problem: ODEProblem, method: ButcherTableau, plan: StepPlan) {
    self.problem = problem
    self.plan = plan
    let stateCount = problem.model.stateCount
    let parameterCount = problem.model.parameterCount
    trajectory = Trajectory(stateCount: stateCount, stride: plan.tables.stride)
    let length = parameterCount + 3 * stateCount
    scratch = .allocate(capacity: max(1, length))
    scratch.initialize(repeating: 0, count: length)
    for (index, value) in problem.parameters.enumerated() { scratch[index] = value }
    let stageState = scratch + parameterCount
    errorVector = stageState + stateCount
    zeros = errorVector + stateCount
    let record = trajectory.record(0)
    for (index, value) in problem.initialState.enumerated() { record[index] = value }
    step = ExplicitStep(
      tables: plan.tables, stateCount: stateCount, parameterCount: parameterCount,
      parameters: scratch, stageState: stageState, record: record,
      time: problem.timeSpan.lowerBound, stepSize: 0)
  }

  deinit { scratch.deallocate() }

  // MARK: Steps

  /// Equal steps, the fewest no longer than `stepSize`; a length that divides the span but for
  /// rounding is taken as dividing it.
  func runFixed(stepSize: Double, maximumSteps: Int) throws {
    let start = problem.timeSpan.lowerBound
    let end = problem.timeSpan.upperBound
    let quotient: Double = (end - start) / stepSize * (1 - 8 * Double.ulpOfOne)
    guard quotient <= Double(maximumSteps) else {
      throw ODEError.tooManySteps(
        model: problem.model.name, time: start, steps: maximumSteps, stepSize: stepSize,
        state: problem.initialState)
    }
    let count = max(1, Int(quotient.rounded(.up)))
    let length: Double = (end - start) / Double(count)
    try evaluateStart()
    for index in 1...count {
      step.stepSize = index == count ? end - step.time : length
      try takeGivenStep(isLast: index == count)
    }
  }

  /// Steps of the given sizes, the last of which ends at the end of the time span but for rounding.
  func runPrescribed(_ stepSizes: [Double]) throws {
    let span = problem.timeSpan
    let end: Double = stepSizes.reduce(span.lowerBound, +)
    let scale: Double = max(span.lowerBound.magnitude, span.upperBound.magnitude)
    let rounding: Double = Double(stepSizes.count + 1) * Double.ulpOfOne * scale
    try InputError.require(
      (end - span.upperBound).magnitude <= rounding, "sum of stepSizes", end - span.lowerBound,
      "the length of the time span \(span)")
    try evaluateStart()
    for (index, stepSize) in stepSizes.enumerated() {
      step.stepSize = stepSize
      try takeGivenStep(isLast: index == stepSizes.count - 1)
    }
  }

  /// Takes a step without error control.
  private func takeGivenStep(isLast: Bool) throws {
    guard step.stepSize > 0 else { throw underflow() }
    take()
    try requireFiniteEnd()
    accept(endingAt: isLast ? problem.timeSpan.upperBound : step.time + step.stepSize)
  }

  /// Steps chosen by error control; `errorOrder` is that of the error estimate.
  func runAdaptive(_ options: RungeKuttaSolver.Options, errorOrder: Int) throws {
    let end = problem.timeSpan.upperBound
    var control = StepSizeControl.State(options.control, errorOrder: errorOrder)
    try evaluateStart()
    var stepSize =
      options.initialStepSize ?? automaticStepSize(options, errorOrder: errorOrder)
    var isRetry = false
    while step.time < end {
      // A step that nearly reaches the end is stretched to it, so that no sliver is left
      // (Hairer, Nørsett and Wanner, code DOPRI5).
      let isLast = step.time + 1.01 * stepSize >= end
      step.stepSize = isLast ? end - step.time : stepSize
      guard step.stepSize > 4 * step.time.ulp else {
        if isRetry { try requireFiniteEnd() }
        throw underflow()
      }
      guard statistics.acceptedSteps + statistics.rejectedSteps < options.maximumSteps else {
        throw ODEError.tooManySteps(
          model: problem.model.name, time: step.time, steps: options.maximumSteps,
          stepSize: step.stepSize, state: state(step.record))
      }
      take()
      let errorSquare = squaredErrorNorm(options)
      isRetry = !(errorSquare <= 1)
      if !isRetry {
        stepSize = step.stepSize * control.factorAfterAcceptance(errorSquare: errorSquare)
        accept(endingAt: isLast ? end : step.time + step.stepSize)
      } else {
        stepSize = step.stepSize * control.factorAfterRejection(errorSquare: errorSquare)
        statistics.rejectedSteps += 1
      }
    }
  }

  private func take() {
    problem.takeStep(step)
    statistics.evaluations += plan.tables.innerStageCount
  }

  private func accept(endingAt end: Double) {
    let span = problem.timeSpan
    trajectory.accept(
      time: step.time, stepSize: step.stepSize, end: end,
      progress: (end - span.lowerBound) / (span.upperBound - span.lowerBound))
    statistics.acceptedSteps += 1
    step.time = end
    step.record = trajectory.record(trajectory.stepCount)
  }

  private func evaluateStart() throws {
    problem.startStep(step)
    statistics.evaluations += 1
    try requireFinite(step.record + step.stateCount)
  }

  // MARK: Error control

  /// ‖h Σ (bᵢ − b̂ᵢ) kᵢ‖², or NaN if anything overflowed.
  private func squaredErrorNorm(_ options: RungeKuttaSolver.Options) -> Double {
    let count = step.stateCount
    let current = step.record
    let next = current + trajectory.recordLength
    plan.tables.error.apply(
      scale: step.stepSize, base: zeros, vectors: current, length: count, into: errorVector)
    let absolute = options.absoluteTolerance
    let relative = options.relativeTolerance
    var sum = 0.0
    for index in 0..<count {
      let size: Double = max(current[index].magnitude, next[index].magnitude)
      let ratio: Double = errorVector[index] / (absolute + relative * size)
      sum += ratio * ratio
    }
    return sum / Double(max(1, count))
  }

  /// The first step by the algorithm of Hairer, Nørsett and Wanner, *Solving Ordinary Differential
  /// Equations I*, §II.4, "starting step size": an Euler step estimates the second derivative.
  private func automaticStepSize(
    _ options: RungeKuttaSolver.Options, errorOrder: Int
  ) -> Double {
    let count = step.stateCount
    let state = step.record
    let derivative = state + count
    func norm(_ vector: (Int) -> Double) -> Double {
      var sum = 0.0
      for index in 0..<count {
        let scale: Double =
          options.absoluteTolerance + options.relativeTolerance * state[index].magnitude
        let ratio: Double = vector(index) / scale
        sum += ratio * ratio
      }
      return (sum / Double(max(1, count))).squareRoot()
    }
    let span = problem.timeSpan.upperBound - problem.timeSpan.lowerBound
    let stateNorm = norm { state[$0] }
    let derivativeNorm = norm { derivative[$0] }
    let isTiny = stateNorm < 1e-5 || derivativeNorm < 1e-5
    let first = min(span, isTiny ? 1e-6 : 0.01 * stateNorm / derivativeNorm)

    // The Euler step goes to the scratch of the next record: its state and derivative.
    let probe = step.record + trajectory.recordLength
    for index in 0..<count { probe[index] = state[index] + first * derivative[index] }
    var probeStep = step
    probeStep.record = probe
    probeStep.time = step.time + first
    problem.startStep(probeStep)
    statistics.evaluations += 1
    let secondNorm = norm { probe[count + $0] - derivative[$0] } / first
    guard secondNorm.isFinite else { return first }

    let largest = max(derivativeNorm, secondNorm)
    let second: Double =
      largest <= 1e-15
      ? max(1e-6, first * 1e-3) : .pow(0.01 / largest, 1 / Double(errorOrder + 1))
    return min(span, 100 * first, second)
  }

  // MARK: Failures

  private func underflow() -> ODEError {
    .stepSizeUnderflow(
      model: problem.model.name, time: step.time, stepSize: step.stepSize,
      state: state(step.record))
  }

  private func state(_ record: UnsafeMutablePointer<Double>) -> [Double] {
    Array(UnsafeBufferPointer(start: record, count: step.stateCount))
  }

  /// Throws if uₙ₊₁ or its derivative, as last computed, is not finite.
  private func requireFiniteEnd() throws {
    let end = step.record + trajectory.recordLength
    try requireFinite(end)
    try requireFinite(end + step.stateCount)
  }

  private func requireFinite(_ vector: UnsafeMutablePointer<Double>) throws {
    for index in 0..<step.stateCount where !vector[index].isFinite {
      throw ODEError.notFinite(
        model: problem.model.name, time: step.time, component: index, value: vector[index],
        state: state(step.record))
    }
  }
}
