/// Products with the element stiffness K₀ over a whole grid.
///
/// Fields are displacements or forces on every degree of freedom of the grid, held ones included. The
/// two nodes of an element's left edge are neighbors in memory, and so are those of its right edge;
/// an element's eight numbers are therefore two loads of four.
struct ElementKernel: Sendable {
  private let grid: ElementGrid

  /// The columns of K₀ with degrees of freedom in the order of memory.
  private let columns: [SIMD8<Double>]

  init(grid: ElementGrid, element: PlaneStressElement) {
    self.grid = grid
    // Upper left, lower left, upper right, lower right, as places in the element's order.
    let order = [6, 7, 0, 1, 4, 5, 2, 3]
    columns = order.map { column in
      var entries = SIMD8<Double>()
      for (lane, row) in order.enumerated() { entries[lane] = element.stiffness[8 * row + column] }
      return entries
    }
  }

  /// K₀ u for the eight numbers of one element.
  @inline(__always)
  private static func product(
    _ columns: UnsafeBufferPointer<SIMD8<Double>>, _ field: SIMD8<Double>
  ) -> SIMD8<Double> {
    var low = columns[0] * field[0]
    var high = columns[1] * field[1]
    low += columns[2] * field[2]
    high += columns[3] * field[3]
    low += columns[4] * field[4]
    high += columns[5] * field[5]
    low += columns[6] * field[6]
    high += columns[7] * field[7]
    return low + high
  }

  /// The numbers of the element whose left and right edge begin at two places of a field.
  @inline(__always)
  private static func gather(
    _ left: UnsafePointer<Double>, _ right: UnsafePointer<Double>
  ) -> SIMD8<Double> {
    SIMD8(
      lowHalf: UnsafeRawPointer(left).loadUnaligned(as: SIMD4<Double>.self),
      highHalf: UnsafeRawPointer(right).loadUnaligned(as: SIMD4<Double>.self))
  }

  /// Sets `energies[e]` to v_eᵀ K₀ u_e for each element e.
  func energies(_ u: [Double], _ v: [Double], into energies: inout [Double]) {
    precondition(u.count == grid.degreeOfFreedomCount && v.count == u.count)
    precondition(energies.count == grid.elementCount)
    let edge = 2 * (grid.rows + 1)
    columns.withUnsafeBufferPointer { columns in
      u.withUnsafeBufferPointer { u in
        v.withUnsafeBufferPointer { v in
          energies.withUnsafeMutableBufferPointer { energies in
            guard let u = u.baseAddress, let v = v.baseAddress else { return }
            for column in 0..<grid.columns {
              for row in 0..<grid.rows {
                let place = column * edge + 2 * row
                let force = Self.product(columns, Self.gather(u + place, u + place + edge))
                let product = force * Self.gather(v + place, v + place + edge)
                energies[column * grid.rows + row] = product.sum()
              }
            }
          }
        }
      }
    }
  }

  /// Σ_e s_e K₀ u_e: the forces that hold the displacements of a plate with moduli s.
  func forces(_ u: [Double], scaledBy scales: [Double]) -> [Double] {
    precondition(u.count == grid.degreeOfFreedomCount && scales.count == grid.elementCount)
    let edge = 2 * (grid.rows + 1)
    var forces = [Double](repeating: 0, count: u.count)
    columns.withUnsafeBufferPointer { columns in
      u.withUnsafeBufferPointer { u in
        forces.withUnsafeMutableBufferPointer { forces in
          guard let u = u.baseAddress, let forces = forces.baseAddress else { return }
          for column in 0..<grid.columns {
            for row in 0..<grid.rows {
              let place = column * edge + 2 * row
              let product = Self.product(columns, Self.gather(u + place, u + place + edge))
              let force = scales[column * grid.rows + row] * product
              for lane in 0..<4 {
                forces[place + lane] += force[lane]
                forces[place + edge + lane] += force[4 + lane]
              }
            }
          }
        }
      }
    }
    return forces
  }
}
