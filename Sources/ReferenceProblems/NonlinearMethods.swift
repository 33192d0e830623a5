import Adjoint

/// The package's solvers of nonlinear systems, with the options of comparisons and tests.
public struct NonlinearMethod: Sendable, CustomStringConvertible {
  /// A short name.
  public let name: String

  /// Finds a root.
  public let solve: @Sendable (NonlinearProblem) throws -> NonlinearSolution

  /// The name.
  public var description: String { name }

  /// Every solver, the automatic choice last.
  ///
  /// - Parameters:
  ///   - test: When an iteration has converged.
  ///   - maximumIterations: The largest number of steps, of each attempt of the automatic choice.
  public static func all(
    _ test: ConvergenceTest = ConvergenceTest(), maximumIterations: Int = 300
  ) -> [NonlinearMethod] {
    newton(test, maximumIterations) + withoutNewton(test, maximumIterations)
      + [automatic(test, maximumIterations: maximumIterations)]
  }

  /// The automatic choice.
  public static func automatic(
    _ test: ConvergenceTest = ConvergenceTest(), maximumIterations: Int? = nil
  ) -> NonlinearMethod {
    NonlinearMethod(name: "automatic") { problem in
      var options = NonlinearSolver.Options()
      options.convergence = test
      options.maximumIterations = maximumIterations ?? options.maximumIterations
      return try NonlinearSolver(options).solve(problem)
    }
  }

  private static func newton(_ test: ConvergenceTest, _ limit: Int) -> [NonlinearMethod] {
    let variants: [(String, NewtonSolver.Globalization, NewtonSolver.FactorReuse)] = [
      ("line search", .lineSearch(.backtracking), .never),
      ("cubic", .lineSearch(.cubic), .never),
      ("affine invariant", .lineSearch(.affineInvariant), .never),
      ("dogleg", .trustRegion(.dogleg), .never),
      ("Levenberg-Marquardt", .trustRegion(.exact), .never),
      ("pseudo-transient", .pseudoTransient(), .never),
      ("modified Newton", .lineSearch(.backtracking), .whileContracting()),
      ("chord", .lineSearch(.backtracking), .always),
    ]
    return variants.map { name, globalization, reuse in
      NonlinearMethod(name: name) { problem in
        var options = NewtonSolver.Options()
        options.convergence = test
        options.globalization = globalization
        options.factorReuse = reuse
        options.maximumIterations = limit
        return try NewtonSolver(options).solve(problem)
      }
    }
  }

  private static func withoutNewton(_ test: ConvergenceTest, _ limit: Int) -> [NonlinearMethod] {
    [
      NonlinearMethod(name: "Broyden") { problem in
        var options = BroydenSolver.Options()
        options.convergence = test
        options.maximumIterations = limit
        return try BroydenSolver(options).solve(problem)
      },
      NonlinearMethod(name: "Newton-Krylov") { problem in
        var options = NewtonKrylovSolver.Options()
        options.convergence = test
        options.maximumIterations = limit
        options.preconditioner = .factorization
        return try NewtonKrylovSolver(options).solve(problem)
      },
      NonlinearMethod(name: "Anderson") { problem in
        var options = AndersonSolver.Options()
        options.convergence = test
        options.maximumIterations = limit
        options.correction = .chord
        return try AndersonSolver(options).solve(problem)
      },
    ]
  }
}
