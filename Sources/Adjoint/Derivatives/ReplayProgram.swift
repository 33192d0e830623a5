/// A trace put in an order in which equal operations stand together.
///
/// Values live in *slots*: (u, p, t), the constants, then one slot an operation. Two operations have
/// the same *class* if the expressions above them have the same shape, so a model that does the same
/// at each node of a grid has few classes, each with as many members as nodes. A *batch* is a run of
/// operations of one class; they do not depend on each other, and mostly take their arguments from
/// consecutive slots. Operations are ordered by tile (a stretch of the trace, so that what belongs
/// together stays in the cache), level and class; what remains alone is run one by one.
///
/// Operations on which no output and no guard depends are left out. Cost: O(operations log tile).
struct ReplayProgram: Sendable {
  /// How the members of a batch find an argument.
  enum Access { case contiguous, uniform, gathered }

  /// A run of operations.
  struct Batch {
    /// The common operation, nil if members differ and are run one by one.
    var operation: TraceOperation?
    var start: Int
    var count: Int
    var first = Access.gathered
    var second = Access.gathered
    /// Whether the reverse sweep has to come here, and which arguments have an adjoint.
    var needsAdjoint = true
    var firstIsActive = true
    var secondIsActive = true
    /// Whether the members are sums of which each has the one before as first argument.
    var isChain = false
    /// The adjoint of the first member; that of a sum serves its terms too, if they have no other use.
    var adjointSlot = 0
    var firstShares = false
    var secondShares = false
    /// Whether the reverse sweep is here for the first time at all adjoints of an argument, which are
    /// consecutive: it stores instead of adding, and they need not be cleared.
    var firstStores = false
    var secondStores = false
  }

  /// A recorded question with its answer.
  struct Guard {
    var operation: TraceOperation
    var first: Int
    var second: Int
    /// The number of the comparison, or of the reading, from 0.
    var ordinal: Int
  }

  /// The number of nodes in a tile.
  ///
  /// One and a half megabytes of values, adjoints and indices: as much as a second-level cache. From
  /// 2¹² to 2²² the time of a gradient of the 2-D Brusselator differs by 10 %.
  private static let tileSize = 1 << 16
  /// The smallest run that is worth a batch.
  private static let smallestBatch = 4
  /// The smallest run that is worth being cut out of a batch for its consecutive arguments.
  private static let smallestPiece = 16

  private(set) var batches: [Batch] = []
  private(set) var guards: [Guard] = []
  /// Whether a state or a parameter decides a guard, and not the time alone.
  private(set) var branchesOnInputs = false
  /// The slots of the arguments of each operation; the second of an integer operation is a place in
  /// `integers`.
  private(set) var first: [UInt32] = []
  private(set) var second: [UInt32] = []
  /// The operation of each operation, and whether its adjoint is needed.
  private(set) var operations: [TraceOperation] = []
  private(set) var needsAdjoint: [Bool] = []
  private(set) var integers: [Int] = [0]
  /// The slots of constants follow those of the inputs.
  private(set) var constants: [Double] = []
  private(set) var outputSlots: [Int] = []
  /// The slots whose adjoints must be zero before the reverse sweep.
  private(set) var clearedSlots: [Range<Int>] = []
  let modelName: String
  let stateCount: Int
  let parameterCount: Int
  /// The states, the parameters and the time.
  let inputCount: Int

  var operationCount: Int { operations.count }
  /// Where the operations' slots begin.
  var operationSlot: Int { inputCount + constants.count }

  init(_ model: ModelTrace) {
    modelName = model.modelName
    stateCount = model.stateCount
    parameterCount = model.parameterCount
    inputCount = model.timeNode
    var ordering = ReplayOrdering(model)
    let slots = layOut(model, &ordering)
    outputSlots = model.outputNodes.map { Int(slots[Int($0)]) }
    collectGuards(model.trace, slots, ordering)
    let plan = ReplayAdjointPlan(self)
    batches = plan.batches
    clearedSlots = plan.clearedSlots
  }

  /// Orders the operations and gives slots to all nodes.
  private mutating func layOut(
    _ model: ModelTrace, _ ordering: inout ReplayOrdering
  ) -> Buffer<UInt32> {
    let trace = model.trace
    let nodes = trace.nodes
    let slots = Buffer<UInt32>(count: trace.count, repeating: 0)
    for index in 1...inputCount { slots[index] = UInt32(index - 1) }
    for index in 1..<trace.count where ordering.isLive(index) {
      switch nodes[index].operation {
      case .constant:
        slots[index] = UInt32(inputCount + constants.count)
        constants.append(Double(bitPattern: nodes[index].bits))
      case .integer:
        slots[index] = UInt32(integers.count)
        integers.append(Int(Int64(bitPattern: nodes[index].bits)))
      default: break
      }
    }
    for start in stride(from: inputCount + 1, to: trace.count, by: Self.tileSize) {
      let end = min(start + Self.tileSize, trace.count)
      for member in ordering.order(start..<end) {
        let node = nodes[member.node]
        slots[member.node] = UInt32(operationSlot + operations.count)
        operations.append(node.operation)
        first.append(slots[Int(node.first)])
        second.append(slots[Int(node.second)])
        needsAdjoint.append(ordering.needsAdjoint(member.node))
      }
      appendBatches(ordering, nodes)
    }
    cutOutChains()
    return slots
  }

