/// A product of many numbers that neither overflows nor underflows: m · 2^e with |m| about 1.
///
/// Rounding errors are those of the products of mantissas, about 3u each; one logarithm is taken at the
/// end. A sum of logarithms would round each of them, relative to the partial sums.
struct DeterminantProduct {
  private var mantissa = Complex<Double>(1)
  private var exponent = 0

  /// Multiplies by a factor, or divides by it.
  mutating func multiply(by factor: Complex<Double>, isDivisor: Bool = false) {
    let (scaled, power) = Self.normalized(factor)
    let product = isDivisor ? mantissa / scaled : mantissa * scaled
    let (rest, carry) = Self.normalized(product)
    mantissa = rest
    exponent += carry + (isDivisor ? -power : power)
  }

  mutating func multiply(by factor: Double, isDivisor: Bool = false) {
    multiply(by: Complex(factor), isDivisor: isDivisor)
  }

  mutating func square() {
    let square = self
    multiply(by: square.mantissa)
    exponent += square.exponent
  }

  mutating func negate() { mantissa = -mantissa }

  /// log|p|; −∞ for zero.
  var logarithm: Double {
    Double.log(mantissa.length) + Double(exponent) * Double.log(2)
  }

  /// The argument of p, in (−π, π].
  var argument: Double { mantissa.phase }

  /// The sign of a real product: 1 or −1.
  var sign: Double { mantissa.real < 0 ? -1 : 1 }

  private static func normalized(_ number: Complex<Double>) -> (Complex<Double>, Int) {
    let (real, imaginary) = number.rawStorage
    let size = max(real.magnitude, imaginary.magnitude)
    guard size > 0 && size.isFinite else { return (number, 0) }
    let power = Int(size.exponent)
    return (
      Complex(
        Double(sign: .plus, exponent: -power, significand: real),
        Double(sign: .plus, exponent: -power, significand: imaginary)), power
    )
  }
}

extension [Int] {
  /// Whether this permutation of 0 ..< count is a product of an odd number of transpositions.
  var isOddPermutation: Bool {
    var isVisited = [Bool](repeating: false, count: count)
    var isOdd = false
    for start in indices where !isVisited[start] {
      // A cycle of k elements is a product of k − 1 transpositions.
      var place = self[start]
      isVisited[start] = true
      while place != start {
        isVisited[place] = true
        isOdd.toggle()
        place = self[place]
      }
    }
    return isOdd
  }
}
