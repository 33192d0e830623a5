import Adjoint
import Testing
import TopologyOptimization

@Suite("Elasticity problem")
struct ElasticityProblemTests {
  @Test("Grids without elements, or with too many, are refused")
  func grid() {
    for (columns, rows) in [(0, 5), (5, 0), (-3, 4), (.max, 2), (1 << 20, 1 << 20)] {
      #expect(throws: TopologyOptimizationError.invalidGrid(columns: columns, rows: rows)) {
        try ElementGrid(columns: columns, rows: rows)
      }
    }
    #expect(throws: InputError.self) {
      try ElasticityProblem.bridge(columns: 1, rows: 4)
    }
  }

  @Test("Numbers run down the columns")
  func numbering() throws {
    let grid = try ElementGrid(columns: 3, rows: 2)
    #expect(grid.elementCount == 6)
    #expect(grid.nodeCount == 12)
    #expect(grid.degreeOfFreedomCount == 24)
    #expect(grid.element(column: 2, row: 1) == 5)
    #expect(grid.node(column: 3, row: 2) == 11)
    #expect(grid.position(ofNode: 7) == (column: 2, row: 1))
    #expect(grid.degreesOfFreedom(ofElement: 3) == [10, 11, 16, 17, 14, 15, 8, 9])
  }

  struct Unsupported: Sendable, CustomStringConvertible {
    var motion: TopologyOptimizationError.RigidMotion
    var supports: [Support]
    var description: String { motion.rawValue }
  }

  /// On a grid of 2×2 elements: node = 3·column + row.
  static let unsupported = [
    Unsupported(motion: .horizontalTranslation, supports: []),
    Unsupported(motion: .horizontalTranslation, supports: [Support(node: 0, axis: .y)]),
    Unsupported(
      motion: .verticalTranslation,
      supports: [Support(node: 0, axis: .x), Support(node: 1, axis: .x)]),
    Unsupported(
      motion: .rotation, supports: [Support(node: 4, axis: .x), Support(node: 4, axis: .y)]),
    Unsupported(
      motion: .rotation,
      supports: [
        Support(node: 0, axis: .x), Support(node: 3, axis: .x), Support(node: 7, axis: .y),
      ]),
  ]

  @Test("Supports that allow a rigid motion are refused, naming it", arguments: unsupported)
  func rigidMotion(_ example: Unsupported) throws {
    let grid = try ElementGrid(columns: 2, rows: 2)
    let load = PointLoad(node: 8, axis: .y, force: -1)
    let expected = TopologyOptimizationError.insufficientSupports(motion: example.motion)
    #expect(throws: expected) {
      try ElasticityProblem(grid: grid, supports: example.supports, loads: [load])
    }
    #expect(expected.description.contains(example.motion.rawValue))
  }

  @Test("Loads that do nothing, are not finite or act nowhere are refused")
  func loads() throws {
    let grid = try ElementGrid(columns: 2, rows: 2)
    let supports = [
      Support(node: 0, axis: .x), Support(node: 2, axis: .x), Support(node: 2, axis: .y),
    ]
    func problem(_ loads: PointLoad...) throws -> ElasticityProblem {
      try ElasticityProblem(grid: grid, supports: supports, loads: loads)
    }
    #expect(throws: TopologyOptimizationError.noEffectiveLoad) { try problem() }
    #expect(throws: TopologyOptimizationError.noEffectiveLoad) {
      try problem(PointLoad(node: 0, axis: .x, force: 1))
    }
    #expect(throws: TopologyOptimizationError.noEffectiveLoad) {
      try problem(
        PointLoad(node: 8, axis: .y, force: 1), PointLoad(node: 8, axis: .y, force: -1))
    }
    #expect(throws: InputError.self) { try problem(PointLoad(node: 8, axis: .y, force: .nan)) }
    #expect(throws: InputError.self) {
      try problem(
        PointLoad(node: 8, axis: .y, force: .greatestFiniteMagnitude),
        PointLoad(node: 8, axis: .y, force: .greatestFiniteMagnitude))
    }
    for node in [-1, 9, .max] {
      #expect(
        throws: TopologyOptimizationError.noSuchNode(argument: "loads", node: node, nodeCount: 9)
      ) { try problem(PointLoad(node: node, axis: .y, force: 1)) }
    }
    #expect(
      throws: TopologyOptimizationError.noSuchNode(argument: "supports", node: 9, nodeCount: 9)
    ) {
      try ElasticityProblem(grid: grid, supports: [Support(node: 9, axis: .x)], loads: [])
    }
    #expect(throws: InputError.self) {
      try ElasticityProblem.halfMBB(columns: 2, rows: 2, poissonRatio: 0.5)
    }
  }
}
