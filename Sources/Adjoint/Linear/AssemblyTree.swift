import CSuiteSparse

/// The plan of a multifrontal Cholesky factorization: which fronts there are, and what each is assembled
/// from.
///
/// A front belongs to a supernode of L, adjacent columns with the same rows below. It is a dense symmetric
/// matrix on these rows: entries of A, plus what the *contributions* of its children add. Eliminating its
/// columns gives their part of L and leaves the front's own contribution, on the rows that remain, for its
/// parent, the front of the first of these rows. Source: Duff and Reid, "The multifrontal solution of
/// indefinite sparse symmetric linear equations", *ACM Trans. Math. Softw.* 9 (1983); Liu, "The
/// multifrontal method for sparse matrix solution", *SIAM Rev.* 34 (1992).
///
/// Contributions live on two stacks, those of even and of odd depth in the tree. Columns of L are in
/// postorder, so that the children of a front are on top of one stack when its own contribution is put
/// on the other one, and nothing moves. All places are known in advance.
struct AssemblyTree: Sendable {
  /// A front, as far as the pattern tells.
  struct Front: Sendable {
    /// The first of its columns of L.
    var firstColumn = 0
    /// How many columns are eliminated in it.
    var columnCount = 0
    /// How many rows it has, those of its columns first.
    var rowCount = 0
    /// Where its rows begin among the rows of all fronts.
    var rowStart = 0
    /// Where its columns begin in L.
    var valueStart = 0
    /// Where its contribution begins, column by column in the order `rowCount − columnCount`.
    var contributionStart = 0
    /// The last of its children, or −1.
    var lastChild = -1
    /// The child before it of the same parent, or −1.
    var previousSibling = -1
    /// The front that takes its contribution, or −1.
    var parent = -1

    /// The order of the contribution.
    var contributionOrder: Int { rowCount - columnCount }

    /// The memory for the contribution.
    var contributionSize: Int { contributionOrder * contributionOrder }
  }

  /// An entry of A.
  struct Entry: Sendable {
    /// Its slot in A's pattern.
    var slot: UInt32 = 0
    /// Its row, as a place among the rows of its front.
    var place: Int32 = 0
  }

  /// The fronts in the order of their columns, children before parents.
  private(set) var fronts: [Front]
  /// The place among the parent's rows for each row of each front, where it has one.
  private(set) var placesInParent: [Int32] = []
  /// Where the entries of A begin for each column of L, and their number at the end.
  private(set) var entryStarts: [UInt32] = []
  /// The entries of A on and below its diagonal, by columns of L.
  private(set) var entries: [Entry] = []
  /// The memory for all contributions.
  private(set) var contributionCount = 0

  /// Contributions of up to 16 MB may be larger than half of L.
  ///
  /// On plane grids they are a fifth of L, on grids in space two thirds to nine tenths of it, and there
  /// most of the work is that of BLAS, so that a plan would gain little.
  private static let freeCount = 1 << 21

  /// The plan for factors that CHOLMOD has analyzed; nil where they are not supernodal, too large to be
  /// counted with 32 bits, or not in postorder, and where contributions would take much memory beside L.
  init?(_ factor: cholmod_factor, isNarrow: Bool, of pattern: SparsityPattern) {
    guard factor.is_super != 0, Int(factor.n) < Int(Int32.max),
      pattern.entryCount < Int(UInt32.max)
    else { return nil }
    let plan =
      isNarrow
      ? Self(supernodes: factor, of: pattern, indexedBy: Int32.self)
      : Self(supernodes: factor, of: pattern, indexedBy: Int.self)
    guard let plan else { return nil }
    self = plan
  }

  private init?<Index: FixedWidthInteger & BitwiseCopyable>(
    supernodes factor: cholmod_factor, of pattern: SparsityPattern, indexedBy: Index.Type
  ) {
    func integers(_ pointer: UnsafeMutableRawPointer?) -> UnsafePointer<Index>? {
      pointer.map { UnsafePointer($0.assumingMemoryBound(to: Index.self)) }
    }
    guard let columns = integers(factor.super), let rowStarts = integers(factor.pi),
      let valueStarts = integers(factor.px), let rows = integers(factor.s),
      let permutation = integers(factor.Perm)
    else { return nil }
    fronts = (0..<Int(factor.nsuper)).map { index in
      var front = Front()
      front.firstColumn = Int(columns[index])
      front.columnCount = Int(columns[index + 1]) - front.firstColumn
      front.rowStart = Int(rowStarts[index])
      front.rowCount = Int(rowStarts[index + 1]) - front.rowStart
      front.valueStart = Int(valueStarts[index])
      return front
    }
    link { Int(rows[$0]) }
    guard placeContributions() else { return nil }
    guard contributionCount <= max(Self.freeCount, Int(factor.xsize) / 2) else { return nil }
    sortEntries(of: pattern) { Int(permutation[$0]) }
    findPlaces { Int(rows[$0]) }
  }

  // MARK: Stages of the plan

