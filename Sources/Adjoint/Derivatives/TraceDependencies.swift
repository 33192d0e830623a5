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
  private let pool: [UInt32]
  /// The last walk that came by a large node, made when there is one.
  private var visits: Buffer<UInt32>?
  private var walk: UInt32 = 0
  private var stack: [Int] = []

  private static let largestKept = 16
  private static let large: UInt8 = 255

  init(_ trace: Trace, variables: Range<Int>) {
    self.trace = trace
    self.variables = variables
    places = Buffer(count: trace.count, repeating: 0)
    sizes = Buffer(count: trace.count, repeating: 0)
    var hasLarge = false
    // A variable of its own, since each access to a property of an object is checked for exclusivity.
    var pool: [UInt32] = []
    pool.reserveCapacity(trace.count)
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
        Self.unite(
          arguments.first, arguments.second, into: index, places.all, sizes.all, &pool)
        if sizes[index] == Self.large { hasLarge = true }
      }
    }
    self.pool = pool
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
  private static func unite(
    _ first: Int, _ second: Int, into node: Int, _ places: UnsafeMutableBufferPointer<Int>,
    _ sizes: UnsafeMutableBufferPointer<UInt8>, _ pool: inout [UInt32]
  ) {
    func share(_ other: Int) {
      places[node] = places[other]
      sizes[node] = sizes[other]
    }
    let isSame = places[first] == places[second] && sizes[first] == sizes[second]
    if sizes[second] == 0 || first == second || (isSame && sizes[first] != 0) {
      share(first)
    } else if sizes[first] == 0 {
      share(second)
    } else if sizes[first] == large || sizes[second] == large {
      places[node] = node
      sizes[node] = large
    } else {
      let start = pool.count
      merge(
        places[first]..<places[first] + Int(sizes[first]),
        places[second]..<places[second] + Int(sizes[second]), &pool)
      let size = pool.count - start
      if size == Int(sizes[first]) || size == Int(sizes[second]) || size > largestKept {
        pool.removeLast(size)
        if size == Int(sizes[first]) {
          share(first)
        } else if size == Int(sizes[second]) {
          share(second)
        } else {
          places[node] = node
          sizes[node] = large
        }
      } else {
        places[node] = start
        sizes[node] = UInt8(size)
      }
    }
  }

  /// Appends the union of two sorted runs of the pool to it.
  private static func merge(_ first: Range<Int>, _ second: Range<Int>, _ pool: inout [UInt32]) {
    var left = first.lowerBound
    var right = second.lowerBound
    while left < first.upperBound && right < second.upperBound {
      let (candidate, other) = (pool[left], pool[right])
      pool.append(min(candidate, other))
      if candidate <= other { left += 1 }
      if other <= candidate { right += 1 }
    }
    while left < first.upperBound {
      pool.append(pool[left])
      left += 1
    }
    while right < second.upperBound {
      pool.append(pool[right])
      right += 1
    }
  }

  /// Calls `body` for each variable on which `node` depends; of a large set a variable may come more
  /// than once, and in any order.
  func forEachVariable(of node: Int, _ body: (Int) -> Void) {
    guard sizes[node] == Self.large, let visits else {
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
    if sizes[argument] == Self.large {
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
