/// The memory in which a ``ReplayProgram`` runs, and its two sweeps.
///
/// In the base `Double` adjoints are first derivatives; in ``DirectionalScalar`` values and adjoints come
/// with their derivatives along a direction (forward over reverse).
///
/// One switch over the operation serves a whole batch; inside, arguments that stand in consecutive
/// slots are loops over arrays, which the compiler vectorizes. Pointers are to memory that lives as
/// long as the object and has a place for every slot of the program.
final class ReplayMachine<Base: BaseScalar> {
  private typealias Access = ReplayProgram.Access
  private typealias Batch = ReplayProgram.Batch

  let values: UnsafeMutablePointer<Base>
  let adjoints: UnsafeMutablePointer<Base>
  /// ∂/∂x and ∂/∂y of each operation that is not arithmetic, kept by the forward sweep.
  private let byFirst: UnsafeMutablePointer<Base>
  private let bySecond: UnsafeMutablePointer<Base>
  private let first: UnsafeMutablePointer<UInt32>
  private let second: UnsafeMutablePointer<UInt32>
  /// Where the operations' slots begin; the constants' are the `constantCount` before.
  private let base: Int
  private let constantCount: Int

  init(_ program: ReplayProgram) {
    base = program.operationSlot
    constantCount = program.constants.count
    let slotCount = base + program.operationCount
    values = .allocate(capacity: slotCount)
    values.initialize(repeating: 0, count: slotCount)
    for (index, constant) in program.constants.enumerated() {
      values[program.inputCount + index] = Base(constant)
    }
    adjoints = .allocate(capacity: slotCount)
    adjoints.initialize(repeating: 0, count: slotCount)
    let hasFunctions = program.operations.contains { !$0.isArithmetic }
    let partialCount = hasFunctions ? program.operationCount : 0
    byFirst = .allocate(capacity: partialCount)
    bySecond = .allocate(capacity: partialCount)
    first = .allocate(capacity: program.operationCount)
    first.initialize(from: program.first, count: program.operationCount)
    second = .allocate(capacity: program.operationCount)
    second.initialize(from: program.second, count: program.operationCount)
  }

  deinit {
    values.deallocate()
    adjoints.deallocate()
    byFirst.deallocate()
    bySecond.deallocate()
    first.deallocate()
    second.deallocate()
  }

  /// Clears the adjoints that the reverse sweep adds to.
  func clearAdjoints(_ program: ReplayProgram) {
    for slots in program.clearedSlots {
      (adjoints + slots.lowerBound).update(repeating: 0, count: slots.count)
    }
  }

  /// Adds a number made of the adjoint of each slot from `slot` on to `sums`.
  @inline(__always)
  func addAdjoints(
    from slot: Int, to sums: inout MutableSpan<Double>, number: (Base) -> Double
  ) {
    let adjoints = adjoints + slot
    sums.withUnsafeMutableBufferPointer { sums in
      for index in sums.indices { sums[index] += number(adjoints[index]) }
    }
  }

  // MARK: Forward

  /// Computes all values; the partial derivatives of functions too if they will be needed.
  func sweepForwards(_ program: ReplayProgram, keepsPartials: Bool) {
    for batch in program.batches {
      if batch.isChain {
        computeChain(batch)
        continue
      }
      switch batch.operation {
      case .add: compute(batch) { $0 + $1 }
      case .subtract: compute(batch) { $0 - $1 }
      case .multiply: compute(batch) { $0 * $1 }
      case .divide: compute(batch) { $0 / $1 }
      case .negate: compute(batch) { x, _ in -x }
      case let operation:
        for index in batch.start..<batch.start + batch.count {
          computeFunction(
            operation ?? program.operations[index], index, program.integers,
            keepsPartials: keepsPartials)
        }
      }
    }
  }

  /// The partial sums of a long sum.
  private func computeChain(_ batch: Batch) {
    let results = values + base + batch.start
    let right = second + batch.start
    var sum = values[Int(first[batch.start])]
    for k in 0..<batch.count {
      sum += values[Int(right[k])]
      results[k] = sum
    }
  }

  /// The results of a batch, by how it finds its arguments.
  @inline(__always)
  private func compute(_ batch: Batch, _ operation: (Base, Base) -> Base) {
    let results = values + base + batch.start
    let left = first + batch.start
    let right = second + batch.start
    let x = values + Int(left[0])
    let y = values + Int(right[0])
    switch (batch.first, batch.second) {
    case (.contiguous, .contiguous):
      for k in 0..<batch.count { results[k] = operation(x[k], y[k]) }
    case (.contiguous, .uniform):
      let constant = y[0]
      for k in 0..<batch.count { results[k] = operation(x[k], constant) }
    case (.uniform, .contiguous):
      let constant = x[0]
      for k in 0..<batch.count { results[k] = operation(constant, y[k]) }
    case (.contiguous, .gathered):
      for k in 0..<batch.count { results[k] = operation(x[k], values[Int(right[k])]) }
    case (.gathered, .contiguous):
      for k in 0..<batch.count { results[k] = operation(values[Int(left[k])], y[k]) }
    default:
      for k in 0..<batch.count {
        results[k] = operation(values[Int(left[k])], values[Int(right[k])])
      }
    }
  }

  @inline(__always)
  private func computeFunction(
    _ operation: TraceOperation, _ index: Int, _ integers: [Int], keepsPartials: Bool
  ) {
    let takesInteger = operation == .integerPower || operation == .root
    let integer = takesInteger ? integers[Int(second[index])] : 0
    let x = values[Int(first[index])]
    let y = takesInteger ? 0 : values[Int(second[index])]
    if keepsPartials && !operation.isArithmetic {
      computePartials(operation, x, y, integer, index)
    } else {
      values[base + index] = operation.apply(x, y, integer: integer)
    }
  }

