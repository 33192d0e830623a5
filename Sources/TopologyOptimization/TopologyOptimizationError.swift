/// What can be wrong with a structure or its optimization.
public enum TopologyOptimizationError: Error, Equatable, CustomStringConvertible {
  /// The grid has no elements, or more than can be numbered.
  case invalidGrid(columns: Int, rows: Int)
  /// A filter and a structure are on grids of different shapes.
  case differentGrids(ElementGrid, ElementGrid)
  /// A support or a load names a node that the grid does not have.
  case noSuchNode(argument: String, node: Int, nodeCount: Int)
  /// The supports leave the whole structure free to move as a rigid body.
  case insufficientSupports(motion: RigidMotion)
  /// No load acts on a displacement that is free.
  case noEffectiveLoad
  /// The stiffness matrix is not positive definite in floating point at these densities: the pivot
  /// of a node's displacement vanished.
  case singularStiffness(iteration: Int?, node: Int, axis: Axis)

  /// A motion of the plane that deforms nothing.
  public enum RigidMotion: String, Sendable {
    /// All nodes move sideways.
    case horizontalTranslation = "horizontal translation"
    /// All nodes move up or down.
    case verticalTranslation = "vertical translation"
    /// The structure turns about a point.
    case rotation = "rotation"
  }

  /// What is wrong and the likely causes, for a person.
  public var description: String {
    switch self {
    case .invalidGrid(let columns, let rows):
      "a grid of \(columns)x\(rows) elements is not possible; both numbers must be at least 1 and "
        + "their product at most \(ElementGrid.maximumElementCount)"
    case .differentGrids(let filter, let structure):
      "the filter is for \(filter.columns)x\(filter.rows) elements, but the structure has "
        + "\(structure.columns)x\(structure.rows)"
    case .noSuchNode(let argument, let node, let nodeCount):
      "\(argument) names node \(node); the grid's nodes are 0 to \(nodeCount - 1)"
    case .insufficientSupports(let motion):
      "the supports do not prevent the \(motion.rawValue) of the whole structure; "
        + "add a support that does"
    case .noEffectiveLoad:
      "no load acts on a free displacement: there are no loads, they are zero, they cancel, or "
        + "they act on supports only"
    case .singularStiffness(let iteration, let node, let axis):
      "the stiffness matrix" + (iteration.map { " of iteration \($0)" } ?? "")
        + " is singular at the \(axis) displacement of node \(node); likely causes: the modulus of "
        + "void is too small beside that of solid, or part of the structure has no stiffness"
    }
  }
}
