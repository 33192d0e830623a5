import Adjoint
import Testing

@Suite("Uncertainty of fits")
struct FitUncertaintyTests {
  static let quantiles: [String] =
    FittingReference.all.keys.filter { $0.hasPrefix("student") }.sorted()

  @Test("Quantiles of Student's and the normal distribution agree with 40 digits")
  func student() throws {
    #expect(Self.quantiles.count == 60)
    for name in Self.quantiles {
      let fields = name.split(separator: " ").compactMap { Double($0) }
      let degrees = fields[0] == 0 ? Double.infinity : fields[0]
      let expected = FittingReference.values(name)[0]
      let found = try StudentDistribution(degreesOfFreedom: degrees).halfWidth(level: fields[1])
      // For large ν the beta function's argument is within 1/ν of 1, so that its continued fraction
      // cancels: some ν eps remain.
      let tolerance: Double = 1e-12 + (degrees.isFinite ? 0.1 * degrees * .ulpOfOne : 0)
      #expect(abs(found - expected) <= tolerance * expected, "\(name): \(found)")
    }
  }

  @Test("Levels and degrees of freedom out of range are refused")
  func refused() throws {
    #expect(throws: InputError.self) { try StudentDistribution(degreesOfFreedom: 0) }
    #expect(throws: InputError.self) { try StudentDistribution(degreesOfFreedom: .nan) }
    for level in [0, 1, -1, Double.nan] {
      #expect(throws: InputError.self) {
        try StudentDistribution(degreesOfFreedom: 3).halfWidth(level: level)
      }
    }
  }

  /// A straight line with a known answer.
  func line(
    noise: LeastSquaresProblem.Noise = .estimated,
    scale: LeastSquaresProblem.Parameter.Scale = .linear
  ) throws -> LeastSquaresProblem {
    let map = curveMap(at: [0, 1, 2, 3]) { p, x in p[0] + Dual(x) * p[1] }
    return try LeastSquaresProblem(
      parameters: [
        .init("intercept", start: 1, scale: scale), .init("slope", start: 1, scale: scale),
      ], predictions: map, misfit: LeastSquaresMisfit(data: [1, 2, 2, 5]), noise: noise)
  }

  @Test("Intervals and correlations of a straight line are the textbook's")
  func intervals() throws {
    // Sxx = 5, x̄ = 1.5: slope 1.2, intercept 0.7, residuals 0.3, 0.1, −1.1, 0.7: SSR 1.8, σ² = 0.9.
    let solution = try LevenbergMarquardt().solve(line())
    let errors = try #require(solution.standardErrors)
    #expect(abs(errors[1] - (0.9 / 5).squareRoot()) <= 1e-13)
    #expect(abs(errors[0] - (0.9 * (0.25 + 2.25 / 5)).squareRoot()) <= 1e-13)
    #expect(solution.degreesOfFreedom == 2)
    #expect(abs(try #require(solution.residualVariance) - 0.9) <= 1e-13)
    // t with two degrees of freedom has the closed form level·√(2/(1 − level²)).
    let intervals = try #require(try solution.confidenceIntervals(level: 0.9))
    let t: Double = 0.9 * (2 / (1 - 0.81)).squareRoot()
    #expect(abs(intervals[1].upperBound - 1.2 - t * errors[1]) <= 1e-12)
    #expect(abs(intervals[1].lowerBound - 1.2 + t * errors[1]) <= 1e-12)
    let correlation = try #require(solution.correlations)[1]
    // −x̄/√(x̄² + Sxx/n).
    #expect(abs(correlation + 1.5 / 3.5.squareRoot()) <= 1e-13)
    let known = try LevenbergMarquardt().solve(line(noise: .known))
    #expect(abs(try #require(known.standardErrors)[1] - (1.0 / 5).squareRoot()) <= 1e-13)
    let normal = try #require(try known.confidenceIntervals())[1]
    // The normal distribution's 97.5 % point.
    #expect(abs(normal.upperBound - 1.2 - 1.959963984540054 * 0.2.squareRoot()) <= 1e-12)
    #expect(throws: InputError.self) { try solution.confidenceIntervals(level: 1) }
  }

  @Test("The interval of a parameter that is varied by its logarithm is positive")
  func logarithmicIntervals() throws {
    let solution = try LevenbergMarquardt().solve(line(scale: .logarithmic))
    let errors = try #require(solution.standardErrors)
    let intervals = try #require(try solution.confidenceIntervals(level: 0.99))
    let wide = intervals[0]
    #expect(wide.lowerBound > 0)
    // Symmetric about the estimate in the logarithm.
    #expect(abs(wide.lowerBound * wide.upperBound - 0.49) <= 1e-7)
    #expect(wide.upperBound > 0.7 + errors[0])
  }

  @Test("A direction that the data do not determine is named")
  func undetermined() throws {
    let map = curveMap(at: [1, 2, 3, 4]) { p, x in
      (2 * p[0] + p[1]) * Dual(x) + p[2]
    }
    let solution = try LevenbergMarquardt().solve(
      LeastSquaresProblem(
        parameters: ["a", "b", "c"].map { .init($0, start: 1) }, predictions: map,
        misfit: LeastSquaresMisfit(data: [1, 2, 4, 3])))
    let identifiability = solution.identifiability
    #expect(!identifiability.isComplete)
    #expect(identifiability.singularValues.count == 3)
    #expect(identifiability.weakDirections.count == 1)
    let direction = identifiability.weakDirections[0]
    #expect(Set(direction.names) == ["a", "b"])
    // b falls by 2 where a rises by 1.
    let rate: Double = direction.changes[1] / direction.changes[0]
    #expect(abs(rate - (direction.names[0] == "a" ? -2 : -0.5)) <= 1e-10)
    #expect(identifiability.warnings[0].contains("a") && identifiability.warnings[0].contains("b"))
    #expect(solution.covariance == nil)
    #expect(solution.correlations == nil)
    #expect(try solution.confidenceIntervals() == nil)
  }

  @Test("A parameter without influence is named alone")
  func withoutInfluence() throws {
    let map = curveMap(at: [1, 2, 3]) { p, x in p[0] * Dual(x) + 0 * p[1] }
    let solution = try LevenbergMarquardt().solve(
      LeastSquaresProblem(
        parameters: [.init("a", start: 1), .init("idle", start: 1)], predictions: map,
        misfit: LeastSquaresMisfit(data: [1, 2, 4])))
    #expect(solution.identifiability.weakDirections.map(\.names) == [["idle"]])
    #expect(solution.identifiability.warnings[0].contains("idle: it changes no prediction"))
    #expect(solution.identifiability.conditionNumber == .infinity)
  }

  @Test("Nearly dependent parameters are reported with their condition index; good ones are not")
  func weak() throws {
    let map = curveMap(at: [1, 2, 3, 4]) { p, x in
      p[0] * Dual(x) + p[1] * Dual(x + (x == 2 ? 1e-4 : 0))
    }
    let solution = try LevenbergMarquardt().solve(
      LeastSquaresProblem(
        parameters: [.init("a", start: 1), .init("b", start: 1)], predictions: map,
        misfit: LeastSquaresMisfit(data: [1, 2, 4, 3])))
    let direction = try #require(solution.identifiability.weakDirections.first)
    #expect(!direction.isUndetermined && solution.identifiability.isComplete)
    // Two unit columns at an angle φ: σ₁/σ₂ = cot(φ/2), φ ≈ 1e-4·√(26)/30.
    let angle: Double = 1e-4 * 26.0.squareRoot() / 30
    #expect(abs(direction.conditionIndex * angle / 2 - 1) <= 1e-3)
    #expect(solution.covariance != nil)
    let good = try LevenbergMarquardt().solve(line())
    #expect(good.identifiability.warnings.isEmpty)
  }

  // MARK: Profiles

  @Test("The profile of a linear model is a parabola, and its interval that of the covariance")
  func linearProfile() throws {
    for noise in [LeastSquaresProblem.Noise.estimated, .known] {
      let problem = try line(noise: noise)
      let solution = try LevenbergMarquardt().solve(problem)
      let errors = try #require(solution.standardErrors)
      let intervals = try #require(try solution.confidenceIntervals(level: 0.9))
      for (index, name) in ["intercept", "slope"].enumerated() {
        let profile = try LevenbergMarquardt().profile(
          name, of: problem, around: solution, level: 0.9)
        // Located to 1e-6 of the threshold.
        let width: Double = 2e-6 * (intervals[index].upperBound - intervals[index].lowerBound)
        #expect(abs(try #require(profile.lowerEnd) - intervals[index].lowerBound) <= width)
        #expect(abs(try #require(profile.upperEnd) - intervals[index].upperBound) <= width)
        for point in profile.points {
          let expected: Double = (point.value - solution.parameters[index]) / errors[index]
          #expect(abs(point.standardizedError - expected) <= 1e-6)
        }
        #expect(profile.points.count >= 7)
        #expect(profile.points.map(\.value) == profile.points.map(\.value).sorted())
      }
    }
  }

  @Test("The profile of a single parameter and of a saturating one")
  func curvedProfile() throws {
    // exp(−k) against 0.01 ± 0.02 bounds k from below only: as k grows the misfit stays small.
    let map = curveMap(at: [1]) { p, _ in Dual.exp(-p[0]) }
    let problem = try LeastSquaresProblem(
      parameters: [.init("k", start: 3)], predictions: map,
      misfit: LeastSquaresMisfit(data: [0.01], weights: [2500]), noise: .known)
    let solution = try LevenbergMarquardt().solve(problem)
    let profile = try LevenbergMarquardt().profile("k", of: problem, around: solution)
    #expect(profile.upperEnd == nil)
    // exp(−k) = 0.01 + 1.96·0.02.
    let end: Double = -.log(0.01 + 1.959963984540054 * 0.02)
    #expect(abs(try #require(profile.lowerEnd) - end) <= 1e-5)
    #expect(throws: OptimizationError.unknownParameter(name: "q", known: ["k"])) {
      try LevenbergMarquardt().profile("q", of: problem, around: solution)
    }
  }

  @Test("A profile from a local optimum finds the better one and says so")
  func betterFit() throws {
    // (p² − 1)² + 0.09 (p + 1.2)² has two minima; the one near +1 is not the best.
    let map = curveMap(at: [0, 1]) { p, x in
      x == 0 ? p[0] * p[0] - 1 : 0.3 * (p[0] + 1.2)
    }
    let problem = try LeastSquaresProblem(
      parameters: [.init("p", start: 1)], predictions: map,
      misfit: LeastSquaresMisfit(data: [0, 0], weights: [9, 9]), noise: .known)
    let solution = try LevenbergMarquardt().solve(problem)
    #expect(solution.parameters[0] > 0)
    #expect(throws: OptimizationError.self) {
      try LevenbergMarquardt().profile("p", of: problem, around: solution, level: 0.999999)
    }
  }
}
