import CLAPACK

/// The entries of A⁻¹ on the pattern of L + Lᵀ, from the factors P A Pᵀ = L Lᵀ or L D Lᵀ.
///
/// For a block of columns J with the rows R below its triangle, Z = (P A Pᵀ)⁻¹ and Y = L_RJ L_JJ⁻¹,
///
///     Z_RJ = −Z_RR Y,   Z_JJ = L_JJ⁻ᵀ L_JJ⁻¹ − Yᵀ Z_RJ,
///
/// from the last block to the first; all of Z_RR is known then, for R is within the rows of the blocks that
/// it meets. These are the equations of Takahashi, Fagan and Chen (PICA 1973) for supernodes, with dense
/// kernels. Cost: about twice that of the factorization; memory: as L, whose copy Z overwrites.
struct SymmetricInverse: Sendable {
  private var factor: SupernodalFactor
  /// The column of L for each unknown of the caller.
  private let places: [Int]
  /// The block of each column.
  private let owners: [Int]

  /// Z from the factors.
  ///
  /// - Throws: ``FactorizationError/libraryFailure(routine:status:)`` if the pattern of L is not closed
  ///   under elimination, or so large that dense kernels cannot count its rows.
  init(_ factor: SupernodalFactor) throws {
    self.factor = factor
    places = factor.permutation.inversePermutation
    var owners = [Int](repeating: 0, count: factor.order)
    for block in 0..<factor.blockCount {
      for column in factor.firstColumns[block]..<factor.firstColumns[block + 1] {
        owners[column] = block
      }
    }
    self.owners = owners
    try invert()
  }

  /// The entry (row, column) of A⁻¹; nil outside the pattern.
  func entry(row: Int, column: Int) -> Double? {
    let first = min(places[row], places[column])
    let last = max(places[row], places[column])
    let block = owners[first]
    let rows = factor.rowStarts[block]..<factor.rowStarts[block + 1]
    guard let place = factor.rows.firstIndex(of: last, in: rows) else { return nil }
    let offset = (first - factor.firstColumns[block]) * rows.count
    return factor.values[factor.valueStarts[block] + offset + place - rows.lowerBound]
  }

  private mutating func invert() throws {
    var largest = 0
    var widest = 0
    for block in 0..<factor.blockCount {
      let width = factor.firstColumns[block + 1] - factor.firstColumns[block]
      largest = max(largest, factor.rowStarts[block + 1] - factor.rowStarts[block] - width)
      widest = max(widest, width)
    }
    guard largest + widest < Int(Int32.max) else {
      throw FactorizationError.libraryFailure(routine: "dsymm", status: largest)
    }
    let workspace = Workspace(largest: largest, widest: widest)
    let owners = owners
    let (rows, rowStarts) = (factor.rows, factor.rowStarts)
    let (firstColumns, valueStarts) = (factor.firstColumns, factor.valueStarts)
    let hasSeparateDiagonal = factor.hasSeparateDiagonal
    try factor.values.withUnsafeMutableBufferPointer { values in
      guard let base = values.baseAddress else { return }
      for block in (0..<rowStarts.count - 1).reversed() {
        let width = firstColumns[block + 1] - firstColumns[block]
        let below = rowStarts[block] + width..<rowStarts[block + 1]
        try rows.withUnsafeBufferPointer { rows in
          try workspace.gather(UnsafeBufferPointer(rebasing: rows[below]).span) { column in
            let owner = owners[column]
            let start = rowStarts[owner]
            let height = rowStarts[owner + 1] - start
            let offset = (column - firstColumns[owner]) * height
            return Workspace.Source(
              rows: UnsafeBufferPointer(rebasing: rows[start..<start + height]),
              values: UnsafePointer(base + valueStarts[owner] + offset),
              lastColumn: firstColumns[owner + 1] - 1)
          }
        }
        let target = base + valueStarts[block]
        if width == 1 {
          workspace.invertColumn(target, below.count, hasSeparateDiagonal: hasSeparateDiagonal)
        } else {
          workspace.invertBlock(target, width, below.count)
        }
      }
    }
  }
}

