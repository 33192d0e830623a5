// Operations on whole vectors and on few of them; operands have the same length.

extension [Double] {
  /// factor · x.
  func scaled(by factor: Double) -> [Double] { map { factor * $0 } }
}

/// A combination Σ cⱼ xⱼ of at least one vector.
func combination(_ vectors: [[Double]], _ coefficients: [Double]) -> [Double] {
  var sum = [Double](repeating: 0, count: vectors.first?.count ?? 0)
  for (vector, coefficient) in zip(vectors, coefficients) where coefficient != 0 {
    sum.add(coefficient, vector)
  }
  return sum
}

/// The rows in which elimination with complete pivoting finds its pivots: the square part of the vectors that
/// these rows form is as far from singular as that method can tell.
///
/// The vectors are linearly independent. Cost O(n k²).
func pivotRows(of vectors: [[Double]]) -> [Int] {
  var remaining = vectors
  var rows: [Int] = []
  while !remaining.isEmpty {
    var best = (vector: 0, row: 0, size: -1.0)
    for (index, vector) in remaining.enumerated() {
      for row in vector.indices where vector[row].magnitude > best.size {
        best = (index, row, vector[row].magnitude)
      }
    }
    let pivot = remaining.remove(at: best.vector)
    rows.append(best.row)
    for index in remaining.indices {
      remaining[index].add(-remaining[index][best.row] / pivot[best.row], pivot)
    }
  }
  return rows
}
