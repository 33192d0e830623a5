/// A system A x = b, or Aᵀ x = b, of which residuals and backward errors of approximate solutions are
/// asked, with the memory for them.
struct LinearResidual<Equations: LinearEquations> {
  private let system: Equations
  private let isTransposed: Bool
  private let rightHandSide: [Double]
  private let rightHandSideNorm: Double

  /// (|A| 1)ᵢ.
  private let rowSums: [Double]
  private let matrixNorm: Double

  /// |A||x| of the last solution.
  private var magnitudes: [Double]

  /// b − A x of the last solution.
  private(set) var residual: [Double]

  /// ‖b − A x‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞) (Rigal and Gaches; Higham, *Accuracy and Stability*, theorem 7.1).
  private(set) var normwiseError = 0.0

  /// ω = ω₁ + ω₂, the smallest relative change of single entries of A and b, on their patterns, that
  /// makes x exact; see ``update(_:)``.
  private(set) var componentwiseError = 0.0

  /// With the sums ``LinearEquations/rowSums(transposed:)``.
  init(
    _ system: Equations, rightHandSide: [Double], transposed: Bool, rowSums: [Double]
  ) {
    self.system = system
    self.rightHandSide = rightHandSide
    isTransposed = transposed
    rightHandSideNorm = rightHandSide.maximumNorm
    self.rowSums = rowSums
    matrixNorm = rowSums.maximumNorm
    magnitudes = [Double](repeating: 0, count: rightHandSide.count)
    residual = rightHandSide
  }

  /// Computes the residual of x and both backward errors.
  ///
  /// ω₁ = maxᵢ |r|ᵢ/(|A||x| + |b|)ᵢ (Oettli and Prager, *Numer. Math.* 6, 1964) over the equations
  /// whose denominator exceeds 1000 n eps (‖Aᵢ‖₁‖x‖∞ + |bᵢ|); in the others, where x is tiny, b zero
  /// and the quotient only noise, ω₂ = maxᵢ |r|ᵢ/((|A||x|)ᵢ + ‖Aᵢ‖₁‖x‖∞) (Arioli, Demmel and Duff,
  /// "Solving sparse linear systems with sparse backward error", *SIAM J. Matrix Anal. Appl.* 10,
  /// 1989, §2 and 3). Cost O(n + entries).
  ///
  /// - Throws: ``FactorizationError/solutionNotFinite(index:)``.
  mutating func update(_ solution: [Double]) throws {
    let size = solution.maximumNorm
    guard size.isFinite else {
      let index = solution.firstIndex { !$0.isFinite } ?? 0
      throw FactorizationError.solutionNotFinite(index: index)
    }
    subtractProduct(solution)
    let noise = 1000 * Double(solution.count) * Double.ulpOfOne
    var largest = 0.0
    var first = 0.0
    var second = 0.0
    for index in residual.indices {
      let error = residual[index].magnitude
      let load = rightHandSide[index].magnitude
      let bound = rowSums[index] * size
      let terms = magnitudes[index] + load
      largest = max(largest, error)
      if error == 0 { continue }
      if terms > noise * (bound + load) {
        first = max(first, error / terms)
      } else {
        second = max(second, error / (magnitudes[index] + bound))
      }
    }
    componentwiseError = first + second
    let scale = matrixNorm * size + rightHandSideNorm
    normwiseError = scale == 0 ? 0 : largest / scale
  }

  private mutating func subtractProduct(_ solution: [Double]) {
    let system = system
    let isTransposed = isTransposed
    let rightHandSide = rightHandSide
    residual.withUnsafeMutableBufferPointer { residual in
      magnitudes.withUnsafeMutableBufferPointer { magnitudes in
        solution.withUnsafeBufferPointer { solution in
          residual.update(repeating: 0)
          magnitudes.update(repeating: 0)
          system.forEachEntry(transposed: isTransposed) { row, column, value in
            let product = value * solution[column]
            residual[row] += product
            magnitudes[row] += product.magnitude
          }
        }
        rightHandSide.withUnsafeBufferPointer { rightHandSide in
          for index in residual.indices {
            residual[index] = rightHandSide[index] - residual[index]
          }
        }
      }
    }
  }

