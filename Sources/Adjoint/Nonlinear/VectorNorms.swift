extension [Double] {
  /// ‖x‖₂; infinite or NaN if an element is.
  var euclideanNorm: Double {
    var sum = 0.0
    for element in self { sum += element * element }
    return sum.squareRoot()
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
}
