import Adjoint
import Testing

@Suite struct GradientEvidenceTests {
  @Test("the errors of a thousand gradients are estimated honestly and sharply")
  func honesty() throws {
    var ratios: [Double] = []
    var largestCondition = 0.0
    var seed: UInt64 = 0
    while ratios.count < 1000 {
      let sample = try IllConditionedSystem(seed: seed)
      seed += 1
      guard let solution = try sample.solve(estimatingErrors: true) else { continue }
      let condition = try solution.conditionEstimate()
      guard condition.reciprocal >= 1e-14 else { continue }
      largestCondition = max(largestCondition, 1 / condition.reciprocal)
      let gradient = try solution.pullback(sample.cotangent)
      let estimate = try #require(gradient.evidence.estimatedRelativeError)
      // Errors below the unit roundoff count as that: no estimate can claim less.
      ratios.append(estimate / max(try sample.error(of: gradient), Double.ulpOfOne / 2))
    }
    #expect(largestCondition > 1e13)
    let honest = ratios.count { $0 >= 1 }
    let sharp = ratios.count { $0 <= 1000 }
    #expect(honest >= 990, "\(honest) of 1000 errors are below their estimates")
    #expect(sharp >= 990, "\(sharp) of 1000 estimates are within a factor of 1000")
    // Twice the first-order error: typical estimates are within a factor of 3.
    #expect(ratios.sorted()[500] <= 3)
  }

  @Test("an estimate is made only when asked for and changes nothing else")
  func onlyOnRequest() throws {
    let sample = try IllConditionedSystem(seed: 11)
    let plain = try #require(try sample.solve(estimatingErrors: false))
    let estimating = try #require(try sample.solve(estimatingErrors: true))
    let gradients = [
      try plain.pullback(sample.cotangent),
      try plain.pullback(sample.cotangent, estimatingError: true),
      try estimating.pullback(sample.cotangent),
      try estimating.pullback(sample.cotangent, estimatingError: false),
    ]
    let estimates = gradients.map(\.evidence.estimatedRelativeError)
    #expect(estimates[0] == nil && estimates[3] == nil)
    #expect(estimates[1] != nil && estimates[1] == estimates[2])
    for gradient in gradients {
      #expect(gradient.rightHandSide == gradients[0].rightHandSide)
      #expect(gradient.matrix == gradients[0].matrix)
    }
  }

  @Test("the estimate follows the error that element growth makes", arguments: [4, 8, 12, 60])
  func elementGrowth(order: Int) throws {
    // Threshold pivoting takes 0.11 for the pivot over 1, time and again: errors grow tenfold a step.
    let matrix = try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for index in 0..<order {
        try builder.add(0.11, row: index, column: index)
        if index > 0 { try builder.add(1, row: index, column: index - 1) }
        try builder.add(1, row: index, column: order - 1)
      }
    }
    var generator = SeededGenerator(seed: 4)
    let rightHandSide = generator.direction(count: order)
    let cotangent = generator.direction(count: order)
    var options = LinearSolver.Options()
    options.method = .klu
    options.ordering = .natural
    options.maximumRefinementSteps = 0
    let system = try LinearSystem(matrix: matrix, rightHandSide: rightHandSide)
    let solution = try LinearSolver(options: options).solve(system)
    let gradient = try solution.pullback(cotangent, estimatingError: true)
    let error = try gradient.error(of: system, cotangent: cotangent)
    let estimate = try #require(gradient.evidence.estimatedRelativeError)
    #expect(error <= estimate)
    if order == 60 {
      // Nothing is left of the factors, and the estimate knows it.
      #expect(error > 1 && estimate == .infinity)
    } else {
      // At most twice the sum of two errors, times 1/(1 − estimate) and 1/(1 − ρ).
      #expect(estimate <= 10 * max(error, .ulpOfOne))
    }
  }

  @Test("a system that is singular to working precision says so", arguments: [14, 16, 20])
  func singular(order: Int) throws {
    // The Hilbert matrix of order 14 has a condition of 1e19.
    let matrix = try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for row in 0..<order {
        for column in 0..<order {
          try builder.add(1 / Double(row + column + 1), row: row, column: column)
        }
      }
    }
    var generator = SeededGenerator(seed: 8)
    let rightHandSide = generator.direction(count: order)
    var options = LinearSolver.Options()
    options.method = .lu
    let solution = try LinearSolver(options: options).solve(
      LinearSystem(matrix: matrix, rightHandSide: rightHandSide))
    #expect(try solution.conditionEstimate().isSingularToWorkingPrecision)
    #expect(try solution.estimatedRelativeError() == .infinity)
    #expect(try solution.forwardErrorBound() >= 0.5)
    let gradient = try solution.pullback(rightHandSide, estimatingError: true)
    #expect(gradient.evidence.estimatedRelativeError == .infinity)
  }

  @Test("residuals in twice the working precision make gradients as accurate as their storage")
  func twicePrecision() throws {
    var improved = 0
    for seed in 0..<120 as Range<UInt64> {
      let sample = try IllConditionedSystem(seed: seed)
      guard let plain = try sample.solve(estimatingErrors: false) else { continue }
      // Up to here the steps contract by n κ eps < 0.01.
      guard try plain.conditionEstimate().reciprocal >= 1e-12 else { continue }
      var options = LinearSolver.Options()
      options.method = sample.method
      options.residualPrecision = .twice
      options.maximumRefinementSteps = 20
      let solution = try LinearSolver(options: options).solve(sample.system)
      let gradient = try solution.pullback(sample.cotangent, estimatingError: true)
      let error = try sample.error(of: gradient)
      // x, λ and their product are rounded once each; two products are added in a mirrored entry.
      #expect(error <= 8 * .ulpOfOne, "\(sample.structure), seed \(seed)")
      #expect(try #require(gradient.evidence.estimatedRelativeError) <= 32 * .ulpOfOne)
      if try sample.error(of: plain.pullback(sample.cotangent)) > 1e-12 { improved += 1 }
    }
    #expect(improved >= 20)
  }

  @Test("the reference in 32 digits inverts the Hilbert matrix, whose inverse has integer entries")
  func reference() throws {
    let order = 5
    // 2520 times the Hilbert matrix of order 5: integers, inverse known.
    let matrix = try SparseMatrix(rowCount: order, columnCount: order) { builder in
      for row in 0..<order {
        for column in 0..<order {
          try builder.add(Double(2520 / (row + column + 1)), row: row, column: column)
        }
      }
    }
    let first: [Double] = [25, -300, 1050, -1400, 630]
    let solver = DoubleDoubleSolver(matrix)
    let load = (0..<order).map { DoubleDouble($0 == 0 ? 2520 : 0) }
    for solution in [solver.solve(load), solver.solveTransposed(load)] {
      for (found, expected) in zip(solution, first) {
        // κ = 5e5 times 2⁻¹⁰⁴, and some.
        #expect((found - DoubleDouble(expected)).magnitude <= 1e-23 * abs(expected))
      }
    }
  }
}