  /// The residual and what rounding may have taken from it.
  ///
  /// |r|ᵢ + (mᵢ + 1) u (|A||x| + |b|)ᵢ with mᵢ the number of entries in row i and u = eps/2
  /// (Higham, *Accuracy and Stability*, eq. (7.31)).
  func residualBound() -> [Double] {
    var counts = [Double](repeating: 1, count: residual.count)
    counts.withUnsafeMutableBufferPointer { counts in
      system.forEachEntry(transposed: isTransposed) { row, _, _ in counts[row] += 1 }
    }
    return residual.indices.map { index in
      let terms = magnitudes[index] + rightHandSide[index].magnitude
      return residual[index].magnitude + counts[index] * 0.5 * Double.ulpOfOne * terms
    }
  }
}

// MARK: Sums over the entries, and twice the working precision

/// Equations of real unknowns, known by the entries of their matrix A.
protocol LinearEquations: Sendable {
  var unknownCount: Int { get }

  /// Calls `body` with each entry (row, column, value) of A, or of Aᵀ.
  func forEachEntry(
    transposed: Bool, _ body: (_ row: Int, _ column: Int, _ value: Double) -> Void)
}

extension LinearEquations {
  /// (|A| 1)ᵢ, or (|Aᵀ| 1)ᵢ.
  func rowSums(transposed: Bool) -> [Double] {
    var sums = [Double](repeating: 0, count: unknownCount)
    sums.withUnsafeMutableBufferPointer { sums in
      forEachEntry(transposed: transposed) { row, _, value in sums[row] += value.magnitude }
    }
    return sums
  }

  /// b − A (x + y), or b − Aᵀ (x + y), as if computed with twice the working precision and then rounded.
  ///
  /// Products are split exactly (Veltkamp and Dekker, *Numer. Math.* 18, 1971), sums corrected by
  /// their rounding errors (Knuth): algorithm Dot2 of Ogita, Rump and Oishi, "Accurate sum and dot
  /// product", *SIAM J. Sci. Comput.* 26 (2005). No fused multiply-add, which on baseline x86-64 is a
  /// library call. NaN where an entry exceeds 2^996, which Veltkamp's splitting cannot take.
  func accurateResidual(
    _ solution: [Double], correction: [Double]? = nil, from rightHandSide: [Double],
    transposed: Bool
  ) -> [Double] {
    var sums = rightHandSide
    var errors = [Double](repeating: 0, count: sums.count)
    sums.withUnsafeMutableBufferPointer { sums in
      errors.withUnsafeMutableBufferPointer { errors in
        for part in [solution, correction] {
          part?.withUnsafeBufferPointer { vector in
            forEachEntry(transposed: transposed) { row, column, value in
              let product = -value * vector[column]
              let productError = twoProductError(-value, vector[column], product)
              let previous = sums[row]
              let sum = previous + product
              let rounded = sum - previous
              let sumError = (previous - (sum - rounded)) + (product - rounded)
              sums[row] = sum
              errors[row] += productError + sumError
            }
          }
        }
      }
    }
    for index in sums.indices { sums[index] += errors[index] }
    return sums
  }
}

extension LinearSystem: LinearEquations {
  var unknownCount: Int { matrix.rowCount }

  /// Calls `body` with each entry (row, column, value) of A, or of Aᵀ.
  @inline(__always)
  func forEachEntry(
    transposed: Bool, _ body: (_ row: Int, _ column: Int, _ value: Double) -> Void
  ) {
    let pointers = matrix.pattern.columnPointers.span
    let rows = matrix.pattern.rowIndices.span
    let values = matrix.values.span
    let isMirrored = storage == .symmetricLower
    for column in 0..<matrix.columnCount {
      for slot in pointers[unchecked: column]..<pointers[unchecked: column + 1] {
        let row = rows[unchecked: slot]
        let value = values[unchecked: slot]
        if transposed { body(column, row, value) } else { body(row, column, value) }
        if isMirrored && row != column {
          if transposed { body(row, column, value) } else { body(column, row, value) }
        }
      }
    }
  }
}

/// a b − p exactly, p being a b rounded, by splitting both factors into halves of 26 bits.
@inline(__always)
private func twoProductError(_ first: Double, _ second: Double, _ product: Double) -> Double {
  let splitter = 134_217_729.0  // 2²⁷ + 1
  let scaledFirst = splitter * first
  let scaledSecond = splitter * second
  let firstHigh = scaledFirst - (scaledFirst - first)
  let secondHigh = scaledSecond - (scaledSecond - second)
  let firstLow = first - firstHigh
  let secondLow = second - secondHigh
  let high = firstHigh * secondHigh - product
  return firstLow * secondLow + ((high + firstHigh * secondLow) + firstLow * secondHigh)
}
