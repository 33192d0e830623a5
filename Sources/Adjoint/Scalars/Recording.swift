/// The record of one evaluation, from which a reverse sweep computes a gradient.
///
/// Every operation on two scalars that depend on different nodes appends one: the indices of those two
/// and the partial derivatives with respect to them; see ``RecordedScalar`` for the others. With vᵢ the
/// value of node i, the reverse sweep from the last operation to the first computes
/// v̄ⱼ += (∂vᵢ/∂vⱼ) v̄ᵢ (Griewank and Walther, *Evaluating Derivatives*, 2nd ed., SIAM 2008, §3.2).
///
/// Node 0 stands for "constant": constants are never recorded. The buffer is flat, grows
/// geometrically and is reused after ``removeAll()``. One node takes 24 bytes in the base `Double`. A
/// recording holds 2³² − 1 operations, or fewer if it is told so; once it ``isFull`` every adjoint is NaN, never a gradient of a
/// part.
///
/// A recording belongs to one thread at a time. Scalars must not outlive it.
public final class Recording<Base: BaseScalar> {
  /// One operation: partial derivatives and the nodes of its arguments.
  @usableFromInline struct Node {
    @usableFromInline var byFirst: Base
    @usableFromInline var bySecond: Base
    @usableFromInline var first: UInt32
    @usableFromInline var second: UInt32

    @inlinable init(byFirst: Base, bySecond: Base, first: UInt32, second: UInt32) {
      self.byFirst = byFirst
      self.bySecond = bySecond
      self.first = first
      self.second = second
    }
  }

  /// What the scalars point to: a fixed address for as long as the tape lives.
  @usableFromInline struct Storage {
    @usableFromInline var nodes: UnsafeMutablePointer<Node>
    @usableFromInline var count: Int
    @usableFromInline var capacity: Int
    /// The node after the inputs that come before all operations: there the reverse sweep ends.
    @usableFromInline var firstOperation: Int
    @usableFromInline let maximumCount: Int
    @usableFromInline var isFull: Bool
    @usableFromInline var adjoints: UnsafeMutablePointer<Base>
    @usableFromInline var adjointCapacity: Int
    /// The nodes that have an adjoint since the last ``clearAdjoints()``.
    @usableFromInline var adjointCount: Int

    @inlinable init(capacity: Int, maximumCount: Int) {
      self.capacity = capacity
      self.maximumCount = maximumCount
      nodes = .allocate(capacity: capacity)
      nodes.initialize(to: Node(byFirst: 0, bySecond: 0, first: 0, second: 0))
      count = 1
      firstOperation = 1
      isFull = false
      adjoints = .allocate(capacity: capacity)
      adjointCapacity = capacity
      adjointCount = 0
    }

    /// Doubles the buffer, up to the limit, where the recording is marked as full; kept out of line so
    /// that recording stays small.
    @inlinable @inline(never) mutating func grow() {
      guard capacity < maximumCount else {
        isFull = true
        return
      }
      capacity = min(2 * capacity, maximumCount)
      let larger = UnsafeMutablePointer<Node>.allocate(capacity: capacity)
      larger.moveInitialize(from: nodes, count: count)
      nodes.deallocate()
      nodes = larger
    }

    /// Appends a node and returns its index; past the index range the tape is marked as full.
    @inlinable @inline(__always) mutating func append(_ node: Node) -> UInt32 {
      let index = count
      if index == capacity {
        grow()
        if isFull { return 0 }
      }
      nodes[index] = node
      count = index &+ 1
      return UInt32(truncatingIfNeeded: index)
    }
  }

  @usableFromInline let storage: UnsafeMutablePointer<Storage>

