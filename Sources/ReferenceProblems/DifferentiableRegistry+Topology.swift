import Adjoint
import TopologyOptimization

extension DifferentiableRegistry {
  /// Elastic structures with respect to densities and loads, the conic filter, and both in a row.
  static func topologyOperations() throws -> [DifferentiableOperation] {
    let grid = try ElementGrid(columns: 5, rows: 3)
    let densities = positiveNumbers(grid.elementCount, seed: 10)
    return try [
      DifferentiableOperation(
        ElasticitySolution.self, "displacements and compliance", at: densities + [-1, 0.5]
      ) { elasticity(grid) },
      DifferentiableOperation(
        ElasticitySolution.self, "compliance of a filtered design", at: densities
      ) { filteredCompliance(try ConicFilter(grid: grid, radius: 1.7)) },
    ]
      + [0.8, 1.5, 2.6].map { radius in
        let filter = try ConicFilter(grid: grid, radius: radius)
        return DifferentiableOperation(
          ConicFilter.self, "radius \(radius)", at: numbers(grid.elementCount, seed: 11)
        ) { map(filter) }
      }
  }

  /// The map (densities, two forces) ↦ (displacements, compliance) of a clamped plate.
  private static func elasticity(_ grid: ElementGrid) -> DifferentiableMap {
    let count = grid.elementCount
    let loaded = [
      (node: grid.node(column: grid.columns, row: 1), axis: Axis.y),
      (node: grid.node(column: 2, row: 0), axis: Axis.x),
    ]
    let places = loaded.map { 2 * $0.node + $0.axis.rawValue }
    func solve(_ x: [Double]) throws -> ElasticitySolution {
      let supports = (0...grid.rows).flatMap { row in
        [Axis.x, .y].map { Support(node: grid.node(column: 0, row: row), axis: $0) }
      }
      let loads = zip(loaded, x.dropFirst(count)).map {
        PointLoad(node: $0.node, axis: $0.axis, force: $1)
      }
      return try ElasticitySolver(
        problem: ElasticityProblem(grid: grid, supports: supports, loads: loads),
        interpolation: SIMPInterpolation(penalization: 3)
      ).solve(densities: Array(x.prefix(count)))
    }
    return DifferentiableMap(
      name: "elasticity",
      value: {
        let solution = try solve($0)
        return solution.value + [solution.compliance]
      },
      linearize: { x in
        let solution = try solve(x)
        return .init(
          value: solution.value + [solution.compliance],
          pushforward: { tangent in
            var loads = [Double](repeating: 0, count: solution.value.count)
            for (place, force) in zip(places, tangent.dropFirst(count)) { loads[place] = force }
            let image = try solution.pushforward(
              densities: Array(tangent.prefix(count)), loads: loads)
            return image.displacements + [image.compliance]
          },
          pullback: { cotangent in
            let first = try solution.pullback(cotangent.dropLast())
            let second = try solution.compliancePullback(cotangent[cotangent.count - 1])
            return zip(first.densities, second.densities).map { $0 + $1 }
              + places.map { first.loads[$0] + second.loads[$0] }
          })
      })
  }

  /// The map design ↦ compliance of a half MBB beam, its densities being the filtered design.
  private static func filteredCompliance(_ filter: ConicFilter) -> DifferentiableMap {
    func solve(_ design: [Double]) throws -> ElasticitySolution {
      try ElasticitySolver(
        problem: .halfMBB(columns: filter.grid.columns, rows: filter.grid.rows),
        interpolation: SIMPInterpolation(penalization: 3)
      ).solve(densities: filter.apply(design))
    }
    return DifferentiableMap(
      name: "compliance", value: { [try solve($0).compliance] },
      linearize: { design in
        let solution = try solve(design)
        return .init(
          value: [solution.compliance],
          pushforward: { tangent in
            [try solution.pushforward(densities: filter.apply(tangent)).compliance]
          },
          pullback: { cotangent in
            try filter.applyTransposed(solution.compliancePullback(cotangent[0]).densities)
          })
      })
  }

  /// The filter itself, which is linear.
  private static func map(_ filter: ConicFilter) -> DifferentiableMap {
    DifferentiableMap(
      name: "filter", value: { try filter.apply($0) },
      linearize: { field in
        .init(
          value: try filter.apply(field), pushforward: { try filter.apply($0) },
          pullback: { try filter.applyTransposed($0) })
      })
  }
}
