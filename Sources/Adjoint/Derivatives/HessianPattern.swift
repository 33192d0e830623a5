extension ModelTrace {
  /// The nonzero pattern of the Hessian of wᵀf for any w, or of some outputs: rows and columns
  /// variables, symmetric, both triangles.
  ///
  /// An entry (i, j) is present if some operation joins variables i and j nonlinearly: both enter
  /// the argument of a nonlinear function, the two sides of a product, or a quotient of which the
  /// denominator has one of them (Walther, *ACM Trans. Math. Softw.* 34 (1), 2008, §2.2). Linear
  /// operations join nothing, nor do `minimum`, `maximum` and `magnitude` away from their kinks.
  /// With f = Σ over operations the entries are those of Σ v̄ₖ ∇aₖ φₖ″ ∇bₖᵀ, so none is missed and
  /// one too many only where terms cancel.
  ///
  /// Operations are visited backwards; inside the argument of a nonlinear function nothing needs to
  /// be joined again. Cost: O(operations + entries) where operations depend on few variables.
  ///
  /// - Throws: ``TraceError/noSuchOutput(model:output:outputCount:)``.
  public func hessianPattern(
    ofOutputs outputs: [Int]? = nil, withRespectTo variables: Variables = .state
  ) throws -> SparsityPattern {
    for output in outputs ?? [] where !outputNodes.indices.contains(output) {
      throw TraceError.noSuchOutput(model: modelName, output: output, outputCount: outputCount)
    }
    let range = nodes(of: variables)
    let dependencies = TraceDependencies(trace, variables: range)
    var pairs = VariablePairs(variableCount: range.count)
    let states = Buffer<UInt8>(count: trace.count, repeating: 0)
    for output in outputs ?? Array(outputNodes.indices) { states[Int(outputNodes[output])] = 1 }
    let nodes = trace.nodes
    var index = trace.count - 1
    while index > 0 {
      // 0: no output depends on it; 1: some output does; 2: all its variables are joined already.
      var state = states[index]
      if state != 0 && dependencies.isActive(index) {
        let node = nodes[index]
        let arguments = TraceDependencies.arguments(of: node, in: nodes)
        if state == 1 {
          switch join(node, arguments, dependencies) {
          case .nothing: break
          case .everything:
            pairs.addSquare(of: index, dependencies)
            state = 2
          case .bothSides:
            pairs.addProduct(of: arguments.first, arguments.second, dependencies)
          case .quotient:
            pairs.addProduct(of: arguments.first, arguments.second, dependencies)
            pairs.addSquare(of: arguments.second, dependencies)
            states[arguments.second] = 2
          }
        }
        states[arguments.first] = max(states[arguments.first], state)
        states[arguments.second] = max(states[arguments.second], state)
      }
      index -= 1
    }
    return pairs.pattern()
  }

  private enum Join { case nothing, everything, bothSides, quotient }

  /// Which of its variables an operation joins.
  private func join(
    _ node: Trace.Node, _ arguments: (first: Int, second: Int), _ dependencies: TraceDependencies
  ) -> Join {
    let constant = trace.nodes[Int(node.second)]
    switch node.operation {
    case .add, .subtract, .negate, .minimum, .maximum, .magnitude, .input:
      return .nothing
    case .integerPower, .root:
      return constant.bits == 1 ? .nothing : .everything
    case .power:
      let exponent: Double =
        constant.operation == .constant ? .init(bitPattern: constant.bits) : .nan
      return exponent == 0 || exponent == 1 ? .nothing : .everything
    case .multiply:
      if !dependencies.isActive(arguments.first) || !dependencies.isActive(arguments.second) {
        return .nothing
      }
      return arguments.first == arguments.second ? .everything : .bothSides
    case .divide:
      if !dependencies.isActive(arguments.second) { return .nothing }
      return dependencies.isActive(arguments.first) && arguments.first != arguments.second
        ? .quotient : .everything
    default:
      return .everything
    }
  }
}

