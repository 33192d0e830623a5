// Dense kernels of fronts, for so few columns that a call of BLAS costs more than its work.
//
// Matrices are stored column by column; a stride is the distance of two columns. Four rows are one SIMD
// value, and four columns of products are kept in registers at a time, which needs no packing. Products
// with a multiple of four rows may write above the diagonal, where nothing means anything.

/// Four rows of four columns.
private struct Tile {
  var c0: SIMD4<Double>
  var c1: SIMD4<Double>
  var c2: SIMD4<Double>
  var c3: SIMD4<Double>

  static var zero: Tile { Tile(c0: .zero, c1: .zero, c2: .zero, c3: .zero) }

  /// The elements from `panel` on.
  @inline(__always) init(_ panel: Panel) {
    c0 = lanes(at: panel.at(0, 0))
    c1 = lanes(at: panel.at(0, 1))
    c2 = lanes(at: panel.at(0, 2))
    c3 = lanes(at: panel.at(0, 3))
  }

  @inline(__always) init(
    c0: SIMD4<Double>, c1: SIMD4<Double>, c2: SIMD4<Double>, c3: SIMD4<Double>
  ) {
    (self.c0, self.c1, self.c2, self.c3) = (c0, c1, c2, c3)
  }

  @inline(__always) func store(to panel: Panel) {
    setLanes(c0, at: panel.at(0, 0))
    setLanes(c1, at: panel.at(0, 1))
    setLanes(c2, at: panel.at(0, 2))
    setLanes(c3, at: panel.at(0, 3))
  }

  /// Subtracts Σ aₗ bₗᵀ over `depth` columns: four rows of A, four rows of B in the same panel.
  @inline(__always) mutating func subtract(
    _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, stride: Int, depth: Int
  ) {
    var a = a
    var b = b
    for _ in 0..<depth {
      let rows = lanes(at: a)
      c0 -= rows * SIMD4(repeating: b[0])
      c1 -= rows * SIMD4(repeating: b[1])
      c2 -= rows * SIMD4(repeating: b[2])
      c3 -= rows * SIMD4(repeating: b[3])
      a += stride
      b += stride
    }
  }
}

/// Σ aₗ bₗ along rows of a panel.
@inline(__always) private func rowProduct(
  _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>, stride: Int, depth: Int
) -> Double {
  var sum = 0.0
  var offset = 0
  for _ in 0..<depth {
    sum += a[offset] * b[offset]
    offset &+= stride
  }
  return sum
}

extension Panel {
  /// The lower triangle of C ← C − A Aᵀ, or of C ← −A Aᵀ; C is this, A is `rowCount` × `depth`.
  func subtractGram(of a: Panel, rowCount: Int, depth: Int, isZero: Bool) {
    var column = 0
    while column &+ 4 <= rowCount {
      let b = a.at(column, 0)
      var row = column
      while row &+ 4 <= rowCount {
        let target = part(row, column)
        var tile = isZero ? Tile.zero : Tile(target)
        tile.subtract(a.at(row, 0), b, stride: a.stride, depth: depth)
        tile.store(to: target)
        row &+= 4
      }
      while row < rowCount {
        for offset in 0..<4 {
          let sum = rowProduct(a.at(row, 0), b + offset, stride: a.stride, depth: depth)
          let target = at(row, column &+ offset)
          target.pointee = (isZero ? 0 : target.pointee) - sum
        }
        row &+= 1
      }
      column &+= 4
    }
    while column < rowCount {
      for row in column..<rowCount {
        let sum = rowProduct(a.at(row, 0), a.at(column, 0), stride: a.stride, depth: depth)
        let target = at(row, column)
        target.pointee = (isZero ? 0 : target.pointee) - sum
      }
      column &+= 1
    }
  }

  /// The Cholesky factors of the first columns of a front of `rowCount` rows, in its place.
  ///
  /// - Returns: the column whose pivot is not positive, if there is one.
  func factorize(rowCount: Int, columnCount: Int) -> Int? {
    var column = 0
    while column &+ 4 <= columnCount {
      if let failure = factorizeFour(from: column, rowCount: rowCount) { return failure }
      column &+= 4
    }
    while column < columnCount {
      guard factorizeOne(column, rowCount: rowCount) else { return column }
      column &+= 1
    }
    return nil
  }

