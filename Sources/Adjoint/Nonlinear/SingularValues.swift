/// The singular value decomposition B = U Σ Vᵀ of a small square matrix by one-sided Jacobi rotations.
///
/// Columns of B are rotated in pairs until all are orthogonal: B V = U Σ (Hestenes 1958; Golub and Van
/// Loan, *Matrix Computations*, 4th ed., §8.6.3). Small singular values are found to high relative
/// accuracy. Cost 6n³ a sweep, six or so of them.
struct SingularValues {
  private let order: Int
  /// B V, columns one after the other.
  private var images: [Double]
  /// V, columns one after the other.
  private var vectors: [Double]

  /// Σ, in no particular order.
  private(set) var values: [Double]

  init(order: Int, columns: [Double]) {
    self.order = order
    images = columns
    vectors = [Double](repeating: 0, count: order * order)
    for index in 0..<order { vectors[index * order + index] = 1 }
    values = []
    for _ in 0..<30 where orthogonalize() == false { continue }
    values = (0..<order).map { Array(images[$0 * order..<($0 + 1) * order]).euclideanNorm }
  }

  /// One sweep over all pairs of columns; true if none had to be rotated.
  private mutating func orthogonalize() -> Bool {
    var isOrthogonal = true
    for first in 0..<order {
      for second in first + 1..<max(order, first + 1) where rotate(first, second) {
        isOrthogonal = false
      }
    }
    return isOrthogonal
  }

  private mutating func rotate(_ first: Int, _ second: Int) -> Bool {
    let (x, y) = (first * order, second * order)
    var (xx, yy, xy) = (0.0, 0.0, 0.0)
    for row in 0..<order {
      xx += images[x + row] * images[x + row]
      yy += images[y + row] * images[y + row]
      xy += images[x + row] * images[y + row]
    }
    guard xy.magnitude > 4 * Double.ulpOfOne * (xx * yy).squareRoot() else { return false }
    let ratio = (yy - xx) / (2 * xy)
    let root = (1 + ratio * ratio).squareRoot()
    let tangent = (ratio >= 0 ? 1 : -1) / (ratio.magnitude + root)
    let cosine = 1 / (1 + tangent * tangent).squareRoot()
    let sine = cosine * tangent
    for row in 0..<order {
      let (left, right) = (images[x + row], images[y + row])
      images[x + row] = cosine * left - sine * right
      images[y + row] = sine * left + cosine * right
      let (leftVector, rightVector) = (vectors[x + row], vectors[y + row])
      vectors[x + row] = cosine * leftVector - sine * rightVector
      vectors[y + row] = sine * leftVector + cosine * rightVector
    }
    return true
  }

  /// Uᵀ x; zero where the singular value is.
  func leftProducts(_ vector: [Double]) -> [Double] {
    (0..<order).map { column in
      guard values[column] > 0 else { return 0 }
      var sum = 0.0
      for row in 0..<order { sum += images[column * order + row] / values[column] * vector[row] }
      return sum
    }
  }

  /// V x.
  func combine(_ coefficients: [Double]) -> [Double] {
    var result = [Double](repeating: 0, count: order)
    for column in 0..<order {
      for row in 0..<order { result[row] += coefficients[column] * vectors[column * order + row] }
    }
    return result
  }
}
