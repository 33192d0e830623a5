import Adjoint
import ReferenceProblems
import Testing

@Suite("Slow: Bratu's fold on fine grids")
struct SlowFoldTests {
  /// The fold on a grid of `side`² nodes, from that of a coarser grid by bilinear interpolation.
  func fold(side: Int, from coarse: FoldSolution, _ coarseSide: Int) throws -> FoldSolution {
    func interpolate(_ values: [Double]) -> [Double] {
      func node(_ row: Int, _ column: Int) -> Double {
        let isInside =
          row >= 0 && column >= 0 && row < coarseSide && column < coarseSide
        return isInside ? values[row * coarseSide + column] : 0
      }
      let ratio: Double = Double(coarseSide + 1) / Double(side + 1)
      return (0..<side * side).map { index in
        let y: Double = Double(index / side + 1) * ratio - 1
        let x: Double = Double(index % side + 1) * ratio - 1
        let (row, column) = (Int(y.rounded(.down)), Int(x.rounded(.down)))
        let (dy, dx) = (y - Double(row), x - Double(column))
        let upper: Double = (1 - dx) * node(row, column) + dx * node(row, column + 1)
        let lower: Double = (1 - dx) * node(row + 1, column) + dx * node(row + 1, column + 1)
        return (1 - dy) * upper + dy * lower
      }
    }
    return try FoldSolver().solve(
      NonlinearProblem(
        BratuFamily(side: side), parameters: coarse.problem.parameters,
        initialGuess: interpolate(coarse.value)),
      parameter: 0, nullVector: interpolate(coarse.nullVector))
  }

  @Test("On 64² the fold, extrapolated, agrees with finer grids and with the literature")
  func square() throws {
    var options = ContinuationSolver.Options()
    options.maximumFolds = 1
    let coarse = try ContinuationSolver(options).follow(
      NonlinearProblem(
        BratuFamily(side: 31), parameters: [0, 0, 1],
        initialGuess: [Double](repeating: 0, count: 961)),
      parameter: 0, in: 0...10)
    let first = try #require(coarse.folds.first)
    let middle = try fold(side: 63, from: first, 31)
    let fine = try fold(side: 127, from: middle, 63)
    #expect(middle.statistics.iterations <= 8)
    // Errors are series in h².
    let onMiddle: Double = middle.parameter + (middle.parameter - first.parameter) / 3
    let onFine: Double = fine.parameter + (fine.parameter - middle.parameter) / 3
    let reference: Double = onFine + (onFine - onMiddle) / 15
    #expect(abs(onMiddle - reference) <= 1e-6 * reference)
    #expect(abs(reference - 6.808124423) <= 1e-8)
  }

  @Test("On 64² the derivative of the fold by a coefficient agrees with differences")
  func derivative() throws {
    let side = 63
    let system = BratuFamily(side: side)
    let guess = (0..<side * side).map { index in
      let x: Double = Double(index / side + 1) / Double(side + 1)
      let y: Double = Double(index % side + 1) / Double(side + 1)
      return 1.39 * Double.sin(.pi * x) * Double.sin(.pi * y)
    }
    func solve(_ epsilon: Double, _ kappa: Double) throws -> FoldSolution {
      try FoldSolver().solve(
        NonlinearProblem(system, parameters: [6.8, epsilon, kappa], initialGuess: guess),
        parameter: 0, nullVector: guess)
    }
    let fold = try solve(0.02, 1)
    let gradient = try fold.pullback(parameter: 1)
    // A fourth-order difference with steps of 1e-2 of a parameter of order one: truncation about 1e-8,
    // rounding eps/h²/1e-2 = 1e-10.
    let step = 2e-3
    func difference(_ shift: (Double) throws -> FoldSolution) throws -> Double {
      let near: Double = try shift(step).parameter - shift(-step).parameter
      let far: Double = try shift(2 * step).parameter - shift(-2 * step).parameter
      return (8 * near - far) / (12 * step)
    }
    let byEpsilon = try difference { try solve(0.02 + $0, 1) }
    #expect(abs(gradient.parameters[1] - byEpsilon) <= 1e-6 * abs(byEpsilon))
    let byKappa = try difference { try solve(0.02, 1 + $0) }
    #expect(abs(gradient.parameters[2] - byKappa) <= 1e-6 * abs(byKappa))
    #expect(abs(gradient.parameters[2] - fold.parameter) <= 1e-8 * fold.parameter)
  }
}
