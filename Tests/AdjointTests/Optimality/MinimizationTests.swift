import Adjoint
import ReferenceProblems
import Testing

@Suite("Minima as differentiable functions of their data")
struct MinimizationTests {
  /// ½ Σ (xᵢ − aᵢ)²kᵢ subject to Σ x = s: x = a + (s − Σa) k⁻¹/Σk⁻¹.
  struct Allocation: MinimizationModel {
    let variableCount: Int
    var parameterCount: Int { 2 * variableCount + 1 }
    let constraintCount = 1

    func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S {
      var sum: S = 0
      for index in 0..<variableCount {
        let difference: S = x[index] - p[index]
        sum += 0.5 * p[variableCount + index] * difference * difference
      }
      return sum
    }

    func constraints<S: Scalar>(
      at x: Span<S>, parameters p: Span<S>, into values: inout MutableSpan<S>
    ) {
      var sum: S = -p[2 * variableCount]
      for index in x.indices { sum += x[index] }
      values[0] = sum
    }
  }

  @Test("An allocation with one equation has its closed form, and so has its derivative")
  func allocation() throws {
    let n = 40
    let targets = (0..<n).map { 0.3 + 0.05 * Double($0) }
    let stiffness = (0..<n).map { 1 + 0.5 * Double($0 % 3) }
    let total = 7.0
    let solution = try MinimizationSolver().solve(
      MinimizationProblem(
        Allocation(variableCount: n), parameters: targets + stiffness + [total],
        initialGuess: [Double](repeating: 0, count: n)))
    let compliance = stiffness.reduce(0) { $0 + 1 / $1 }
    let excess: Double = (total - targets.reduce(0, +)) / compliance
    // Convex and quadratic: one step; the condition number is about n.
    #expect(solution.statistics.iterations <= 2)
    for index in 0..<n {
      #expect(abs(solution.value[index] - targets[index] - excess / stiffness[index]) <= 1e-13)
    }
    #expect(abs(solution.multipliers[0] + excess) <= 1e-13)
    // dx₀/ds = k₀⁻¹/Σk⁻¹, dx₀/da₃ = −that.
    var cotangent = [Double](repeating: 0, count: n)
    cotangent[0] = 1
    let gradient = try solution.pullback(cotangent)
    let share: Double = 1 / (stiffness[0] * compliance)
    #expect(abs(gradient.parameters[2 * n] - share) <= 1e-14)
    #expect(abs(gradient.parameters[3] + share) <= 1e-14)
    #expect(gradient.evidence.adjointBackwardError <= 1e-15)
    // The multiplier's: dλ/ds = −1/Σk⁻¹.
    let multiplier = try solution.pullback([Double](repeating: 0, count: n), multipliers: [1])
    #expect(abs(multiplier.parameters[2 * n] + 1 / compliance) <= 1e-14)
    // The envelope theorem: df/ds = −λ.
    #expect(abs(solution.objectiveGradient[2 * n] + solution.multipliers[0]) <= 1e-13)
  }

  @Test("The nearest point of a circle, from a guess where the Lagrangian is not convex")
  func circle() throws {
    let point = [3.0, 4.0]
    let problem = try MinimizationProblem(
      NearestPoint(), parameters: point + [2], initialGuess: [-0.1, 1.9])
    // Down to rounding.
    var options = MinimizationSolver.Options()
    options.absoluteTolerance = 0
    options.relativeTolerance = 0
    let solution = try MinimizationSolver(options).solve(problem)
    #expect(abs(solution.value[0] - 1.2) <= 1e-14 && abs(solution.value[1] - 1.6) <= 1e-14)
    // x = r p/|p|: dx/dr = p/|p|, dx/dp = r/|p| (I − p pᵀ/|p|²).
    let gradient = try solution.pullback([1, 0])
    let expected: [Double] = [2.0 / 5 * (1 - 0.36), 2.0 / 5 * (-0.48), 0.6]
    for (found, value) in zip(gradient.parameters, expected) {
      #expect(abs(found - value) <= 1e-13)
    }
  }

  @Test("Saddle points, maxima and flat minima are refused by name")
  func refused() throws {
    struct Quadratic: MinimizationModel {
      let variableCount = 2
      let parameterCount = 2
      func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S {
        let quartic: S = x[0] * x[0] * x[0] * x[0]
        return p[0] * x[0] * x[0] + p[1] * x[1] * x[1] + 0.1 * quartic
      }
    }
    let cases: [([Double], MinimizationError.StationaryKind)] = [
      ([1, -1], .saddlePoint), ([-1, -1], .maximum), ([1, 0], .degenerate),
    ]
    for (parameters, kind) in cases {
      do {
        _ = try MinimizationSolver().solve(
          MinimizationProblem(Quadratic(), parameters: parameters, initialGuess: [0, 0]))
        Issue.record("\(kind) was accepted")
      } catch MinimizationError.notAMinimum(_, let found, _) {
        #expect(found == kind)
      }
    }
    // Away from the maximum the way leads to the minimum x₀² = −p₀/0.2.
    let solution = try MinimizationSolver().solve(
      MinimizationProblem(Quadratic(), parameters: [-1, 1], initialGuess: [0.01, 0.3]))
    #expect(abs(solution.value[0] - 5.squareRoot()) <= 1e-10)
    #expect(abs(solution.value[1]) <= 1e-10)
  }

  @Test("The far point of a circle satisfies the conditions but is refused")
  func constrainedMaximum() throws {
    let problem = try MinimizationProblem(
      NearestPoint(), parameters: [3, 0, 2], initialGuess: [-2, 0])
    do {
      _ = try MinimizationSolver().solve(problem)
      Issue.record("a maximum was accepted")
    } catch MinimizationError.notAMinimum(_, let kind, _) {
      #expect(kind == .maximum)
    }
  }

