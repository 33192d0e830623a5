/// Minimize f(x, p) over x subject to c(x, p) = 0, starting from a guess.
public struct MinimizationProblem: Sendable {
  /// (c, f): what the Lagrangian f + λᵀc is made of.
  let lagrangian: Model

  /// c.
  let constraints: Model

  /// The parameters p.
  public var parameters: [Double]

  /// Where the iteration starts.
  public var initialGuess: [Double]

  /// The name of the model's type, for messages.
  public var name: String { lagrangian.name }

  /// n.
  public var variableCount: Int { lagrangian.stateCount }

  /// m.
  public var constraintCount: Int { constraints.outputCount }

  /// Erases the model and checks lengths and finiteness.
  ///
  /// - Throws: `InputError` if there is no variable, more equations than variables, a wrong length or a
  ///   number that is not finite.
  @inlinable public init<M: MinimizationModel>(
    _ model: M, parameters: [Double], initialGuess: [Double]
  ) throws {
    let name = String(describing: M.self)
    try self.init(
      lagrangian: Model(
        name: name, stateCount: model.variableCount, parameterCount: model.parameterCount,
        outputCount: model.constraintCount + 1,
        function: MinimizationFunction(model, hasObjective: true)),
      constraints: Model(
        name: name, stateCount: model.variableCount, parameterCount: model.parameterCount,
        outputCount: model.constraintCount,
        function: MinimizationFunction(model, hasObjective: false)),
      parameters: parameters, initialGuess: initialGuess)
  }

  @usableFromInline init(
    lagrangian: Model, constraints: Model, parameters: [Double], initialGuess: [Double]
  ) throws {
    try InputError.require(
      lagrangian.stateCount > 0, "number of variables", Double(lagrangian.stateCount), "positive")
    try InputError.require(
      constraints.outputCount <= lagrangian.stateCount, "number of equations",
      Double(constraints.outputCount), "at most that of the variables")
    try lagrangian.validate(
      state: initialGuess, named: "initialGuess", parameters: parameters)
    self.lagrangian = lagrangian
    self.constraints = constraints
    self.parameters = parameters
    self.initialGuess = initialGuess
  }
}
