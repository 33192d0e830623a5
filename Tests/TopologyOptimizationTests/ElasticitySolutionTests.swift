import Adjoint
import Testing
import TopologyOptimization

@Suite("Elasticity solution")
struct ElasticitySolutionTests {
  @Test("A stretched plate of any Poisson's ratio is exact", arguments: [0, 0.3, -0.2])
  func patchTest(nu: Double) throws {
    let grid = try ElementGrid(columns: 5, rows: 4)
    let edge = (0...4).map { Support(node: grid.node(column: 0, row: $0), axis: .x) }
    let corner = Support(node: grid.node(column: 0, row: 4), axis: .y)
    // Stress 1 on the right edge: half of each element's traction to each of its nodes.
    let loads = (0...4).map {
      PointLoad(
        node: grid.node(column: 5, row: $0), axis: .x, force: $0 == 0 || $0 == 4 ? 0.5 : 1)
    }
    let problem = try ElasticityProblem(
      grid: grid, supports: edge + [corner], loads: loads, poissonRatio: nu)
    let simp = try SIMPInterpolation(penalization: 3)
    let density = 0.7
    let modulus = simp.modulus(atDensity: density)
    let solution = try ElasticitySolver(problem: problem, interpolation: simp)
      .solve(densities: [Double](repeating: density, count: grid.elementCount))
    // Backward stable solve of a matrix with condition number below 1e4: 1e4·eps, and a margin 10.
    let tolerance = 2.3e-11 / modulus
    for node in 0..<grid.nodeCount {
      let (column, row) = grid.position(ofNode: node)
      #expect(abs(solution.value[2 * node] - Double(column) / modulus) <= tolerance)
      #expect(abs(solution.value[2 * node + 1] + nu * Double(4 - row) / modulus) <= tolerance)
    }
    // c = load × elongation.
    #expect(abs(solution.compliance - 4 * 5 / modulus) <= 4 * tolerance)
    #expect(solution.statistics.equationCount == grid.degreeOfFreedomCount - 6)
    #expect(solution.statistics.backwardError <= 1e-15)
  }

  /// Irregular supports and loads inside, so that every case of the assembly occurs.
  private static func problem(forces: [Double]) throws -> ElasticityProblem {
    let grid = try ElementGrid(columns: 5, rows: 3)
    let supports = [
      Support(node: 0, axis: .x), Support(node: 3, axis: .x), Support(node: 3, axis: .y),
      Support(node: 10, axis: .y), Support(node: 17, axis: .x), Support(node: 22, axis: .y),
    ]
    let loads = zip([(9, Axis.y), (14, .x), (23, .x)], forces).map {
      PointLoad(node: $0.0, axis: $0.1, force: $1)
    }
    return try ElasticityProblem(grid: grid, supports: supports, loads: loads)
  }

  private static let forces = [-1.0, 0.5, 0.25]
  private static let loadPlaces = [2 * 9 + 1, 2 * 14, 2 * 23]

  private static func solution(_ x: [Double]) throws -> ElasticitySolution {
    let problem = try problem(forces: Array(x.suffix(3)))
    let simp = try SIMPInterpolation(penalization: 3)
    return try ElasticitySolver(problem: problem, interpolation: simp)
      .solve(densities: Array(x.dropLast(3)))
  }

  private static func point() -> [Double] {
    var generator = SeededGenerator(seed: 5)
    return (0..<15).map { _ in generator.uniform(in: 0.3..<0.95) } + forces
  }

  private static func loadTangent(_ v: [Double]) -> [Double] {
    var loads = [Double](repeating: 0, count: 48)
    for (place, force) in zip(loadPlaces, v.suffix(3)) { loads[place] = force }
    return loads
  }

  /// Errors planted in a right derivative.
  enum Fault: CaseIterable, Sendable {
    case sign
    case onePercentInBoth
    case droppedLoads
    case droppedElement
    case staleDensities
  }

  /// (ρ, forces) ↦ (u, c).
  private static func map(fault: Fault? = nil) -> DifferentiableMap {
    DifferentiableMap(
      name: "elasticity" + (fault.map { " with \($0)" } ?? ""),
      value: { x in
        let solution = try solution(x)
        return solution.value + [solution.compliance]
      },
      linearize: { x in
        let exact = try solution(x)
        var place = x
        if fault == .staleDensities { place[4] += 0.01 }
        let used = fault == .staleDensities ? try solution(place) : exact
        let factor = fault == .onePercentInBoth ? 1.01 : 1
        return DifferentiableMap.Linearization(
          value: exact.value + [exact.compliance],
          pushforward: { v in
            let tangent = try used.pushforward(
              densities: Array(v.dropLast(3)), loads: loadTangent(v))
            return (tangent.displacements + [tangent.compliance]).map { factor * $0 }
          },
          pullback: { w in
            let first = try used.pullback(Array(w.dropLast()))
            let second = try used.compliancePullback(w[48])
            var densities = zip(first.densities, second.densities).map { $0 + $1 }
            var loads = loadPlaces.map { first.loads[$0] + second.loads[$0] }
            if fault == .sign { densities = densities.map { -$0 } }
            if fault == .droppedLoads { loads = [0, 0, 0] }
            if fault == .droppedElement { densities[7] = 0 }
            return (densities + loads).map { factor * $0 }
          })
      })
  }

  @Test("Displacements and compliance obey the laws of derivatives")
  func laws() throws {
    let report = try DerivativeCheck(seed: 6).check(Self.map(), at: Self.point())
    #expect(report.passed, "\(report)")
  }

