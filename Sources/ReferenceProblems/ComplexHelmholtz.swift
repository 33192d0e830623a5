import Adjoint

/// Δu + k²(1 + iσ) u = −f by five-point differences on n × n inner nodes of the unit square, u = 0 on its border.
///
/// The matrix is A = K − k²(1 + iσ) I with K the discrete −Δ, of eigenvalues
/// (4/h²)(sin²(π p h/2) + sin²(π q h/2)), h = 1/(n + 1), p, q = 1…n. Since K commutes with I, det A is the product
/// of those less k²(1 + iσ); σ > 0 keeps A regular.
public struct ComplexHelmholtz: Sendable {
  /// The number of nodes in each direction n.
  public let size: Int

  /// k.
  public let wavenumber: Double

  /// σ.
  public let damping: Double

  /// A problem with given numbers.
  public init(size: Int, wavenumber: Double, damping: Double) throws {
    try InputError.require(size > 0, "size", Double(size), "positive")
    self.size = size
    self.wavenumber = wavenumber
    self.damping = damping
  }

  /// k²(1 + iσ).
  public var shift: Complex<Double> {
    Complex(wavenumber * wavenumber, wavenumber * wavenumber * damping)
  }

  /// A.
  public func matrix() throws -> ComplexSparseMatrix {
    let inverseSquare = Double((size + 1) * (size + 1))
    let count = size * size
    var real = try SparseMatrixBuilder(rowCount: count, columnCount: count)
    var imaginary = real
    for i in 0..<size {
      for j in 0..<size {
        let node = i * size + j
        try real.add(4 * inverseSquare - shift.real, row: node, column: node)
        try imaginary.add(-shift.imaginary, row: node, column: node)
        if j > 0 { try real.add(-inverseSquare, row: node, column: node - 1) }
        if j + 1 < size { try real.add(-inverseSquare, row: node, column: node + 1) }
        if i > 0 { try real.add(-inverseSquare, row: node, column: node - size) }
        if i + 1 < size { try real.add(-inverseSquare, row: node, column: node + size) }
      }
    }
    return try ComplexSparseMatrix(real: real.build(), imaginary: imaginary.build())
  }

  /// A u = f with a source of strength 1/h² in the node next to the middle.
  public func system() throws -> ComplexLinearSystem {
    var source = [Complex<Double>](repeating: .zero, count: size * size)
    source[source.count / 2] = Complex(Double((size + 1) * (size + 1)))
    return try ComplexLinearSystem(matrix: matrix(), rightHandSide: source)
  }

  /// The eigenvalues of A.
  public var eigenvalues: [Complex<Double>] {
    let spacing = 1 / Double(size + 1)
    let parts = (1...size).map { index in
      let sine = Double.sin(0.5 * Double.pi * Double(index) * spacing)
      return 4 * sine * sine / (spacing * spacing)
    }
    return parts.flatMap { first in parts.map { Complex(first + $0) - shift } }
  }
}
