import Adjoint
import ODE

extension DifferentiableRegistry {
  /// Pullbacks of models by duals, tape and replay, with few and with many inputs.
  static func models() throws -> [DifferentiableOperation] {
    let modes: [(Model.ReverseMode, String)] = [
      (.dual, "duals"), (.tape, "tape"), (.replay, "replay"),
    ]
    let ring = Model(CoupledRing(stateCount: 17))
    let brusselator = Brusselator2D(side: 3)
    let sourceIsOn = 2.0
    let chain = RosenbrockChain(stateCount: 12)
    let others: [(Model, String)] = [
      (Model(HighIrradianceResponse()), "HIRES"), (Model(Pollution()), "POLLUTION"),
      (Model(PlanarTruss.cantilever(bays: 3, load: 1)), "truss"),
      (Model(chain), "Rosenbrock's gradient"), (chain.objectiveModel, "Rosenbrock's chain"),
    ]
    let byEach = modes.flatMap { mode, name in
      others.enumerated().map { index, entry in
        let (model, title) = entry
        return DifferentiableOperation(
          ModelEvaluator.self, "\(title), by \(name)",
          at: positiveNumbers(model.stateCount + model.parameterCount, seed: UInt64(20 + index))
        ) { DifferentiableMap(model, reverseMode: mode) }
      }
    }
    return byEach + (try replays())
      + modes.flatMap { mode, name in
        [
          DifferentiableOperation(
            ModelEvaluator.self, "ring of 17, by \(name)",
            at: numbers(ring.stateCount + ring.parameterCount, seed: 1)
          ) { DifferentiableMap(ring, reverseMode: mode) },
          DifferentiableOperation(
            ModelEvaluator.self, "Lotka–Volterra, by \(name)", at: [1, 2, 1.5, 1, 3, 0.7]
          ) { DifferentiableMap(Model(LotkaVolterra()), reverseMode: mode) },
          DifferentiableOperation(
            ModelEvaluator.self, "Brusselator 3×3, by \(name)",
            at: positiveNumbers(brusselator.stateCount + brusselator.parameterCount, seed: 2)
          ) { DifferentiableMap(Model(brusselator), time: sourceIsOn, reverseMode: mode) },
        ]
      }
  }
}

extension DifferentiableRegistry {
  /// Pullbacks by replays of traces, in batches and one operation after the other.
  private static func replays() throws -> [DifferentiableOperation] {
    let brusselator = Brusselator2D(side: 5)
    let models: [(Model, String)] = [
      (Model(CoupledRing(stateCount: 17)), "ring of 17"), (Model(brusselator), "Brusselator 5×5"),
      (Model(HighIrradianceResponse()), "HIRES"),
      (RosenbrockChain(stateCount: 30).objectiveModel, "Rosenbrock's chain"),
    ]
    return models.enumerated().map { index, entry in
      let (model, title) = entry
      let count = model.stateCount + model.parameterCount
      let recorded = positiveNumbers(count, seed: UInt64(40 + index))
      return DifferentiableOperation(
        TraceReplay.self, "\(title), recorded elsewhere",
        at: positiveNumbers(count, seed: UInt64(50 + index))
      ) { try DifferentiableMap(replaying: model, recordedAt: recorded) }
    }
  }
}

/// An unsymmetric ring of n unknowns with three parameters:
/// Fᵢ = uᵢ + p₀ tanh(uᵢ₊₁)/2 − p₁ uᵢ₋₁²/10 − sin(p₂ + i), whose Jacobian is diagonally dominant where
/// |p| and |u| are at most 1.5.
struct CoupledRing: ResidualSystem {
  let stateCount: Int
  let parameterCount = 3

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      let next: S = state[(index + 1) % stateCount]
      let previous: S = state[(index + stateCount - 1) % stateCount]
      let coupling: S = 0.5 * parameters[0] * S.tanh(next)
      let square: S = 0.1 * parameters[1] * previous * previous
      residual[index] = state[index] + coupling - square - S.sin(parameters[2] + S(Double(index)))
    }
  }
}
