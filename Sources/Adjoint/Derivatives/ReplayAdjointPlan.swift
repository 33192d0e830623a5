/// Which adjoints of a replay stand where, and which must be cleared.
///
/// The adjoint of a term of a sum is that of the sum, if the term is used nowhere else: then both have
/// one place, and nothing is copied. Adjoints that are reached first by consecutive stores are
/// stored instead of being cleared and added to.
struct ReplayAdjointPlan {
  private(set) var batches: [ReplayProgram.Batch]
  private(set) var clearedSlots: [Range<Int>] = []

  private let program: ReplayProgram
  /// How often the reverse sweep comes to each slot; outputs count as two.
  private var useCounts: [UInt8]
  private var isTouched: [Bool]
  /// Whether the place needs no clearing: it is stored to, or shares another.
  private var isStored: [Bool]
  /// The batch that begins, or ends, with an operation; −1 for none.
  private var beginning: [Int]
  private var ending: [Int]

  init(_ program: ReplayProgram) {
    self.program = program
    batches = program.batches
    let slotCount = program.operationSlot + program.operationCount
    useCounts = [UInt8](repeating: 0, count: slotCount)
    isTouched = [Bool](repeating: false, count: slotCount)
    isStored = [Bool](repeating: false, count: slotCount)
    beginning = [Int](repeating: -1, count: program.operationCount)
    ending = beginning
    for slot in program.outputSlots {
      useCounts[slot] = 2
      isTouched[slot] = true
    }
    countUses()
    for index in batches.indices {
      batches[index].adjointSlot = program.operationSlot + batches[index].start
    }
    for index in batches.indices.reversed() where batches[index].needsAdjoint { plan(index) }
    var slot = 0
    while slot < slotCount {
      let start = slot
      while slot < slotCount && !isStored[slot] { slot += 1 }
      if slot > start { clearedSlots.append(start..<slot) }
      slot += 1
    }
  }

  private mutating func countUses() {
    func use(_ slot: UInt32) {
      useCounts[Int(slot)] = min(useCounts[Int(slot)] + 1, 2)
    }
    for (index, batch) in batches.enumerated() {
      let isPlain = batch.operation != nil && !batch.isChain
      if isPlain {
        beginning[batch.start] = index
        ending[batch.start + batch.count - 1] = index
      }
      for place in batch.start..<batch.start + batch.count where program.needsAdjoint[place] {
        use(program.first[place])
        if program.operations[place].takesTwo { use(program.second[place]) }
      }
    }
  }

  private mutating func plan(_ index: Int) {
    let batch = batches[index]
    let range = batch.start..<batch.start + batch.count
    guard let operation = batch.operation, !batch.isChain else {
      for place in range {
        isTouched[Int(program.first[place])] = true
        if program.operations[place].takesTwo { isTouched[Int(program.second[place])] = true }
      }
      return
    }
    if batch.firstIsActive {
      let isSum = operation == .add || operation == .subtract
      if isSum && share(program.first[range], batch.first, with: batch) {
        batches[index].firstShares = true
      } else {
        batches[index].firstStores = touch(program.first[range], batch.first)
      }
    }
    if batch.secondIsActive && operation.takesTwo {
      if operation == .add && share(program.second[range], batch.second, with: batch) {
        batches[index].secondShares = true
      } else {
        batches[index].secondStores = touch(program.second[range], batch.second)
      }
    }
  }

  /// Lets the adjoints of the terms in `slots` be those of their sums, if nothing else uses them and
  /// they are the results of whole batches.
  private mutating func share(
    _ slots: ArraySlice<UInt32>, _ access: ReplayProgram.Access, with sum: ReplayProgram.Batch
  ) -> Bool {
    guard access == .contiguous else { return false }
    let start = Int(slots[slots.startIndex]) - program.operationSlot
    let end = start + slots.count
    guard start >= 0, beginning[start] >= 0, ending[end - 1] >= 0 else { return false }
    let members = beginning[start]...ending[end - 1]
    guard members.allSatisfy({ batches[$0].operation != nil && !batches[$0].isChain }),
      slots.allSatisfy({ useCounts[Int($0)] == 1 })
    else { return false }
    for member in members {
      batches[member].adjointSlot = sum.adjointSlot + batches[member].start - start
    }
    for slot in slots { isStored[Int(slot)] = true }
    return true
  }

  /// Notes a visit, and returns whether it is the first one to all slots, which are consecutive.
  private mutating func touch(
    _ slots: ArraySlice<UInt32>, _ access: ReplayProgram.Access
  ) -> Bool {
    let stores = access == .contiguous && slots.allSatisfy { !isTouched[Int($0)] }
    for slot in slots {
      isTouched[Int(slot)] = true
      if stores { isStored[Int(slot)] = true }
    }
    return stores
  }
}
