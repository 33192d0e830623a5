import CNLopt

/// One call of NLopt: owns its object, hands it the functions, and carries errors back.
final class NLoptRun {
  /// A function as NLopt's C callback sees it; the run outlives its functions.
  private final class Function {
    let objective: Objective
    let isObjective: Bool
    unowned let run: NLoptRun

    init(_ objective: Objective, isObjective: Bool, run: NLoptRun) {
      self.objective = objective
      self.isObjective = isObjective
      self.run = run
    }
  }

  private struct Evaluation {
    var point: [Double]
    var value: Double
    var gradient: [Double]
  }

  private let problem: OptimizationProblem
  private let method: Optimizer.Method
  private let options: Optimizer.Options
  private let variableCount: Int
  private let optimizer: nlopt_opt
  private var functions: [Function] = []
  private var statistics = OptimizationResult.Statistics()
  /// The evaluation with the smallest value, and the last one.
  private var best: Evaluation?
  private var last: Evaluation?
  private var history = RunHistory()
  private var error: (any Error)?

  init(
    _ problem: OptimizationProblem, method: Optimizer.Method, options: Optimizer.Options
  ) throws {
    self.problem = problem
    self.method = method
    self.options = options
    variableCount = problem.objective.variableCount
    guard let optimizer = nlopt_create(method.algorithm, UInt32(clamping: variableCount)) else {
      throw OptimizationError.refused(method: method.name, message: "out of memory")
    }
    self.optimizer = optimizer
  }

  deinit { nlopt_destroy(optimizer) }

  func minimize(from start: [Double]) throws -> OptimizationResult {
    try configure()
    var point = start
    var value = 0.0
    let code = point.withUnsafeMutableBufferPointer { buffer in
      nlopt_optimize(optimizer, buffer.baseAddress, &value)
    }
    if let error { throw explanation(of: error) }
    var stopReason = try stopReason(code)
    let final = try finalEvaluation(at: point)
    let constraints = try constraintState(at: final)
    var verdict: LineSearchDiagnosis?
    if isDoubtful(stopReason, final, constraints.active) {
      let diagnosis = try diagnosis(final)
      guard !diagnosis.gradientIsWrong, stopReason != .noProgress || diagnosis.fault == .none
      else { throw failure(final, diagnosis) }
      if diagnosis.fault == .noise && stopReason.isConvergence { stopReason = .noProgress }
      verdict = diagnosis
    }
    return OptimizationResult(
      point: final.point, value: final.value, gradient: final.gradient,
      constraintViolation: constraints.violation, stopReason: stopReason, diagnosis: verdict,
      statistics: statistics)
  }

  /// The error, or the wrong gradient that has led to where the function overflows.
  private func explanation(of error: any Error) -> any Error {
    guard case OptimizationError.valueNotFinite = error, let best,
      let diagnosis = try? diagnosis(best), diagnosis.gradientIsWrong
    else { return error }
    return failure(best, diagnosis)
  }

  /// Whether the run may have ended for another reason than the one that NLopt gives.
  private func isDoubtful(
    _ reason: StopReason, _ final: Evaluation, _ activeGradients: [[Double]]
  ) -> Bool {
    switch reason {
    case .noProgress, .roundOffLimited: return true
    case .targetReached, .timeLimit: return false
    case .evaluationLimit where !history.hasStalled: return false
    default:
      return history.isUnexplained(
        point: final.point, value: final.value, gradient: final.gradient,
        constraints: activeGradients, problem: problem, options: options)
        || lacksDerivative(final)
    }
  }

  /// Whether the value rises on one side and falls on the other of variables with a derivative of zero.
  private func lacksDerivative(_ final: Evaluation) -> Bool {
    let changes = history.probes(around: final.point, problem: problem).map { point in
      statistics.objectiveEvaluations += 1
      let value = try? problem.objective.valueWithGradient(at: point).value
      return (value ?? final.value) - final.value
    }
    guard changes.count == 2, changes[0] * changes[1] < 0 else { return false }
    return min(changes[0].magnitude, changes[1].magnitude) > 1e3 * .ulpOfOne
      * final.value.magnitude
  }

  /// Why no step was accepted: the first function whose gradient or noise explains it.
  private func diagnosis(_ final: Evaluation) throws -> LineSearchDiagnosis {
    let objective = LineSearchDiagnosis(
      of: "objective", at: final.point, value: final.value, gradient: final.gradient,
      lowerBounds: problem.lowerBounds, upperBounds: problem.upperBounds
    ) { try self.problem.objective.valueWithGradient(at: $0).value }
    var first = objective
    for (index, item) in (problem.inequalities + problem.equalities).enumerated() {
      if first.isFaulty { break }
      let (value, gradient) = try item.function.valueWithGradient(at: final.point)
      let constraint = LineSearchDiagnosis(
        of: "constraint \(index)", at: final.point, value: value, gradient: gradient,
        lowerBounds: problem.lowerBounds, upperBounds: problem.upperBounds
      ) { try item.function.valueWithGradient(at: $0).value }
      if constraint.isFaulty { first = constraint }
    }
    return first
  }

  private func failure(
    _ final: Evaluation, _ diagnosis: LineSearchDiagnosis
  ) -> OptimizationError {
    .lineSearchFailed(
      method: method.name, point: final.point, value: final.value, diagnosis: diagnosis)
  }

  // MARK: Setting up

