import Adjoint

/// Symmetric pencils with known eigenvalues, lower triangles stored.
public enum EigenReference {
  /// The stiffness of a chain of n masses between walls: springs k₀ … kₙ, tridiagonal.
  ///
  /// Without the end springs, k₀ = kₙ = 0, the chain is free and singular.
  public static func chain(_ springs: [Double]) throws -> SparseMatrix {
    let count = springs.count - 1
    return try tridiagonal(
      (0..<count).map { springs[$0] + springs[$0 + 1] }, beside: springs[1..<count].map { -$0 })
  }

  /// A symmetric tridiagonal matrix.
  public static func tridiagonal(_ diagonal: [Double], beside: [Double]) throws -> SparseMatrix {
    let count = diagonal.count
    var builder = try SparseMatrixBuilder(rowCount: count, columnCount: count)
    for index in 0..<count {
      try builder.add(diagonal[index], row: index, column: index)
      if index + 1 < count { try builder.add(beside[index], row: index + 1, column: index) }
    }
    return try builder.build()
  }

  /// λₖ = 4 sin²(kπ/(2(n + 1))), k = 1 … n, of a chain of n unit masses and springs.
  public static func chainEigenvalues(_ count: Int) -> [Double] {
    (1...count).map { index in
      let sine = Double.sin(Double(index) * Double.pi / Double(2 * (count + 1)))
      return 4 * sine * sine
    }
  }

  /// λ = 6(2 − 2c)/(4 + 2c), c = cos(kπ/(n + 1)), of the chain with the consistent mass of linear elements,
  /// tridiagonal with 4/6 and 1/6.
  public static func consistentChainEigenvalues(_ count: Int) -> [Double] {
    (1...count).map { index in
      let cosine = Double.cos(Double(index) * Double.pi / Double(count + 1))
      return 6 * (2 - 2 * cosine) / (4 + 2 * cosine)
    }
  }

  /// The five-point Laplacian on a square of n × n nodes; λᵢⱼ is the sum of two of
  /// ``chainEigenvalues(_:)``, so that all with i ≠ j are repeated.
  public static func grid(_ size: Int) throws -> SparseMatrix {
    let count = size * size
    var builder = try SparseMatrixBuilder(rowCount: count, columnCount: count)
    for node in 0..<count {
      try builder.add(4, row: node, column: node)
      if node % size + 1 < size { try builder.add(-1, row: node + 1, column: node) }
      if node + size < count { try builder.add(-1, row: node + size, column: node) }
    }
    return try builder.build()
  }

  /// The eigenvalues of ``grid(_:)``, ascending.
  public static func gridEigenvalues(_ size: Int) -> [Double] {
    let chain = chainEigenvalues(size)
    return chain.flatMap { first in chain.map { first + $0 } }.sorted()
  }
}
