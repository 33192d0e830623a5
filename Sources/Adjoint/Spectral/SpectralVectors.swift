// Operations on whole vectors and on few of them; operands have the same length.

/// ⟨x, y⟩, summed in eight lanes.
func innerProduct(_ left: [Double], _ right: [Double]) -> Double {
  left.withUnsafeBufferPointer { left in
    right.withUnsafeBufferPointer { right in
      let left = UnsafeRawBufferPointer(left)
      let right = UnsafeRawBufferPointer(right)
      let count = left.count / 8
      var lanes = SIMD8<Double>.zero
      var index = 0
      while index + 8 <= count {
        lanes +=
          left.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self)
          * right.loadUnaligned(fromByteOffset: 8 * index, as: SIMD8<Double>.self)
        index += 8
      }
      var sum = lanes.sum()
      while index < count {
        sum +=
          left.load(fromByteOffset: 8 * index, as: Double.self)
          * right.load(fromByteOffset: 8 * index, as: Double.self)
        index += 1
      }
      return sum
    }
  }
}

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
