/// Computes ∂f/∂u or ∂f/∂p of a ``Model`` straight into the values of a sparse matrix.
///
/// Columns of one color are found together, eight colors in one evaluation in ``Dual``; or rows of one
/// color together, by one reverse sweep of a recording for each color. What is cheaper is chosen from
/// the numbers of colors (Curtis, Powell and Reid, *J. Inst. Math. Appl.* 13, 1974; Griewank and
/// Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, ch. 8). A dense pattern is the same with one
/// color a column.
///
/// Nothing is allocated after `init`, but for a tape that grows in the first evaluation. A Jacobian is
/// scratch space: it belongs to one thread at a time.
public final class SparseJacobian {
  /// With respect to what the model is differentiated.
  public enum Variable: Sendable, Hashable {
    /// J = ∂f/∂u.
    case state
    /// P = ∂f/∂p.
    case parameters
  }

  /// What is found together.
  public enum Compression: String, Sendable, Hashable {
    /// The model's own Jacobian if it supplies one, else the one whose ``estimatedCost`` is less.
    case automatic
    /// Columns that share no row, by duals.
    case columns
    /// Rows that share no column, by the tape.
    case rows
    /// Everything, by the Jacobian that the model supplies on the same pattern.
    case supplied
  }

  /// The function.
  public let model: Model

  /// With respect to what it is differentiated.
  public let variable: Variable

  /// Where the derivative may be nonzero.
  public let pattern: SparsityPattern

  /// What is found together, ``Compression/automatic`` resolved.
  public let compression: Compression

  /// The number of groups of columns or rows; none if the Jacobian is supplied.
  public let colorCount: Int

  /// How the groups were found, if there are any.
  public let statistics: ColoringStatistics?

  private enum Engine {
    case supplied(SuppliedKernels.Jacobian)
    case columns(ColumnCompression)
    case rows(RowCompression)
  }

  private let engine: Engine

  /// Prepares Jacobians of `model` on `pattern`, which must hold every nonzero.
  ///
  /// - Throws: `InputError` if the pattern's size does not fit the model, or if a supplied Jacobian is
  ///   asked for but there is none on this pattern.
  public init(
    _ model: Model, pattern: SparsityPattern, variable: Variable = .state,
    compression: Compression = .automatic
  ) throws {
    let columnCount = variable == .state ? model.stateCount : model.parameterCount
    try InputError.requireLength(
      "rows of the Jacobian's pattern", expected: model.outputCount, found: pattern.rowCount)
    try InputError.requireLength(
      "columns of the Jacobian's pattern", expected: columnCount, found: pattern.columnCount)
    self.model = model
    self.variable = variable
    self.pattern = pattern
    if let jacobian = try Self.suppliedJacobian(model, pattern, variable, compression) {
      self.compression = .supplied
      colorCount = 0
      statistics = nil
      engine = .supplied(jacobian)
    } else if let rows = Self.rowColoring(pattern, compression) {
      self.compression = .rows
      colorCount = rows.colorCount
      statistics = rows.statistics
      engine = .rows(RowCompression(model, variable, pattern: pattern, coloring: rows))
    } else {
      let columns = ColumnColoring(pattern, colorsPerSweep: Dual.laneCount)
      self.compression = .columns
      colorCount = columns.colorCount
      statistics = columns.statistics
      engine = .columns(
        try ColumnCompression(model, variable, pattern: pattern, coloring: columns))
    }
  }

  /// How many evaluations of the model this Jacobian costs, by ``KernelCost``; a supplied Jacobian counts
  /// as one.
  public var estimatedCost: Double { Self.estimatedCost(compression, colorCount: colorCount) }

  private static func estimatedCost(_ compression: Compression, colorCount: Int) -> Double {
    switch compression {
    case .rows: KernelCost.rowCompression(colorCount: colorCount)
    case .supplied: 1
    case .columns, .automatic: KernelCost.columnCompression(colorCount: colorCount)
    }
  }

  private static func suppliedJacobian(
    _ model: Model, _ pattern: SparsityPattern, _ variable: Variable, _ compression: Compression
  ) throws -> SuppliedKernels.Jacobian? {
    guard compression == .supplied || compression == .automatic else { return nil }
    let isThere = variable == .state && model.supplied.jacobianPattern == pattern
    try InputError.require(
      isThere || compression == .automatic, "supplied Jacobians on this pattern", 0,
      "one: the model has none, or on another pattern")
    return isThere ? model.supplied.jacobian : nil
  }

  /// The coloring of the rows if they are to be compressed.
  ///
  /// The largest row and column bound the numbers of colors from below, so that usually one coloring
  /// is enough to decide.
  private static func rowColoring(
    _ pattern: SparsityPattern, _ compression: Compression
  ) -> RowColoring? {
    switch compression {
    case .columns, .supplied: return nil
    case .rows: return RowColoring(pattern)
    case .automatic:
      let columnCost = estimatedCost(.columns, colorCount: pattern.largestRow)
      guard estimatedCost(.rows, colorCount: pattern.largestColumn) < columnCost else {
        return nil
      }
      let rows = RowColoring(pattern)
      return estimatedCost(.rows, colorCount: rows.colorCount) < columnCost ? rows : nil
    }
  }

  /// Writes the nonzeros at (t, u, p) to `values`, in the pattern's order.
  ///
  /// - Throws: `InputError` for wrong lengths, and for states and parameters that are not finite;
  ///   ``TraceError/full(model:maximumOperationCount:)`` by rows, if the model makes more operations than
  ///   it allows.
  public func evaluate(
    time: Double, state: [Double], parameters: [Double], into values: inout [Double]
  ) throws {
    try model.validate(state: state, named: "state", parameters: parameters)
    try InputError.requireLength(
      "values of the Jacobian", expected: pattern.entryCount, found: values.count)
    var span = values.mutableSpan
    evaluate(time: time, state: state.span, parameters: parameters.span, into: &span)
    if case .rows(let rows) = engine, rows.isFull {
      throw TraceError.full(
        model: model.name, maximumOperationCount: model.maximumOperationCount)
    }
  }

  /// Writes the nonzeros at (t, u, p) to `values`, in the pattern's order; lengths must be right.
  ///
  /// They are NaN if the model makes more operations than it allows.
  public func evaluate(
    time: Double, state: Span<Double>, parameters: Span<Double>,
    into values: inout MutableSpan<Double>
  ) {
    precondition(
      state.count == model.stateCount && parameters.count == model.parameterCount
        && values.count == pattern.entryCount, "wrong length of a span")
    switch engine {
    case .supplied(let jacobian): jacobian(time, state, parameters, &values)
    case .columns(let columns):
      columns.evaluate(time: time, state: state, parameters: parameters, into: &values)
    case .rows(let rows):
      rows.evaluate(time: time, state: state, parameters: parameters, into: &values)
    }
  }
}

extension SparsityPattern {
  /// The most entries in a column.
  fileprivate var largestColumn: Int {
    (0..<columnCount).reduce(0) { max($0, columnPointers[$1 + 1] - columnPointers[$1]) }
  }

  /// The most entries in a row.
  fileprivate var largestRow: Int {
    var counts = [Int](repeating: 0, count: rowCount)
    for row in rowIndices { counts[row] += 1 }
    return counts.max() ?? 0
  }
}
