/// A rectangle of unit square elements, with the numbering of its elements, nodes and displacements.
///
/// Columns count from the left and rows from the top. Elements and nodes are numbered down the
/// columns: element (column, row) is `column·rows + row`, node (column, row) is
/// `column·(rows + 1) + row`. A node has two degrees of freedom, its displacement to the right
/// (`2·node`) and upwards (`2·node + 1`).
/// Source of the numbering: Andreassen, Clausen, Schevenels, Lazarov, Sigmund, "Efficient topology
/// optimization in MATLAB using 88 lines of code", Struct. Multidisc. Optim. 43 (2011) 1–16, Fig. 2.
public struct ElementGrid: Sendable, Hashable {
  /// Number of elements from left to right.
  public let columns: Int

  /// Number of elements from top to bottom.
  public let rows: Int

  /// The most elements a grid may have: about the most that a direct solver can factorize.
  public static let maximumElementCount = 10_000_000

  /// A grid of `columns` × `rows` elements.
  ///
  /// - Throws: ``TopologyOptimizationError/invalidGrid(columns:rows:)`` unless both are positive and
  ///   their product is at most ``maximumElementCount``.
  public init(columns: Int, rows: Int) throws {
    let (count, overflow) = columns.multipliedReportingOverflow(by: rows)
    guard columns > 0, rows > 0, !overflow, count <= Self.maximumElementCount else {
      throw TopologyOptimizationError.invalidGrid(columns: columns, rows: rows)
    }
    self.columns = columns
    self.rows = rows
  }

  /// Number of elements.
  public var elementCount: Int { columns * rows }

  /// Number of nodes.
  public var nodeCount: Int { (columns + 1) * (rows + 1) }

  /// Number of degrees of freedom, two a node.
  public var degreeOfFreedomCount: Int { 2 * nodeCount }

  /// Number of the element in a column and a row, both from zero.
  public func element(column: Int, row: Int) -> Int { column * rows + row }

  /// Number of the node in a column 0…``columns`` and a row 0…``rows``.
  public func node(column: Int, row: Int) -> Int { column * (rows + 1) + row }

  /// Column and row of a node.
  public func position(ofNode node: Int) -> (column: Int, row: Int) {
    (node / (rows + 1), node % (rows + 1))
  }

  /// The eight degrees of freedom of an element: x and y of the lower left, lower right, upper right
  /// and upper left node, which is the order of ``PlaneStressElement/stiffness``.
  public func degreesOfFreedom(ofElement element: Int) -> [Int] {
    let (column, row) = element.quotientAndRemainder(dividingBy: rows)
    let upperLeft = node(column: column, row: row)
    let upperRight = upperLeft + rows + 1
    return [upperLeft + 1, upperRight + 1, upperRight, upperLeft].flatMap { [2 * $0, 2 * $0 + 1] }
  }
}
