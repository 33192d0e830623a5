/// The solution of an initial value problem, which can be differentiated.
///
/// It keeps the trajectory: every step's state and stage derivatives. It never changes, and may be
/// shared between threads.
public struct ODESolution: Sendable {
  /// What the integration took.
  public struct Statistics: Sendable, Hashable {
    /// Steps that became part of the solution.
    public var acceptedSteps = 0
    /// Steps that were tried again with a shorter length.
    public var rejectedSteps = 0
    /// Evaluations of the vector field.
    public var evaluations = 0
  }

  /// The problem that was solved.
  public let problem: ODEProblem
  /// The coefficients of the method.
  public let method: ButcherTableau
  /// When the state was observed, in ascending order.
  public let observationTimes: [Double]
  /// The states at the observation times, one after another: component j of observation k is
  /// element k·n + j.
  public let value: [Double]
  /// What the integration took.
  public let statistics: Statistics

  let plan: StepPlan
  let trajectory: Trajectory
  /// The step that each observation lies in; the number of steps for the end.
  let observationSteps: [Int]

  init(
    problem: ODEProblem, method: ButcherTableau, plan: StepPlan, trajectory: Trajectory,
    observationTimes: [Double], statistics: Statistics
  ) {
    self.problem = problem
    self.method = method
    self.plan = plan
    self.trajectory = trajectory
    self.observationTimes = observationTimes
    self.statistics = statistics
    let stateCount = problem.model.stateCount
    var step = 0
    let steps = observationTimes.map { time in
      while step < trajectory.stepCount && trajectory.time(step + 1) <= time { step += 1 }
      return step
    }
    observationSteps = steps
    let weights = UnsafeMutablePointer<Double>.allocate(capacity: plan.tables.stageCount)
    defer { weights.deallocate() }
    value = Array(unsafeUninitializedCapacity: stateCount * observationTimes.count) {
      buffer, count in
      count = buffer.count
      guard let start = buffer.baseAddress else { return }
      for (index, time) in observationTimes.enumerated() {
        trajectory.interpolate(
          plan.tables, at: time, step: steps[index], weights: weights,
          into: start + index * stateCount)
      }
    }
  }

  /// The ends of the steps, t₀ … t₁.
  public var stepTimes: [Double] { (0...trajectory.stepCount).map { trajectory.time($0) } }

  /// The lengths of the steps, as the derivatives hold them fixed.
  public var stepSizes: [Double] { (0..<trajectory.stepCount).map { trajectory.stepSize($0) } }

  /// u(t₁).
  public var finalState: [Double] {
    Array(
      UnsafeBufferPointer(
        start: trajectory.record(trajectory.stepCount), count: trajectory.stateCount))
  }

  /// The state at observation `index`.
  public func state(atObservation index: Int) -> [Double] {
    let count = trajectory.stateCount
    return Array(value[index * count..<(index + 1) * count])
  }

  /// The state at any time of the problem's time span, by dense output.
  ///
  /// u(tₙ + θh) ≈ uₙ + h Σ bᵢ(θ) kᵢ. Cost: a search among the steps and s vector operations.
  ///
  /// - Throws: `InputError` if `time` is outside the time span.
  public func state(at time: Double) throws -> [Double] {
    guard problem.timeSpan.contains(time) else {
      throw InputError.outOfRange(
        argument: "time", value: time, requirement: "within \(problem.timeSpan)")
    }
    let weights = UnsafeMutablePointer<Double>.allocate(capacity: plan.tables.stageCount)
    defer { weights.deallocate() }
    return Array(unsafeUninitializedCapacity: trajectory.stateCount) { buffer, count in
      count = trajectory.stateCount
      guard let start = buffer.baseAddress else { return }
      trajectory.interpolate(
        plan.tables, at: time, step: trajectory.step(containing: time), weights: weights,
        into: start)
    }
  }
}

extension Trajectory {
  /// Writes uₙ + h Σ bᵢ(θ) kᵢ with θ = (t − tₙ)/hₙ to `target`; `weights` is scratch for bᵢ(θ).
  ///
  /// At θ = 0 and at the end this is the step's state itself.
  func interpolate(
    _ tables: StepPlan.Tables, at time: Double, step: Int,
    weights: UnsafeMutablePointer<Double>, into target: UnsafeMutablePointer<Double>
  ) {
    let state = record(step)
    guard step < stepCount && time > self.time(step) else {
      target.update(from: state, count: stateCount)
      return
    }
    let stepSize = stepSize(step)
    tables.denseWeights(at: (time - self.time(step)) / stepSize, into: weights)
    Combination(count: tables.stageCount, weights: weights, slots: tables.stageSlots).apply(
      scale: stepSize, base: state, vectors: state, length: stateCount, into: target)
  }
}