/// Memory for one block at a time.
private struct Workspace {
  /// A column of Z that is known already.
  struct Source {
    let rows: UnsafeBufferPointer<Int>
    let values: UnsafePointer<Double>
    /// The last column with the same rows.
    let lastColumn: Int
  }

  /// The lower triangle of Z_RR.
  private let known: Buffer<Double>
  /// Z_RJ.
  private let product: Buffer<Double>
  /// L_JJ⁻¹ and Z_JJ.
  private let triangle: Buffer<Double>
  private let corner: Buffer<Double>
  /// Where R's rows are among those of a block.
  private let slots: Buffer<Int>

  /// For blocks of at most `widest` columns with at most `largest` rows below their triangles.
  init(largest: Int, widest: Int) {
    known = Buffer(count: largest * largest, repeating: 0)
    product = Buffer(count: largest * widest, repeating: 0)
    triangle = Buffer(count: widest * widest, repeating: 0)
    corner = Buffer(count: widest * widest, repeating: 0)
    slots = Buffer(count: largest, repeating: 0)
  }

  /// Copies the lower triangle of Z_RR, whose columns `source` knows.
  func gather(_ rows: Span<Int>, _ source: (_ column: Int) -> Source) throws {
    let count = rows.count
    let known = known.all
    let slots = slots.all
    var first = 0
    while first < count {
      let block = source(rows[first])
      // R from here on, among the rows of the block; both increase.
      var place = 0
      for index in first..<count {
        let row = rows[unchecked: index]
        while place < block.rows.count && block.rows[place] < row { place += 1 }
        guard place < block.rows.count && block.rows[place] == row else {
          throw FactorizationError.libraryFailure(routine: "cholmod_analyze", status: row)
        }
        slots[index] = place
      }
      let height = block.rows.count
      let start = rows[first]
      while first < count && rows[unchecked: first] <= block.lastColumn {
        let column = block.values + (rows[unchecked: first] - start) * height
        let target = first * count
        for index in first..<count { known[target + index] = column[slots[index]] }
        first += 1
      }
    }
  }

  /// Replaces a block of L of several columns by that of Z.
  func invertBlock(_ block: UnsafeMutablePointer<Double>, _ width: Int, _ below: Int) {
    guard let known = known.all.baseAddress, let product = product.all.baseAddress,
      let triangle = triangle.all.baseAddress, let corner = corner.all.baseAddress
    else { return }
    let height = width + below
    let (columns, rows, stride) = (Int32(width), Int32(below), Int32(height))
    for column in 0..<width {
      for row in 0..<width { triangle[column * width + row] = row == column ? 1 : 0 }
    }
    dense_solve_lower(columns, columns, block, stride, triangle, columns)
    dense_gram_lower(columns, columns, triangle, columns, corner, columns)
    if below > 0 {
      dense_solve_lower_right(rows, columns, block, stride, block + width, stride)
      dense_subtract_symmetric(rows, columns, known, rows, block + width, stride, product, rows)
      dense_subtract_product(
        columns, columns, rows, block + width, stride, product, rows, corner, columns)
    }
    for column in 0..<width {
      let target = block + column * height
      for row in column..<width { target[row] = corner[column * width + row] }
      for row in 0..<below { target[width + row] = product[column * below + row] }
    }
  }

  /// Replaces a single column of L by that of Z.
  func invertColumn(
    _ column: UnsafeMutablePointer<Double>, _ below: Int, hasSeparateDiagonal: Bool
  ) {
    let known = known.all
    let product = product.all
    let pivot = column[0]
    let scale = hasSeparateDiagonal ? 1 : 1 / pivot
    for row in 0..<below {
      column[1 + row] *= scale
      product[row] = 0
    }
    for index in 0..<below {
      let start = index * below
      let factor = column[1 + index]
      var sum = known[start + index] * factor
      for row in index + 1..<below {
        let entry = known[start + row]
        product[row] -= entry * factor
        sum += entry * column[1 + row]
      }
      product[index] -= sum
    }
    var corner = hasSeparateDiagonal ? 1 / pivot : scale * scale
    for row in 0..<below {
      corner -= column[1 + row] * product[row]
      column[1 + row] = product[row]
    }
    column[0] = corner
  }
}
