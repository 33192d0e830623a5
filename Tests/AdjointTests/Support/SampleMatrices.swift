import Adjoint
import ReferenceProblems

/// Square matrices of different kinds, all seeded, none ill-conditioned.
enum SampleMatrix: String, CaseIterable, Sendable {
  case oneByOne
  case randomUnsymmetric
  case convectionDiffusion
  case permutedBlocks
  case poisson
  case circuit
  case quasidefinite

  static let definite: [SampleMatrix] = [.oneByOne, .poisson]
  static let symmetric: [SampleMatrix] = definite + [.quasidefinite]

  var isSymmetric: Bool { Self.symmetric.contains(self) }
  var isDefinite: Bool { Self.definite.contains(self) }

  /// Whether Cholesky, LDLᵀ or LU is made for this matrix.
  func suits(_ method: SymbolicFactorization.Method) -> Bool {
    switch method {
    case .cholesky: isDefinite
    case .ldl: isSymmetric
    case .lu, .klu: true
    }
  }

  func make() throws -> SparseMatrix {
    switch self {
    case .oneByOne:
      try SparseMatrix(rowCount: 1, columnCount: 1) { try $0.add(4, row: 0, column: 0) }
    case .randomUnsymmetric: try Self.random(order: 40, seed: 7)
    case .convectionDiffusion: try Self.convectionDiffusion(size: 9)
    case .permutedBlocks: try Self.permutedBlocks()
    case .poisson: try LinearPoisson(size: 8).fullMatrix()
    case .circuit: try Self.circuit(nodeCount: 60)
    case .quasidefinite: try Self.quasidefinite(count: 25)
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

  /// Resistors of a random tree and some loops, and amplifiers: currents controlled by voltages elsewhere.
  static func circuit(nodeCount: Int) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: 21)
    return try SparseMatrix(rowCount: nodeCount, columnCount: nodeCount) { builder in
      for node in 0..<nodeCount {
        try builder.add(0.3, row: node, column: node)
        for _ in 0..<(node % 4 == 0 ? 2 : 1) where node > 0 {
          let other = Int.random(in: 0..<node, using: &generator)
          let conductance = generator.uniform(in: 0.5..<2)
          for (row, column, sign) in [
            (node, node, 1.0), (other, other, 1), (node, other, -1), (other, node, -1),
          ] {
            try builder.add(sign * conductance, row: row, column: column)
          }
        }
        let control = Int.random(in: 0..<nodeCount, using: &generator)
        if node % 5 == 0 { try builder.add(0.4, row: node, column: control) }
      }
    }
  }

  /// [H Bᵀ; B −C], H being a chain of `count` springs with supports, with a constraint on each third pair.
  static func quasidefinite(count: Int) throws -> SparseMatrix {
    let constraintCount = count / 3
    let order = count + constraintCount
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for index in 0..<count {
        try builder.add(2.5 + 0.1 * Double(index % 7), row: index, column: index)
        if index > 0 {
          try builder.add(-1, row: index, column: index - 1)
          try builder.add(-1, row: index - 1, column: index)
        }
      }
      for index in 0..<constraintCount {
        try builder.add(-0.5, row: count + index, column: count + index)
        for (column, value) in [(3 * index, 1.0), (3 * index + 1, -0.8)] {
          try builder.add(value, row: count + index, column: column)
          try builder.add(value, row: column, column: count + index)
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