  @Test("Bad input and hopeless problems throw with their cause")
  func errors() throws {
    struct Unbounded: MinimizationModel {
      let variableCount = 1
      let parameterCount = 0
      func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S { -S.exp(x[0]) }
    }
    #expect(throws: MinimizationError.self) {
      try MinimizationSolver().solve(
        MinimizationProblem(Unbounded(), parameters: [], initialGuess: [0]))
    }
    struct Logarithm: MinimizationModel {
      let variableCount = 1
      let parameterCount = 0
      func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S { S.log(x[0]) }
    }
    do {
      _ = try MinimizationSolver().solve(
        MinimizationProblem(Logarithm(), parameters: [], initialGuess: [-1]))
      Issue.record("a logarithm of −1")
    } catch MinimizationError.undefinedAtInitialGuess(let model) {
      #expect(model == "Logarithm")
    }
    #expect(throws: InputError.self) {
      try MinimizationProblem(Allocation(variableCount: 2), parameters: [1], initialGuess: [0, 0])
    }
    #expect(throws: InputError.self) {
      try MinimizationProblem(
        Allocation(variableCount: 0), parameters: [1], initialGuess: [])
    }
    #expect(throws: InputError.self) {
      try MinimizationProblem(NearestPoint(), parameters: [1, 1, 1], initialGuess: [.nan, 0])
    }
    let solution = try MinimizationSolver().solve(
      MinimizationProblem(NearestPoint(), parameters: [3, 4, 2], initialGuess: [1, 1]))
    #expect(throws: InputError.self) { try solution.pullback([1]) }
    #expect(throws: InputError.self) { try solution.pushforward([1]) }
    #expect(throws: InputError.self) { try solution.pullback([1, .infinity]) }
    let errors: [MinimizationError] = [
      .iterationLimit(model: "M", iterations: 3, variables: [], residualNorms: []),
      .stagnation(model: "M", iterations: 3, variables: [], residualNorm: 1),
      .equationsTooDense(model: "M", entries: 9), .singular(model: "M", iteration: 1, reason: "r"),
      .adjointNotSolved(model: "M", backwardError: 1),
    ]
    for error in errors { #expect(error.description.hasPrefix("M: ")) }
  }

  /// ½ Σ (a exp(−b tᵢ) − dᵢ)², whose parameters are the data d.
  struct CurveFit: MinimizationModel {
    let times: [Double]
    let variableCount = 2
    var parameterCount: Int { times.count }
    func objective<S: Scalar>(at x: Span<S>, parameters d: Span<S>) -> S {
      var sum: S = 0
      for (index, time) in times.enumerated() {
        let difference: S = x[0] * S.exp(-(x[1] * S(time))) - d[index]
        sum += 0.5 * difference * difference
      }
      return sum
    }
  }

  @Test("The optimum of a fit is a function of its data, with the full Hessian")
  func fitOfData() throws {
    let times = (0..<8).map { 0.4 * Double($0) }
    let data: [Double] = [3.1, 2.0, 1.7, 0.9, 1.0, 0.3, 0.5, 0.1]
    func fit(_ data: [Double]) throws -> MinimizationSolution {
      var options = MinimizationSolver.Options()
      options.absoluteTolerance = 0
      options.relativeTolerance = 0
      return try MinimizationSolver(options).solve(
        MinimizationProblem(CurveFit(times: times), parameters: data, initialGuess: [3, 1]))
    }
    // The optimum is that of Levenberg and Marquardt.
    let map = curveMap(at: times) { p, t in p[0] * Dual.exp(-p[1] * Dual(t)) }
    let solution = try fit(data)
    let other = try LevenbergMarquardt().solve(
      LeastSquaresProblem(
        parameters: [.init("a", start: 3), .init("b", start: 1)], predictions: map,
        misfit: LeastSquaresMisfit(data: data)))
    for index in 0..<2 { #expect(abs(solution.value[index] - other.parameters[index]) <= 1e-8) }
    let gradient = try solution.pullback([0, 1]).parameters
    for index in data.indices {
      var ends: [Double] = []
      for step in [1e-3, -1e-3, 2e-3, -2e-3] {
        var moved = data
        moved[index] += step
        ends.append(try fit(moved).value[1])
      }
      let difference: Double = (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / 12e-3
      // Truncation h⁴ ≈ 1e-12, rounding eps/h ≈ 1e-13, times constants of order ten.
      #expect(abs(gradient[index] - difference) <= 1e-10)
    }
  }

  @Test("The best ridge penalty's gradient agrees with the closed form")
  func ridge() throws {
    // x = (AᵀA + eᵖ I)⁻¹ Aᵀb, so dx/dp = −eᵖ (AᵀA + eᵖ I)⁻¹ x; one column: x = aᵀb/(aᵀa + eᵖ).
    let ridge = RidgeRegression(rows: [[1], [2], [-1]], targets: [1, 3, 0.5])
    let p = -0.7
    let solution = try MinimizationSolver().solve(
      MinimizationProblem(ridge, parameters: [p], initialGuess: [0]))
    let denominator: Double = 6 + .exp(p)
    #expect(abs(solution.value[0] - 6.5 / denominator) <= 1e-15)
    let gradient = try solution.pullback([1])
    let expected: Double = -6.5 * .exp(p) / (denominator * denominator)
    #expect(abs(gradient.parameters[0] - expected) <= 1e-15)
  }
}
