// How strongly should a regression be regularized? Let data that it has not seen decide.
//
// Inner problem: coefficients x(p) minimize ½‖A x − b‖² + ½ Σ e^{p_g} x_j², one penalty for each of
// two groups of columns (group g of column j).
// Outer problem: p minimizes the error ½‖V x(p) − w‖² on other data.
//
// x(p) is a minimum and as such a differentiable function of p: one adjoint solve with the inner
// problem's own Hessian gives the gradient of the outer error, which L-BFGS then follows.
import Adjoint

struct Ridge: MinimizationModel {
  let rows: [[Double]]
  let targets: [Double]
  let groups: [Int]
  let parameterCount = 2
  var variableCount: Int { groups.count }

  func objective<S: Scalar>(at x: Span<S>, parameters p: Span<S>) -> S {
    var sum: S = 0
    for (row, target) in zip(rows, targets) {
      var residual = S(-target)
      for index in x.indices { residual += S(row[index]) * x[index] }
      sum += residual * residual
    }
    let penalties = [S.exp(p[0]), S.exp(p[1])]
    for index in x.indices { sum += penalties[groups[index]] * x[index] * x[index] }
    return 0.5 * sum
  }
}

/// Rows of a polynomial and of useless random features, with a noisy target.
func sample(_ count: Int, seed: UInt64, groups: [Int]) -> (rows: [[Double]], targets: [Double]) {
  var generator = SeededGenerator(seed: seed)
  var rows: [[Double]] = []
  var targets: [Double] = []
  for index in 0..<count {
    let t: Double = 2 * (Double(index) + 0.5) / Double(count) - 1
    let junk = generator.direction(count: groups.count)
    var power = 1.0
    var row: [Double] = []
    for (column, group) in groups.enumerated() {
      row.append(group == 0 ? power : junk[column])
      if group == 0 { power *= t }
    }
    rows.append(row)
    targets.append(1 - 2 * t + 0.8 * t * t * t + 0.3 * junk[0])
  }
  return (rows, targets)
}

let groups = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]
let training = sample(24, seed: 11, groups: groups)
let validation = sample(40, seed: 12, groups: groups)
let ridge = Ridge(rows: training.rows, targets: training.targets, groups: groups)

func coefficients(_ p: [Double]) throws -> MinimizationSolution {
  try MinimizationSolver().solve(
    MinimizationProblem(ridge, parameters: p, initialGuess: groups.map { _ in 0 }))
}

/// The error on the validation data and its gradient by the penalties' logarithms.
func validationError(_ p: [Double]) throws -> (value: Double, gradient: [Double]) {
  let solution = try coefficients(p)
  var value = 0.0
  var cotangent = groups.map { _ in 0.0 }
  for (row, target) in zip(validation.rows, validation.targets) {
    let residual = zip(row, solution.value).reduce(-target) { $0 + $1.0 * $1.1 }
    value += 0.5 * residual * residual
    for index in cotangent.indices { cotangent[index] += residual * row[index] }
  }
  return (value, try solution.pullback(cotangent).parameters)
}

let start = [0.0, 0.0]
let (first, gradient) = try validationError(start)
var largest = 0.0
for index in start.indices {
  var ends: [Double] = []
  for step in [1e-3, -1e-3, 2e-3, -2e-3] {
    var moved = start
    moved[index] += step
    ends.append(try validationError(moved).value)
  }
  let difference: Double = (8 * (ends[0] - ends[1]) - (ends[2] - ends[3])) / 12e-3
  largest = max(largest, abs(gradient[index] - difference) / abs(difference))
}
print("Largest relative disagreement with differences: \(largest)")

let problem = OptimizationProblem(
  minimizing: Objective(variableCount: 2, valueWithGradient: validationError),
  lowerBounds: [-12, -12], upperBounds: [12, 12])
let result = try Optimizer(.lbfgs).minimize(problem, from: start)
print("Log penalty of the polynomial: \(result.point[0])")
print("Log penalty of the useless features: \(result.point[1])")
print("Validation error at the start: \(first)")
print("Validation error at the optimum: \(result.value)")
print("Outer evaluations: \(result.statistics.objectiveEvaluations)")
