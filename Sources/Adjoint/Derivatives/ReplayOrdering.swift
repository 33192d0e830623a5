/// Which nodes of a trace are needed, and the shape of the expression above each.
struct ReplayOrdering {
  /// A node and its place in the order of its tile: level, then class.
  struct Member {
    var rank: UInt64
    var node: Int
  }

  /// An operation on arguments of two classes.
  private struct Shape: Hashable {
    var operation: UInt64
    var arguments: UInt64
  }

  private let trace: Trace
  private let isLiveNode: Buffer<Bool>
  private let reachesOutput: Buffer<Bool>
  private let dependsOnVariable: Buffer<Bool>
  private let classes: Buffer<UInt32>
  /// By class.
  private var levels: [UInt32] = []
  private var known: [Shape: UInt32] = [:]
  private(set) var members: [Member] = []

  init(_ model: ModelTrace) {
    trace = model.trace
    let nodes = trace.nodes
    let count = trace.count
    isLiveNode = Buffer(count: count, repeating: false)
    reachesOutput = Buffer(count: count, repeating: false)
    dependsOnVariable = Buffer(count: count, repeating: false)
    classes = Buffer(count: count, repeating: 0)
    for node in model.outputNodes {
      isLiveNode[Int(node)] = true
      reachesOutput[Int(node)] = true
    }
    for index in stride(from: count - 1, to: 0, by: -1) {
      let node = nodes[index]
      guard !node.operation.isLeaf && (isLiveNode[index] || node.operation.isGuard) else {
        continue
      }
      for argument in [node.first, node.second] {
        isLiveNode[Int(argument)] = true
        if reachesOutput[index] { reachesOutput[Int(argument)] = true }
      }
    }
    for index in 1..<count { classify(index, nodes[index], model) }
  }

  /// Whether an output or a guard depends on the node.
  func isLive(_ node: Int) -> Bool { isLiveNode[node] }

  /// Whether the node depends on a state or a parameter.
  func isActive(_ node: Int) -> Bool { dependsOnVariable[node] }

  /// Whether an output depends on a state or a parameter through this node.
  func needsAdjoint(_ node: Int) -> Bool { reachesOutput[node] && dependsOnVariable[node] }

  private mutating func classify(_ index: Int, _ node: Trace.Node, _ model: ModelTrace) {
    guard isLiveNode[index] || node.operation == .input else { return }
    var level: UInt32 = 0
    var shape = Shape(operation: UInt64(node.operation.rawValue), arguments: 0)
    switch node.operation {
    case .input:
      let isParameter = index > model.stateCount
      shape.arguments = index == model.timeNode ? 2 : (isParameter ? 1 : 0)
      dependsOnVariable[index] = index != model.timeNode
    case .constant: break
    case .integer: shape.arguments = node.bits
    default:
      let first = Int(node.first)
      let second = Int(node.second)
      dependsOnVariable[index] = dependsOnVariable[first] || dependsOnVariable[second]
      shape.arguments = UInt64(classes[first]) << 32 | UInt64(classes[second])
      if needsAdjoint(index) { shape.operation |= 1 << 32 }
      level = levels[Int(classes[first])] + 1
      if second != 0 { level = max(level, levels[Int(classes[second])] + 1) }
    }
    if let same = known[shape] {
      classes[index] = same
    } else {
      classes[index] = UInt32(levels.count)
      known[shape] = classes[index]
      levels.append(level)
    }
  }

  /// The operations among the nodes of a tile, in their new order.
  mutating func order(_ tile: Range<Int>) -> [Member] {
    members.removeAll(keepingCapacity: true)
    for index in tile where isLiveNode[index] {
      let operation = trace.nodes[index].operation
      guard !operation.isLeaf && !operation.isGuard else { continue }
      let own = classes[index]
      let rank = UInt64(levels[Int(own)]) << 32 | UInt64(own)
      members.append(Member(rank: rank, node: index))
    }
    members.sort { $0.rank == $1.rank ? $0.node < $1.node : $0.rank < $1.rank }
    return members
  }
}
