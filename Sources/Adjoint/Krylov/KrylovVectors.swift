// Operations on whole vectors; all operands have the same length.

extension Buffer where Element == Double {
  convenience init(zeros count: Int) { self.init(count: count, repeating: 0) }

  /// ⟨x, y⟩.
  func dot(_ other: Buffer) -> Double {
    UnsafeBufferPointer(all).dot(UnsafeBufferPointer(other.all))
  }

  /// ‖x‖₂; infinite or NaN if an element is.
  var norm: Double { dot(self).squareRoot() }

  /// ‖x‖∞; NaN if an element is.
  var largestModulus: Double {
    var largest = 0.0
    for element in all {
      if element.isNaN { return .nan }
      largest = Swift.max(largest, element.magnitude)
    }
    return largest
  }

  func clear() { all.update(repeating: 0) }

  func copy(_ other: Buffer) {
    guard let target = all.baseAddress, let source = other.all.baseAddress else { return }
    target.update(from: source, count: count)
  }

  func copy(_ other: [Double]) {
    for index in 0..<count { self[index] = other[index] }
  }

  func scale(by factor: Double) {
    // A buffer's address is taken once: stores might change a property of the object otherwise.
    let x = all
    for index in 0..<x.count { x[index] *= factor }
  }

  /// x ← x + factor · y.
  func add(_ factor: Double, _ other: Buffer) {
    let x = all
    let y = other.all
    for index in 0..<x.count { x[index] += factor * y[index] }
  }

  /// x ← y + factor · x.
  func scale(by factor: Double, thenAdd other: Buffer) {
    let x = all
    let y = other.all
    for index in 0..<x.count { x[index] = y[index] + factor * x[index] }
  }

  /// x ← b − x.
  func subtract(from other: [Double]) {
    let x = all
    other.withUnsafeBufferPointer { other in
      for index in 0..<x.count { x[index] = other[index] - x[index] }
    }
  }

  var array: [Double] { [Double](all) }
}
