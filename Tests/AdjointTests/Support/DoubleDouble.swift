import Adjoint

/// An unevaluated sum of two doubles, some 32 digits: the reference for what double precision loses.
///
/// Products by fused multiply-add, unlike those of the library.
struct DoubleDouble: Sendable {
  var high: Double
  var low: Double

  init(_ high: Double, _ low: Double = 0) {
    self.high = high + low
    self.low = low - (self.high - high)
  }

  static func + (left: Self, right: Self) -> Self {
    let sum = left.high + right.high
    let part = sum - left.high
    let error = (left.high - (sum - part)) + (right.high - part)
    return Self(sum, error + left.low + right.low)
  }

  static prefix func - (number: Self) -> Self { Self(-number.high, -number.low) }

  static func - (left: Self, right: Self) -> Self { left + -right }

  static func * (left: Self, right: Self) -> Self {
    let product = left.high * right.high
    let error = (-product).addingProduct(left.high, right.high)
    return Self(product, error + (left.high * right.low + left.low * right.high))
  }

  static func / (left: Self, right: Self) -> Self {
    let first = left.high / right.high
    let rest = left - right * Self(first)
    let second = rest.high / right.high
    let last = (rest - right * Self(second)).high / right.high
    return Self(first, second) + Self(last)
  }

  var magnitude: Double { high.magnitude }
}

/// Gaussian elimination with partial pivoting in ``DoubleDouble``, for A x = b and Aᵀ y = w.
struct DoubleDoubleSolver {
  private let order: Int
  private var rows: [[DoubleDouble]]
  private var permutation: [Int]

  init(_ matrix: SparseMatrix) {
    order = matrix.rowCount
    rows = (0..<order).map { row in
      (0..<matrix.columnCount).map { DoubleDouble(matrix[row, $0]) }
    }
    permutation = Array(0..<order)
    for column in 0..<order {
      let pivot =
        (column..<order).max {
          rows[$0][column].magnitude < rows[$1][column].magnitude
        } ?? column
      rows.swapAt(pivot, column)
      permutation.swapAt(pivot, column)
      let pivotRow = rows[column]
      for row in column + 1..<order where rows[row][column].high != 0 {
        let factor = rows[row][column] / pivotRow[column]
        rows[row][column] = factor
        for other in column + 1..<order where pivotRow[other].high != 0 {
          rows[row][other] = rows[row][other] - factor * pivotRow[other]
        }
      }
    }
  }

  func solve(_ rightHandSide: [DoubleDouble]) -> [DoubleDouble] {
    var x = permutation.map { rightHandSide[$0] }
    for row in 0..<order {
      for column in 0..<row { x[row] = x[row] - rows[row][column] * x[column] }
    }
    for row in (0..<order).reversed() {
      for column in row + 1..<order { x[row] = x[row] - rows[row][column] * x[column] }
      x[row] = x[row] / rows[row][row]
    }
    return x
  }

  func solveTransposed(_ cotangent: [DoubleDouble]) -> [DoubleDouble] {
    var z = cotangent
    for row in 0..<order {
      for column in 0..<row { z[row] = z[row] - rows[column][row] * z[column] }
      z[row] = z[row] / rows[row][row]
    }
    for row in (0..<order).reversed() {
      for column in row + 1..<order { z[row] = z[row] - rows[column][row] * z[column] }
    }
    var y = z
    for (index, row) in permutation.enumerated() { y[row] = z[index] }
    return y
  }
}
