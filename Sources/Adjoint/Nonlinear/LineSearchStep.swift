/// A Newton step shortened until ‖S F‖ has fallen by enough, with new or old factors.
struct LineSearchStep: NewtonStep {
  /// Nil takes full steps.
  let search: NewtonSolver.LineSearch?
  let reuse: NewtonSolver.FactorReuse
  let minimumStep: Double

  func advance(_ run: NonlinearRun, _ factors: JacobianFactors) throws -> Bool {
    var isOld = reuse != .never && !factors.isEmpty
    if case .whileContracting(let factor) = reuse, isOld {
      let direction = try factors.newtonDirection(run.residual)
      if run.move(direction) <= factor * run.residualNorm {
        run.accept(direction)
        return true
      }
      isOld = false
    }
    let direction: [Double]
    do {
      if !isOld { try factors.update(state: run.state) }
      direction = try factors.newtonDirection(run.residual)
    } catch {
      throw run.singularJacobian(error)
    }
    guard let search else {
      guard run.move(direction).isFinite else { return false }
      run.accept(direction)
      return true
    }
    return Backtracking(isCubic: search == .cubic, minimumStep: minimumStep)
      .search(run, along: direction)
  }
}

/// The search for a fraction α of a direction with ‖S F(u + α d)‖ ≤ (1 − 10⁻⁴(1 − η) α)‖S F(u)‖.
///
/// η is the relative residual of the linear system that d solves, zero for exact solves. Source: see
/// ``NewtonSolver/LineSearch``; for η, Eisenstat and Walker, "Globally convergent inexact Newton
/// methods", *SIAM J. Optim.* 4, 1994.
struct Backtracking {
  var isCubic = false
  var minimumStep = 1e-10
  var forcing = 0.0

  /// Takes the first good fraction; false if there is none.
  func search(_ run: NonlinearRun, along direction: [Double]) -> Bool {
    let start = run.residualNorm
    var step = 1.0
    var previous: (step: Double, merit: Double)?
    while step >= minimumStep {
      let norm = run.move(direction, by: step)
      if norm <= (1 - 1e-4 * (1 - forcing) * step) * start {
        run.accept(step == 1 ? direction : nil)
        return true
      }
      let merit = (norm / start) * (norm / start)
      guard merit.isFinite else {
        step *= norm.isFinite ? 0.1 : 0.5
        previous = nil
        continue
      }
      let trial = previous.flatMap { isCubic ? Self.cubicMinimizer((step, merit), $0) : nil }
      previous = (step, merit)
      let minimizer = trial ?? Self.parabolaMinimizer(step, merit)
      step = min(max(minimizer, 0.1 * step), 0.5 * step)
    }
    return false
  }

  /// The minimizer of the parabola with value 1 and slope −2 at 0, and the value `merit` at `step`.
  private static func parabolaMinimizer(_ step: Double, _ merit: Double) -> Double {
    step * step / (merit - 1 + 2 * step)
  }

  /// The minimizer of the cubic with value 1 and slope −2 at 0 through two points, if it has one.
  private static func cubicMinimizer(
    _ last: (step: Double, merit: Double), _ previous: (step: Double, merit: Double)
  ) -> Double? {
    let (x, y) = (last.step, previous.step)
    let first: Double = (last.merit - 1 + 2 * x) / (x * x)
    let second: Double = (previous.merit - 1 + 2 * y) / (y * y)
    // The cubic is 1 − 2s + b s² + a s³.
    let a: Double = (first - second) / (x - y)
    let b: Double = (x * second - y * first) / (x - y)
    let discriminant: Double = b * b + 6 * a
    guard discriminant >= 0, a.isFinite, b.isFinite else { return nil }
    let denominator: Double = b + discriminant.squareRoot()
    return denominator > 0 ? 2 / denominator : nil
  }
}
