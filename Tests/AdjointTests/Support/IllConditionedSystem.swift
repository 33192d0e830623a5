import Adjoint
import Foundation

/// Seeded systems of a wide range of conditions, 1 to about 1e14, and of different structures.
struct IllConditionedSystem {
  enum Structure: Int, CaseIterable {
    case singularValues
    case oneSmallSingularValue
    case positiveDefinite
    case scaledSparse
    case jumpingCoefficients
    case nearlySingularGraph
    case convectionDiffusion
    case gradedTriangular
  }

  let structure: Structure
  /// The decimal exponent, 0 to 14, of the condition aimed at.
  let exponent: Double
  let system: LinearSystem
  let cotangent: [Double]
  let method: LinearSolver.Method

  init(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let structure = Structure.allCases[Int(seed) % Structure.allCases.count]
    let exponent = generator.uniform(in: 0..<14)
    let matrix: SparseMatrix
    var storage = LinearSystem.Storage.full
    var methods: [LinearSolver.Method] = [.automatic, .lu, .klu]
    switch structure {
    case .singularValues, .oneSmallSingularValue:
      let order = Int.random(in: 2...24, using: &generator)
      let isGeometric = structure == .singularValues
      let values = (0..<order).map { index in
        let fraction = Double(index) / Double(order - 1)
        return pow(10, -exponent * (isGeometric ? fraction : fraction < 1 ? 0 : 1))
      }
      matrix = try Self.product(values, isSymmetric: false, &generator)
    case .positiveDefinite:
      let order = Int.random(in: 2...24, using: &generator)
      let values = (0..<order).map { pow(10, -exponent * Double($0) / Double(order - 1)) }
      matrix = try Self.product(values, isSymmetric: true, &generator)
      storage = .symmetricLower
      methods = [.automatic]
    case .scaledSparse:
      matrix = try Self.scaledSparse(exponent, &generator)
    case .jumpingCoefficients:
      matrix = try Self.grid(size: 6, &generator) { generator in
        pow(10, 0.8 * exponent * generator.uniform())
      }
      storage = .symmetricLower
      methods = [.automatic, .cholesky]
    case .nearlySingularGraph:
      matrix = try Self.graph(shift: pow(10, -exponent), &generator)
    case .convectionDiffusion:
      matrix = try Self.convectionDiffusion(peclet: pow(10, exponent - 4), &generator)
    case .gradedTriangular:
      matrix = try Self.gradedTriangular(exponent, &generator)
    }
    self.structure = structure
    self.exponent = exponent
    let order = matrix.rowCount
    let rightHandSide = Self.load(order, &generator)
    system = try LinearSystem(
      matrix: matrix, rightHandSide: rightHandSide, storage: storage)
    cotangent = Self.load(order, &generator)
    method = methods[Int.random(in: 0..<methods.count, using: &generator)]
  }

