import Adjoint
import ODE
import ReferenceProblems

/// A model with a point where its derivatives are taken.
struct DerivativesPoint {
  let model: Model
  let state: [Double]
  let parameters: [Double]
}

/// A named model of the benchmark `derivatives`.
struct DerivativesModel: Sendable {
  let name: String
  let point: @Sendable () throws -> DerivativesPoint

  /// The reference models, small ones first.
  static let all = [
    DerivativesModel(name: "lotka-volterra") {
      try Self.problem(LotkaVolterra.standard(), at: [1.5, 0.7])
    },
    DerivativesModel(name: "robertson") {
      try Self.problem(Robertson.standard(until: 40), at: [0.7, 1e-5, 0.3])
    },
    DerivativesModel(name: "hires") {
      try Self.problem(
        HighIrradianceResponse.standard(), at: HighIrradianceResponse.finalState)
    },
    DerivativesModel(name: "pollution") {
      try Self.problem(Pollution.standard(), at: Pollution.finalState)
    },
    DerivativesModel(name: "truss-100") {
      let truss = PlanarTruss.cantilever(bays: 100, load: 1)
      var generator = SeededGenerator(seed: 7)
      return DerivativesPoint(
        model: Model(truss),
        state: generator.direction(count: truss.stateCount).map { 0.1 * $0 },
        parameters: [Double](repeating: 1000, count: truss.parameterCount))
    },
    DerivativesModel(name: "bratu-64") {
      let bratu = Bratu(side: 64)
      return DerivativesPoint(
        model: Model(bratu), state: bratu.smoothSource, parameters: bratu.smoothSource)
    },
    DerivativesModel(name: "brusselator-64") {
      let field = Brusselator2D(side: 64)
      return DerivativesPoint(
        model: Model(field), state: field.standardInitialState,
        parameters: field.standardParameters)
    },
    DerivativesModel(name: "rosenbrock-gradient-1000000") {
      let chain = RosenbrockChain(stateCount: 1_000_000)
      return DerivativesPoint(
        model: Model(chain), state: chain.standardStart,
        parameters: RosenbrockChain.standardParameters)
    },
    DerivativesModel(name: "rosenbrock-1000000") {
      let chain = RosenbrockChain(stateCount: 1_000_000)
      return DerivativesPoint(
        model: chain.objectiveModel, state: chain.standardStart,
        parameters: RosenbrockChain.standardParameters)
    },
  ]

  private static func problem(_ problem: ODEProblem, at state: [Double]) -> DerivativesPoint {
    DerivativesPoint(model: problem.model, state: state, parameters: problem.parameters)
  }
}
