import Adjoint
import ReferenceProblems
import Testing

@Suite("Branches of solutions and their folds")
struct ContinuationTests {
  /// u² + λ² = p: a circle, with folds at λ = ±√p.
  struct Circle: ResidualSystem {
    let stateCount = 1
    let parameterCount = 2
    func residual<S: Scalar>(
      at u: Span<S>, parameters p: Span<S>, into residual: inout MutableSpan<S>
    ) { residual[0] = u[0] * u[0] + p[0] * p[0] - p[1] }
  }

  @Test("A circle is followed around, past both folds")
  func circle() throws {
    var options = ContinuationSolver.Options()
    options.maximumFolds = 2
    let problem = try NonlinearProblem(Circle(), parameters: [0, 4], initialGuess: [1.5])
    let branch = try ContinuationSolver(options).follow(problem, parameter: 0, in: -5...5)
    #expect(branch.folds.count == 2)
    #expect(abs(branch.folds[0].parameter - 2) <= 1e-14)
    #expect(abs(branch.folds[1].parameter + 2) <= 1e-14)
    // λ is greatest at the first fold and least at the second: λ'' = ∓1/2 along u.
    #expect(abs(branch.folds[0].curvature + 0.5) <= 1e-13)
    #expect(abs(branch.folds[1].curvature - 0.5) <= 1e-13)
    for point in branch.points {
      let radius: Double = point.state[0] * point.state[0] + point.parameter * point.parameter
      #expect(abs(radius - 4) <= 1e-9)
      let along: Double =
        point.stateTangent[0] * point.state[0] + point.parameterTangent * point.parameter
      #expect(abs(along) <= 1e-9)
    }
    // The arc is at least that from (2, 0) to the second fold, in chords of at most 26°.
    let last = try #require(branch.points.last)
    #expect(last.arclength > 0.98 * 1.5 * .pi * 2)
    // dλ*/dp = 1/(2√p), du*/dp = 0.
    let gradient = try branch.folds[0].pullback(parameter: 1)
    #expect(abs(gradient.parameters[1] - 0.25) <= 1e-14)
    #expect(gradient.parameters[0] == 0)
    #expect(abs(try branch.folds[0].pullback([1], parameter: 0).parameters[1]) <= 1e-13)
    #expect(abs(try branch.folds[0].pushforward([7, 1]).parameter - 0.25) <= 1e-14)
  }

  @Test("A point of the branch can be differentiated, but a fold cannot be mistaken for one")
  func pointGradient() throws {
    let problem = try NonlinearProblem(Circle(), parameters: [0, 4], initialGuess: [1.5])
    let branch = try ContinuationSolver().follow(problem, parameter: 0, in: 0...1)
    let index = branch.points.count - 1
    #expect(branch.points[index].parameter == 1)
    // u = √(p − λ²): du/dλ = −λ/u, du/dp = 1/(2u).
    let gradient = try branch.solution(at: index).pullback([1])
    #expect(abs(gradient.parameters[0] + 1 / 3.squareRoot()) <= 1e-12)
    #expect(abs(gradient.parameters[1] - 0.5 / 3.squareRoot()) <= 1e-12)
    #expect(throws: InputError.self) { try branch.solution(at: index + 1) }
  }

  @Test("Natural continuation reaches the end of its range, and stops before a fold")
  func natural() throws {
    var options = ContinuationSolver.Options()
    options.method = .natural
    options.minimumStep = 1e-5
    let problem = try NonlinearProblem(Circle(), parameters: [0, 4], initialGuess: [1.5])
    let branch = try ContinuationSolver(options).follow(problem, parameter: 0, in: -1...1.5)
    #expect(branch.points.last?.parameter == 1.5)
    options.initialStep = -0.1
    let backwards = try ContinuationSolver(options).follow(problem, parameter: 0, in: -1...1.5)
    #expect(backwards.points.last?.parameter == -1)
    do {
      _ = try ContinuationSolver(options).follow(problem, parameter: 0, in: -5...5)
      Issue.record("it passed a fold")
    } catch ContinuationError.stepUnderflow(let partial, _) {
      #expect(partial.points.count > 5)
      let last = try #require(partial.points.last)
      #expect(last.parameter > -2 - 1e-9 && last.parameter < -1.9)
    }
  }

