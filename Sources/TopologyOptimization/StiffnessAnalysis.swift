import Adjoint

/// Assembly, factorization and solution of K(ρ) u = f in memory that is reused.
///
/// The stages run in order, for one set of densities after another. Not safe for concurrent use.
final class StiffnessAnalysis {
  let solver: ElasticitySolver

  /// u on all degrees of freedom, zero at supports.
  private(set) var displacements: [Double]

  private var values: [Double]
  private var framedModuli: [Double]
  private var factors: (any Factorization)?
  private var free: [Double]

  init(_ solver: ElasticitySolver) {
    self.solver = solver
    displacements = [Double](repeating: 0, count: solver.problem.grid.degreeOfFreedomCount)
    values = [Double](repeating: 0, count: solver.assembly.pattern.entryCount)
    framedModuli = [Double](repeating: 0, count: solver.assembly.framedCount)
    free = [Double](repeating: 0, count: solver.assembly.freeDegreesOfFreedom.count)
  }

  /// Sets the stiffness matrix's values for densities ρ_e ≥ 0, one an element.
  func assemble(densities: [Double]) {
    let grid = solver.problem.grid
    precondition(densities.count == grid.elementCount)
    for column in 0..<grid.columns {
      let place = (column + 1) * (grid.rows + 2) + 1
      for row in 0..<grid.rows {
        framedModuli[place + row] = solver.interpolation.modulus(
          atDensity: densities[column * grid.rows + row])
      }
    }
    framedModuli.withUnsafeBufferPointer { framedModuli in
      values.withUnsafeMutableBufferPointer { values in
        guard let first = framedModuli.baseAddress else { return }
        solver.assembly.assemble(framedModuli: first, into: values)
      }
    }
  }

  /// Factorizes the assembled matrix.
  func factorize(iteration: Int? = nil) throws {
    do {
      if let factors {
        try factors.refactorize(values)
      } else {
        factors = try solver.symbolic.factorize(
          SparseMatrix(pattern: solver.assembly.pattern, values: values))
      }
    } catch FactorizationError.notPositiveDefinite(let column) {
      let place = solver.assembly.freeDegreesOfFreedom[column]
      throw TopologyOptimizationError.singularStiffness(
        iteration: iteration, node: place / 2, axis: place % 2 == 0 ? .x : .y)
    }
  }

  /// Solves for the displacements under the problem's loads.
  func solve() throws {
    try solve(solver.problem.loadVector, into: &displacements)
  }

  /// c = fᵀ u.
  var compliance: Double {
    zip(solver.problem.loadVector, displacements).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Sets ρ̄_e = −E'(ρ_e) λ_eᵀ K₀ u_e, for the displacements and an adjoint state λ.
  func densityGradient(adjoint: [Double], densities: [Double], into gradient: inout [Double]) {
    solver.kernel.energies(displacements, adjoint, into: &gradient)
    for element in gradient.indices {
      gradient[element] *= -solver.interpolation.modulusDerivative(atDensity: densities[element])
    }
  }

  /// Solves K x = b with the factors; b and x on all degrees of freedom, x zero at supports.
  func solve(_ rightHandSide: [Double], into solution: inout [Double]) throws {
    let rows = solver.assembly.freeDegreesOfFreedom
    for (row, degreeOfFreedom) in rows.enumerated() { free[row] = rightHandSide[degreeOfFreedom] }
    try factors?.solveInPlace(&free)
    for (row, degreeOfFreedom) in rows.enumerated() { solution[degreeOfFreedom] = free[row] }
  }

  /// ‖b − K x‖∞/(‖K‖∞ ‖x‖∞ + ‖b‖∞) over the free degrees of freedom; the moduli are those of K.
  func backwardError(_ solution: [Double], rightHandSide: [Double], moduli: [Double]) -> Double {
    let product = solver.kernel.forces(solution, scaledBy: moduli)
    var residual = 0.0
    var size = 0.0
    var load = 0.0
    for index in solver.assembly.freeDegreesOfFreedom {
      residual = max(residual, abs(rightHandSide[index] - product[index]))
      size = max(size, abs(solution[index]))
      load = max(load, abs(rightHandSide[index]))
    }
    let scale = matrixNorm() * size + load
    return scale > 0 ? residual / scale : 0
  }

  /// ‖K‖∞: the largest sum of moduli of a row, both triangles counted.
  private func matrixNorm() -> Double {
    let pattern = solver.assembly.pattern
    var sums = [Double](repeating: 0, count: pattern.columnCount)
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        sums[column] += abs(values[slot])
        if row != column { sums[row] += abs(values[slot]) }
      }
    }
    return sums.max() ?? 0
  }
}
