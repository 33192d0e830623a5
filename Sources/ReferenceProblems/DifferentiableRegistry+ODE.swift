import Adjoint
import ODE

extension DifferentiableRegistry {
  /// Solutions by each tableau: observations between the steps, at their ends and at both ends of the
  /// time span, and the final state; derivatives from the model and by hand.
  static func odeSolutions() throws -> [DifferentiableOperation] {
    let standard = try LotkaVolterra.standard()
    let byHand = try ODEProblem(
      DifferentiatedLotkaVolterra(), initialState: standard.initialState,
      parameters: standard.parameters, timeSpan: standard.timeSpan)
    let field = Brusselator2D(side: 3)
    let brusselator = try ODEProblem(
      field, initialState: positiveNumbers(field.stateCount, seed: 4),
      parameters: positiveNumbers(field.parameterCount, seed: 5), timeSpan: 1...1.25)
    let fixed = RungeKuttaSolver.Options(stepping: .fixed(stepSize: 0.05))
    let short = RungeKuttaSolver.Options(stepping: .fixed(stepSize: 0.001))
    let methods: [(ButcherTableau, String)] = [
      (.rungeKutta4, "RK4"), (.dormandPrince5, "Dormand–Prince"), (.tsitouras5, "Tsitouras"),
    ]
    let times = [0, 0.37, 2.5, 2.5, 6.001, 10]
    return methods.flatMap { method, name in
      [
        operation("Lotka–Volterra, \(name)", standard, method, fixed, times),
        operation("derivatives by hand, \(name)", byHand, method, fixed, times),
        operation("Brusselator 3×3, \(name)", brusselator, method, short, [1.0004, 1.2]),
      ]
    } + adaptiveSolutions(standard, methods.dropFirst(), times)
  }

  /// With error control the steps depend on the inputs, which the derivative leaves out: it differs
  /// from that of the values by about the tolerance, and values jump where the steps' number does.
  private static func adaptiveSolutions(
    _ problem: ODEProblem, _ methods: ArraySlice<(ButcherTableau, String)>, _ times: [Double]
  ) -> [DifferentiableOperation] {
    var check = DerivativeCheck.Options()
    check.differenceTolerance = 1e-6
    let solver = RungeKuttaSolver.Options(relativeTolerance: 1e-12, absoluteTolerance: 1e-12)
    return methods.map { method, name in
      operation(
        "error control, \(name)", problem, method, solver, times, check: check,
        remark: "steps are held fixed by the derivative only")
    }
  }

  /// The map (u₀, p) ↦ (u at the observation times, u(t₁)).
  private static func operation(
    _ variant: String, _ problem: ODEProblem, _ method: ButcherTableau,
    _ options: RungeKuttaSolver.Options, _ times: [Double],
    check: DerivativeCheck.Options = DerivativeCheck.Options(), remark: String = ""
  ) -> DifferentiableOperation {
    let stateCount = problem.initialState.count
    @Sendable func solve(_ x: [Double]) throws -> ODESolution {
      try RungeKuttaSolver(method, options: options).solve(
        problem.with(
          initialState: Array(x.prefix(stateCount)), parameters: Array(x.dropFirst(stateCount))),
        observationTimes: times)
    }
    return DifferentiableOperation(
      ODESolution.self, variant, at: problem.initialState + problem.parameters, options: check,
      remark: remark
    ) {
      DifferentiableMap(
        name: variant,
        value: {
          let solution = try solve($0)
          return solution.value + solution.finalState
        },
        linearize: { x in
          let solution = try solve(x)
          return .init(
            value: solution.value + solution.finalState,
            pushforward: { tangent in
              let image = try solution.pushforward(
                initialState: Array(tangent.prefix(stateCount)),
                parameters: Array(tangent.dropFirst(stateCount)))
              return image.value + image.finalState
            },
            pullback: { cotangent in
              let gradient = try solution.pullback(
                Array(cotangent.dropLast(stateCount)),
                finalState: Array(cotangent.suffix(stateCount)))
              return gradient.initialState + gradient.parameters
            })
        })
    }
  }
}
