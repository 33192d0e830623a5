import CLAPACK

/// A = Q B Pᵀ of a dense square matrix, Q and P orthogonal, B upper bidiagonal.
///
/// Solves minimize ‖A x − b‖² + λ‖x‖² for one λ after another at O(n) each (Eldén, "Algorithms for the
/// regularization of ill-conditioned least squares problems", *BIT* 17, 1977). Cost 8n³/3 operations, by
/// LAPACK's dgebrd on one thread, and 4n² for each product with Qᵀ or P.
struct Bidiagonalization {
  private let order: Int
  /// The reflectors of Q and P, where LAPACK leaves them.
  private var reflectors: [Double]
  private var leftFactors: [Double]
  private var rightFactors: [Double]

  /// The diagonal of B.
  private(set) var diagonal: [Double]
  /// What is above the diagonal, with a zero at the end.
  private(set) var superdiagonal: [Double]

  /// The decomposition of the matrix of n > 0 columns, given one after the other.
  init(order: Int, columns: [Double]) {
    self.order = order
    reflectors = columns
    leftFactors = [Double](repeating: 0, count: order)
    rightFactors = leftFactors
    diagonal = leftFactors
    superdiagonal = leftFactors
    var n = Int32(order)
    var status: Int32 = 0
    var work = [Double](repeating: 0, count: 64 * order)
    var workCount = Int32(work.count)
    withThreads(1) {
      dgebrd_(
        &n, &n, &reflectors, &n, &diagonal, &superdiagonal, &leftFactors, &rightFactors, &work,
        &workCount, &status)
    }
    precondition(status == 0, "an argument of dgebrd is wrong")
  }

  /// Qᵀ b.
  func leftProducts(_ vector: [Double]) -> [Double] {
    multiply("Q", transposed: "T", leftFactors, vector)
  }

  /// P x.
  func combine(_ coefficients: [Double]) -> [Double] {
    multiply("P", transposed: "N", rightFactors, coefficients)
  }

  private func multiply(
    _ factor: String, transposed: String, _ factors: [Double], _ vector: [Double]
  ) -> [Double] {
    var result = vector
    var n = Int32(order)
    var one: Int32 = 1
    var status: Int32 = 0
    // For one column LAPACK needs room for a block of reflectors, 65 × 64 at most.
    var work = [Double](repeating: 0, count: 8192)
    var workCount = Int32(work.count)
    withThreads(1) {
      dormbr_(
        factor, "L", transposed, &n, &one, &n, reflectors, &n, factors, &result, &n, &work,
        &workCount, &status, 1, 1, 1)
    }
    precondition(status == 0, "an argument of dormbr is wrong")
    return result
  }

  /// The minimizer y of ‖B y − z‖² + λ‖y‖², λ > 0, and ½ d ln‖y‖⁻²/dλ = yᵀ(BᵀB + λ)⁻¹y/‖y‖².
  func minimizer(_ target: [Double], damping: Double) -> (solution: [Double], slope: Double) {
    let root = damping.squareRoot()
    var upper = [Double](repeating: 0, count: order)
    var above = upper
    var solution = upper
    // The row below B that holds `weight` in the current column alone, and its right-hand side. What it
    // leaves in the next column is rotated into √λ there.
    var weight = root
    var carried = 0.0
    for index in 0..<order {
      let length = hypotenuse(diagonal[index], weight)
      let (cosine, sine) = (diagonal[index] / length, weight / length)
      upper[index] = length
      above[index] = cosine * superdiagonal[index]
      solution[index] = cosine * target[index] + sine * carried
      let left = cosine * carried - sine * target[index]
      let fill = -sine * superdiagonal[index]
      weight = hypotenuse(fill, root)
      carried = fill * left / weight
    }
    for index in (0..<order).reversed() {
      if index + 1 < order { solution[index] -= above[index] * solution[index + 1] }
      solution[index] /= upper[index]
    }
    // ‖R⁻ᵀy‖²/‖y‖².
    let norm = solution.euclideanNorm
    var image = 0.0
    var sum = 0.0
    for index in 0..<order where norm > 0 {
      let previous = index > 0 ? above[index - 1] * image : 0
      image = (solution[index] / norm - previous) / upper[index]
      sum += image * image
    }
    return (solution, sum)
  }

  /// √(x² + y²) without overflow.
  private func hypotenuse(_ x: Double, _ y: Double) -> Double {
    let largest = max(x.magnitude, y.magnitude)
    guard largest > 0 else { return 0 }
    let (a, b) = (x / largest, y / largest)
    return largest * (a * a + b * b).squareRoot()
  }
}
