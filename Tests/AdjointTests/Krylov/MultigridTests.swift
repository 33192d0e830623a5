import Adjoint
import ReferenceProblems
import Testing

/// Matrices that multigrid has to cope with, by their lower triangles.
private enum MultigridSamples {
  /// −1 (or another weight) for each neighbor on a grid, and on the diagonal what makes all rows but
  /// those of the boundary sum up to zero.
  static func grid(
    _ extents: [Int], _ couplings: [(offset: [Int], weight: Double)], diagonalSurplus: Double = 0
  ) throws -> SparseMatrix {
    let count = extents.reduce(1, *)
    let total = couplings.reduce(0) { $0 + 2 * $1.weight.magnitude }
    return try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for node in 0..<count {
        try builder.add(total + diagonalSurplus, row: node, column: node)
        for coupling in couplings {
          var rest = node
          var stride = 1
          var neighbor = node
          var isInside = true
          for (extent, offset) in zip(extents, coupling.offset) {
            let place = rest % extent + offset
            isInside = isInside && (0..<extent).contains(place)
            neighbor += offset * stride
            rest /= extent
            stride *= extent
          }
          if isInside { try builder.add(-coupling.weight, row: neighbor, column: node) }
        }
      }
    }
  }

  static func fivePoints(_ size: Int, across: Double = 1) throws -> SparseMatrix {
    try grid([size, size], [([1, 0], across), ([0, 1], 1)])
  }

  static func ninePoints(_ size: Int) throws -> SparseMatrix {
    try grid([size, size], [([1, 0], 1), ([0, 1], 1), ([1, 1], 0.5), ([-1, 1], 0.5)])
  }

  static func sevenPoints(_ size: Int) throws -> SparseMatrix {
    try grid([size, size, size], [([1, 0, 0], 1), ([0, 1, 0], 1), ([0, 0, 1], 1)])
  }

  static func chain(_ count: Int) throws -> SparseMatrix { try grid([count], [([1], 1)]) }

  /// The same unknowns in another order.
  static func shuffled(_ matrix: SparseMatrix, seed: UInt64) throws -> SparseMatrix {
    var generator = SeededGenerator(seed: seed)
    let order = (0..<matrix.rowCount).shuffled(using: &generator)
    return try SparseMatrix(rowCount: order.count, columnCount: order.count) { builder in
      for column in 0..<matrix.columnCount {
        let pointers = matrix.pattern.columnPointers
        for slot in pointers[column]..<pointers[column + 1] {
          let (a, b) = (order[matrix.pattern.rowIndices[slot]], order[column])
          try builder.add(matrix.values[slot], row: max(a, b), column: min(a, b))
        }
      }
    }
  }

  /// Two grids that know nothing of each other, and unknowns without any coupling between them.
  static func disconnected() throws -> SparseMatrix {
    let grid = try fivePoints(30)
    let count = 2 * grid.rowCount + 50
    return try SparseMatrix(rowCount: count, columnCount: count) { builder in
      for first in [0, grid.rowCount + 50] {
        for column in 0..<grid.columnCount {
          let pointers = grid.pattern.columnPointers
          for slot in pointers[column]..<pointers[column + 1] {
            let row = grid.pattern.rowIndices[slot]
            try builder.add(grid.values[slot], row: first + row, column: first + column)
          }
        }
      }
      for row in grid.rowCount..<grid.rowCount + 50 {
        try builder.add(Double(row), row: row, column: row)
      }
    }
  }

  static func all() throws -> [(String, SparseMatrix)] {
    [
      ("random conductivities", try LinearPoisson(size: 40).matrix),
      ("five points", try fivePoints(40)),
      ("five points, anisotropic", try fivePoints(40, across: 0.001)),
      ("five points, shuffled", try shuffled(fivePoints(40), seed: 7)),
      ("nine points", try ninePoints(40)),
      ("seven points", try sevenPoints(12)),
      ("chain", try chain(2000)),
      ("disconnected", try disconnected()),
      // Positive couplings along one axis; the surplus keeps the matrix definite.
      (
        "positive couplings",
        try grid([40, 40], [([1, 0], -1), ([0, 1], 1)], diagonalSurplus: 0.1)
      ),
      ("tiny numbers", try scaled(LinearPoisson(size: 40).matrix, by: 1e-200)),
      ("huge numbers", try scaled(LinearPoisson(size: 40).matrix, by: 1e200)),
    ]
  }

  static func scaled(_ matrix: SparseMatrix, by factor: Double) throws -> SparseMatrix {
    try SparseMatrix(pattern: matrix.pattern, values: matrix.values.map { $0 * factor })
  }

  static func iterations(_ matrix: SparseMatrix, _ multigrid: AlgebraicMultigrid) throws -> Int {
    let system = try LinearSystem(
      matrix: matrix, rightHandSide: KrylovSamples.vector(matrix.rowCount, seed: 5),
      storage: .symmetricLower)
    let solution = try KrylovSolver(.conjugateGradients).solve(
      system, preconditioner: multigrid)
    #expect(solution.statistics.backwardError <= 1e-10)
    return solution.statistics.iterations
  }
}

