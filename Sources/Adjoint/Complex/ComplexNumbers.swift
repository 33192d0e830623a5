@_exported import ComplexModule

// A `Complex<Double>` is two `Double`s, real part first, without padding: n complex numbers are 2n real ones.

extension [Complex<Double>] {
  /// Real and imaginary parts in turn.
  var interleaved: [Double] {
    [Double](unsafeUninitializedCapacity: 2 * count) { parts, initializedCount in
      for index in indices {
        parts[2 * index] = self[index].real
        parts[2 * index + 1] = self[index].imaginary
      }
      initializedCount = 2 * count
    }
  }

  /// The moduli.
  var lengths: [Double] { map(\.length) }
}

extension [Double] {
  /// The complex numbers whose real and imaginary parts these are in turn.
  var complexNumbers: [Complex<Double>] {
    (0..<count / 2).map { Complex(self[2 * $0], self[2 * $0 + 1]) }
  }

  /// The moduli of the complex numbers whose real and imaginary parts these are in turn.
  var complexLengths: [Double] {
    (0..<count / 2).map { Double.hypot(self[2 * $0], self[2 * $0 + 1]) }
  }
}

extension InputError {
  /// Throws ``notFinite(argument:index:value:)`` at the first number of which a part is infinite or NaN.
  public static func requireFinite(_ argument: String, _ values: [Complex<Double>]) throws {
    guard let index = values.firstIndex(where: { !$0.isFinite }) else { return }
    let (real, imaginary) = values[index].rawStorage
    throw Self.notFinite(
      argument: argument, index: index, value: real.isFinite ? imaginary : real)
  }
}
