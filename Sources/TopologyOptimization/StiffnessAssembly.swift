import Adjoint

/// The stiffness matrix of the free degrees of freedom: its pattern, and its values from moduli.
///
/// Only the lower triangle is stored. Where a degree of freedom is held, its row and column are left
/// out. Below and on the diagonal a node couples to itself, the node under it and three nodes of the
/// next column; each of the up to 19 entries of its two columns is a combination, with coefficients
/// from K₀, of the moduli of the four elements around the node. So the values are written once each,
/// in storage order, without a map and without being zeroed.
struct StiffnessAssembly: Sendable {
  let grid: ElementGrid

  /// The lower triangle's pattern over the free degrees of freedom.
  let pattern: SparsityPattern

  /// The degree of freedom that each row of the matrix stands for.
  let freeDegreesOfFreedom: [Int]

  /// For each node, which of ``couplings(of:)`` are free: bit k for the k-th.
  private let masks: [UInt16]

  /// For each of the four elements around a node, in storage order, 20 coefficients: 10 for the
  /// column of the node's x, 9 for that of its y, and a zero.
  private let coefficients: [Double]

  private static let couplingCount = 10
  private static let entryCount = 19
  private static let fullMask: UInt16 = (1 << 10) - 1

  init(_ problem: ElasticityProblem) throws {
    let grid = problem.grid
    let free = problem.isFixed.indices.filter { !problem.isFixed[$0] }
    var rowOf = [Int](repeating: -1, count: problem.isFixed.count)
    for (row, degreeOfFreedom) in free.enumerated() { rowOf[degreeOfFreedom] = row }

    var masks: [UInt16] = []
    var columnPointers = [0]
    var rowIndices: [Int] = []
    masks.reserveCapacity(grid.nodeCount)
    columnPointers.reserveCapacity(free.count + 1)
    rowIndices.reserveCapacity(Self.entryCount * grid.nodeCount)
    for node in 0..<grid.nodeCount {
      let rows = Self.couplings(of: node, in: grid).map { $0.map { rowOf[$0] } ?? -1 }
      var mask: UInt16 = 0
      for (bit, row) in rows.enumerated() where row >= 0 { mask |= 1 << bit }
      masks.append(mask)
      for column in 0...1 where rows[column] >= 0 {
        rowIndices.append(contentsOf: rows[column...].lazy.filter { $0 >= 0 })
        columnPointers.append(rowIndices.count)
      }
    }
    self.grid = grid
    self.masks = masks
    freeDegreesOfFreedom = free
    pattern = try SparsityPattern(
      rowCount: free.count, columnCount: free.count, columnPointers: columnPointers,
      rowIndices: rowIndices)
    coefficients = Self.coefficients(of: problem.element)
  }