  @Test("Bratu's fold on the interval is that of the closed form, by extrapolation in h²")
  func interval() throws {
    // λ* = 3.513830719125161 (the maximum of 8 a²/cosh²a); grids of 16, 32, 64 and 128 intervals, the
    // error being a series in h².
    var folds: [Double] = []
    for side in [15, 31, 63, 127] {
      let system = BratuFamily(side: side, dimension: 1)
      let problem = try NonlinearProblem(
        system, parameters: [0, 0, 1], initialGuess: [Double](repeating: 0, count: side))
      var options = ContinuationSolver.Options()
      options.maximumFolds = 1
      let branch = try ContinuationSolver(options).follow(problem, parameter: 0, in: 0...10)
      let fold = try #require(branch.folds.first)
      #expect(fold.curvature < 0)
      #expect(branch.points.count < 60)
      folds.append(fold.parameter)
      // λ* is proportional to κ, so dλ*/dκ = λ*/κ to rounding times the condition number of the fold.
      let gradient = try fold.pullback(parameter: 1)
      #expect(abs(gradient.parameters[2] - fold.parameter) <= 1e-10 * fold.parameter)
      #expect(gradient.evidence.adjointBackwardError <= 1e-14)
    }
    var power = 1.0
    while folds.count > 1 {
      power *= 4
      let factor = power - 1
      folds = zip(folds.dropFirst(), folds).map { $0 + ($0 - $1) / factor }
    }
    // Rounding of J φ = 0 relative to h² is about eps/h² = 4e-12, amplified by the extrapolation.
    #expect(abs(folds[0] - 3.513830719125161) <= 1e-9)
  }

  @Test("A bifurcation point and a cusp are no folds")
  func degenerate() throws {
    struct Pitchfork: ResidualSystem {
      let stateCount = 1
      let parameterCount = 1
      func residual<S: Scalar>(
        at u: Span<S>, parameters p: Span<S>, into residual: inout MutableSpan<S>
      ) { residual[0] = p[0] * u[0] - u[0] * u[0] * u[0] }
    }
    struct Cusp: ResidualSystem {
      let stateCount = 1
      let parameterCount = 1
      func residual<S: Scalar>(
        at u: Span<S>, parameters p: Span<S>, into residual: inout MutableSpan<S>
      ) { residual[0] = p[0] - u[0] * u[0] * u[0] }
    }
    #expect(throws: ContinuationError.self) {
      try FoldSolver().solve(
        NonlinearProblem(Pitchfork(), parameters: [0.01], initialGuess: [0.02]), parameter: 0)
    }
    #expect(throws: ContinuationError.self) {
      try FoldSolver().solve(
        NonlinearProblem(Cusp(), parameters: [0.01], initialGuess: [0.02]), parameter: 0)
    }
  }

  @Test("Bad input throws with its cause")
  func errors() throws {
    let problem = try NonlinearProblem(Circle(), parameters: [0, 4], initialGuess: [1.5])
    #expect(throws: ContinuationError.self) {
      try ContinuationSolver().follow(problem, parameter: 2, in: 0...1)
    }
    #expect(throws: InputError.self) {
      try ContinuationSolver().follow(problem, parameter: 0, in: 1...2)
    }
    var options = ContinuationSolver.Options()
    options.initialStep = .nan
    #expect(throws: InputError.self) {
      try ContinuationSolver(options).follow(problem, parameter: 0, in: 0...1)
    }
    #expect(throws: ContinuationError.self) { try FoldSolver().solve(problem, parameter: -1) }
    #expect(throws: InputError.self) {
      try FoldSolver().solve(problem, parameter: 0, nullVector: [0])
    }
    let fold = try FoldSolver().solve(
      NonlinearProblem(Circle(), parameters: [1.9, 4], initialGuess: [0.2]), parameter: 0)
    #expect(throws: InputError.self) { try fold.pullback([1, 2], parameter: 1) }
    #expect(throws: InputError.self) { try fold.pushforward([1]) }
    #expect(throws: InputError.self) { try fold.pullback(parameter: .nan) }
    let messages: [ContinuationError] = [
      .singular(model: "M", parameter: 1, reason: "r"),
      .foldNotFound(model: "M", state: [], parameter: 1, residual: 1),
      .degenerateFold(model: "M", parameter: 1, transversality: 0, curvature: 1),
    ]
    for message in messages { #expect(message.description.hasPrefix("M: ")) }
  }
}
