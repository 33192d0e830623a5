// A lens that carries a wave to a target: inverse design with Helmholtz's equation.
//
// −Δu − k² ε (1 + iσ) u = f on the unit square, u = 0 on its border; σ grows near the border and absorbs the waves
// there. A source stands on the left, a target on the right; in a strip between them the permittivity
// ε = 1 + ρ may be chosen, 0 ≤ ρ ≤ 1, node by node, so that J = |u(target)|² becomes large.
//
// J is a real function of the complex solution: its cotangent is 2u at the target. One conjugate-transposed solve
// with the forward factors gives Ā = −λ uᴴ, and ∂J/∂ρᵢ = Re(Āᵢᵢ* ∂aᵢᵢ/∂ρᵢ) with ∂aᵢᵢ/∂ρᵢ = −k²(1 + iσᵢ).
import Adjoint

let size = 48
let wavenumber = 22.0
let count = size * size
let spacing = 1 / Double(size + 1)
let source = (size / 2) * size + 5
let target = (size / 3) * size + size - 6
let strip = (0..<count).filter { (14..<26).contains($0 % size) }

/// k²(1 + iσ) at a node.
func coefficient(_ node: Int) -> Complex<Double> {
  let edge = min(node % size, node / size, size - 1 - node % size, size - 1 - node / size)
  let depth = max(0, 5 - Double(edge)) / 5
  return Complex(wavenumber * wavenumber, wavenumber * wavenumber * 0.8 * depth * depth)
}

// The matrix without the lens, and the slots of its diagonal.
var builder = try SparseMatrixBuilder(rowCount: count, columnCount: count)
let stiffness = 1 / (spacing * spacing)
for node in 0..<count {
  try builder.add(4 * stiffness, row: node, column: node)
  if node % size > 0 { try builder.add(-stiffness, row: node, column: node - 1) }
  if node % size + 1 < size { try builder.add(-stiffness, row: node, column: node + 1) }
  if node >= size { try builder.add(-stiffness, row: node, column: node - size) }
  if node + size < count { try builder.add(-stiffness, row: node, column: node + size) }
}
let laplacian = try builder.build()
let diagonal = (0..<count).compactMap { laplacian.pattern.slot(row: $0, column: $0) }
let load = (0..<count).map { $0 == source ? Complex<Double>(stiffness) : .zero }

let solver = ComplexLinearSolver()
let symbolic = try ComplexSymbolicFactorization(analyzing: laplacian.pattern)

/// The wave with ε = 1 + ρ in the strip.
func solve(_ density: [Double]) throws -> ComplexLinearSolution {
  var values = laplacian.values.map { Complex<Double>($0) }
  for node in 0..<count { values[diagonal[node]] -= coefficient(node) }
  for (node, density) in zip(strip, density) {
    values[diagonal[node]] -= coefficient(node) * Complex(density)
  }
  let matrix = try ComplexSparseMatrix(pattern: laplacian.pattern, values: values)
  return try solver.solve(
    ComplexLinearSystem(matrix: matrix, rightHandSide: load), reusing: symbolic)
}

/// |u(target)|².
func intensity(_ solution: ComplexLinearSolution) -> Double {
  solution.value[target].lengthSquared
}

/// ∂J/∂ρ for the nodes of the strip.
func gradient(_ solution: ComplexLinearSolution) throws -> [Double] {
  var cotangent = [Complex<Double>](repeating: 0, count: count)
  cotangent[target] = 2 * solution.value[target]
  let matrix = try solution.pullback(cotangent).matrix
  return strip.map { node in
    -(matrix.values[diagonal[node]].conjugate * coefficient(node)).real
  }
}

var density = [Double](repeating: 0.5, count: strip.count)
var solution = try solve(density)
var value = intensity(solution)

// The gradient against a central difference along a direction.
let slope = try gradient(solution)
let direction = strip.map { Double.sin(Double($0)) }
let differences = try [1e-4, -1e-4].map { step in
  intensity(try solve(zip(density, direction).map { $0 + step * $1 }))
}
let difference: Double = (differences[0] - differences[1]) / 2e-4
let derivative: Double = zip(slope, direction).map { $0 * $1 }.reduce(0, +)
print("relative error of the gradient: \(abs(difference - derivative) / abs(derivative))")

// Steepest ascent within the bounds; a step that does not improve is halved.
let first = value
var step = 0.2
print("without design: intensity \(first)")
for iteration in 1...40 {
  let ascent = try gradient(solution)
  let largest = ascent.map(abs).max() ?? 1
  while step > 1e-6 {
    let trial = zip(density, ascent).map { min(1, max(0, $0 + step * $1 / largest)) }
    let candidate = try solve(trial)
    if intensity(candidate) > value {
      (density, solution, value) = (trial, candidate, intensity(candidate))
      step *= 1.5
      break
    }
    step *= 0.5
  }
  if iteration % 10 == 0 { print("after \(iteration) steps: intensity \(value)") }
}
print("gain: \(value / first)")
