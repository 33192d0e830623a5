import Adjoint
import ODE
import ReferenceProblems
import Testing

@Suite("Steady states")
struct SteadyStateTests {
  @Test("The coexistence of predator and prey, and its derivative, have closed forms")
  func coexistence() throws {
    // x = p₂/p₃, y = p₀/p₁.
    let steady = try SteadyStateSolver().solve(
      LotkaVolterra(), parameters: [1.5, 1, 3, 2], guess: [1.2, 1.1])
    #expect(!steady.usedPseudoTime)
    #expect(abs(steady.value[0] - 1.5) <= 1e-13 && abs(steady.value[1] - 1.5) <= 1e-13)
    let gradient = try steady.pullback([1, 0])
    for (found, value) in zip(gradient.parameters, [0, 0, 0.5, -0.75]) {
      #expect(abs(found - value) <= 1e-13)
    }
    #expect(abs(try steady.pushforward([1, 0, 0, 0])[1] - 1) <= 1e-13)
  }

  /// u' = u − u³ + p per component: two stable states and an unstable one between them.
  struct Bistable: VectorField {
    let stateCount = 40
    let parameterCount = 1
    func derivative<S: Scalar>(
      at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
    ) {
      for index in state.indices {
        let u = state[index]
        derivative[index] = u - u * u * u + parameters[0]
      }
    }
  }

  @Test("Pseudo-time leads to the stable state, Newton's method alone to the unstable one")
  func stability() throws {
    let guess = [Double](repeating: 0.1, count: 40)
    let nearest = try SteadyStateSolver().solve(Bistable(), parameters: [0], guess: guess)
    #expect(abs(nearest.value[0]) <= 1e-10)
    var options = SteadyStateSolver.Options()
    options.startsWithNewton = false
    let stable = try SteadyStateSolver(options).solve(Bistable(), parameters: [0], guess: guess)
    #expect(stable.value.allSatisfy { abs($0 - 1) <= 1e-10 })
    #expect(stable.usedPseudoTime && stable.statistics.iterations > 3)
    // du/dp = −1/(1 − 3u²) = 1/2.
    let gradient = try stable.pullback([Double](repeating: 1, count: 40))
    #expect(abs(gradient.parameters[0] - 20) <= 1e-9)
  }

  @Test("Where Newton's method fails pseudo-time takes over")
  func takeover() throws {
    // Newton's full steps diverge on an arctangent from farther out than 1.39.
    struct Arctangent: VectorField {
      let stateCount = 1
      let parameterCount = 1
      func derivative<S: Scalar>(
        at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
      ) {
        let u: S = state[0] - parameters[0]
        derivative[0] = -(S.atan(u))
      }
    }
    var options = SteadyStateSolver.Options()
    options.newton.globalization = .none
    let steady = try SteadyStateSolver(options).solve(
      Arctangent(), parameters: [2], guess: [5])
    #expect(abs(steady.value[0] - 2) <= 1e-9)
    #expect(steady.usedPseudoTime)
  }

  @Test("A field that depends on time is held at the time asked for")
  func frozenTime() throws {
    struct Forced: VectorField {
      let stateCount = 1
      let parameterCount = 1
      func derivative<S: Scalar>(
        at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
      ) { derivative[0] = time * parameters[0] - state[0] }
    }
    let steady = try SteadyStateSolver().solve(
      Forced(), parameters: [3], guess: [0], time: 2)
    #expect(abs(steady.value[0] - 6) <= 1e-14)
    #expect(abs(try steady.pullback([1]).parameters[0] - 2) <= 1e-14)
  }

  @Test("A field without a steady state, and bad input, throw with the cause")
  func errors() throws {
    struct Growth: VectorField {
      let stateCount = 1
      let parameterCount = 0
      func derivative<S: Scalar>(
        at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
      ) { derivative[0] = 1 + state[0] * state[0] }
    }
    var options = SteadyStateSolver.Options()
    options.maximumPseudoSteps = 30
    #expect(throws: NonlinearError.self) {
      try SteadyStateSolver(options).solve(Growth(), parameters: [], guess: [0.3])
    }
    #expect(throws: InputError.self) {
      try SteadyStateSolver().solve(Growth(), parameters: [1], guess: [0])
    }
    #expect(throws: InputError.self) {
      try SteadyStateSolver().solve(Growth(), parameters: [], guess: [0], time: .nan)
    }
    options.firstPseudoStep = 0
    #expect(throws: InputError.self) {
      try SteadyStateSolver(options).solve(Growth(), parameters: [], guess: [0])
    }
  }
}