  @Test("The laws reject planted faults", arguments: Fault.allCases)
  func negativeControls(_ fault: Fault) throws {
    let report = try DerivativeCheck(seed: 6).check(Self.map(fault: fault), at: Self.point())
    #expect(!report.passed)
  }

  @Test("The self-adjoint gradient of the compliance is that of the general adjoint")
  func selfAdjoint() throws {
    let solution = try Self.solution(Self.point())
    let short = try solution.compliancePullback(3)
    let long = try solution.pullback(solution.problem.loadVector.map { 3 * $0 })
    for (short, long) in zip(short.densities, long.densities) {
      // One more solve of a matrix with condition number below 1e5.
      #expect(abs(short - long) <= 1e5 * 0x1p-52 * abs(long))
    }
    #expect(short.densities.allSatisfy { $0 < 0 })
    #expect(long.evidence.primalResidual <= 1e-15)
    #expect(long.evidence.adjointBackwardError <= 1e-15)
  }

  @Test("Cotangents at supports have no effect and loads there no gradient")
  func supports() throws {
    let solution = try Self.solution(Self.point())
    var cotangent = [Double](repeating: 0, count: 48)
    cotangent[7] = 1  // Node 3 in y.
    let gradient = try solution.pullback(cotangent)
    #expect(gradient.densities.allSatisfy { $0 == 0 })
    #expect(solution.value[7] == 0)
    cotangent[19] = 1
    #expect(try solution.pullback(cotangent).loads[7] == 0)
  }

  @Test("Design to compliance through the filter obeys the laws; without the transpose it does not")
  func filteredCompliance() throws {
    let problem = try ElasticityProblem.halfMBB(columns: 6, rows: 4)
    let solver = try ElasticitySolver(problem: problem, interpolation: SIMPInterpolation())
    let filter = try ConicFilter(grid: problem.grid, radius: 2.2)
    func map(transposed: Bool) -> DifferentiableMap {
      DifferentiableMap(
        name: "filtered compliance",
        value: { [try solver.solve(densities: try filter.apply($0)).compliance] },
        linearize: { x in
          let solution = try solver.solve(densities: try filter.apply(x))
          return DifferentiableMap.Linearization(
            value: [solution.compliance],
            pushforward: { v in
              [try solution.pushforward(densities: try filter.apply(v)).compliance]
            },
            pullback: { w in
              let gradient = try solution.compliancePullback(w[0]).densities
              return transposed ? try filter.applyTransposed(gradient) : gradient
            })
        })
    }
    var generator = SeededGenerator(seed: 8)
    let point = (0..<24).map { _ in generator.uniform(in: 0.2..<1) }
    let report = try DerivativeCheck(seed: 9).check(map(transposed: true), at: point)
    #expect(report.passed, "\(report)")
    #expect(try !DerivativeCheck(seed: 9).check(map(transposed: false), at: point).passed)
  }

  @Test("A solution keeps its factors while the solver is used again")
  func independence() throws {
    let problem = try Self.problem(forces: Self.forces)
    let solver = try ElasticitySolver(problem: problem, interpolation: SIMPInterpolation())
    let densities = Array(Self.point().dropLast(3))
    let first = try solver.solve(densities: densities)
    let cotangent = (0..<48).map { SeededGenerator.uniform(at: $0) }
    let before = try first.pullback(cotangent).densities
    _ = try solver.solve(densities: [Double](repeating: 1, count: 15))
    #expect(try first.pullback(cotangent).densities == before)
    #expect(try solver.solve(densities: densities).value == first.value)
  }

  @Test("Wrong lengths and numbers are refused")
  func validation() throws {
    let problem = try ElasticityProblem.cantilever(columns: 2, rows: 2)
    let solver = try ElasticitySolver(problem: problem, interpolation: SIMPInterpolation())
    #expect(throws: InputError.wrongLength(argument: "densities", expected: 4, found: 3)) {
      try solver.solve(densities: [1, 1, 1])
    }
    #expect(throws: InputError.self) { try solver.solve(densities: [1, 1, .nan, 1]) }
    #expect(throws: InputError.self) { try solver.solve(densities: [1, -0.1, 1, 1]) }
    let solution = try solver.solve(densities: [1, 1, 1, 0])
    #expect(solution.compliance.isFinite)
    #expect(throws: InputError.self) { try solution.pullback([1]) }
    #expect(throws: InputError.self) {
      try solution.pullback([Double](repeating: .infinity, count: 18))
    }
    #expect(throws: InputError.self) { try solution.compliancePullback(.nan) }
    #expect(throws: InputError.self) { try solution.pushforward(densities: [1]) }
    #expect(throws: InputError.self) {
      try solution.pushforward(densities: [1, 1, 1, 1], loads: [1])
    }
  }

  @Test("A stiffness that vanishes is reported as such")
  func singular() throws {
    let problem = try ElasticityProblem.cantilever(columns: 4, rows: 2)
    let simp = try SIMPInterpolation(voidModulus: .leastNonzeroMagnitude)
    let solver = try ElasticitySolver(problem: problem, interpolation: simp)
    // The smallest number times the entries of K₀, all below one half, rounds to zero.
    let error = #expect(throws: TopologyOptimizationError.self) {
      try solver.solve(densities: [Double](repeating: 0, count: 8))
    }
    #expect(error?.description.contains("likely causes") == true)
  }
}