  /// An empty recording with room for `capacity` operations before it grows, and never for more than
  /// `maximumOperationCount`, inputs included; there are no more than 2³² − 1 indices.
  @inlinable public init(capacity: Int = 1024, maximumOperationCount: Int = Int(UInt32.max)) {
    // One node stands for "constant".
    let maximumCount = min(max(maximumOperationCount, 0), Int(UInt32.max)) + 1
    let capacity = min(max(capacity, 16), maximumCount)
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage(capacity: capacity, maximumCount: maximumCount))
  }

  deinit {
    storage.pointee.nodes.deallocate()
    storage.pointee.adjoints.deallocate()
    storage.deallocate()
  }

  /// The number of inputs and operations recorded; functions of one variable are not.
  @inlinable public var count: Int { storage.pointee.count - 1 }

  /// Whether more operations were made than a recording can hold.
  @inlinable public var isFull: Bool { storage.pointee.isFull }

  /// Forgets everything recorded and keeps the memory.
  @inlinable public func removeAll() {
    storage.pointee.count = 1
    storage.pointee.firstOperation = 1
    storage.pointee.isFull = false
    storage.pointee.adjointCount = 0
  }

  /// A new input, with respect to which derivatives can be asked for.
  @inlinable public func input(_ value: Base) -> RecordedScalar<Base> {
    let index = storage.pointee.append(Node(byFirst: 0, bySecond: 0, first: 0, second: 0))
    if Int(index) == storage.pointee.firstOperation { storage.pointee.firstOperation += 1 }
    return RecordedScalar(base: value, slope: index == 0 ? 0 : 1, index: index, storage: storage)
  }

  /// Forgets everything recorded but the first `count` inputs, whose scalars stay valid.
  func removeOperations(keepingInputs count: Int) {
    precondition(count < storage.pointee.firstOperation, "these are not inputs")
    storage.pointee.count = count + 1
    storage.pointee.firstOperation = count + 1
    storage.pointee.isFull = false
    storage.pointee.adjointCount = 0
  }

  /// The adjoints of the first inputs after ``sweep()``, in their order.
  func inputAdjoints(_ count: Int) -> UnsafeBufferPointer<Base> {
    precondition(count < storage.pointee.adjointCount, "ask after sweep()")
    return UnsafeBufferPointer(start: storage.pointee.adjoints + 1, count: count)
  }

  /// Sets all adjoints v̄ to zero, before outputs are seeded.
  @inlinable public func clearAdjoints() {
    let count = storage.pointee.count
    if count > storage.pointee.adjointCapacity {
      storage.pointee.adjoints.deallocate()
      storage.pointee.adjointCapacity = storage.pointee.capacity
      storage.pointee.adjoints = .allocate(capacity: storage.pointee.capacity)
    }
    storage.pointee.adjoints.initialize(repeating: 0, count: count)
    storage.pointee.adjointCount = count
  }

  /// Adds `cotangent` to the adjoint of an output.
  ///
  /// The output must be a constant or have been recorded before ``clearAdjoints()``.
  @inlinable public func seed(_ output: RecordedScalar<Base>, with cotangent: Base) {
    precondition(hasAdjoint(output), "seed a scalar of this recording, after clearAdjoints()")
    storage.pointee.adjoints[Int(output.index)] += output.slope * cotangent
  }

  @inlinable func hasAdjoint(_ scalar: RecordedScalar<Base>) -> Bool {
    scalar.storage.map { $0 == storage } != false
      && Int(scalar.index) < storage.pointee.adjointCount
  }

  /// Sweeps backwards from the seeded outputs; two multiply-adds a node.
  ///
  /// Nothing may have been recorded since ``clearAdjoints()``.
  @inlinable public func sweep() {
    precondition(
      storage.pointee.adjointCount == storage.pointee.count, "sweep() follows clearAdjoints()")
    let nodes = storage.pointee.nodes
    let adjoints = storage.pointee.adjoints
    let end = storage.pointee.firstOperation
    var index = storage.pointee.count
    while index > end {
      index &-= 1
      let adjoint = adjoints[index]
      let node = nodes[index]
      adjoints[Int(node.first)] += node.byFirst * adjoint
      adjoints[Int(node.second)] += node.bySecond * adjoint
    }
  }

  /// The adjoint x̄ of an input after ``sweep()``; zero for a constant.
  @inlinable public func adjoint(of scalar: RecordedScalar<Base>) -> Base {
    precondition(hasAdjoint(scalar), "ask for a scalar of this recording, after sweep()")
    // A product, so that the derivatives that the base carries are NaN as well.
    if storage.pointee.isFull { return storage.pointee.adjoints[Int(scalar.index)] * Base(.nan) }
    return scalar.index == 0 ? 0 : storage.pointee.adjoints[Int(scalar.index)]
  }
}

/// The record of one evaluation, for a gradient.
public typealias Tape = Recording<Double>
