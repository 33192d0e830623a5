/// Which variables each node of a trace depends on.
///
/// The variables are a range of the inputs' nodes, numbered from 0. Sets of up to 16 variables are
/// found for all nodes in one pass and kept as sorted runs of one pool, shared where a node has the
/// set of an argument: this is index-domain propagation (Walther, *ACM Trans. Math. Softw.* 34 (1),
/// 2008, §2.1). Larger sets would take quadratic space in a long sum; they are found when asked for,
/// by a walk over the nodes with large sets. Cost: O(nodes) for stencils, and O(large nodes) a walk.
///
/// A product with the constant 0, 0/x and x⁰ depend on nothing, for their derivatives are zero.
final class TraceDependencies {
  private let trace: Trace
  private let variables: Range<Int>
  /// Where the set of a node begins in the pool; of a large one, a node with the same set.
  private let places: Buffer<Int>
  /// The sizes of the sets; `large` for those not in the pool.
  private let sizes: Buffer<UInt8>
  private var pool: [UInt32] = []
  /// The last walk that came by a large node, made when there is one.
  private var visits: Buffer<UInt32>?
  private var walk: UInt32 = 0
  private var stack: [Int] = []

  private static let largestKept = 16
  private let large: UInt8 = 255

  init(_ trace: Trace, variables: Range<Int>) {
    self.trace = trace
    self.variables = variables
    places = Buffer(count: trace.count, repeating: 0)
    sizes = Buffer(count: trace.count, repeating: 0)
    var hasLarge = false
    let nodes = trace.nodes
    for index in 1..<trace.count {
      let node = nodes[index]
      if node.operation == .input {
        guard variables.contains(index) else { continue }
        places[index] = pool.count
        sizes[index] = 1
        pool.append(UInt32(index - variables.lowerBound))
      } else {
        let arguments = Self.arguments(of: node, in: nodes)
        unite(arguments.first, arguments.second, into: index)
        if sizes[index] == large { hasLarge = true }
      }
    }
    if hasLarge { visits = Buffer(count: trace.count, repeating: 0) }
  }

  /// The nodes whose derivatives enter that of `node`; 0 for none.
  static func arguments(
    of node: Trace.Node, in nodes: UnsafePointer<Trace.Node>
  ) -> (first: Int, second: Int) {
    let first = Int(node.first)
    let second = Int(node.second)
    switch node.operation {
    case .add, .subtract, .power, .hypot, .atan2, .minimum, .maximum:
      return (first, second)
    case .multiply:
      return isZero(nodes[first]) || isZero(nodes[second]) ? (0, 0) : (first, second)
    case .divide:
      return isZero(nodes[first]) ? (0, 0) : (first, second)
    case .integerPower:
      return nodes[second].bits == 0 ? (0, 0) : (first, 0)
    case let operation where operation.isUnary:
      return (first, 0)
    default:
      return (0, 0)
    }
  }

  private static func isZero(_ node: Trace.Node) -> Bool {
    node.operation == .constant && Double(bitPattern: node.bits) == 0
  }

  /// Whether a node depends on any of the variables.
  func isActive(_ node: Int) -> Bool { sizes[node] != 0 }

  /// Gives `node` the union of the sets of two others.
  private func unite(_ first: Int, _ second: Int, into node: Int) {
    if sizes[second] == 0 || first == second {
      share(first, with: node)
    } else if sizes[first] == 0 {
      share(second, with: node)
    } else if sizes[first] == large || sizes[second] == large {
      let same = sizes[first] == sizes[second] && places[first] == places[second]
      if same { share(first, with: node) } else { makeLarge(node) }
    } else if places[first] == places[second] && sizes[first] == sizes[second] {
      share(first, with: node)
    } else {
      merge(first, second, into: node)
    }
  }

  private func share(_ other: Int, with node: Int) {
    places[node] = places[other]
    sizes[node] = sizes[other]
  }

  private func makeLarge(_ node: Int) {
    places[node] = node
    sizes[node] = large
  }

  private func merge(_ first: Int, _ second: Int, into node: Int) {
    let start = pool.count
    var left = places[first]
    var right = places[second]
    let leftEnd = left + Int(sizes[first])
    let rightEnd = right + Int(sizes[second])
    while left < leftEnd || right < rightEnd {
      if right == rightEnd || (left < leftEnd && pool[left] < pool[right]) {
        pool.append(pool[left])
        left += 1
      } else {
        if left < leftEnd && pool[left] == pool[right] { left += 1 }
        pool.append(pool[right])
        right += 1
      }
    }
    let size = pool.count - start
    if size == Int(sizes[first]) || size == Int(sizes[second]) || size > Self.largestKept {
      pool.removeLast(size)
      if size == Int(sizes[first]) {
        share(first, with: node)
      } else if size == Int(sizes[second]) {
        share(second, with: node)
      } else {
        makeLarge(node)
      }
    } else {
      places[node] = start
      sizes[node] = UInt8(size)
    }
  }

  /// Calls `body` for each variable on which `node` depends; of a large set a variable may come more
  /// than once, and in any order.
  func forEachVariable(of node: Int, _ body: (Int) -> Void) {
    guard sizes[node] == large, let visits else {
      forEachKept(node, body)
      return
    }
    walk += 1
    let nodes = trace.nodes
    stack.append(places[node])
    while let index = stack.popLast() {
      guard visits[index] != walk else { continue }
      visits[index] = walk
      let arguments = Self.arguments(of: nodes[index], in: nodes)
      visit(arguments.first, body)
      visit(arguments.second, body)
    }
  }

  private func visit(_ argument: Int, _ body: (Int) -> Void) {
    if sizes[argument] == large {
      stack.append(places[argument])
    } else {
      forEachKept(argument, body)
    }
  }

  private func forEachKept(_ node: Int, _ body: (Int) -> Void) {
    let start = places[node]
    for place in start..<start + Int(sizes[node]) { body(Int(pool[place])) }
  }
}
