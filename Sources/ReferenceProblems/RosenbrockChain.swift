import Adjoint

/// Rosenbrock's chain, a valley in n dimensions whose Hessian is tridiagonal.
///
/// f(x) = Σ_{i=0}^{n−2} p₀ (xᵢ₊₁ − xᵢ²)² + (1 − xᵢ)², usually p₀ = 100; f = 0 at x = (1, …, 1). Its gradient
/// is the residual F(x, p) = ∇f: ∂F/∂x is the Hessian. Sources: Rosenbrock, *Comput. J.* 3 (1960) 175;
/// Toint, *Math. Comp.* 32 (1978) 839, for n dimensions.
public struct RosenbrockChain: ResidualSystem {
  /// n ≥ 2.
  public let stateCount: Int
  /// The steepness p₀.
  public let parameterCount = 1

  /// A chain of `stateCount` links.
  public init(stateCount: Int) {
    precondition(stateCount >= 2, "a chain has two links")
    self.stateCount = stateCount
  }

  /// f(x).
  @inlinable public func objective<S: Scalar>(at state: Span<S>, parameters: Span<S>) -> S {
    var sum: S = 0
    for index in 0..<stateCount - 1 {
      let step: S = state[index + 1] - state[index] * state[index]
      let rest: S = 1 - state[index]
      sum += parameters[0] * step * step + rest * rest
    }
    return sum
  }

  /// Writes ∇f(x).
  @inlinable public func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let steepness: S = 2 * parameters[0]
    // p₀ ∂(xᵢ₊₁ − xᵢ²)²/∂xᵢ₊₁ of the link before.
    var pull: S = 0
    for index in 0..<stateCount - 1 {
      let x = state[index]
      let step: S = steepness * (state[index + 1] - x * x)
      residual[index] = pull - 2 * (1 - x) - 2 * x * step
      pull = step
    }
    residual[stateCount - 1] = pull
  }

  /// f as a model with one output.
  public var objectiveModel: Model {
    Model(
      name: "RosenbrockChain.objective", stateCount: stateCount, parameterCount: parameterCount,
      outputCount: 1, function: Objective(chain: self))
  }

  /// p₀ = 100.
  public static let standardParameters: [Double] = [100]

  /// The usual start: −1.2 and 1 in turn.
  public var standardStart: [Double] {
    (0..<stateCount).map { $0.isMultiple(of: 2) ? -1.2 : 1 }
  }
}

extension RosenbrockChain {
  /// f as a function of any scalar.
  private struct Objective: ModelFunction {
    let chain: RosenbrockChain

    func evaluate<S: Scalar>(
      at time: S, state: Span<S>, parameters: Span<S>, into output: inout MutableSpan<S>
    ) {
      output[0] = chain.objective(at: state, parameters: parameters)
    }
  }
}