/// Pairs of variables in both orders, gathered one after the other, that become a symmetric pattern.
private struct VariablePairs {
  private let variableCount: Int
  private var pairs: [UInt64] = []
  private var nextCompaction = 1 << 22
  private var left: [Int] = []
  private var right: [Int] = []

  init(variableCount: Int) { self.variableCount = variableCount }

  private mutating func add(_ first: Int, _ second: Int) {
    pairs.append(UInt64(first) << 32 | UInt64(second))
    if pairs.count >= nextCompaction {
      pairs = compacted().all
      nextCompaction = max(nextCompaction, 2 * pairs.count)
    }
  }

  private static func collect(
    _ node: Int, _ dependencies: TraceDependencies, into list: inout [Int]
  ) {
    list.removeAll(keepingCapacity: true)
    dependencies.forEachVariable(of: node) { list.append($0) }
  }

  /// All pairs of variables of one node.
  mutating func addSquare(of node: Int, _ dependencies: TraceDependencies) {
    Self.collect(node, dependencies, into: &left)
    for first in left {
      for second in left { add(first, second) }
    }
  }

  /// All pairs of a variable of one node with one of another.
  mutating func addProduct(of one: Int, _ other: Int, _ dependencies: TraceDependencies) {
    Self.collect(one, dependencies, into: &left)
    Self.collect(other, dependencies, into: &right)
    for first in left {
      for second in right {
        add(first, second)
        add(second, first)
      }
    }
  }

  /// The pairs in the order of columns and then rows, each once, and where the columns begin.
  ///
  /// Two stable counting sorts, by row and then by column; by symmetry both have the same counts.
  private func compacted() -> (all: [UInt64], columnPointers: [Int]) {
    var starts = [Int](repeating: 0, count: variableCount + 1)
    for pair in pairs { starts[Int(pair >> 32) + 1] += 1 }
    for column in 0..<variableCount { starts[column + 1] += starts[column] }
    var byRow = [UInt64](repeating: 0, count: pairs.count)
    var next = starts
    for pair in pairs {
      let row = Int(pair & 0xFFFF_FFFF)
      byRow[next[row]] = pair
      next[row] += 1
    }
    var ordered = [UInt64](repeating: 0, count: pairs.count)
    next = starts
    for pair in byRow {
      let column = Int(pair >> 32)
      ordered[next[column]] = pair
      next[column] += 1
    }
    var columnPointers = [Int](repeating: 0, count: variableCount + 1)
    var count = 0
    for (place, pair) in ordered.enumerated() where place == 0 || ordered[place - 1] != pair {
      byRow[count] = pair
      count += 1
      columnPointers[Int(pair >> 32) + 1] = count
    }
    for column in 0..<variableCount {
      columnPointers[column + 1] = max(columnPointers[column], columnPointers[column + 1])
    }
    byRow.removeLast(byRow.count - count)
    return (byRow, columnPointers)
  }

  /// The pattern of all pairs.
  func pattern() -> SparsityPattern {
    let (all, columnPointers) = compacted()
    return SparsityPattern(
      unchecked: variableCount, variableCount, columnPointers: columnPointers,
      rowIndices: all.map { Int(truncatingIfNeeded: $0 & 0xFFFF_FFFF) })
  }
}

extension Model {
  /// The nonzero pattern of the Hessian of wᵀf for any w, or of some outputs, at every input:
  /// ``ModelTrace/hessianPattern(ofOutputs:withRespectTo:)``.
  ///
  /// - Throws: ``TraceError/branches(model:comparisonCount:readCount:)`` if the model branches on values,
  ///   ``TraceError/noSuchOutput(model:output:outputCount:)``.
  public func hessianPattern(
    ofOutputs outputs: [Int]? = nil, withRespectTo variables: ModelTrace.Variables = .state
  ) throws -> SparsityPattern {
    try recordTrace().hessianPattern(ofOutputs: outputs, withRespectTo: variables)
  }
}
