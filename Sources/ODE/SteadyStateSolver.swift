import Adjoint

/// Finds steady states of vector fields: f(t, u, p) = 0 at a fixed t.
///
/// First by Newton's method from the guess, with a line search. Where that fails, or if it is not wanted,
/// the state is moved in pseudo-time: implicit Euler steps (I/δ − J) s = f, whose length δ grows as f
/// decays until they are Newton's (pseudo-transient continuation: Kelley and Keyes, *SIAM J. Numer.
/// Anal.* 35, 1998). Pseudo-time leads to states that are stable in time, which Newton's method alone
/// does not prefer.
public struct SteadyStateSolver: Sendable {
  /// Where to begin, and how far to go.
  public struct Options: Sendable {
    /// Whether Newton's method is tried before pseudo-time.
    public var startsWithNewton = true
    /// The first pseudo-step, in units of 1/‖J‖∞ at the guess.
    public var firstPseudoStep = NewtonSolver.Globalization.firstTimeStep
    /// The most pseudo-steps.
    public var maximumPseudoSteps = 500
    /// Of Newton's method; its test of convergence is that of pseudo-time, too.
    public var newton = NewtonSolver.Options()

    /// The defaults.
    public init() {}

    /// Throws `InputError` if a number makes no sense.
    public func validate() throws {
      try newton.validate()
      try pseudoTime.validate()
    }

    /// Newton's method in pseudo-time.
    fileprivate var pseudoTime: NewtonSolver.Options {
      var options = newton
      options.globalization = .pseudoTransient(timeStep: firstPseudoStep)
      options.factorReuse = .never
      options.maximumIterations = maximumPseudoSteps
      return options
    }
  }

  /// The options of every search.
  public var options: Options

  /// A solver with the given options.
  public init(_ options: Options = Options()) { self.options = options }

  /// The steady state that is found from `guess`, with the field's time held at `time`.
  ///
  /// - Throws: `NonlinearError` if none is found: the field may have none, or oscillate for ever;
  ///   `InputError` for wrong lengths, numbers that are not finite and options that make no sense.
  @inlinable public func solve<F: VectorField>(
    _ field: F, parameters: [Double], guess: [Double], time: Double = 0
  ) throws -> SteadyState {
    try InputError.requireFinite("time", [time])
    let model = Model(
      name: String(describing: F.self), stateCount: field.stateCount,
      parameterCount: field.parameterCount, outputCount: field.stateCount,
      function: SteadyFunction(field, time: time))
    return try solve(
      NonlinearProblem(model, parameters: parameters, initialGuess: guess))
  }

  @usableFromInline func solve(_ problem: NonlinearProblem) throws -> SteadyState {
    try options.validate()
    if options.startsWithNewton {
      do {
        return SteadyState(
          solution: try NewtonSolver(options.newton).solve(problem), usedPseudoTime: false)
      } catch is NonlinearError {
        // On in pseudo-time, from the guess again.
      }
    }
    return SteadyState(
      solution: try NewtonSolver(options.pseudoTime).solve(problem), usedPseudoTime: true)
  }
}

/// −f at a fixed time: the residual whose pseudo-time runs as the field's own time.
@usableFromInline struct SteadyFunction<F: VectorField>: ModelFunction {
  @usableFromInline let field: F
  @usableFromInline let time: Double

  @inlinable init(_ field: F, time: Double) {
    self.field = field
    self.time = time
  }

  @inlinable func evaluate<S: Scalar>(
    at unused: S, state: Span<S>, parameters: Span<S>, into output: inout MutableSpan<S>
  ) {
    field.derivative(at: S(time), state: state, parameters: parameters, into: &output)
    for index in output.indices { output[index] = -output[index] }
  }
}
