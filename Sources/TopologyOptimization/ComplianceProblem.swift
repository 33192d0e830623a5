import Adjoint

extension ElasticitySolver {
  /// Compliance minimization as a problem for any optimizer of the package.
  ///
  ///     min fᵀ u(F x)   subject to   (Σ_e (F x)_e)/n − V ≤ 0,   0 ≤ x_e ≤ 1
  ///
  /// with F the density filter. The gradients are exact: Fᵀ ∂c/∂ρ and Fᵀ 1/n. Every evaluation costs a
  /// numeric factorization and a solve, in memory that is reused.
  ///
  /// - Parameters:
  ///   - filter: F, on the problem's grid.
  ///   - volumeFraction: V.
  /// - Throws: ``TopologyOptimizationError/differentGrids(_:_:)``; `InputError` for a fraction outside
  ///   (0, 1]. The objective throws
  ///   ``TopologyOptimizationError/singularStiffness(iteration:node:axis:)``.
  public func complianceProblem(
    filter: ConicFilter, volumeFraction: Double
  ) throws -> OptimizationProblem {
    let count = problem.grid.elementCount
    guard filter.grid == problem.grid else {
      throw TopologyOptimizationError.differentGrids(filter.grid, problem.grid)
    }
    try InputError.require(
      volumeFraction > 0 && volumeFraction <= 1, "volumeFraction", volumeFraction,
      "greater than 0 and at most 1")
    let analysis = StiffnessAnalysis(self)
    let compliance = Objective(variableCount: count) { design in
      let densities = try filter.apply(design)
      analysis.assemble(densities: densities)
      try analysis.factorize()
      try analysis.solve()
      var gradient = design
      analysis.densityGradient(
        adjoint: analysis.displacements, densities: densities, into: &gradient)
      return (analysis.compliance, try filter.applyTransposed(gradient))
    }
    let weights = try filter.applyTransposed([Double](repeating: 1 / Double(count), count: count))
    let volume = Objective(variableCount: count) { design in
      let mean = zip(weights, design).reduce(0) { $0 + $1.0 * $1.1 }
      return (mean - volumeFraction, weights)
    }
    var problem = OptimizationProblem(
      minimizing: compliance, lowerBounds: [Double](repeating: 0, count: count),
      upperBounds: [Double](repeating: 1, count: count))
    problem.inequalities = [OptimizationProblem.Constraint(volume)]
    return problem
  }
}
