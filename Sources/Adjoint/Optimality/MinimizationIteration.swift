/// One run of Newton's method for optimality conditions: its state between two steps.
struct MinimizationIteration {
  private let problem: MinimizationProblem
  private let options: MinimizationSolver.Options
  private let system: OptimalitySystem
  private let tolerance: Double

  private var variables: [Double]
  private var multipliers: [Double]
  private var objective: Double
  /// ∇f + Aᵀλ.
  private var slope: [Double]
  private var constraints: [Double]
  private var residualNorms: [Double]
  private var penalty = 0.0
  private(set) var count = 0

  init(_ problem: MinimizationProblem, _ options: MinimizationSolver.Options) throws {
    self.problem = problem
    self.options = options
    system = try OptimalitySystem(problem)
    variables = problem.initialGuess
    multipliers = [Double](repeating: 0, count: problem.constraintCount)
    (objective, slope, constraints) = system.conditions(at: variables, multipliers: multipliers)
    let norm = (slope + constraints).euclideanNorm
    guard objective.isFinite && norm.isFinite else {
      throw MinimizationError.undefinedAtInitialGuess(model: problem.name)
    }
    residualNorms = [norm]
    tolerance = options.absoluteTolerance + options.relativeTolerance * norm
  }

  private var residualNorm: Double { residualNorms[residualNorms.count - 1] }

  var isConverged: Bool { residualNorm <= tolerance }

  var limitReached: MinimizationError {
    .iterationLimit(
      model: problem.name, iterations: count, variables: variables, residualNorms: residualNorms)
  }

  /// Takes one step; false if the conditions hold to rounding.
  mutating func advance() throws -> Bool {
    let shift = try factorize()
    let step = try solveStep()
    let direction = Array(step.prefix(variables.count))
    let multiplierStep = Array(step.dropFirst(variables.count))
    let target = zip(multipliers, multiplierStep).map { $0 + $1 }
    penalty = max(penalty, 1.5 * target.maximumNorm)
    // gᵀd with g = (∇f + Aᵀλ) − Aᵀλ and A d = −c.
    let alongLagrangian = slope.dot(direction)
    let alongConstraints = multipliers.dot(constraints)
    let descent: Double =
      alongLagrangian + alongConstraints - penalty * constraints.sumOfModuli
    let merit: Double = objective + penalty * constraints.sumOfModuli
    var length = 1.0
    while length >= options.minimumStep {
      let candidate = zip(variables, direction).map { $0 + length * $1 }
      let candidateMultipliers = zip(multipliers, multiplierStep).map { $0 + length * $1 }
      let found = system.conditions(at: candidate, multipliers: candidateMultipliers)
      let norm = (found.slope + found.constraints).euclideanNorm
      let candidateMerit: Double = found.objective + penalty * found.constraints.sumOfModuli
      // Near the minimum the merit function is flat to rounding: the residual decides there.
      let isSuperlinear = shift == 0 && length == 1 && norm <= 0.5 * residualNorm
      if norm.isFinite && candidateMerit.isFinite
        && (isSuperlinear || candidateMerit <= merit + 1e-4 * length * descent)
        && (candidate != variables || candidateMultipliers != multipliers)
      {
        let isShrinking = norm <= 0.5 * residualNorm
        variables = candidate
        multipliers = candidateMultipliers
        (objective, slope, constraints) = found
        residualNorms.append(norm)
        count += 1
        return isShrinking || !isAtRounding
      }
      length *= 0.5
    }
    if isAtRounding { return false }
    throw MinimizationError.stagnation(
      model: problem.name, iterations: count, variables: variables, residualNorm: residualNorm)
  }

  /// Factorizes with the least shift that makes the step one towards a minimum.
  private func factorize() throws -> Double {
    do {
      try system.linearize(at: variables, multipliers: multipliers)
      var shift = 0.0
      let size = max(system.hessianNorm, .leastNormalMagnitude / .ulpOfOne)
      while try !system.isConvex(shift: shift) {
        shift = shift == 0 ? 1e-4 * size : 10 * shift
        guard shift <= 1e6 * size else { throw FactorizationError.notPositiveDefinite(column: 0) }
      }
      try system.factorize(shift: shift)
      return shift
    } catch let error as MinimizationError {
      throw error
    } catch {
      throw MinimizationError.singular(
        model: problem.name, iteration: count, reason: "\(error)")
    }
  }

  private func solveStep() throws -> [Double] {
    guard let factors = system.factors else { throw FactorizationError.noFactors }
    return try factors.solve((slope + constraints).map { -$0 })
  }

  /// Whether the conditions are tiny beside the terms that cancel in them.
  private var isAtRounding: Bool {
    let size: Double = max(variables.maximumNorm, multipliers.maximumNorm)
    let residual: Double = (slope + constraints).maximumNorm
    return residual <= 64 * Double.ulpOfOne * system.matrix.rowSumNorm * size
  }

  /// The solution here, if it is a strict minimum.
  func solution() throws -> MinimizationSolution {
    do {
      try system.linearize(at: variables, multipliers: multipliers)
      guard try system.isConvex(shift: 0) else {
        throw MinimizationError.notAMinimum(
          model: problem.name, kind: try system.kind(), variables: variables)
      }
      try system.factorize(shift: 0)
    } catch let error as MinimizationError {
      throw error
    } catch {
      throw MinimizationError.singular(
        model: problem.name, iteration: count, reason: "\(error)")
    }
    return MinimizationSolution(
      problem: problem, value: variables, multipliers: multipliers, objective: objective,
      statistics: MinimizationSolution.Statistics(
        iterations: count, factorizations: system.factorizationCount,
        residualNorms: residualNorms, tolerance: tolerance),
      residualMaximum: (slope + constraints).maximumNorm, system: system)
  }
}

extension [Double] {
  /// ‖x‖₁.
  fileprivate var sumOfModuli: Double { reduce(0) { $0 + $1.magnitude } }
}