  /// Random everywhere, at one place only, or of very different sizes.
  private static func load(_ order: Int, _ generator: inout SeededGenerator) -> [Double] {
    var load = generator.direction(count: order)
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: break
    case 1:
      let place = Int.random(in: 0..<order, using: &generator)
      for index in 0..<order where index != place { load[index] = 0 }
    default:
      for index in 0..<order { load[index] *= pow(10, -6 * generator.uniform()) }
    }
    return load
  }

  /// U diag(σ) Vᵀ with random Householder reflections; V = U and the lower triangle if symmetric.
  private static func product(
    _ singularValues: [Double], isSymmetric: Bool, _ generator: inout SeededGenerator
  ) throws -> SparseMatrix {
    let order = singularValues.count
    var rows = (0..<order).map { row in
      (0..<order).map { $0 == row ? singularValues[row] : 0 }
    }
    func reflect(_ rows: [[Double]], _ normal: [Double]) -> [[Double]] {
      let square = normal.reduce(0) { $0 + $1 * $1 }
      return rows.map { row in
        let product = zip(row, normal).reduce(0) { $0 + $1.0 * $1.1 }
        return zip(row, normal).map { $0 - 2 * product / square * $1 }
      }
    }
    func transpose(_ rows: [[Double]]) -> [[Double]] {
      (0..<order).map { column in rows.map { $0[column] } }
    }
    for _ in 0..<2 {
      let left = generator.direction(count: order)
      let right = isSymmetric ? left : generator.direction(count: order)
      rows = transpose(reflect(transpose(reflect(rows, right)), left))
    }
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for row in 0..<order {
        for column in 0..<(isSymmetric ? row + 1 : order) {
          try builder.add(rows[row][column], row: row, column: column)
        }
      }
    }
  }

  /// A random sparse matrix with rows and columns scaled by powers of ten.
  private static func scaledSparse(
    _ exponent: Double, _ generator: inout SeededGenerator
  ) throws -> SparseMatrix {
    let order = Int.random(in: 8...40, using: &generator)
    let matrix = try SampleMatrix.random(order: order, seed: generator.next())
    let rowScales = (0..<order).map { _ in pow(10, 0.4 * exponent * generator.uniform()) }
    let columnScales = (0..<order).map { _ in pow(10, 0.4 * exponent * generator.uniform()) }
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for column in 0..<order {
        for slot in matrix.pattern.columnPointers[
          column]..<matrix.pattern.columnPointers[column + 1]
        {
          let row = matrix.pattern.rowIndices[slot]
          let scale = rowScales[row] * columnScales[column]
          try builder.add(matrix.values[slot] * scale, row: row, column: column)
        }
      }
    }
  }

  /// −∇·(k∇u) on a grid of size × size nodes, the lower triangle.
  private static func grid(
    size: Int, _ generator: inout SeededGenerator,
    coefficient: (inout SeededGenerator) -> Double
  ) throws -> SparseMatrix {
    try SparseMatrix(rowCount: size * size, columnCount: size * size) { builder in
      for node in 0..<size * size {
        for neighbor in [node % size == 0 ? -1 : node - 1, node - size] {
          let value = coefficient(&generator)
          try builder.add(value, row: node, column: node)
          guard neighbor >= 0 else { continue }
          try builder.add(value, row: neighbor, column: neighbor)
          try builder.add(-value, row: node, column: neighbor)
        }
      }
    }
  }

  /// The Laplacian of a directed random graph, singular but for a shift of the diagonal.
  private static func graph(
    shift: Double, _ generator: inout SeededGenerator
  ) throws -> SparseMatrix {
    let order = Int.random(in: 3...30, using: &generator)
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for row in 0..<order {
        try builder.add(shift, row: row, column: row)
        for step in [1, Int.random(in: 1..<order, using: &generator)] {
          let weight = generator.uniform(in: 0.5..<2)
          try builder.add(weight, row: row, column: row)
          try builder.add(-weight, row: row, column: (row + step) % order)
        }
      }
    }
  }

  /// −Δu + P c·∇u by central differences on a grid of nodes.
  private static func convectionDiffusion(
    peclet: Double, _ generator: inout SeededGenerator
  ) throws -> SparseMatrix {
    let size = Int.random(in: 2...6, using: &generator)
    let flow = generator.direction(count: 2).map { $0 * peclet }
    return try SparseMatrix(rowCount: size * size, columnCount: size * size) { builder in
      for i in 0..<size {
        for j in 0..<size {
          let node = i * size + j
          try builder.add(4, row: node, column: node)
          if j > 0 { try builder.add(-1 - flow[0], row: node, column: node - 1) }
          if j + 1 < size { try builder.add(-1 + flow[0], row: node, column: node + 1) }
          if i > 0 { try builder.add(-1 - flow[1], row: node, column: node - size) }
          if i + 1 < size { try builder.add(-1 + flow[1], row: node, column: node + size) }
        }
      }
    }
  }

  /// Kahan's matrix, diag(1, s, s², …) (I − c N) with N strictly upper triangular.
  private static func gradedTriangular(
    _ exponent: Double, _ generator: inout SeededGenerator
  ) throws -> SparseMatrix {
    let order = Int.random(in: 3...30, using: &generator)
    // ‖A⁻¹‖ grows about as ((1 + c)/s)ⁿ.
    let growth = pow(10, exponent / Double(order))
    let sine = max(2 * growth / (1 + growth * growth), 0.01)
    let cosine = (1 - sine * sine).squareRoot()
    return try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for row in 0..<order {
        let scale = pow(sine, Double(row)) * generator.uniform(in: 0.9..<1)
        try builder.add(scale, row: row, column: row)
        for column in row + 1..<order {
          try builder.add(-cosine * scale, row: row, column: column)
        }
      }
    }
  }
}

extension IllConditionedSystem {
  /// A with both triangles.
  func fullMatrix() throws -> SparseMatrix {
    guard system.storage == .symmetricLower else { return system.matrix }
    let lower = system.matrix
    return try SparseMatrix(rowCount: lower.rowCount, columnCount: lower.rowCount) { builder in
      for column in 0..<lower.columnCount {
        for slot in lower.pattern.columnPointers[column]..<lower.pattern.columnPointers[column + 1]
        {
          let row = lower.pattern.rowIndices[slot]
          try builder.add(lower.values[slot], row: row, column: column)
          if row != column { try builder.add(lower.values[slot], row: column, column: row) }
        }
      }
    }
  }

  /// The solution, or nil if the matrix turns out singular.
  func solve(estimatingErrors: Bool) throws -> LinearSolution? {
    var options = LinearSolver.Options()
    options.method = method
    options.estimatesErrors = estimatingErrors
    do {
      return try LinearSolver(options: options).solve(system)
    } catch FactorizationError.singular {
      return nil
    } catch FactorizationError.notPositiveDefinite {
      return nil
    }
  }

  func error(of gradient: LinearGradient) throws -> Double {
    try gradient.error(of: system, full: fullMatrix(), cotangent: cotangent)
  }

  static func relativeError(_ computed: [Double], _ exact: [DoubleDouble]) -> Double {
    let error = zip(computed, exact).map { (DoubleDouble($0) - $1).magnitude }.max() ?? 0
    let size = exact.map(\.magnitude).max() ?? 0
    return error == 0 ? 0 : error / size
  }
}

extension LinearGradient {
  /// The larger of the relative errors of b̄ and Ā, each in its maximum norm, against 32 digits.
  func error(
    of system: LinearSystem, full: SparseMatrix? = nil, cotangent: [Double]
  ) throws -> Double {
    let reference = DoubleDoubleSolver(full ?? system.matrix)
    let x = reference.solve(system.rightHandSide.map { DoubleDouble($0) })
    let adjoint = reference.solveTransposed(cotangent.map { DoubleDouble($0) })
    let pattern = system.matrix.pattern
    var exact: [DoubleDouble] = []
    for column in 0..<pattern.columnCount {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let row = pattern.rowIndices[slot]
        var product = adjoint[row] * x[column]
        if system.storage == .symmetricLower && row != column {
          product = product + adjoint[column] * x[row]
        }
        exact.append(-product)
      }
    }
    return max(
      IllConditionedSystem.relativeError(rightHandSide, adjoint),
      IllConditionedSystem.relativeError(matrix.values, exact))
  }
}
