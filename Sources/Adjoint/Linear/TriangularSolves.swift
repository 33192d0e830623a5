/// x ← L⁻ᵀ L⁻¹ x for the supernodal factor of L Lᵀ, one right-hand side in the order of L.
///
/// Each block's part of x and what its columns reach below are gathered to `work`, which must hold the
/// rows of the largest block; four columns of L are read at a time, and each entry of L twice in all.
struct TriangularSolves: FactorVisitor {
  let rightHandSide: UnsafePointer<Double>
  let target: UnsafeMutablePointer<Double>
  let solution: UnsafeMutablePointer<Double>
  let work: UnsafeMutablePointer<Double>

  mutating func visit<Index>(_ blocks: FactorBlocks<Index>) {
    for column in 0..<blocks.order { solution[column] = rightHandSide[blocks.unknown(column)] }
    for index in 0..<blocks.blockCount { eliminate(blocks.block(index)) }
    for index in (0..<blocks.blockCount).reversed() { substitute(blocks.block(index)) }
    for column in 0..<blocks.order { target[blocks.unknown(column)] = solution[column] }
  }

  /// L₁₁ y = x₁, x₂ ← x₂ − L₂₁ y.
  @inline(__always) private func eliminate<Index>(_ block: FactorBlocks<Index>.Block) {
    let own = solution + block.firstColumn
    let panel = Panel(first: block.values, stride: block.rowCount)
    guard block.columnCount > 1 else {
      let x: Double = own[0] / block.values[0]
      own[0] = x
      for row in 1..<block.rowCount { solution[Int(block.rows[row])] -= block.values[row] * x }
      return
    }
    work.update(from: own, count: block.columnCount)
    (work + block.columnCount).update(repeating: 0, count: block.rowCount - block.columnCount)
    var column = 0
    while column &+ 4 <= block.columnCount {
      let x = panel.part(column, column).solveFour(work + column)
      panel.part(column &+ 4, column).subtractProduct(
        x, from: work + column + 4, rowCount: block.rowCount &- column &- 4)
      column &+= 4
    }
    while column < block.columnCount {
      let entries = panel.at(0, column)
      let x: Double = work[column] / entries[column]
      work[column] = x
      for row in column &+ 1..<block.rowCount { work[row] -= entries[row] * x }
      column &+= 1
    }
    own.update(from: work, count: block.columnCount)
    for row in block.columnCount..<block.rowCount { solution[Int(block.rows[row])] += work[row] }
  }

  /// L₁₁ᵀ x₁ = y − L₂₁ᵀ x₂.
  @inline(__always) private func substitute<Index>(_ block: FactorBlocks<Index>.Block) {
    let own = solution + block.firstColumn
    let panel = Panel(first: block.values, stride: block.rowCount)
    guard block.columnCount > 1 else {
      var sum = own[0]
      for row in 1..<block.rowCount { sum -= block.values[row] * solution[Int(block.rows[row])] }
      own[0] = sum / block.values[0]
      return
    }
    work.update(from: own, count: block.columnCount)
    for row in block.columnCount..<block.rowCount { work[row] = solution[Int(block.rows[row])] }
    var column = block.columnCount
    while column & 3 != 0 {
      column &-= 1
      let entries = panel.at(0, column)
      var sum = work[column]
      for row in column &+ 1..<block.rowCount { sum -= entries[row] * work[row] }
      work[column] = sum / entries[column]
    }
    while column > 0 {
      column &-= 4
      let sums = panel.part(column &+ 4, column).products(
        with: work + column + 4, rowCount: block.rowCount &- column &- 4)
      panel.part(column, column).solveFourTransposed(work + column, minus: sums)
    }
    own.update(from: work, count: block.columnCount)
  }
}

// Four columns of L at a time.
extension Panel {
  /// Solves L x = b with the lower triangle of the first four rows; x takes the place of b.
  @inline(__always)
  fileprivate func solveFour(_ vector: UnsafeMutablePointer<Double>) -> SIMD4<Double> {
    var x = lanes(at: vector)
    x[0] /= at(0, 0).pointee
    x[1] = (x[1] - at(1, 0).pointee * x[0]) / at(1, 1).pointee
    x[2] -= at(2, 0).pointee * x[0]
    x[2] = (x[2] - at(2, 1).pointee * x[1]) / at(2, 2).pointee
    x[3] -= at(3, 0).pointee * x[0]
    x[3] -= at(3, 1).pointee * x[1]
    x[3] = (x[3] - at(3, 2).pointee * x[2]) / at(3, 3).pointee
    setLanes(x, at: vector)
    return x
  }

  /// Solves Lᵀ x = b − s with the lower triangle of the first four rows; x takes the place of b.
  @inline(__always)
  fileprivate func solveFourTransposed(
    _ vector: UnsafeMutablePointer<Double>, minus sums: SIMD4<Double>
  ) {
    var x = lanes(at: vector) - sums
    x[3] /= at(3, 3).pointee
    x[2] = (x[2] - at(3, 2).pointee * x[3]) / at(2, 2).pointee
    x[1] -= at(3, 1).pointee * x[3]
    x[1] = (x[1] - at(2, 1).pointee * x[2]) / at(1, 1).pointee
    x[0] -= at(3, 0).pointee * x[3]
    x[0] -= at(2, 0).pointee * x[2]
    x[0] = (x[0] - at(1, 0).pointee * x[1]) / at(0, 0).pointee
    setLanes(x, at: vector)
  }

  /// y ← y − A x, A being four columns.
  @inline(__always)
  fileprivate func subtractProduct(
    _ x: SIMD4<Double>, from vector: UnsafeMutablePointer<Double>, rowCount: Int
  ) {
    let (c0, c1, c2, c3) = (at(0, 0), at(0, 1), at(0, 2), at(0, 3))
    let (x0, x1) = (SIMD4<Double>(repeating: x[0]), SIMD4<Double>(repeating: x[1]))
    let (x2, x3) = (SIMD4<Double>(repeating: x[2]), SIMD4<Double>(repeating: x[3]))
    var row = 0
    while row &+ 4 <= rowCount {
      let first = lanes(at: c0 + row) * x0 + lanes(at: c1 + row) * x1
      let second = lanes(at: c2 + row) * x2 + lanes(at: c3 + row) * x3
      setLanes(lanes(at: vector + row) - (first + second), at: vector + row)
      row &+= 4
    }
    while row < rowCount {
      let first: Double = c0[row] * x[0] + c1[row] * x[1]
      let second: Double = c2[row] * x[2] + c3[row] * x[3]
      vector[row] -= first + second
      row &+= 1
    }
  }

  /// Aᵀ x, A being four columns.
  @inline(__always)
  fileprivate func products(
    with vector: UnsafeMutablePointer<Double>, rowCount: Int
  ) -> SIMD4<Double> {
    let (c0, c1, c2, c3) = (at(0, 0), at(0, 1), at(0, 2), at(0, 3))
    var (s0, s1) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var (s2, s3) = (SIMD4<Double>.zero, SIMD4<Double>.zero)
    var row = 0
    while row &+ 4 <= rowCount {
      let x = lanes(at: vector + row)
      s0 += lanes(at: c0 + row) * x
      s1 += lanes(at: c1 + row) * x
      s2 += lanes(at: c2 + row) * x
      s3 += lanes(at: c3 + row) * x
      row &+= 4
    }
    var sums = SIMD4(s0.sum(), s1.sum(), s2.sum(), s3.sum())
    while row < rowCount {
      sums += SIMD4(c0[row], c1[row], c2[row], c3[row]) * SIMD4(repeating: vector[row])
      row &+= 1
    }
    return sums
  }
}