  private func computePartials(
    _ operation: TraceOperation, _ x: Base, _ y: Base, _ integer: Int, _ index: Int
  ) {
    let right = Int(second[index])
    let isConstant = right >= base - constantCount && right < base
    let result = operation.apply(
      TracePartial<Base>(x, isConstant: false), TracePartial<Base>(y, isConstant: isConstant),
      integer: integer)
    values[base + index] = result.base
    byFirst[index] = result.byFirst
    bySecond[index] = result.bySecond
  }

  // MARK: Reverse

  /// Adds to the adjoint of each argument the operation's partial derivative times its adjoint.
  func sweepBackwards(_ program: ReplayProgram) {
    for batch in program.batches.reversed() where batch.needsAdjoint {
      if batch.isChain {
        sweepChain(batch)
      } else if let operation = batch.operation {
        sweep(batch, operation)
      } else {
        for index in (batch.start..<batch.start + batch.count).reversed()
        where program.needsAdjoint[index] {
          sweep(program.operations[index], index)
        }
      }
    }
  }

  /// The adjoint of a partial sum is what is there, by other uses, and that of the next one.
  private func sweepChain(_ batch: Batch) {
    let w = adjoints + base + batch.start
    let right = second + batch.start
    var adjoint: Base = 0
    for k in (0..<batch.count).reversed() {
      adjoint += w[k]
      adjoints[Int(right[k])] += adjoint
    }
    adjoints[Int(first[batch.start])] += adjoint
  }

  private func sweep(_ batch: Batch, _ operation: TraceOperation) {
    let w = adjoints + batch.adjointSlot
    let x = values + Int(first[batch.start])
    let y = values + Int(second[batch.start])
    let left = first + batch.start
    let right = second + batch.start
    switch operation {
    case .add:
      add(batch, toFirst: { w[$0] })
      add(batch, toSecond: { w[$0] })
    case .subtract:
      add(batch, toFirst: { w[$0] })
      add(batch, toSecond: { -w[$0] })
    case .negate:
      add(batch, toFirst: { -w[$0] })
    case .multiply:
      switch batch.second {
      case .contiguous: add(batch, toFirst: { w[$0] * y[$0] })
      case .uniform:
        let factor = y[0]
        add(batch, toFirst: { w[$0] * factor })
      case .gathered: add(batch, toFirst: { w[$0] * self.values[Int(right[$0])] })
      }
      switch batch.first {
      case .contiguous: add(batch, toSecond: { w[$0] * x[$0] })
      case .uniform:
        let factor = x[0]
        add(batch, toSecond: { w[$0] * factor })
      case .gathered: add(batch, toSecond: { w[$0] * self.values[Int(left[$0])] })
      }
    case .divide:
      let quotient = values + base + batch.start
      add(batch, toFirst: { w[$0] / self.values[Int(right[$0])] })
      add(batch, toSecond: { -w[$0] * (quotient[$0] / self.values[Int(right[$0])]) })
    default:
      let byX = byFirst + batch.start
      let byY = bySecond + batch.start
      add(batch, toFirst: { w[$0] * byX[$0] })
      if operation.takesTwo { add(batch, toSecond: { w[$0] * byY[$0] }) }
    }
  }

  @inline(__always)
  private func add(_ batch: Batch, toFirst contribution: (Int) -> Base) {
    guard batch.firstIsActive && !batch.firstShares else { return }
    accumulate(
      batch.first, first + batch.start, batch.count, stores: batch.firstStores, contribution)
  }

  @inline(__always)
  private func add(_ batch: Batch, toSecond contribution: (Int) -> Base) {
    guard batch.secondIsActive && !batch.secondShares else { return }
    accumulate(
      batch.second, second + batch.start, batch.count, stores: batch.secondStores, contribution)
  }

  @inline(__always)
  private func accumulate(
    _ access: Access, _ slots: UnsafeMutablePointer<UInt32>, _ count: Int,
    stores: Bool, _ contribution: (Int) -> Base
  ) {
    let target = adjoints + Int(slots[0])
    switch access {
    case .contiguous where stores:
      for k in 0..<count { target[k] = contribution(k) }
    case .contiguous:
      for k in 0..<count { target[k] += contribution(k) }
    case .uniform:
      var sum: Base = 0
      for k in 0..<count { sum += contribution(k) }
      target[0] += sum
    case .gathered:
      for k in 0..<count { adjoints[Int(slots[k])] += contribution(k) }
    }
  }

  /// One operation; the adjoints of constants collect what nobody reads.
  @inline(__always)
  private func sweep(_ operation: TraceOperation, _ index: Int) {
    let w = adjoints[base + index]
    let left = Int(first[index])
    let right = Int(second[index])
    switch operation {
    case .add:
      adjoints[left] += w
      adjoints[right] += w
    case .subtract:
      adjoints[left] += w
      adjoints[right] -= w
    case .negate: adjoints[left] -= w
    case .multiply:
      adjoints[left] += w * values[right]
      adjoints[right] += w * values[left]
    case .divide:
      adjoints[left] += w / values[right]
      adjoints[right] -= w * (values[base + index] / values[right])
    default:
      adjoints[left] += w * byFirst[index]
      if operation.takesTwo { adjoints[right] += w * bySecond[index] }
    }
  }
}
