import Adjoint

/// Structures of the literature.
extension ElasticityProblem {
  /// Half of the MBB beam: the right half of a beam on two supports, loaded at its middle.
  ///
  /// The left edge is the plane of symmetry (no displacement in x), the lower right corner rests on
  /// a roller (none in y), and a unit load pushes down on the upper left corner.
  /// Source: Andreassen et al., Struct. Multidisc. Optim. 43 (2011), Fig. 1.
  ///
  /// - Throws: ``TopologyOptimizationError/invalidGrid(columns:rows:)``; `InputError` for the ratio.
  public static func halfMBB(
    columns: Int, rows: Int, poissonRatio: Double = 0.3
  ) throws -> ElasticityProblem {
    let grid = try ElementGrid(columns: columns, rows: rows)
    let symmetry = (0...rows).map { Support(node: grid.node(column: 0, row: $0), axis: .x) }
    let roller = Support(node: grid.node(column: columns, row: rows), axis: .y)
    let load = PointLoad(node: grid.node(column: 0, row: 0), axis: .y, force: -1)
    return try ElasticityProblem(
      grid: grid, supports: symmetry + [roller], loads: [load], poissonRatio: poissonRatio)
  }

  /// A cantilever: the left edge is clamped, a unit load pulls down at the middle of the right edge.
  ///
  /// With an odd number of rows the load is at the node just above the middle.
  ///
  /// - Throws: ``TopologyOptimizationError/invalidGrid(columns:rows:)``; `InputError` for the ratio.
  public static func cantilever(
    columns: Int, rows: Int, poissonRatio: Double = 0.3
  ) throws -> ElasticityProblem {
    let grid = try ElementGrid(columns: columns, rows: rows)
    let clamp = (0...rows).flatMap { row in
      let node = grid.node(column: 0, row: row)
      return [Support(node: node, axis: .x), Support(node: node, axis: .y)]
    }
    let load = PointLoad(node: grid.node(column: columns, row: rows / 2), axis: .y, force: -1)
    return try ElasticityProblem(
      grid: grid, supports: clamp, loads: [load], poissonRatio: poissonRatio)
  }

  /// A bridge: pinned at both lower corners, with a deck along the lower edge that carries a unit
  /// load spread over its inner nodes.
  ///
  /// - Throws: ``TopologyOptimizationError/invalidGrid(columns:rows:)``; `InputError` for the ratio or
  ///   a single column, which has no inner nodes.
  public static func bridge(
    columns: Int, rows: Int, poissonRatio: Double = 0.3
  ) throws -> ElasticityProblem {
    let grid = try ElementGrid(columns: columns, rows: rows)
    try InputError.require(
      columns > 1, "columns of a bridge", Double(columns),
      "at least 2, since the load is on the nodes between the supports")
    let supports = [0, columns].flatMap { column in
      let node = grid.node(column: column, row: rows)
      return [Support(node: node, axis: .x), Support(node: node, axis: .y)]
    }
    let loads = (1..<columns).map { column in
      PointLoad(
        node: grid.node(column: column, row: rows), axis: .y, force: -1 / Double(columns - 1))
    }
    return try ElasticityProblem(
      grid: grid, supports: supports, loads: loads, poissonRatio: poissonRatio)
  }
}
