import CLAPACK

/// The numeric part of a multifrontal Cholesky factorization, after the plan of an ``AssemblyTree``.
///
/// Each front is assembled, its columns are eliminated, F₁₁ = L₁₁L₁₁ᵀ and L₂₁ = F₂₁L₁₁⁻ᵀ, and what is left,
/// F₂₂ − L₂₁L₂₁ᵀ, is its contribution. Fronts with few columns are treated by kernels without calls, the
/// others by BLAS.
///
/// CHOLMOD's own numeric factorization looks to the left: it makes several calls of BLAS for each pair of a
/// supernode and one that it updates. On the Poisson matrix of 256² nodes it takes 1.6 times as long.
struct FrontalCholesky {
  /// The number of columns from which on BLAS is called.
  private static let columnsForBLAS = 32

  private let tree: AssemblyTree
  private let contributions: Buffer<Double>

  init(_ tree: AssemblyTree) {
    self.tree = tree
    // Room for one number more, so that there is an address where there are no contributions.
    contributions = Buffer(count: tree.contributionCount + 1, repeating: 0)
  }

  /// Writes L to the memory of its supernodes.
  ///
  /// - Returns: the column of L whose pivot is not positive, if there is one.
  func factorize(
    _ values: UnsafePointer<Double>, into factor: UnsafeMutablePointer<Double>
  ) -> Int? {
    guard let contributions = contributions.all.baseAddress else { return nil }
    return tree.withPlan { plan in
      for front in plan.fronts {
        let columns = Panel(first: factor + front.valueStart, stride: front.rowCount)
        let rest = Self.contribution(front, contributions)
        Self.setEntries(of: columns, front, plan, values)
        if front.lastChild >= 0 {
          rest.clearLowerTriangle(order: front.contributionOrder)
          var child = front.lastChild
          while child >= 0 {
            Self.add(plan.fronts[child], to: columns, rest, front, plan, contributions)
            child = plan.fronts[child].previousSibling
          }
        }
        if let failure = Self.eliminate(columns, rest, front) { return front.firstColumn + failure }
      }
      return nil
    }
  }

  private static func contribution(
    _ front: AssemblyTree.Front, _ contributions: UnsafeMutablePointer<Double>
  ) -> Panel {
    Panel(first: contributions + front.contributionStart, stride: front.contributionOrder)
  }

  // MARK: Assembly

  /// Sets a front's columns to the entries of A.
  private static func setEntries(
    of columns: Panel, _ front: AssemblyTree.Front, _ plan: AssemblyTree.Plan,
    _ values: UnsafePointer<Double>
  ) {
    columns.first.update(repeating: 0, count: front.columnCount * front.rowCount)
    for column in 0..<front.columnCount {
      let target = columns.at(0, column)
      let first = Int(plan.entryStarts[front.firstColumn &+ column])
      for entry in first..<Int(plan.entryStarts[front.firstColumn &+ column &+ 1]) {
        target[Int(plan.entries[entry].place)] = values[Int(plan.entries[entry].slot)]
      }
    }
  }

  /// Adds a child's contribution to the columns of a front and to its own contribution.
  private static func add(
    _ child: AssemblyTree.Front, to columns: Panel, _ rest: Panel, _ front: AssemblyTree.Front,
    _ plan: AssemblyTree.Plan, _ contributions: UnsafeMutablePointer<Double>
  ) {
    let places = plan.placesInParent + (child.rowStart + child.columnCount)
    let order = child.contributionOrder
    let last = Int(places[order &- 1])
    for column in 0..<order {
      let place = Int(places[column])
      let target =
        place < front.columnCount
        ? columns.at(0, place)
        : rest.at(0, place &- front.columnCount) - front.columnCount
      let source = contribution(child, contributions).at(0, column)
      if last &- place == order &- column &- 1 {
        // Neighbors stay neighbors.
        let (target, source) = (target + place, source + column)
        for row in 0..<order &- column { target[row] += source[row] }
      } else {
        for row in column..<order { target[Int(places[row])] += source[row] }
      }
    }
  }

  // MARK: Elimination

  /// Eliminates a front's columns; the one whose pivot is not positive, if there is one.
  private static func eliminate(
    _ columns: Panel, _ rest: Panel, _ front: AssemblyTree.Front
  ) -> Int? {
    let order = front.contributionOrder
    let isLarge = front.columnCount >= columnsForBLAS
    let failure =
      isLarge
      ? factorizeByBLAS(columns, front)
      : columns.factorize(rowCount: front.rowCount, columnCount: front.columnCount)
    guard failure == nil, order > 0 else { return failure }
    let below = columns.part(front.columnCount, 0)
    let isZero = front.lastChild < 0
    if isLarge {
      dense_subtract_gram_lower(
        Int32(order), Int32(front.columnCount), below.first, Int32(below.stride), isZero ? 0 : 1,
        rest.first, Int32(order))
    } else {
      rest.subtractGram(of: below, rowCount: order, depth: front.columnCount, isZero: isZero)
    }
    return nil
  }

  private static func factorizeByBLAS(_ columns: Panel, _ front: AssemblyTree.Front) -> Int? {
    let status = dense_cholesky_lower(
      Int32(front.columnCount), columns.first, Int32(columns.stride))
    guard status == 0 else { return Int(status) - 1 }
    if front.contributionOrder > 0 {
      dense_solve_lower_transposed_right(
        Int32(front.contributionOrder), Int32(front.columnCount), columns.first,
        Int32(columns.stride), columns.at(front.columnCount, 0), Int32(columns.stride))
    }
    return nil
  }
}
