import Adjoint

/// A u = f on an n × n grid of nodes with random conductivities, and J = ½ uᵀu.
///
/// Node (i, j) has the number i n + j; the values outside are zero. A = Σ_e k_e d_e d_eᵀ over the
/// 2n(n + 1) edges, d_e u = Δ_e u being the difference along the edge and k_e = 10^(2r_e − 1) with the
/// numbers r_e of `SeededGenerator.uniform(at:)`. First come the n(n + 1) edges along j, where the edge
/// i(n + 1) + j joins (i, j − 1) and (i, j); then those along i, where i n + j joins (i − 1, j) and
/// (i, j). The load is f = 1/(n + 1)² everywhere. With A λ = u, dJ/dk_e = −(Δ_e u)(Δ_e λ).
public struct LinearPoisson: Sendable {
  /// The number of nodes in each direction n.
  public let size: Int

  /// k, one number for each edge.
  public let conductivities: [Double]

  /// The lower triangle of A.
  public let matrix: SparseMatrix

  /// f.
  public let rightHandSide: [Double]

  /// The problem of a given size, assembled.
  public init(size: Int) throws {
    self.size = size
    let edgeCount = 2 * size * (size + 1)
    let conductivities = (0..<edgeCount).map { edge in
      Double.pow(10, 2 * SeededGenerator.uniform(at: edge) - 1)
    }
    self.conductivities = conductivities
    matrix = try Self.lowerTriangle(size: size, conductivities: conductivities)
    let spacing = 1 / Double(size + 1)
    rightHandSide = [Double](repeating: spacing * spacing, count: size * size)
  }

  private static func lowerTriangle(size: Int, conductivities: [Double]) throws -> SparseMatrix {
    let offset = size * (size + 1)
    var pointers = [0]
    var rows: [Int] = []
    var values: [Double] = []
    for i in 0..<size {
      for j in 0..<size {
        let node = i * size + j
        let west = conductivities[i * (size + 1) + j]
        let east = conductivities[i * (size + 1) + j + 1]
        let north = conductivities[offset + node]
        let south = conductivities[offset + node + size]
        rows.append(node)
        values.append(west + east + north + south)
        if j + 1 < size {
          rows.append(node + 1)
          values.append(-east)
        }
        if i + 1 < size {
          rows.append(node + size)
          values.append(-south)
        }
        pointers.append(rows.count)
      }
    }
    let pattern = try SparsityPattern(
      rowCount: size * size, columnCount: size * size, columnPointers: pointers, rowIndices: rows)
    return try SparseMatrix(pattern: pattern, values: values)
  }

  /// A with both triangles stored.
  public func fullMatrix() throws -> SparseMatrix {
    var builder = try SparseMatrixBuilder(rowCount: size * size, columnCount: size * size)
    let pattern = matrix.pattern
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        try builder.add(matrix.values[slot], row: row, column: column)
        if row != column { try builder.add(matrix.values[slot], row: column, column: row) }
      }
    }
    return try builder.build()
  }

  /// J = ½ uᵀu.
  public func objective(_ state: [Double]) -> Double {
    var sum = 0.0
    for value in state { sum += value * value }
    return 0.5 * sum
  }

  /// dJ/dk_e = −(Δ_e u)(Δ_e λ) for every edge.
  public func gradient(state: [Double], adjointState: [Double]) -> [Double] {
    precondition(state.count == size * size && adjointState.count == size * size)
    let size = size
    let offset = size * (size + 1)
    return [Double](unsafeUninitializedCapacity: 2 * offset) { gradient, count in
      state.withUnsafeBufferPointer { u in
        adjointState.withUnsafeBufferPointer { adjoint in
          for i in 0..<size {
            for j in 0...size {
              let first = i * size + j - 1
              var du = 0.0
              var dl = 0.0
              if j > 0 {
                du = u[first]
                dl = adjoint[first]
              }
              if j < size {
                du -= u[first + 1]
                dl -= adjoint[first + 1]
              }
              gradient[i * (size + 1) + j] = -du * dl
            }
          }
          for i in 0...size {
            for j in 0..<size {
              let second = i * size + j
              var du = 0.0
              var dl = 0.0
              if i > 0 {
                du = u[second - size]
                dl = adjoint[second - size]
              }
              if i < size {
                du -= u[second]
                dl -= adjoint[second]
              }
              gradient[offset + second] = -du * dl
            }
          }
        }
      }
      count = 2 * offset
    }
  }
}
