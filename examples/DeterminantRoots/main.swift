// The eigenvalues of a sparse matrix as the roots of det(A − z I), by Newton's method on its logarithm.
//
// With f(z) = log det(A − z I), f′(z) = −tr (A − z I)⁻¹ is the derivative of the log-determinant along −I: entries
// of the inverse on the diagonal, found by selected inversion. Newton's step for the determinant itself is
// −det/det′ = −1/f′. Roots z_k that are known are divided out: f′(z) − Σ 1/(z − z_k) belongs to the quotient
// (Maehly's procedure; Stoer and Bulirsch, *Introduction to Numerical Analysis*, §5.5).
//
// A = tridiag(−1 − c, 2, −1 + c), convection and diffusion in one dimension, has for c > 1 the complex eigenvalues
// 2 + 2i √(c² − 1) cos(jπ/(n + 1)).
import Adjoint

let order = 24
let convection = 3.0
var builder = try SparseMatrixBuilder(rowCount: order, columnCount: order)
for row in 0..<order {
  try builder.add(2, row: row, column: row)
  if row > 0 { try builder.add(-1 - convection, row: row, column: row - 1) }
  if row + 1 < order { try builder.add(-1 + convection, row: row, column: row + 1) }
}
let matrix = try builder.build()
let pattern = matrix.pattern
let diagonal = (0..<order).compactMap { pattern.slot(row: $0, column: $0) }
let direction = (0..<pattern.entryCount).map { slot -> Complex<Double> in
  diagonal.contains(slot) ? -1 : 0
}

let solver = MatrixFunctionSolver()
let symbolic = try ComplexSymbolicFactorization(analyzing: pattern)

/// d/dz log det(A − z I).
func logarithmicDerivative(_ z: Complex<Double>) throws -> Complex<Double> {
  var values = matrix.values.map { Complex<Double>($0) }
  for slot in diagonal { values[slot] -= z }
  let shifted = try ComplexSparseMatrix(pattern: pattern, values: values)
  return try solver.logDeterminant(of: shifted, reusing: symbolic).pushforward(matrix: direction)
}

/// The root that Newton's method reaches from a start, and the number of its steps.
func root(
  from start: Complex<Double>, avoiding known: [Complex<Double>]
) throws -> (root: Complex<Double>, steps: Int) {
  var z = start
  for step in 1...100 {
    var derivative: Complex<Double>
    do {
      derivative = try logarithmicDerivative(z)
    } catch FactorizationError.singular {
      // A − z I is singular to the last bit: z is a root.
      return (z, step)
    }
    for other in known { derivative -= 1 / (z - other) }
    let change = 1 / derivative
    z -= change
    // Eigenvalues have condition numbers of about (√2)ⁿ = 4096 here.
    if change.length <= 1e-11 * z.length { return (z, step) }
  }
  return (z, 100)
}

let exact = (1...order).map { index in
  Complex<Double>(
    2,
    2 * (convection * convection - 1).squareRoot()
      * Double.cos(Double.pi * Double(index) / Double(order + 1)))
}
var roots: [Complex<Double>] = []
var largestError = 0.0
print("root                                    steps   distance to an eigenvalue")
for index in 0..<6 {
  let start = Complex<Double>(1, 1 + 0.5 * Double(index))
  let (found, steps) = try root(from: start, avoiding: roots)
  let error = exact.map { ($0 - found).length }.min() ?? .infinity
  largestError = max(largestError, error)
  print("\(found)   \(steps)   \(error)")
  roots.append(found)
}
let distances = roots.indices.flatMap { first in
  roots[..<first].map { ($0 - roots[first]).length }
}
print("smallest distance of two roots: \(distances.min() ?? 0)")
print("largest error: \(largestError)")