  /// Finds parents and children.
  private mutating func link(row: (Int) -> Int) {
    var frontOfColumn = [Int32](
      repeating: 0, count: fronts.last.map { $0.firstColumn + $0.columnCount } ?? 0)
    for (index, front) in fronts.enumerated() {
      for column in front.firstColumn..<front.firstColumn + front.columnCount {
        frontOfColumn[column] = Int32(index)
      }
    }
    for index in fronts.indices where fronts[index].contributionOrder > 0 {
      let parent = Int(frontOfColumn[row(fronts[index].rowStart + fronts[index].columnCount)])
      fronts[index].parent = parent
      fronts[index].previousSibling = fronts[parent].lastChild
      fronts[parent].lastChild = index
    }
  }

  /// Sorts the entries of A on and below its diagonal by their columns of L; their places hold rows of L as
  /// yet.
  private mutating func sortEntries(of pattern: SparsityPattern, unknown: (Int) -> Int) {
    let order = pattern.columnCount
    var columnOfUnknown = [Int32](repeating: 0, count: order)
    for column in 0..<order { columnOfUnknown[unknown(column)] = Int32(column) }
    let pointers = pattern.columnPointers
    let rows = pattern.rowIndices
    entryStarts = [UInt32](repeating: 0, count: order + 1)
    for column in 0..<order {
      for slot in pointers[column]..<pointers[column + 1] where rows[slot] >= column {
        let target = min(columnOfUnknown[column], columnOfUnknown[rows[slot]])
        entryStarts[Int(target) + 1] += 1
      }
    }
    for column in 0..<order { entryStarts[column + 1] += entryStarts[column] }
    let count = Int(entryStarts[order])
    var next = entryStarts
    entries = [Entry](repeating: Entry(), count: count)
    for column in 0..<order {
      for slot in pointers[column]..<pointers[column + 1] where rows[slot] >= column {
        let (one, other) = (columnOfUnknown[column], columnOfUnknown[rows[slot]])
        let entry = Int(next[Int(min(one, other))])
        next[Int(min(one, other))] += 1
        entries[entry] = Entry(slot: UInt32(slot), place: max(one, other))
      }
    }
  }

  /// Finds the places of A's entries, and of the children's rows, among the rows of each front.
  private mutating func findPlaces(row: (Int) -> Int) {
    let rowCount = fronts.last.map { $0.rowStart + $0.rowCount } ?? 0
    placesInParent = [Int32](repeating: 0, count: rowCount)
    var place = [Int32](repeating: 0, count: entryStarts.count - 1)
    for front in fronts {
      for offset in 0..<front.rowCount { place[row(front.rowStart + offset)] = Int32(offset) }
      let columns = front.firstColumn..<front.firstColumn + front.columnCount
      for entry in Int(entryStarts[columns.lowerBound])..<Int(entryStarts[columns.upperBound]) {
        entries[entry].place = place[Int(entries[entry].place)]
      }
      var child = front.lastChild
      while child >= 0 {
        let rows = fronts[child].rowStart..<fronts[child].rowStart + fronts[child].rowCount
        for index in rows.dropFirst(fronts[child].columnCount) {
          placesInParent[index] = place[row(index)]
        }
        child = fronts[child].previousSibling
      }
    }
  }

  /// Gives each contribution its place on one of the stacks; false if the fronts are not in postorder.
  private mutating func placeContributions() -> Bool {
    var isOdd = [Bool](repeating: false, count: fronts.count)
    for index in fronts.indices.reversed() where fronts[index].parent >= 0 {
      isOdd[index] = !isOdd[fronts[index].parent]
    }
    var heights = [0, 0]
    var largest = [0, 0]
    for index in fronts.indices {
      let stack = isOdd[index] ? 1 : 0
      var child = fronts[index].lastChild
      while child >= 0 {
        heights[1 - stack] -= fronts[child].contributionSize
        guard fronts[child].contributionStart == heights[1 - stack] else { return false }
        child = fronts[child].previousSibling
      }
      fronts[index].contributionStart = heights[stack]
      heights[stack] += fronts[index].contributionSize
      largest[stack] = max(largest[stack], heights[stack])
    }
    for index in fronts.indices where isOdd[index] {
      fronts[index].contributionStart += largest[0]
    }
    contributionCount = largest[0] + largest[1]
    return true
  }
}

extension AssemblyTree {
  /// The arrays of a tree, unchecked, while the tree lives.
  struct Plan {
    let fronts: UnsafeBufferPointer<Front>
    let placesInParent: UnsafePointer<Int32>
    let entryStarts: UnsafePointer<UInt32>
    let entries: UnsafePointer<Entry>
  }

  /// Calls `body` with the addresses of the arrays.
  func withPlan<Result>(_ body: (Plan) -> Result) -> Result {
    fronts.withUnsafeBufferPointer { fronts in
      placesInParent.withUnsafeBufferPointer { placesInParent in
        entryStarts.withUnsafeBufferPointer { entryStarts in
          entries.withUnsafeBufferPointer { entries in
            guard let placesInParent = placesInParent.baseAddress,
              let entryStarts = entryStarts.baseAddress, let entries = entries.baseAddress
            else { preconditionFailure("fronts with fill have rows and entries") }
            return body(
              Plan(
                fronts: fronts, placesInParent: placesInParent, entryStarts: entryStarts,
                entries: entries))
          }
        }
      }
    }
  }
}
