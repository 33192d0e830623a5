import Adjoint
import Testing

@Suite struct NearbyFactorsTests {
  private func factors(
    of matrix: SparseMatrix, off relative: Double, seed: UInt64
  ) throws -> any Factorization {
    var generator = SeededGenerator(seed: seed)
    let values = matrix.values.map { $0 * (1 + generator.uniform(in: -relative..<relative)) }
    let nearby = try SparseMatrix(pattern: matrix.pattern, values: values)
    return try SymbolicFactorization(analyzing: matrix.pattern).factorize(nearby)
  }

  @Test(
    "factors of a matrix 10 % off still give gradients to 1e-12",
    arguments: [SampleMatrix.oneByOne, .randomUnsymmetric, .convectionDiffusion, .permutedBlocks])
  func tenPercent(_ sample: SampleMatrix) throws {
    let matrix = try sample.make()
    var generator = SeededGenerator(seed: 3)
    let cotangent = generator.direction(count: matrix.rowCount)
    let system = try LinearSystem(
      matrix: matrix, rightHandSide: generator.direction(count: matrix.rowCount))
    let solution = try LinearSolver().solve(
      system, refining: factors(of: matrix, off: 0.1, seed: 6))
    #expect(solution.statistics.refinementSteps > 2)
    // Down to the rounding of residuals, as with the matrix's own factors.
    #expect(solution.statistics.backwardError <= 16 * .ulpOfOne)
    let gradient = try solution.pullback(cotangent, estimatingError: true)
    let error = try gradient.error(of: system, cotangent: cotangent)
    #expect(error <= 1e-12)
    #expect(error <= (try #require(gradient.evidence.estimatedRelativeError)))
    let tangent = try solution.pushforward(
      matrix: [Double](repeating: 0, count: matrix.values.count), rightHandSide: cotangent)
    #expect(try matrix.backwardError(tangent, cotangent) <= 16 * .ulpOfOne)
  }

  @Test("factors too far away, or of another order, are refused")
  func refused() throws {
    let matrix = try SampleMatrix.convectionDiffusion.make()
    let ones = [Double](repeating: 1, count: matrix.rowCount)
    let system = try LinearSystem(matrix: matrix, rightHandSide: ones)
    // A/3: I − Ã⁻¹A = −2 I.
    let third = try SparseMatrix(pattern: matrix.pattern, values: matrix.values.map { $0 / 3 })
    let factors = try SymbolicFactorization(analyzing: matrix.pattern).factorize(third)
    let error = #expect(throws: FactorizationError.self) {
      try LinearSolver().solve(system, refining: factors)
    }
    guard case .refinementStalled(let backwardError, let steps) = error else {
      Issue.record("another error: \(String(describing: error))")
      return
    }
    // The first solution is 3 A⁻¹b, the next one −3 A⁻¹b: worse, and so taken back.
    let solution = try LinearSolver().solve(system).value
    let expected = try matrix.backwardError(solution.map { 3 * $0 }, ones)
    #expect(steps == 0)
    #expect(abs(backwardError - expected) <= 1e-12 * expected)
    let small = try SampleMatrix.oneByOne.make()
    let smallFactors = try SymbolicFactorization(analyzing: small.pattern).factorize(small)
    #expect(throws: FactorizationError.differentOrder(expected: matrix.rowCount, found: 1)) {
      try LinearSolver().solve(system, refining: smallFactors)
    }
  }

  @Test("derivatives through nearby factors obey the laws")
  func laws() throws {
    let matrix = try SampleMatrix.randomUnsymmetric.make()
    let factors = try factors(of: matrix, off: 0.1, seed: 12)
    var generator = SeededGenerator(seed: 13)
    let order = matrix.rowCount
    let system = try LinearSystem(
      matrix: matrix, rightHandSide: generator.direction(count: order))
    let solution = try LinearSolver().solve(system, refining: factors)
    let cotangent = generator.direction(count: order)
    let matrixTangent = generator.direction(count: matrix.values.count)
    let loadTangent = generator.direction(count: order)
    let gradient = try solution.pullback(cotangent)
    let tangent = try solution.pushforward(matrix: matrixTangent, rightHandSide: loadTangent)
    let left = zip(cotangent, tangent).map { $0 * $1 }
    let right =
      zip(gradient.matrix.values, matrixTangent).map { $0 * $1 }
      + zip(gradient.rightHandSide, loadTangent).map { $0 * $1 }
    let scale = left.reduce(0) { $0 + abs($1) } + right.reduce(0) { $0 + abs($1) }
    let gap: Double = left.reduce(0, +) - right.reduce(0, +)
    #expect(abs(gap) <= 1e-12 * scale)
  }
}
