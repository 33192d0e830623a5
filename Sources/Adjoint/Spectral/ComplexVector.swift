/// A complex vector by its real and imaginary parts, both of the same length.
struct ComplexVector: Sendable {
  var real: [Double]
  var imaginary: [Double]

  init(real: [Double], imaginary: [Double]) {
    self.real = real
    self.imaginary = imaginary
  }

  init(_ elements: [Complex<Double>]) {
    real = elements.map(\.real)
    imaginary = elements.map(\.imaginary)
  }

  var elements: [Complex<Double>] { zip(real, imaginary).map { Complex($0, $1) } }

  var count: Int { real.count }

  var conjugate: ComplexVector { ComplexVector(real: real, imaginary: imaginary.map { -$0 }) }

  /// ‖x‖₂.
  var norm: Double {
    (real.dot(real) + imaginary.dot(imaginary)).squareRoot()
  }

  /// max |xᵢ|, of the parts.
  var maximumNorm: Double { max(real.maximumNorm, imaginary.maximumNorm) }

  /// The index of the element of largest modulus.
  var largestElement: Int {
    let squares = zip(real, imaginary).map { $0 * $0 + $1 * $1 }
    return squares.indices.max { squares[$0] < squares[$1] } ?? 0
  }

  /// xᴴ y.
  func dot(_ other: ComplexVector) -> Complex<Double> {
    Complex(
      real.dot(other.real) + imaginary.dot(other.imaginary),
      real.dot(other.imaginary) - imaginary.dot(other.real))
  }

  /// x ← x + factor · y.
  mutating func add(_ factor: Complex<Double>, _ other: ComplexVector) {
    real.add(factor.real, other.real)
    imaginary.add(factor.real, other.imaginary)
    if factor.imaginary != 0 {
      real.add(-factor.imaginary, other.imaginary)
      imaginary.add(factor.imaginary, other.real)
    }
  }

  func scaled(by factor: Complex<Double>) -> ComplexVector {
    var result = ComplexVector(
      real: [Double](repeating: 0, count: count), imaginary: [Double](repeating: 0, count: count))
    result.add(factor, self)
    return result
  }

  /// Σ rᵢ xᵢ with the numbers r of ``phaseWeights(_:)``.
  func phaseSum(_ weights: [Double]) -> Complex<Double> {
    Complex(weights.dot(real), weights.dot(imaginary))
  }

  /// rᵢ = ½ + `SeededGenerator.uniform(at: i)`: what fixes the signs and phases of eigenvectors.
  static func phaseWeights(_ count: Int) -> [Double] {
    (0..<count).map { 0.5 + SeededGenerator.uniform(at: $0) }
  }
}

extension SparseMatrix {
  /// A x, or Aᵀ x.
  func product(_ vector: [Double], transposed: Bool = false) -> [Double] {
    var result = [Double](repeating: 0, count: transposed ? columnCount : rowCount)
    var span = result.mutableSpan
    if transposed {
      multiplyTransposed(vector.span, addingTo: &span)
    } else {
      multiply(vector.span, addingTo: &span)
    }
    return result
  }

  func product(_ vector: ComplexVector, transposed: Bool = false) -> ComplexVector {
    ComplexVector(
      real: product(vector.real, transposed: transposed),
      imaginary: product(vector.imaginary, transposed: transposed))
  }
}
