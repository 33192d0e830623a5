import Adjoint
import ReferenceProblems
import Testing

@Suite("Systems of Moré, Garbow and Hillstrom") struct MoreGarbowHillstromTests {
  private func root(
    _ problem: MoreGarbowHillstrom.Problem, _ count: Int? = nil
  ) throws -> NonlinearSolution {
    let system = MoreGarbowHillstrom(problem, stateCount: count)
    return try NonlinearSolver().solve(
      NonlinearProblem(
        system, parameters: system.standardParameters, initialGuess: system.start()))
  }

  @Test("The roots are those that the paper states")
  func roots() throws {
    let stated: [(MoreGarbowHillstrom.Problem, [Double], Double)] = [
      (.rosenbrock, [1, 1], 1e-10),
      (.powellSingular, [0, 0, 0, 0], 1e-4),
      // Six digits are stated; F is below 1e-10.
      (.powellBadlyScaled, [1.098159e-5, 9.106147], 1e-6),
      (.helicalValley, [1, 0, 0], 1e-10),
      (.variablyDimensioned, [Double](repeating: 1, count: 10), 1e-10),
    ]
    for (problem, expected, tolerance) in stated {
      for (value, right) in zip(try root(problem).value, expected) {
        #expect((value - right).magnitude <= tolerance, "\(problem)")
      }
    }
  }

  @Test("Wood's gradient vanishes at the minimum, and at a saddle near the standard start")
  func wood() throws {
    let wood = MoreGarbowHillstrom(.wood)
    let near = try NonlinearProblem(
      wood, parameters: wood.standardParameters, initialGuess: [1.1, 1.2, 1.1, 1.2])
    for value in try NonlinearSolver().solve(near).value {
      #expect((value - 1).magnitude <= 1e-10)
    }
    let residual = try root(.wood).residual
    #expect(residual.allSatisfy { $0.magnitude <= 1e-10 })
  }

  @Test("Brown's roots are (a, …, a, aᵗ) with the product 1")
  func brown() throws {
    let value = try root(.brownAlmostLinear).value
    // Equations i < n: xᵢ + Σx = n + 1, so all but the last are equal.
    #expect(value.dropLast().allSatisfy { ($0 - value[0]).magnitude <= 1e-9 })
    #expect((value.reduce(1, *) - 1).magnitude <= 1e-9)
    #expect((value[0] + value.reduce(0, +) - 11).magnitude <= 1e-9)
  }

  @Test("Watson's sums of squares at the root are the paper's minima", arguments: [6, 9])
  func watson(count: Int) throws {
    let x = try root(.watson, count).value
    // Problem 20 of the paper, f = Σ fᵢ² over 31 functions, whose gradient is the system.
    var sum = x[0] * x[0] + (x[1] - x[0] * x[0] - 1) * (x[1] - x[0] * x[0] - 1)
    for point in 1...29 {
      let time = Double(point) / 29
      let slope = (1..<count).reduce(0.0) { $0 + Double($1) * x[$1] * Double.pow(time, $1 - 1) }
      let value = (0..<count).reduce(0.0) { $0 + x[$1] * Double.pow(time, $1) }
      sum += (slope - value * value - 1) * (slope - value * value - 1)
    }
    let minimum = count == 6 ? 2.28767e-3 : 1.39976e-6
    #expect((sum / minimum - 1).magnitude <= 1e-5)
  }

  @Test("Chebyquad's nodes are those of Chebyshev's quadrature")
  func chebyquad() throws {
    // Abramowitz and Stegun, table 25.5, n = 5, moved to [0, 1].
    let nodes = [-0.8324974870, -0.3745414096, 0, 0.3745414096, 0.8324974870]
    let value = try root(.chebyquad, 5).value.sorted()
    for (found, node) in zip(value, nodes) {
      #expect((found - 0.5 * (1 + node)).magnitude <= 1e-9)
    }
  }

