/// The weights H of a ``ConicFilter`` as a stencil, and the sum over it.
///
/// The field is copied into a frame of zeros as wide as the stencil, so that the sum has no special
/// cases at the border, and eight rows are summed at a time.
struct FilterStencil: Sendable {
  /// The weights of one column of the stencil, for row offsets −reach…reach.
  private struct Column {
    var offset: Int
    var reach: Int
    var firstWeight: Int
  }

  private static let blockSize = 8

  private let grid: ElementGrid
  private let columns: [Column]
  private let weights: [Double]
  private let columnReach: Int
  private let rowReach: Int
  private let stride: Int

  init(grid: ElementGrid, radius: Double) {
    self.grid = grid
    let span = Double(max(grid.columns, grid.rows))
    let reach = Int(min(radius.rounded(.up), span)) - 1
    columnReach = min(reach, grid.columns - 1)
    rowReach = min(reach, grid.rows - 1)
    let blocks = (grid.rows + Self.blockSize - 1) / Self.blockSize
    stride = blocks * Self.blockSize + 2 * rowReach

    func weight(_ column: Int, _ row: Int) -> Double {
      radius - Double(column * column + row * row).squareRoot()
    }
    var columns: [Column] = []
    var weights: [Double] = []
    for offset in -columnReach...columnReach {
      var reach = rowReach
      while reach >= 0 && weight(offset, reach) <= 0 { reach -= 1 }
      if reach < 0 { continue }
      columns.append(Column(offset: offset, reach: reach, firstWeight: weights.count))
      for row in -reach...reach { weights.append(weight(offset, row)) }
    }
    self.columns = columns
    self.weights = weights
  }

  func makeScratch() -> FilterScratch {
    FilterScratch(count: framedCount)
  }

  /// Replaces a field x of one number an element by H x.
  func convolve(_ field: UnsafeMutableBufferPointer<Double>, scratch: FilterScratch) {
    precondition(field.count == grid.elementCount && scratch.count == framedCount)
    guard let elements = field.baseAddress else { return }
    let rows = grid.rows
    for column in 0..<grid.columns {
      scratch.values.advanced(by: (column + columnReach) * stride + rowReach)
        .update(from: elements + column * rows, count: rows)
    }
    columns.withUnsafeBufferPointer { columns in
      weights.withUnsafeBufferPointer { weights in
        for column in 0..<grid.columns {
          let center = scratch.values + (column + columnReach) * stride + rowReach
          for row in Swift.stride(from: 0, to: rows, by: Self.blockSize) {
            let sum = weightedSum(around: center + row, columns: columns, weights: weights)
            let target = elements + column * rows + row
            if row + Self.blockSize <= rows {
              UnsafeMutableRawPointer(target).storeBytes(of: sum, as: SIMD8<Double>.self)
            } else {
              for lane in 0..<rows - row { target[lane] = sum[lane] }
            }
          }
        }
      }
    }
  }

  private var framedCount: Int { stride * (grid.columns + 2 * columnReach) }

  /// The sums for eight consecutive rows; `center` points at the first in the frame, whose reach
  /// covers every offset of the stencil.
  @inline(__always)
  private func weightedSum(
    around center: UnsafeMutablePointer<Double>, columns: UnsafeBufferPointer<Column>,
    weights: UnsafeBufferPointer<Double>
  ) -> SIMD8<Double> {
    var sum = SIMD8<Double>(repeating: 0)
    for column in columns {
      let first = UnsafeRawPointer(center + (column.offset * stride - column.reach))
      for index in 0...2 * column.reach {
        let values = (first + 8 * index).loadUnaligned(as: SIMD8<Double>.self)
        sum += weights[column.firstWeight + index] * values
      }
    }
    return sum
  }
}

/// The framed copy of a field that a ``FilterStencil`` sums over; zero outside the field.
final class FilterScratch {
  let values: UnsafeMutablePointer<Double>
  let count: Int

  init(count: Int) {
    self.count = count
    values = .allocate(capacity: count)
    values.initialize(repeating: 0, count: count)
  }

  deinit { values.deallocate() }
}
