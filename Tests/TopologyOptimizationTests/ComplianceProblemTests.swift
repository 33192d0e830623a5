import Adjoint
import Testing
import TopologyOptimization

@Suite("Compliance problem")
struct ComplianceProblemTests {
  private static func solver(penalization: Double) throws -> ElasticitySolver {
    let problem = try ElasticityProblem.halfMBB(columns: 18, rows: 6)
    return try ElasticitySolver(
      problem: problem, interpolation: SIMPInterpolation(penalization: penalization))
  }

  @Test("Objective and constraint obey the laws of derivatives")
  func laws() throws {
    let solver = try Self.solver(penalization: 3)
    let filter = try ConicFilter(grid: solver.problem.grid, radius: 2)
    let problem = try solver.complianceProblem(filter: filter, volumeFraction: 0.5)
    var generator = SeededGenerator(seed: 20)
    let point = (0..<108).map { _ in generator.uniform(in: 0.2..<0.9) }
    for objective in [problem.objective, problem.inequalities[0].function] {
      let map = DifferentiableMap(
        name: "objective", value: { [try objective.valueWithGradient(at: $0).value] },
        linearize: { x in
          let (value, gradient) = try objective.valueWithGradient(at: x)
          return DifferentiableMap.Linearization(
            value: [value], pushforward: nil, pullback: { w in gradient.map { w[0] * $0 } })
        })
      let report = try DerivativeCheck(seed: 21).check(map, at: point)
      #expect(report.passed, "\(report)")
    }
  }

  @Test("Moving asymptotes and optimality criteria find the same optimum of the convex problem")
  func optimizers() throws {
    // Without penalization, p = 1, compliance is convex in the densities and the optimum is unique.
    let solver = try Self.solver(penalization: 1)
    let filter = try ConicFilter(grid: solver.problem.grid, radius: 2)
    var stop = Optimizer.Options()
    stop.relativeValueTolerance = 1e-8
    stop.maximumEvaluations = 400
    let asymptotes = try Optimizer(.mma, options: stop).minimize(
      solver.complianceProblem(filter: filter, volumeFraction: 0.5),
      from: [Double](repeating: 0.5, count: 108))

    var options = OptimalityCriteria.Options()
    options.filterRadius = 2
    options.changeTolerance = 0
    options.maximumIterations = 300
    let criteria = try OptimalityCriteria(options: options).minimizeCompliance(of: solver)
    // The volume of the criteria is right to 1e-3 and compliance is at most of order -1 in it.
    #expect(abs(criteria.compliance / asymptotes.value - 1) <= 1e-3)
    let final = try solver.solve(densities: try filter.apply(asymptotes.point))
    #expect(abs(final.compliance / asymptotes.value - 1) <= 1e-12)
  }

  @Test("A filter on another grid and bad fractions are refused")
  func validation() throws {
    let solver = try Self.solver(penalization: 3)
    let grid = try ElementGrid(columns: 6, rows: 18)
    let other = try ConicFilter(grid: grid, radius: 2)
    #expect(throws: TopologyOptimizationError.differentGrids(grid, solver.problem.grid)) {
      try solver.complianceProblem(filter: other, volumeFraction: 0.5)
    }
    let filter = try ConicFilter(grid: solver.problem.grid, radius: 2)
    for fraction in [0, -1, 1.5, .nan] {
      #expect(throws: InputError.self) {
        try solver.complianceProblem(filter: filter, volumeFraction: fraction)
      }
    }
  }
}
