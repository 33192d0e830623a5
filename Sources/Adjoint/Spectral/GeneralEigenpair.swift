import CLAPACK

/// An eigenvalue of a real matrix with its vectors.
struct GeneralEigenpair: Sendable {
  var eigenvalue: Complex<Double>
  /// v, ‖v‖₂ = 1.
  var right: ComplexVector
  /// w with wᴴv = 1.
  var left: ComplexVector

  /// ‖w‖₂, that is 1/|wᴴv| with both of length one.
  var conditionNumber: Double { left.norm }

  /// Scales v to length one with Σ rᵢ vᵢ real and positive, and w to wᴴv = 1.
  ///
  /// If wᴴv is zero the eigenvalue is defective; then w is scaled to the largest condition that numbers can have.
  init(eigenvalue: Complex<Double>, right: ComplexVector, left: ComplexVector, weights: [Double]) {
    let sum = right.phaseSum(weights)
    let phase = sum.length > 0 ? sum.conjugate / Complex(sum.length) : 1
    self.eigenvalue = eigenvalue
    self.right = right.scaled(by: phase / Complex(right.norm))
    let unit = left.scaled(by: Complex(1 / left.norm))
    let overlap = unit.dot(self.right)
    let smallest = Double.ulpOfOne * Double.ulpOfOne
    self.left =
      overlap.length > smallest
      ? unit.scaled(by: 1 / overlap.conjugate) : unit.scaled(by: Complex(1 / smallest))
    if eigenvalue.imaginary == 0 {
      // Real vectors stay real.
      self.right.imaginary = self.right.imaginary.map { _ in 0 }
      self.left.imaginary = self.left.imaginary.map { _ in 0 }
    }
  }

  /// The pair of the conjugate eigenvalue.
  var conjugate: GeneralEigenpair {
    var other = self
    other.eigenvalue = eigenvalue.conjugate
    other.right = right.conjugate
    other.left = left.conjugate
    return other
  }
}

/// All eigenpairs of a dense matrix, column by column, by LAPACK's dgeev; pairs of conjugate eigenvalues are neighbors.
///
/// The caller limits the threads of BLAS.
func denseGeneralEigen(_ matrix: [Double], order: Int) throws -> [GeneralEigenpair] {
  var copy = matrix
  var real = [Double](repeating: 0, count: order)
  var imaginary = real
  let right = Buffer(zeros: order * order)
  let left = Buffer(zeros: order * order)
  var n = Int32(order)
  var status: Int32 = 0
  // 4n is enough; more lets the reduction work on blocks.
  var workCount = Int32(36 * order)
  let work = Buffer(zeros: 36 * order)
  dgeev_(
    "V", "V", &n, &copy, &n, &real, &imaginary, left.all.baseAddress, &n, right.all.baseAddress, &n,
    work.all.baseAddress, &workCount, &status, 1, 1)
  guard status == 0 else {
    throw status > 0
      ? EigenError.notConverged(found: order - Int(status), wanted: order, restarts: 0)
      : EigenError.libraryFailure(routine: "dgeev", status: Int(status))
  }
  let weights = ComplexVector.phaseWeights(order)
  var pairs: [GeneralEigenpair] = []
  var column = 0
  while column < order {
    let isComplex = imaginary[column] != 0
    let pair = GeneralEigenpair(
      eigenvalue: Complex(real[column], imaginary[column]),
      right: right.vector(column, order, isComplex), left: left.vector(column, order, isComplex),
      weights: weights)
    pairs.append(pair)
    if isComplex { pairs.append(pair.conjugate) }
    column += isComplex ? 2 : 1
  }
  return pairs
}

extension Buffer where Element == Double {
  /// The vector that begins in a column, its imaginary part in the next one.
  func vector(_ column: Int, _ order: Int, _ isComplex: Bool) -> ComplexVector {
    ComplexVector(
      real: Array(slice(column * order, order)),
      imaginary: isComplex
        ? Array(slice((column + 1) * order, order)) : [Double](repeating: 0, count: order))
  }
}