  /// Divides the operations of the tile just ordered into batches.
  private mutating func appendBatches(
    _ ordering: ReplayOrdering, _ nodes: UnsafePointer<Trace.Node>
  ) {
    let members = ordering.members
    let tile = operations.count - members.count
    var place = 0
    while place < members.count {
      var end = place + 1
      while end < members.count && members[end].rank == members[place].rank { end += 1 }
      let start = tile + place
      if end - place >= Self.smallestBatch {
        let node = nodes[members[place].node]
        let batch = Batch(
          operation: operations[start], start: start, count: end - place,
          needsAdjoint: needsAdjoint[start], firstIsActive: ordering.isActive(Int(node.first)),
          secondIsActive: ordering.isActive(Int(node.second)))
        appendPieces(of: batch)
      } else if let last = batches.last, last.operation == nil {
        batches[batches.count - 1].count += end - place
      } else {
        batches.append(Batch(operation: nil, start: start, count: end - place))
      }
      place = end
    }
  }

  /// Makes batches of long sums, which are among the operations run one by one.
  private mutating func cutOutChains() {
    var pieces: [Batch] = []
    for batch in batches {
      guard batch.operation == nil else {
        pieces.append(batch)
        continue
      }
      let end = batch.start + batch.count
      var pending = batch.start
      var place = batch.start
      while place < end {
        var chainEnd = place + 1
        while chainEnd < end && continuesChain(chainEnd) { chainEnd += 1 }
        if chainEnd - place >= Self.smallestPiece && operations[place] == .add {
          if place > pending {
            pieces.append(Batch(operation: nil, start: pending, count: place - pending))
          }
          var chain = Batch(operation: .add, start: place, count: chainEnd - place)
          chain.isChain = true
          chain.needsAdjoint = needsAdjoint[place]
          pieces.append(chain)
          pending = chainEnd
        }
        place = chainEnd
      }
      if end > pending {
        pieces.append(Batch(operation: nil, start: pending, count: end - pending))
      }
    }
    batches = pieces
  }

  private func continuesChain(_ place: Int) -> Bool {
    let before = UInt32(operationSlot + place - 1)
    return operations[place] == .add && operations[place - 1] == .add
      && first[place] == before && second[place] != before
      && needsAdjoint[place] == needsAdjoint[place - 1]
  }

  /// Cuts a batch where its arguments stop being consecutive, if the pieces are long enough.
  private mutating func appendPieces(of batch: Batch) {
    let end = batch.start + batch.count
    var pending = batch.start
    var place = batch.start
    while place < end {
      let pieceEnd = endOfPiece(from: place, to: end)
      if pieceEnd - place >= Self.smallestPiece || pieceEnd - place == batch.count {
        append(batch, pending..<place)
        append(batch, place..<pieceEnd)
        pending = pieceEnd
      }
      place = pieceEnd
    }
    append(batch, pending..<end)
  }

  /// How far both arguments go on with equal or with consecutive slots.
  private func endOfPiece(from start: Int, to end: Int) -> Int {
    guard start + 1 < end else { return end }
    let firstStep = first[start + 1] &- first[start]
    let secondStep = second[start + 1] &- second[start]
    guard firstStep <= 1 && secondStep <= 1 else { return start + 1 }
    var place = start + 2
    while place < end && first[place] &- first[place - 1] == firstStep
      && second[place] &- second[place - 1] == secondStep
    {
      place += 1
    }
    return place
  }

  private mutating func append(_ batch: Batch, _ range: Range<Int>) {
    guard !range.isEmpty else { return }
    var piece = batch
    piece.start = range.lowerBound
    piece.count = range.count
    piece.first = Self.access(first[range])
    piece.second = Self.access(second[range])
    batches.append(piece)
  }

  private static func access(_ slots: ArraySlice<UInt32>) -> Access {
    let base = slots[slots.startIndex]
    if slots.allSatisfy({ $0 == base }) { return .uniform }
    var expected = base
    for slot in slots {
      guard slot == expected else { return .gathered }
      expected += 1
    }
    return .contiguous
  }

  private mutating func collectGuards(
    _ trace: Trace, _ slots: Buffer<UInt32>, _ ordering: ReplayOrdering
  ) {
    var comparisons = 0
    var reads = 0
    for index in 1..<trace.count where trace.nodes[index].operation.isGuard {
      let node = trace.nodes[index]
      let isRead = node.operation == .read
      if ordering.isActive(Int(node.first)) || ordering.isActive(Int(node.second)) {
        branchesOnInputs = true
      }
      guards.append(
        Guard(
          operation: node.operation, first: Int(slots[Int(node.first)]),
          second: Int(slots[Int(node.second)]), ordinal: isRead ? reads : comparisons))
      if isRead { reads += 1 } else { comparisons += 1 }
    }
  }
}
