extension [Double] {
  /// ‖x‖₂; infinite or NaN if an element is.
  var euclideanNorm: Double {
    var sum = 0.0
    for element in self { sum += element * element }
    if sum.isFinite && sum >= 1e-290 { return sum.squareRoot() }
    // Squares overflow beyond 1e154 and vanish below 1e-162: once more, relative to the largest element.
    let largest = maximumNorm
    guard largest > 0 && largest.isFinite else { return largest }
    sum = 0
    for element in self { sum += (element / largest) * (element / largest) }
    return largest * sum.squareRoot()
  }

  /// ‖x‖∞; NaN if an element is.
  var maximumNorm: Double {
    var largest = 0.0
    for element in self {
      if element.isNaN { return .nan }
      largest = Swift.max(largest, element.magnitude)
    }
    return largest
  }

  /// Whether every element is finite: the sum of x − x is zero exactly then.
  var isFinite: Bool {
    var sum = 0.0
    for element in self { sum += element - element }
    return sum == 0
  }

  /// −x.
  var negated: [Double] { map { -$0 } }

  /// ⟨x, y⟩ for y of the same length.
  func dot(_ other: [Double]) -> Double {
    withUnsafeBufferPointer { x in other.withUnsafeBufferPointer { x.dot($0) } }
  }

  /// x ← x + factor · y for y of the same length.
  mutating func add(_ factor: Double, _ other: [Double]) {
    withUnsafeMutableBufferPointer { target in
      other.withUnsafeBufferPointer { source in
        for index in 0..<target.count { target[index] += factor * source[index] }
      }
    }
  }

  /// x − y for y of the same length.
  func subtracting(_ other: [Double]) -> [Double] {
    [Double](unsafeUninitializedCapacity: count) { buffer, initializedCount in
      for index in 0..<count { buffer.initializeElement(at: index, to: self[index] - other[index]) }
      initializedCount = count
    }
  }

  /// x and y, element by element, combined.
  func combined(_ other: [Double], _ operation: (Double, Double) -> Double) -> [Double] {
    indices.map { operation(self[$0], other[$0]) }
  }
}

extension UnsafeBufferPointer<Double> {
  /// ⟨x, y⟩ for y of the same length, summed in eight lanes.
  func dot(_ other: UnsafeBufferPointer<Double>) -> Double {
    precondition(count == other.count, "vectors of different lengths")
    guard let x = baseAddress, let y = other.baseAddress else { return 0 }
    var lanes = SIMD8<Double>.zero
    var index = 0
    // Unaligned loads of eight neighbors; `index + 8 ≤ count` keeps them inside.
    while index + 8 <= count {
      let left = UnsafeRawPointer(x + index).loadUnaligned(as: SIMD8<Double>.self)
      let right = UnsafeRawPointer(y + index).loadUnaligned(as: SIMD8<Double>.self)
      lanes += left * right
      index += 8
    }
    var sum = lanes.sum()
    while index < count {
      sum += x[index] * y[index]
      index += 1
    }
    return sum
  }
}