  /// One column: minus the products of those before it, over the square root of its pivot.
  private func factorizeOne(_ column: Int, rowCount: Int) -> Bool {
    let pivotRow = at(column, 0)
    let pivot: Double =
      at(column, column).pointee
      - rowProduct(pivotRow, pivotRow, stride: stride, depth: column)
    guard pivot > 0 else { return false }
    let root = pivot.squareRoot()
    let inverse: Double = 1 / root
    at(column, column).pointee = root
    var row = column &+ 1
    while row &+ 4 <= rowCount {
      let target = at(row, column)
      var sum = lanes(at: target)
      var a = at(row, 0)
      var b = pivotRow
      for _ in 0..<column {
        sum -= lanes(at: a) * SIMD4(repeating: b.pointee)
        a += stride
        b += stride
      }
      setLanes(sum * SIMD4(repeating: inverse), at: target)
      row &+= 4
    }
    while row < rowCount {
      let target = at(row, column)
      let sum = rowProduct(at(row, 0), pivotRow, stride: stride, depth: column)
      target.pointee = (target.pointee - sum) * inverse
      row &+= 1
    }
    return true
  }

  /// Four columns at once.
  private func factorizeFour(from column: Int, rowCount: Int) -> Int? {
    let block = at(column, 0)
    let diagonal = part(column, column)
    var tile = Tile(diagonal)
    tile.subtract(block, block, stride: stride, depth: column)
    // L of the 4 × 4 block on the diagonal, its pivots inverted.
    guard tile.c0[0] > 0 else { return column }
    let d0 = tile.c0[0].squareRoot()
    let r0 = SIMD4<Double>(repeating: 1 / d0)
    tile.c0 *= r0
    let (l1, l2, l3) = (tile.c0[1], tile.c0[2], tile.c0[3])
    tile.c1 -= tile.c0 * SIMD4(repeating: l1)
    guard tile.c1[1] > 0 else { return column &+ 1 }
    let d1 = tile.c1[1].squareRoot()
    let r1 = SIMD4<Double>(repeating: 1 / d1)
    tile.c1 *= r1
    let (m2, m3) = (tile.c1[2], tile.c1[3])
    tile.c2 -= tile.c0 * SIMD4(repeating: l2)
    tile.c2 -= tile.c1 * SIMD4(repeating: m2)
    guard tile.c2[2] > 0 else { return column &+ 2 }
    let d2 = tile.c2[2].squareRoot()
    let r2 = SIMD4<Double>(repeating: 1 / d2)
    tile.c2 *= r2
    let n3 = tile.c2[3]
    tile.c3 -= tile.c0 * SIMD4(repeating: l3)
    tile.c3 -= tile.c1 * SIMD4(repeating: m3)
    tile.c3 -= tile.c2 * SIMD4(repeating: n3)
    guard tile.c3[3] > 0 else { return column &+ 3 }
    let d3 = tile.c3[3].squareRoot()
    let r3 = SIMD4<Double>(repeating: 1 / d3)
    (tile.c0[0], tile.c1[1], tile.c2[2], tile.c3[3]) = (d0, d1, d2, d3)
    tile.store(to: diagonal)
    // The rows below: minus the products of the columns before, then times L⁻ᵀ.
    var row = column &+ 4
    while row &+ 4 <= rowCount {
      let target = part(row, column)
      var rows = Tile(target)
      rows.subtract(at(row, 0), block, stride: stride, depth: column)
      rows.c0 *= r0
      rows.c1 = (rows.c1 - rows.c0 * SIMD4(repeating: l1)) * r1
      rows.c2 -= rows.c0 * SIMD4(repeating: l2)
      rows.c2 = (rows.c2 - rows.c1 * SIMD4(repeating: m2)) * r2
      rows.c3 -= rows.c0 * SIMD4(repeating: l3)
      rows.c3 -= rows.c1 * SIMD4(repeating: m3)
      rows.c3 = (rows.c3 - rows.c2 * SIMD4(repeating: n3)) * r3
      rows.store(to: target)
      row &+= 4
    }
    while row < rowCount {
      let a = at(row, 0)
      let target = part(row, column)
      func rest(_ offset: Int) -> Double {
        target.at(0, offset).pointee
          - rowProduct(a, block + offset, stride: stride, depth: column)
      }
      let x0: Double = rest(0) * r0[0]
      let x1: Double = (rest(1) - x0 * l1) * r1[0]
      let x2: Double = (rest(2) - x0 * l2 - x1 * m2) * r2[0]
      let x3: Double = (rest(3) - x0 * l3 - x1 * m3 - x2 * n3) * r3[0]
      target.at(0, 0).pointee = x0
      target.at(0, 1).pointee = x1
      target.at(0, 2).pointee = x2
      target.at(0, 3).pointee = x3
      row &+= 1
    }
    return nil
  }
}
