import Adjoint
import ReferenceProblems

/// Square matrices of different kinds, all seeded, none ill-conditioned.
enum SampleMatrix: String, CaseIterable, Sendable {
  case oneByOne
  case randomUnsymmetric
  case convectionDiffusion
  case permutedBlocks
  case poisson

  static let symmetric: [SampleMatrix] = [.oneByOne, .poisson]

  var isSymmetric: Bool { Self.symmetric.contains(self) }

  func make() throws -> SparseMatrix {
    switch self {
    case .oneByOne:
      try SparseMatrix(rowCount: 1, columnCount: 1) { try $0.add(4, row: 0, column: 0) }
    case .randomUnsymmetric: try Self.random(order: 40, seed: 7)
    case .convectionDiffusion: try Self.convectionDiffusion(size: 9)
    case .permutedBlocks: try Self.permutedBlocks()
    case .poisson: try LinearPoisson(size: 8).fullMatrix()
    }
  }

  /// Random entries at random places and a diagonal that is neither dominant nor in place: row i's
  /// large entry sits in column 7i mod n.
  static func random(order: Int, seed: UInt64) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: seed)
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for row in 0..<order {
        try builder.add(generator.uniform(in: 2..<3), row: row, column: (7 * row) % order)
        for _ in 0..<4 {
          let column = Int.random(in: 0..<order, using: &generator)
          try builder.add(generator.uniform(in: -0.5..<0.5), row: row, column: column)
        }
      }
    }
  }

  /// −Δu + c·∇u by central and upwind differences on a grid of size × size nodes.
  static func convectionDiffusion(size: Int) throws -> SparseMatrix {
    try SparseMatrix(rowCount: size * size, columnCount: size * size) { builder in
      for i in 0..<size {
        for j in 0..<size {
          let node = i * size + j
          try builder.add(4 + 1.5 + 0.7, row: node, column: node)
          if j > 0 { try builder.add(-1 - 1.5, row: node, column: node - 1) }
          if j + 1 < size { try builder.add(-1, row: node, column: node + 1) }
          if i > 0 { try builder.add(-1 - 0.7, row: node, column: node - size) }
          if i + 1 < size { try builder.add(-1, row: node, column: node + size) }
        }
      }
    }
  }

  /// Coupled pairs, each fed by the pair before, with rows in another order: reducible.
  static func permutedBlocks() throws -> SparseMatrix {
    let order = 22
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for unknown in 0..<order {
        let row = (5 * unknown + 3) % order
        try builder.add(3 + 0.1 * Double(unknown), row: row, column: unknown)
        let partner = unknown ^ 1
        try builder.add(-1.2, row: row, column: partner)
        if unknown >= 2 { try builder.add(0.8, row: row, column: unknown - 2) }
      }
    }
  }
}

extension SparseMatrix {
  init(
    rowCount: Int, columnCount: Int, _ fill: (inout SparseMatrixBuilder) throws -> Void
  ) throws {
    var builder = try SparseMatrixBuilder(rowCount: rowCount, columnCount: columnCount)
    try fill(&builder)
    self = try builder.build()
  }

  /// The entries on and below the diagonal.
  func lowerTriangle() throws -> SparseMatrix {
    try SparseMatrix(rowCount: rowCount, columnCount: columnCount) { builder in
      for column in 0..<columnCount {
        for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1]
        where pattern.rowIndices[slot] >= column {
          try builder.add(values[slot], row: pattern.rowIndices[slot], column: column)
        }
      }
    }
  }

  /// ‖b − A x‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞).
  func backwardError(_ solution: [Double], _ rightHandSide: [Double]) throws -> Double {
    let residual = zip(rightHandSide, try multiply(solution)).map { abs($0 - $1) }.max() ?? 0
    let scale =
      rowSumNorm * (solution.map(abs).max() ?? 0) + (rightHandSide.map(abs).max() ?? 0)
    return residual / scale
  }
}