@Suite("Algebraic multigrid")
struct MultigridTests {
  @Test("A cycle is symmetric to rounding, and positive")
  func symmetry() throws {
    var options = AlgebraicMultigrid.Options()
    options.coarsestSize = 20
    for (name, matrix) in try MultigridSamples.all() {
      let multigrid = try AlgebraicMultigrid(matrix, storage: .symmetricLower, options: options)
      #expect(multigrid.levelSizes.count > 2, "\(name)")
      for seed in UInt64(1)...3 {
        let v = KrylovSamples.vector(matrix.rowCount, seed: seed)
        let w = KrylovSamples.vector(matrix.rowCount, seed: seed + 10)
        let imageOfV = try multigrid.applied(to: v)
        let imageOfW = try multigrid.applied(to: w)
        var (left, right, terms, energy) = (0.0, 0.0, 0.0, 0.0)
        for index in v.indices {
          left += w[index] * imageOfV[index]
          right += imageOfW[index] * v[index]
          terms += (w[index] * imageOfV[index]).magnitude
          terms += (imageOfW[index] * v[index]).magnitude
          energy += v[index] * imageOfV[index]
        }
        // A few roundings for each of some ten levels and five sweeps, in a smooth vector that is
        // larger than its source by the condition number, at most some thousands.
        #expect((left - right).magnitude <= 1e-12 * terms, "\(name)")
        #expect(energy > 0, "\(name)")
      }
    }
  }

  @Test("Conjugate gradients need few iterations whatever the couplings are like")
  func couplings() throws {
    var options = AlgebraicMultigrid.Options()
    options.coarsestSize = 20
    for (name, matrix) in try MultigridSamples.all() {
      let multigrid = try AlgebraicMultigrid(matrix, storage: .symmetricLower, options: options)
      let count = try MultigridSamples.iterations(matrix, multigrid)
      // Measured: at most 14.
      #expect(count <= 20, "\(name): \(count)")
    }
  }

  @Test("Counts of iterations stay bounded as grids are refined")
  func refinement() throws {
    for size in [64, 128, 256, 512] {
      let random = try LinearPoisson(size: size).matrix
      let multigrid = try AlgebraicMultigrid(random, storage: .symmetricLower)
      // Measured at 512: 15 and 10; on grids in space and with nine points 9.
      let count = try MultigridSamples.iterations(random, multigrid)
      #expect(count <= 20, "random conductivities on \(size): \(count)")
      let constant = try MultigridSamples.fivePoints(size)
      let other = try AlgebraicMultigrid(constant, storage: .symmetricLower)
      let second = try MultigridSamples.iterations(constant, other)
      #expect(second <= 14, "constant conductivities on \(size): \(second)")
    }
    for size in [12, 24, 48] {
      let matrix = try MultigridSamples.sevenPoints(size)
      let multigrid = try AlgebraicMultigrid(matrix, storage: .symmetricLower)
      let count = try MultigridSamples.iterations(matrix, multigrid)
      #expect(count <= 13, "seven points on \(size): \(count)")
    }
    for size in [32, 64, 128] {
      let matrix = try MultigridSamples.ninePoints(size)
      let multigrid = try AlgebraicMultigrid(matrix, storage: .symmetricLower)
      let count = try MultigridSamples.iterations(matrix, multigrid)
      #expect(count <= 13, "nine points on \(size): \(count)")
    }
  }

  @Test("Elimination takes every other node of five-point stars, and chains down to the last")
  func elimination() throws {
    let stars = try AlgebraicMultigrid(
      MultigridSamples.fivePoints(64), storage: .symmetricLower)
    #expect(stars.levelSizes[..<2] == [64 * 64, 64 * 64 / 2])
    let nine = try AlgebraicMultigrid(MultigridSamples.ninePoints(64), storage: .symmetricLower)
    #expect(nine.levelSizes[1] < 64 * 64 / 5)
    // Where every stage is exact but for weights in single precision, so is the cycle.
    var options = AlgebraicMultigrid.Options()
    options.coarsestSize = 10
    let matrix = try MultigridSamples.chain(4000)
    let chain = try AlgebraicMultigrid(matrix, storage: .symmetricLower, options: options)
    #expect(chain.levelSizes == [4000, 2000, 1000, 500, 250, 125, 62, 31, 15, 7])
    #expect(try MultigridSamples.iterations(matrix, chain) <= 8)
  }

  @Test("The number of levels is limited")
  func levels() throws {
    var options = AlgebraicMultigrid.Options()
    options.coarsestSize = 20
    let matrix = try LinearPoisson(size: 40).matrix
    for maximum in 1...4 {
      options.maximumLevels = maximum
      let multigrid = try AlgebraicMultigrid(matrix, storage: .symmetricLower, options: options)
      #expect(multigrid.levelSizes.count == maximum)
      #expect(try MultigridSamples.iterations(matrix, multigrid) <= 20)
    }
  }
}
