/// The operations of one evaluation, without derivatives: what was computed from what.
///
/// Every operation on a ``TraceScalar`` that depends on an input appends one node of 12 bytes: the
/// operation and the nodes of its arguments. Constants become nodes when they meet such a scalar,
/// mostly once each. Comparisons, and readings of a scalar's value, are recorded too with their
/// outcome, since the rest of the trace may depend on it.
///
/// Nodes are in the order of evaluation, so arguments precede results; node 0 is nothing, the inputs
/// come next. The buffer is flat and grows geometrically. A trace holds at most 2³² − 1 nodes; past
/// its range it ``isFull`` and stands for nothing.
///
/// A trace belongs to one thread at a time. Scalars must not outlive their trace.
@usableFromInline final class Trace {
  /// One operation; the arguments of a leaf are the 64 bits of its number.
  @usableFromInline struct Node {
    @usableFromInline var operation: TraceOperation
    @usableFromInline var first: UInt32
    @usableFromInline var second: UInt32

    @inlinable init(_ operation: TraceOperation, _ first: UInt32, _ second: UInt32) {
      self.operation = operation
      self.first = first
      self.second = second
    }

    /// The number of a constant, an integer or a reading.
    @inlinable var bits: UInt64 { UInt64(second) << 32 | UInt64(first) }
  }

  /// What the scalars point to: a fixed address for as long as the trace lives.
  @usableFromInline struct Storage {
    @usableFromInline var nodes: UnsafeMutablePointer<Node>
    @usableFromInline var count = 1
    @usableFromInline var capacity: Int
    @usableFromInline let maximumCount: Int
    @usableFromInline var isFull = false
    /// The node that last held a constant, by a hash of its bits; `recentCount` places.
    @usableFromInline let recent: UnsafeMutablePointer<UInt32>

    /// Doubles the buffer; kept out of line so that recording stays small.
    @usableFromInline @inline(never) mutating func grow() {
      capacity = min(2 * capacity, maximumCount)
      let larger = UnsafeMutablePointer<Node>.allocate(capacity: capacity)
      larger.moveInitialize(from: nodes, count: count)
      nodes.deallocate()
      nodes = larger
    }

    /// Appends a node and returns its index; past the range the trace is marked as full.
    @inlinable mutating func append(
      _ operation: TraceOperation, _ first: UInt32, _ second: UInt32
    ) -> UInt32 {
      if count == capacity {
        guard count < maximumCount else {
          isFull = true
          return 0
        }
        grow()
      }
      nodes[count] = Node(operation, first, second)
      count += 1
      return UInt32(truncatingIfNeeded: count - 1)
    }

    /// The node of a number, found again if it was used lately.
    @inlinable mutating func leaf(_ operation: TraceOperation, bits: UInt64) -> UInt32 {
      // Multiplicative hashing (Knuth, The Art of Computer Programming 3, §6.4).
      let place = Int(truncatingIfNeeded: (bits &* 0x9E37_79B9_7F4A_7C15) >> 56)
      let known = recent[place]
      let node = nodes[Int(known)]
      if known != 0 && node.operation == operation && node.bits == bits { return known }
      let index = append(
        operation, UInt32(truncatingIfNeeded: bits), UInt32(truncatingIfNeeded: bits >> 32))
      recent[place] = index
      return index
    }
  }

  /// The number of places that remember constants: all values of the hash's eight bits.
  private static let recentCount = 256

  @usableFromInline let storage: UnsafeMutablePointer<Storage>

  /// An empty trace with room for `capacity` nodes before it grows, and never more than `maximumCount`.
  init(capacity: Int, maximumCount: Int) {
    let maximumCount = min(max(maximumCount, 1), 1 << 32)
    let capacity = min(max(capacity, 16), maximumCount)
    let nodes = UnsafeMutablePointer<Node>.allocate(capacity: capacity)
    nodes.initialize(to: Node(.constant, 0, 0))
    let recent = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.recentCount)
    recent.initialize(repeating: 0, count: Self.recentCount)
    storage = .allocate(capacity: 1)
    storage.initialize(
      to: Storage(nodes: nodes, capacity: capacity, maximumCount: maximumCount, recent: recent))
  }

  deinit {
    storage.pointee.nodes.deallocate()
    storage.pointee.recent.deallocate()
    storage.deallocate()
  }

  /// The number of nodes, node 0 included.
  var count: Int { storage.pointee.count }

  /// Whether more operations were made than the trace can hold.
  var isFull: Bool { storage.pointee.isFull }

  /// The nodes; valid until the next operation is recorded.
  var nodes: UnsafePointer<Node> { UnsafePointer(storage.pointee.nodes) }

  /// A new input; all of them come before the first operation.
  func input(_ value: Double) -> TraceScalar {
    let index = storage.pointee.append(.input, 0, 0)
    return TraceScalar(number: value, index: index, storage: storage)
  }

  /// The node of a scalar, made for a constant.
  func node(of scalar: TraceScalar) -> UInt32 {
    scalar.storage == nil
      ? storage.pointee.leaf(.constant, bits: scalar.number.bitPattern) : scalar.index
  }
}
