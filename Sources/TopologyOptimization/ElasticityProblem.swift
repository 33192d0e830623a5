import Adjoint

/// A direction of displacement or force.
public enum Axis: Int, Sendable, Hashable {
  /// To the right.
  case x = 0
  /// Upwards.
  case y = 1
}

/// One displacement that is held at zero.
public struct Support: Sendable, Hashable {
  /// The node that is held, in the numbering of ``ElementGrid``.
  public var node: Int

  /// The direction in which it cannot move.
  public var axis: Axis

  /// Holds a node in one direction.
  public init(node: Int, axis: Axis) {
    self.node = node
    self.axis = axis
  }
}

/// A force on a node.
public struct PointLoad: Sendable, Hashable {
  /// The node that it acts on, in the numbering of ``ElementGrid``.
  public var node: Int

  /// The direction in which it acts.
  public var axis: Axis

  /// Its size, in units of modulus × thickness × element side; negative to the left or downwards.
  public var force: Double

  /// A force on a node.
  public init(node: Int, axis: Axis, force: Double) {
    self.node = node
    self.axis = axis
    self.force = force
  }
}

/// A plate of square elements in plane stress, held at its supports and loaded at nodes.
///
///     K(ρ) u = f,   K(ρ) = Σ_e E(ρ_e) K₀ on the degrees of freedom of element e
///
/// with u = 0 at the supports. One load case, which may have any number of point loads; loads on the
/// same displacement add up, and what acts on a support goes straight into it.
public struct ElasticityProblem: Sendable {
  /// The elements.
  public let grid: ElementGrid

  /// The displacements held at zero, each named once or more.
  public let supports: [Support]

  /// The forces.
  public let loads: [PointLoad]

  /// The element's stiffness at unit modulus.
  public let element: PlaneStressElement

  /// Whether each degree of freedom is held.
  let isFixed: [Bool]

  /// f: the force on each degree of freedom, those on supports included.
  public let loadVector: [Double]

  /// A problem from its grid, supports and loads.
  ///
  /// - Throws: `InputError` for a Poisson's ratio outside (−1, ½) or a force that is not finite;
  ///   ``TopologyOptimizationError`` for nodes that do not exist, supports that allow a rigid motion,
  ///   or loads that act on no free displacement.
  public init(
    grid: ElementGrid, supports: [Support], loads: [PointLoad], poissonRatio: Double = 0.3
  ) throws {
    element = try PlaneStressElement(poissonRatio: poissonRatio)
    var isFixed = [Bool](repeating: false, count: grid.degreeOfFreedomCount)
    var loadVector = [Double](repeating: 0, count: grid.degreeOfFreedomCount)
    for support in supports {
      try Self.requireNode(support.node, of: grid, argument: "supports")
      isFixed[2 * support.node + support.axis.rawValue] = true
    }
    try InputError.requireFinite("loads", loads.map(\.force))
    for load in loads {
      try Self.requireNode(load.node, of: grid, argument: "loads")
      loadVector[2 * load.node + load.axis.rawValue] += load.force
    }
    try InputError.requireFinite("sum of loads", loadVector)
    if let motion = Self.rigidMotion(of: grid, supports: supports) {
      throw TopologyOptimizationError.insufficientSupports(motion: motion)
    }
    guard zip(loadVector, isFixed).contains(where: { $0 != 0 && !$1 }) else {
      throw TopologyOptimizationError.noEffectiveLoad
    }
    self.grid = grid
    self.supports = supports
    self.loads = loads
    self.isFixed = isFixed
    self.loadVector = loadVector
  }

  private static func requireNode(_ node: Int, of grid: ElementGrid, argument: String) throws {
    guard node >= 0 && node < grid.nodeCount else {
      throw TopologyOptimizationError.noSuchNode(
        argument: argument, node: node, nodeCount: grid.nodeCount)
    }
  }

  /// A rigid motion that the supports allow, if there is one.
  ///
  /// The plate can turn about a point exactly if that point lies at the height of every support in x
  /// and above or below every support in y.
  private static func rigidMotion(
    of grid: ElementGrid, supports: [Support]
  ) -> TopologyOptimizationError.RigidMotion? {
    var rowsHeldInX: Set<Int> = []
    var columnsHeldInY: Set<Int> = []
    for support in supports {
      let (column, row) = grid.position(ofNode: support.node)
      switch support.axis {
      case .x: rowsHeldInX.insert(row)
      case .y: columnsHeldInY.insert(column)
      }
    }
    if rowsHeldInX.isEmpty { return .horizontalTranslation }
    if columnsHeldInY.isEmpty { return .verticalTranslation }
    return rowsHeldInX.count == 1 && columnsHeldInY.count == 1 ? .rotation : nil
  }
}
