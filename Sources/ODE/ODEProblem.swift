/// An initial value problem du/dt = f(t, u, p), u(t₀) = u₀, on t₀ ≤ t ≤ t₁.
///
/// The vector field's type is erased here, once; a solver needs not be generic.
///
/// ```swift
/// let problem = try ODEProblem(
///   Decay(), initialState: [1], parameters: [0.5], timeSpan: 0...10)
/// let solution = try RungeKuttaSolver().solve(problem, observationTimes: [1, 2, 5])
/// let gradient = try solution.pullback([0, 0, 1])
/// ```
public struct ODEProblem: Sendable {
  /// The erased function f.
  public let model: Model
  /// u₀.
  public let initialState: [Double]
  /// p.
  public let parameters: [Double]
  /// t₀ … t₁.
  public let timeSpan: ClosedRange<Double>

  @usableFromInline let takeStep: @Sendable (ExplicitStep) -> Void
  @usableFromInline let startStep: @Sendable (ExplicitStep) -> Void
  /// The reverse sweep with products of the field's own or by duals; nil where a tape is cheaper.
  @usableFromInline let sweep: (@Sendable (ReverseSweep) -> Void)?

  /// A problem for any vector field; derivatives are derived from its code.
  ///
  /// - Throws: `InputError` if a length differs from the field's, a number is not finite, or the
  ///   time span is empty.
  @inlinable public init<F: VectorField>(
    _ field: F, initialState: [Double], parameters: [Double], timeSpan: ClosedRange<Double>
  ) throws {
    let model = Model(field)
    let byDuals: @Sendable (ReverseSweep) -> Void = { sweep in sweep.runWithDuals(field) }
    try self.init(
      erasing: field, model, sweep: model.prefersTape ? nil : byDuals,
      initialState: initialState, parameters: parameters, timeSpan: timeSpan)
  }

  /// A problem for a vector field with its own vector–Jacobian product.
  ///
  /// - Throws: `InputError` if a length differs from the field's, a number is not finite, or the
  ///   time span is empty.
  @inlinable public init<F: DifferentiatedVectorField>(
    _ field: F, initialState: [Double], parameters: [Double], timeSpan: ClosedRange<Double>
  ) throws {
    try self.init(
      erasing: field, Model(field), sweep: { sweep in sweep.runWithFieldPullback(field) },
      initialState: initialState, parameters: parameters, timeSpan: timeSpan)
  }

  /// A problem with its parameters from a structure.
  ///
  /// - Throws: `InputError`, with the name of a parameter that is not finite, as the others.
  @inlinable public init<F: VectorField, P: ParameterStructure>(
    _ field: F, initialState: [Double], parameters: P, timeSpan: ClosedRange<Double>
  ) throws where P.Number == Double {
    try parameters.requireFinite("parameters")
    try self.init(
      field, initialState: initialState, parameters: parameters.flattened(), timeSpan: timeSpan)
  }

  @inlinable init<F: VectorField>(
    erasing field: F, _ model: Model, sweep: (@Sendable (ReverseSweep) -> Void)?,
    initialState: [Double], parameters: [Double], timeSpan: ClosedRange<Double>
  ) throws {
    self.model = model
    self.initialState = initialState
    self.parameters = parameters
    self.timeSpan = timeSpan
    takeStep = { step in step.take(field) }
    startStep = { step in step.start(field) }
    self.sweep = sweep
    try validate()
  }

  private init(_ other: ODEProblem, initialState: [Double], parameters: [Double]) throws {
    model = other.model
    self.initialState = initialState
    self.parameters = parameters
    timeSpan = other.timeSpan
    takeStep = other.takeStep
    startStep = other.startStep
    sweep = other.sweep
    try validate()
  }

  /// The same problem with another initial state or other parameters.
  ///
  /// - Throws: `InputError` if a length differs from the field's or a number is not finite.
  public func with(initialState: [Double]? = nil, parameters: [Double]? = nil) throws -> Self {
    try Self(
      self, initialState: initialState ?? self.initialState,
      parameters: parameters ?? self.parameters)
  }

  /// Runs the adjoint of the steps with the cheapest kind of vector–Jacobian product.
  ///
  /// - Throws: `TraceError` if the model makes more operations than it allows.
  func runReverse(_ reverse: ReverseSweep) throws {
    if let sweep {
      sweep(reverse)
    } else {
      let evaluator = ModelEvaluator(
        model, parameters: parameters,
        expectedProductCount: reverse.stepCount * reverse.tables.stageCount)
      reverse.runWithRecording(evaluator)
      try evaluator.requireProducts()
    }
  }

  @usableFromInline func validate() throws {
    try model.validate(state: initialState, named: "initialState", parameters: parameters)
    for (index, bound) in [timeSpan.lowerBound, timeSpan.upperBound].enumerated() {
      guard bound.isFinite else {
        throw InputError.notFinite(argument: "timeSpan", index: index, value: bound)
      }
    }
    try InputError.require(
      timeSpan.lowerBound < timeSpan.upperBound, "timeSpan.upperBound", timeSpan.upperBound,
      "greater than timeSpan.lowerBound = \(timeSpan.lowerBound)")
  }
}
