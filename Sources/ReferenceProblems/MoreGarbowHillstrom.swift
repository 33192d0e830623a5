import Adjoint

/// The systems of nonlinear equations of Moré, Garbow and Hillstrom.
///
/// Source: "Testing unconstrained optimization software", *ACM Trans. Math. Softw.* 7 (1981) 17–41, in
/// the form of the algorithm's subroutine VECFCN (algorithm 566).
///
/// Constants of the formulas are the parameters p, so that roots can be differentiated. Indices of
/// the formulas count from one.
public struct MoreGarbowHillstrom: ResidualSystem {
  /// The problems, in the order of the subroutine.
  public enum Problem: String, Sendable, CaseIterable {
    /// p₀ − x₁, p₁(x₂ − x₁²).
    case rosenbrock = "Rosenbrock"
    /// Singular at its root 0.
    case powellSingular = "Powell singular"
    /// Roots near (1.1e-5, 9.1).
    case powellBadlyScaled = "Powell badly scaled"
    /// The gradient of Wood's function.
    case wood = "Wood"
    /// A helix in three dimensions.
    case helicalValley = "Helical valley"
    /// The gradient of Watson's function.
    case watson = "Watson"
    /// Chebyshev's quadrature.
    case chebyquad = "Chebyquad"
    /// n − 1 linear equations and a product.
    case brownAlmostLinear = "Brown almost-linear"
    /// x″ = (x + t + 1)³/2.
    case discreteBoundaryValue = "Discrete boundary value"
    /// The same as an integral equation.
    case discreteIntegral = "Discrete integral equation"
    /// Sums of cosines.
    case trigonometric = "Trigonometric"
    /// A quartic in n dimensions.
    case variablyDimensioned = "Variably dimensioned"
    /// Three diagonals.
    case broydenTridiagonal = "Broyden tridiagonal"
    /// Seven diagonals.
    case broydenBanded = "Broyden banded"
  }

  /// Which of the problems.
  public let problem: Problem

  /// n.
  public let stateCount: Int

  /// The number of constants.
  public let parameterCount: Int

  /// A problem with the given number of unknowns, or with that of the paper.
  public init(_ problem: Problem, stateCount: Int? = nil) {
    self.problem = problem
    self.stateCount = problem.fixedCount ?? stateCount ?? problem.usualCount
    parameterCount = problem.standardParameters(count: self.stateCount).count
  }

  /// The constants of the paper.
  public var standardParameters: [Double] { problem.standardParameters(count: stateCount) }

  /// The standard starting point times `factor`; `factor` itself where that point is zero.
  public func start(factor: Double = 1) -> [Double] {
    let standard = problem.standardStart(count: stateCount)
    guard factor != 1 else { return standard }
    let isZero = standard.allSatisfy { $0 == 0 }
    return standard.map { isZero ? factor : factor * $0 }
  }

  /// The factors of the starting points to try: 1, 10 and 100, as long as F does not overflow.
  ///
  /// Brown's product does: 5ⁿ from 442 unknowns on, 50ⁿ from 182.
  public var startFactors: [Double] {
    [1, 10, 100].filter { factor in
      problem != .brownAlmostLinear || start(factor: factor).reduce(1, *).isFinite
    }
  }

  /// Writes F(x, p).
  @inlinable public func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    switch problem {
    case .rosenbrock: rosenbrock(state, parameters, &residual)
    case .powellSingular: powellSingular(state, parameters, &residual)
    case .powellBadlyScaled: powellBadlyScaled(state, parameters, &residual)
    case .wood: wood(state, parameters, &residual)
    case .helicalValley: helicalValley(state, parameters, &residual)
    case .watson: watson(state, parameters, &residual)
    case .chebyquad: chebyquad(state, parameters, &residual)
    case .brownAlmostLinear: brownAlmostLinear(state, parameters, &residual)
    case .discreteBoundaryValue: discreteBoundaryValue(state, parameters, &residual)
    case .discreteIntegral: discreteIntegral(state, parameters, &residual)
    case .trigonometric: trigonometric(state, parameters, &residual)
    case .variablyDimensioned: variablyDimensioned(state, parameters, &residual)
    case .broydenTridiagonal: broydenTridiagonal(state, parameters, &residual)
    case .broydenBanded: broydenBanded(state, parameters, &residual)
    }
  }
}

extension MoreGarbowHillstrom.Problem {
  /// n where it cannot be chosen.
  public var fixedCount: Int? {
    switch self {
    case .rosenbrock, .powellBadlyScaled: 2
    case .helicalValley: 3
    case .powellSingular, .wood: 4
    default: nil
    }
  }

  /// Numbers of unknowns to try: those of the paper's tests, and up to 1000 where there are roots.
  ///
  /// Watson's sums have about as many digits as unknowns, and Chebyshev's quadrature with 8 or with 10 and
  /// more nodes has no real ones.
  public var counts: [Int] {
    switch self {
    case .watson: [6, 9]
    case .chebyquad: [5, 7, 9]
    case .brownAlmostLinear: [10, 30, 100, 1000]
    case .discreteIntegral, .trigonometric, .variablyDimensioned: [10, 100, 1000]
    case .discreteBoundaryValue, .broydenTridiagonal, .broydenBanded: [10, 1000]
    default: [usualCount]
    }
  }

  /// Whether every equation depends on every unknown.
  public var isDense: Bool {
    switch self {
    case .watson, .chebyquad, .brownAlmostLinear, .discreteIntegral, .trigonometric,
      .variablyDimensioned:
      true
    default: false
    }
  }

  var usualCount: Int {
    switch self {
    case .watson: 6
    case .chebyquad: 7
    default: fixedCount ?? 10
    }
  }

  func standardParameters(count: Int) -> [Double] {
    switch self {
    case .rosenbrock: [1, 10]
    case .powellSingular: [10, 5, 10]
    case .powellBadlyScaled: [1e4, 1.0001]
    case .wood: [200, 20.2, 19.8, 180, 1]
    case .helicalValley: [10, 10, 1, 0]
    case .watson: [1, 1]
    case .chebyquad: [1]
    case .brownAlmostLinear: [Double(count + 1), 1]
    case .discreteBoundaryValue, .discreteIntegral: [0.5, 1]
    case .trigonometric: [0]
    case .variablyDimensioned: [1]
    case .broydenTridiagonal: [3, 2, 1]
    case .broydenBanded: [2, 5, 1]
    }
  }

  func standardStart(count: Int) -> [Double] {
    let size = Double(count)
    return switch self {
    case .rosenbrock: [-1.2, 1]
    case .powellSingular: [3, -1, 0, 1]
    case .powellBadlyScaled: [0, 1]
    case .wood: [-3, -1, -3, -1]
    case .helicalValley: [-1, 0, 0]
    case .watson: [Double](repeating: 0, count: count)
    case .chebyquad: (1...max(count, 1)).map { Double($0) / (size + 1) }
    case .brownAlmostLinear: [Double](repeating: 0.5, count: count)
    case .discreteBoundaryValue, .discreteIntegral:
      (1...max(count, 1)).map { Double($0) / (size + 1) * (Double($0) / (size + 1) - 1) }
    case .trigonometric: [Double](repeating: 1 / size, count: count)
    case .variablyDimensioned: (1...max(count, 1)).map { 1 - Double($0) / size }
    case .broydenTridiagonal, .broydenBanded: [Double](repeating: -1, count: count)
    }
  }
}
