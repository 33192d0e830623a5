import Adjoint
import Testing

@Suite struct ConditionEstimateTests {
  @Test("estimates of the inverse's norm are lower bounds, mostly within a factor of 3")
  func lowerBound() throws {
    var near = 0
    var count = 0
    for seed in 0..<200 as Range<UInt64> {
      let sample = try IllConditionedSystem(seed: seed)
      guard let solution = try sample.solve(estimatingErrors: false) else { continue }
      let condition = try solution.conditionEstimate()
      guard condition.reciprocal >= 1e-14 else { continue }
      let matrix = try sample.fullMatrix()
      #expect(abs(condition.matrixNorm - matrix.columnSumNorm) <= 1e-14 * matrix.columnSumNorm)
      let exact = matrix.inverseColumnSumNorm
      // The factors' inverse differs from the matrix's by n κ eps at most, relative to its norm.
      let condition1 = matrix.columnSumNorm * exact
      let slack = 1 + Double(matrix.rowCount) * condition1 * .ulpOfOne
      #expect(condition.inverseNorm <= slack * exact, "\(sample.structure), seed \(seed)")
      if 3 * condition.inverseNorm >= exact { near += 1 }
      count += 1
    }
    #expect(count >= 180)
    #expect(Double(near) >= 0.95 * Double(count), "\(near) of \(count)")
  }

  @Test("the norm of a diagonal matrix's inverse is found exactly", arguments: [1, 2, 7, 50])
  func diagonal(order: Int) throws {
    for scale in [0.0, 1.0] {
      // Powers of two, so that reciprocals are exact; the identity for scale 0.
      let entries = (0..<order).map { index in
        Double(sign: .plus, exponent: Int(scale) * (index * 7 % order - 3), significand: 1)
      }
      let matrix = try SparseMatrix(rowCount: order, columnCount: order) { builder in
        for (index, entry) in entries.enumerated() {
          try builder.add(entry, row: index, column: index)
        }
      }
      for method in [SymbolicFactorization.Method.cholesky, .lu, .klu] {
        let factors = try SymbolicFactorization(analyzing: matrix.pattern, method: method)
          .factorize(matrix)
        let exact = 1 / (entries.min() ?? 0)
        // Cholesky takes roots, rounded.
        let found = try factors.inverseNormEstimate()
        #expect(abs(found - exact) <= 4 * .ulpOfOne * exact)
      }
    }
  }

  @Test("error bounds from working precision hold, too")
  func forwardErrorBound() throws {
    var held = 0
    var count = 0
    for seed in 0..<200 as Range<UInt64> {
      let sample = try IllConditionedSystem(seed: seed)
      guard let solution = try sample.solve(estimatingErrors: false) else { continue }
      guard try solution.conditionEstimate().reciprocal >= 1e-14 else { continue }
      let reference = DoubleDoubleSolver(try sample.fullMatrix()).solve(
        sample.system.rightHandSide.map { DoubleDouble($0) })
      let error = IllConditionedSystem.relativeError(solution.value, reference)
      let bound = try solution.forwardErrorBound()
      if error <= bound { held += 1 }
      let estimate = try solution.estimatedRelativeError()
      // The estimate is twice the error that the bound bounds.
      #expect(estimate <= 10 * bound)
      count += 1
    }
    // Norms are estimated from below; rarely that shows.
    #expect(Double(held) >= 0.99 * Double(count), "\(held) of \(count)")
  }
}

extension SparseMatrix {
  /// ‖A⁻¹‖₁, column by column in 32 digits.
  fileprivate var inverseColumnSumNorm: Double {
    let solver = DoubleDoubleSolver(self)
    return (0..<columnCount).map { column in
      solver.solve((0..<columnCount).map { DoubleDouble($0 == column ? 1 : 0) })
        .reduce(0) { $0 + $1.magnitude }
    }.max() ?? 0
  }
}