  @Test("Boundary value problem and integral equation have the same root")
  func greensFunction() throws {
    // The inverse of the second difference is h times Green's function at the nodes: F differs by a
    // regular matrix, and the roots by what ‖F‖ ≤ 1e-10 leaves, times its inverse's norm 11²/8.
    let first = try root(.discreteBoundaryValue, 10).value
    let second = try root(.discreteIntegral, 10).value
    for (left, right) in zip(first, second) { #expect((left - right).magnitude <= 2e-9) }
  }

  @Test("Residual norms at the standard starts of the Broyden systems")
  func starts() throws {
    // At x = −1 the tridiagonal residuals are −2, −1, …, −1, −3, the banded ones −6.
    for (problem, square) in [
      (MoreGarbowHillstrom.Problem.broydenTridiagonal, 21.0), (.broydenBanded, 360.0),
    ] {
      let norm = try root(problem).statistics.residualNorms[0]
      #expect((norm * norm - square).magnitude <= 1e-12 * square)
    }
  }

  @Test(
    "The automatic choice finds a root wherever any solver does, from 1, 10 and 100 times the start",
    arguments: MoreGarbowHillstrom.Problem.allCases)
  func automatic(problem: MoreGarbowHillstrom.Problem) throws {
    for count in problem.counts where count <= 30 {
      let system = MoreGarbowHillstrom(problem, stateCount: count)
      for factor in system.startFactors {
        let start = try NonlinearProblem(
          system, parameters: system.standardParameters,
          initialGuess: system.start(factor: factor))
        let solver = NonlinearMethod.automatic()
        if (try? solver.solve(start)) != nil { continue }
        #expect(factor > 1, "\(problem) is not solved from its standard start")
        for method in NonlinearMethod.all() {
          #expect((try? method.solve(start)) == nil, "\(problem) \(count) \(factor): \(method)")
        }
      }
    }
  }

  @Test("No state far from a root is called one", arguments: MoreGarbowHillstrom.Problem.allCases)
  func runaways(problem: MoreGarbowHillstrom.Problem) throws {
    // Some of these runs end with u = 1e60 and F = 1e30, where ‖F‖∞ is small beside ‖J‖∞‖u‖∞.
    for count in problem.counts where count <= 30 {
      let system = MoreGarbowHillstrom(problem, stateCount: count)
      for factor in system.startFactors {
        let start = try NonlinearProblem(
          system, parameters: system.standardParameters,
          initialGuess: system.start(factor: factor))
        for method in NonlinearMethod.all() {
          guard let solution = try? method.solve(start) else { continue }
          // 1e-10, or the rounding of terms of the size 1e6.
          #expect(
            solution.statistics.residualNorm <= 1e-8, "\(problem) \(count) \(factor) \(method)")
        }
      }
    }
  }

  @Test("Statistics and errors tell what was tried")
  func attempts() throws {
    let easy = try root(.rosenbrock)
    #expect(easy.statistics.attempts.map(\.outcome) == [.converged])
    let hard = try root(.chebyquad, 9)
    #expect(hard.statistics.attempts.count > 1)
    #expect(hard.statistics.attempts.last?.outcome == .converged)
    #expect(hard.statistics.attempts.last?.method == hard.statistics.method)
    let rootless = try NonlinearProblem(Rootless(), parameters: [1], initialGuess: [3])
    let error = #expect(throws: NonlinearError.self) { try NonlinearSolver().solve(rootless) }
    #expect(error?.solution?.statistics.attempts.count == 5)
    #expect("\(try #require(error))".contains("dogleg"))
  }
}

@Suite("Systems of Moré, Garbow and Hillstrom, large") struct SlowMoreGarbowHillstromTests {
  @Test(
    "The automatic choice finds a root with a thousand unknowns from the standard start",
    arguments: MoreGarbowHillstrom.Problem.allCases.filter { $0.counts.contains(1000) })
  func standardStart(problem: MoreGarbowHillstrom.Problem) throws {
    let system = MoreGarbowHillstrom(problem, stateCount: 1000)
    let solution = try NonlinearSolver().solve(
      NonlinearProblem(
        system, parameters: system.standardParameters, initialGuess: system.start()))
    #expect(solution.statistics.isConverged)
    #expect(solution.value.allSatisfy { $0.isFinite })
  }

  @Test("Brown's product overflows far from the standard start, and no run is made there")
  func overflow() {
    let factors = [10, 181, 182, 441, 442].map {
      MoreGarbowHillstrom(.brownAlmostLinear, stateCount: $0).startFactors.count
    }
    #expect(factors == [3, 3, 2, 2, 1])
  }
}