  private func configure() throws {
    try check(nlopt_set_min_objective(optimizer, callback, pointer(problem.objective, true)))
    if !problem.lowerBounds.isEmpty {
      try check(nlopt_set_lower_bounds(optimizer, problem.lowerBounds))
    }
    if !problem.upperBounds.isEmpty {
      try check(nlopt_set_upper_bounds(optimizer, problem.upperBounds))
    }
    for item in problem.inequalities {
      try check(
        nlopt_add_inequality_constraint(
          optimizer, callback, pointer(item.function, false), item.tolerance))
    }
    for item in problem.equalities {
      try check(
        nlopt_add_equality_constraint(
          optimizer, callback, pointer(item.function, false), item.tolerance))
    }
    try setLimits(of: optimizer)
    try check(nlopt_set_stopval(optimizer, options.targetValue))
    if options.maximumSeconds.isFinite {
      try check(nlopt_set_maxtime(optimizer, options.maximumSeconds))
    }
    guard let algorithm = method.innerAlgorithm else { return }
    let inner = nlopt_create(algorithm, UInt32(clamping: variableCount))
    defer { nlopt_destroy(inner) }
    try setLimits(of: inner)
    try check(nlopt_set_local_optimizer(optimizer, inner))
  }

  private func setLimits(of target: nlopt_opt?) throws {
    try check(nlopt_set_ftol_rel(target, options.relativeValueTolerance))
    try check(nlopt_set_ftol_abs(target, options.absoluteValueTolerance))
    try check(nlopt_set_xtol_rel(target, options.relativePointTolerance))
    try check(nlopt_set_xtol_abs1(target, options.absolutePointTolerance))
    try check(nlopt_set_maxeval(target, Int32(clamping: options.maximumEvaluations)))
  }

  private func pointer(_ objective: Objective, _ isObjective: Bool) -> UnsafeMutableRawPointer {
    let function = Function(objective, isObjective: isObjective, run: self)
    functions.append(function)
    return Unmanaged.passUnretained(function).toOpaque()
  }

  // MARK: Running

  /// NLopt's view of a function: a value, and a gradient where one is wanted.
  ///
  /// After an error the run stops; the value returned until then does not matter.
  private let callback: nlopt_func = { count, point, gradient, data in
    guard let point, let data else { return .nan }
    let function = Unmanaged<Function>.fromOpaque(data).takeUnretainedValue()
    let position = Array(UnsafeBufferPointer(start: point, count: Int(count)))
    return function.run.evaluate(function, at: position, gradient: gradient)
  }

  private func evaluate(
    _ function: Function, at point: [Double], gradient output: UnsafeMutablePointer<Double>?
  ) -> Double {
    guard error == nil else { return .infinity }
    do {
      let (value, gradient) = try function.objective.valueWithGradient(at: point)
      output?.update(from: gradient, count: gradient.count)
      if function.isObjective {
        statistics.objectiveEvaluations += 1
        let evaluation = Evaluation(point: point, value: value, gradient: gradient)
        last = evaluation
        if value < best?.value ?? .infinity { best = evaluation }
        history.record(point: point, value: value, gradient: gradient)
      } else {
        statistics.constraintEvaluations += 1
      }
      return value
    } catch {
      self.error = error
      nlopt_force_stop(optimizer)
      return .infinity
    }
  }

  // MARK: Ending

  /// Without constraints the best evaluation; with them the point that NLopt chose.
  private func finalEvaluation(at point: [Double]) throws -> Evaluation {
    if problem.inequalities.isEmpty && problem.equalities.isEmpty, let best { return best }
    for evaluation in [last, best] {
      if let evaluation, evaluation.point == point { return evaluation }
    }
    let (value, gradient) = try problem.objective.valueWithGradient(at: point)
    statistics.objectiveEvaluations += 1
    return Evaluation(point: point, value: value, gradient: gradient)
  }

  /// The largest violation, and the gradients of the constraints that hold the point.
  private func constraintState(
    at final: Evaluation
  ) throws -> (violation: Double, active: [[Double]]) {
    var largest = 0.0
    var active: [[Double]] = []
    for item in problem.inequalities {
      let (value, gradient) = try item.function.valueWithGradient(at: final.point)
      largest = max(largest, value)
      // Within what a step of the relative size 10⁻⁴ of every variable may change.
      let reach = zip(gradient, final.point).reduce(0) { $0 + ($1.0 * $1.1).magnitude }
      if value >= -item.tolerance - 1e-4 * reach { active.append(gradient) }
    }
    for item in problem.equalities {
      let (value, gradient) = try item.function.valueWithGradient(at: final.point)
      largest = max(largest, abs(value))
      active.append(gradient)
    }
    statistics.constraintEvaluations += problem.inequalities.count + problem.equalities.count
    return (largest, active)
  }

  private func stopReason(_ code: nlopt_result) throws -> StopReason {
    switch code {
    case NLOPT_SUCCESS: return .methodConverged
    case NLOPT_STOPVAL_REACHED: return .targetReached
    case NLOPT_FTOL_REACHED: return .valueTolerance
    case NLOPT_XTOL_REACHED: return .pointTolerance
    case NLOPT_MAXEVAL_REACHED: return .evaluationLimit
    case NLOPT_MAXTIME_REACHED: return .timeLimit
    case NLOPT_ROUNDOFF_LIMITED: return .roundOffLimited
    case NLOPT_FAILURE: return .noProgress
    default:
      try check(code)
      return .noProgress
    }
  }

  private func check(_ code: nlopt_result) throws {
    guard code.rawValue < 0 else { return }
    let message = nlopt_get_errmsg(optimizer) ?? nlopt_result_to_string(code)
    throw OptimizationError.refused(
      method: method.name, message: message.map { String(cString: $0) } ?? "code \(code.rawValue)")
  }
}