  /// The degrees of freedom that a node's columns may have entries for, in increasing order: those of
  /// the node, of the one below, and of the next column's above, beside and below; nil outside.
  private static func couplings(of node: Int, in grid: ElementGrid) -> [Int?] {
    let (column, row) = grid.position(ofNode: node)
    let offsets = [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1)]
    return offsets.flatMap { right, down -> [Int?] in
      guard column + right <= grid.columns, (0...grid.rows).contains(row + down) else {
        return [nil, nil]
      }
      let other = grid.node(column: column + right, row: row + down)
      return [2 * other, 2 * other + 1]
    }
  }

  /// What each of the elements to the upper left, lower left, upper right and lower right of a node
  /// contributes at unit modulus to the entries of the node's two columns.
  private static func coefficients(of element: PlaneStressElement) -> [Double] {
    // Corners in the element's order, as (right, down) from its upper left node.
    let corners = [(0, 1), (1, 1), (1, 0), (0, 0)]
    let neighbors = [(0, 0), (0, 1), (1, -1), (1, 0), (1, 1)]
    // The corner that the node is of each element around it.
    let ownCorners = [(1, 1), (1, 0), (0, 1), (0, 0)]
    var coefficients: [Double] = []
    for own in ownCorners {
      let ownIndex = corners.firstIndex { $0 == own } ?? 0
      for axis in 0...1 {
        for bit in axis..<couplingCount {
          let offset = neighbors[bit / 2]
          let corner = corners.firstIndex { $0 == (own.0 + offset.0, own.1 + offset.1) }
          let row = corner.map { 2 * $0 + bit % 2 }
          coefficients.append(row.map { element.stiffness[8 * $0 + 2 * ownIndex + axis] } ?? 0)
        }
      }
      coefficients.append(0)
    }
    return coefficients
  }

  /// Number of moduli with the frame of zeros that ``assemble(framedModuli:into:)`` reads.
  var framedCount: Int { (grid.columns + 2) * (grid.rows + 2) }

  /// Writes the values for the moduli of the elements.
  ///
  /// - Parameters:
  ///   - framedModuli: ``framedCount`` numbers: the grid's moduli, column after column, within a
  ///     frame of zeros.
  ///   - values: the lower triangle's values, as many as the pattern has entries.
  func assemble(
    framedModuli: UnsafePointer<Double>, into values: UnsafeMutableBufferPointer<Double>
  ) {
    precondition(values.count == pattern.entryCount)
    guard var target = values.baseAddress else { return }
    let stride = grid.rows + 2
    coefficients.withUnsafeBufferPointer { coefficients in
      masks.withUnsafeBufferPointer { masks in
        guard let first = coefficients.baseAddress else { return }
        let table = UnsafeRawPointer(first)
        for column in 0...grid.columns {
          let left = framedModuli + column * stride
          let right = left + stride
          let node = column * (grid.rows + 1)
          for row in 0...grid.rows {
            let moduli = SIMD4(left[row], left[row + 1], right[row], right[row + 1])
            let mask = masks[node + row]
            if mask == Self.fullMask {
              Self.write(moduli, table, to: target)
              target += Self.entryCount
            } else {
              Self.write(moduli, table, mask: mask, to: &target)
            }
          }
        }
      }
    }
  }

  /// Writes the 19 entries of a node whose couplings are all free, and one zero after them, which the
  /// next columns overwrite: such a node is never the last.
  @inline(__always)
  private static func write(
    _ moduli: SIMD4<Double>, _ table: UnsafeRawPointer, to target: UnsafeMutablePointer<Double>
  ) {
    @inline(__always)
    func block<Block: SIMD>(_ entry: Int, _: Block.Type) -> Block where Block.Scalar == Double {
      func row(_ element: Int) -> Block {
        (table + 8 * (20 * element + entry)).loadUnaligned(as: Block.self)
      }
      return moduli[0] * row(0) + moduli[1] * row(1) + moduli[2] * row(2) + moduli[3] * row(3)
    }
    let raw = UnsafeMutableRawPointer(target)
    raw.storeBytes(of: block(0, SIMD8<Double>.self), as: SIMD8<Double>.self)
    (raw + 64).storeBytes(of: block(8, SIMD8<Double>.self), as: SIMD8<Double>.self)
    (raw + 128).storeBytes(of: block(16, SIMD4<Double>.self), as: SIMD4<Double>.self)
  }

  /// Writes the entries of a node at the border or beside a support and moves on.
  private static func write(
    _ moduli: SIMD4<Double>, _ table: UnsafeRawPointer, mask: UInt16,
    to target: inout UnsafeMutablePointer<Double>
  ) {
    var entry = 0
    for axis in 0...1 {
      for bit in axis..<couplingCount {
        defer { entry += 1 }
        guard mask & (1 << axis) != 0, mask & (1 << bit) != 0 else { continue }
        var value = 0.0
        for element in 0..<4 {
          let offset = 8 * (20 * element + entry)
          value += moduli[element] * table.load(fromByteOffset: offset, as: Double.self)
        }
        target.pointee = value
        target += 1
      }
    }
  }
}
