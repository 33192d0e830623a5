// How does g(p) = (cᵀ x)² depend on p, where A(p) x = b and A(p) = A₀ + ppᵀ on the three diagonals?
//
// One forward solve gives g, one adjoint solve its gradient with respect to all parameters; finite
// differences would take two solves for each of them. After the course notes of A. Edelman and
// S. G. Johnson, *Matrix Calculus for Machine Learning and Beyond* (2023).
import Adjoint

/// A = A₀ + (p pᵀ on the pattern of A₀), with A₀ tridiagonal: 4 on the diagonal, −1 beside it.
struct Chain: ParametrizedLinearSystem {
  let pattern: SparsityPattern
  var parameterCount: Int { pattern.columnCount }

  init(length: Int) throws {
    var builder = try SparseMatrixBuilder(rowCount: length, columnCount: length)
    for column in 0..<length {
      for row in max(0, column - 1)...min(length - 1, column + 1) {
        try builder.add(1, row: row, column: column)
      }
    }
    pattern = try builder.build().pattern
  }

  func assemble<S: Scalar>(
    parameters: Span<S>, matrix: inout MutableSpan<S>, rightHandSide: inout MutableSpan<S>
  ) {
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        let base: S = row == column ? 4 : -1
        matrix[slot] = base + parameters[row] * parameters[column]
      }
      rightHandSide[column] = 1
    }
  }
}

/// c: a weight for each unknown.
func weight(_ index: Int) -> Double { .cos(0.002 * Double(index)) }

func projection(_ solution: [Double]) -> Double {
  var sum = 0.0
  for (index, value) in solution.enumerated() { sum += weight(index) * value }
  return sum
}

let length = 1000
let chain = try Chain(length: length)
let parameters = (0..<length).map { 0.5 * Double.cos(0.1 * Double($0)) }
let solver = LinearSolver()

let problem = try ParametrizedLinearProblem(chain, parameters: parameters)
let solution = try solver.solve(problem)
let projected = projection(solution.value)
print("g(p) = \(projected * projected) with \(length) unknowns and \(length) parameters")
print("factorized by the method \(solution.statistics.method)")

// ∂g/∂x = 2 (cᵀx) c is the cotangent of the solution.
let gradient = try solution.pullback((0..<length).map { 2 * projected * weight($0) })
print("backward error of the adjoint solve: \(gradient.evidence.adjointBackwardError)\n")

// A central difference along a direction in which every parameter changes.
let direction = (0..<length).map { Double.sin(3 * Double($0)) }
var values: [Double] = []
for step in [1e-5, -1e-5] {
  let moved = zip(parameters, direction).map { $0 + step * $1 }
  let there = try solver.solve(
    ParametrizedLinearProblem(chain, parameters: moved), reusing: solution.solution.factors.symbolic
  )
  let value = projection(there.value)
  values.append(value * value)
}
let difference: Double = (values[0] - values[1]) / 2e-5
let adjoint: Double = zip(gradient.parameters, direction).map { $0 * $1 }.reduce(0, +)
print("derivative of g along a direction, by the adjoint:       \(adjoint)")
print("                                   by two more solves:   \(difference)")
print("relative difference: \(abs(adjoint - difference) / abs(adjoint))")
