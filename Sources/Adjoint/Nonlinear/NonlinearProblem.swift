/// Find u with F(u, p) = 0, starting from a guess.
public struct NonlinearProblem: Sendable {
  /// The residual F.
  public let model: Model

  /// The parameters p.
  public var parameters: [Double]

  /// Where the iteration starts.
  public var initialGuess: [Double]

  /// Where the unknowns may be; nil for everywhere.
  ///
  /// Not needed for a residual that is NaN or infinite outside its domain.
  public var domain: StateDomain?

  /// Erases the system and checks lengths and finiteness.
  ///
  /// - Throws: `InputError` if a length is wrong or a number is not finite.
  @inlinable public init<R: ResidualSystem>(
    _ system: R, parameters: [Double], initialGuess: [Double]
  ) throws {
    try self.init(Model(system), parameters: parameters, initialGuess: initialGuess)
  }

  /// Erases the system and takes its parameters from a structure.
  ///
  /// - Throws: `InputError`, with the name of a parameter that is not finite, as the other initializers.
  @inlinable public init<R: ResidualSystem, P: ParameterStructure>(
    _ system: R, parameters: P, initialGuess: [Double]
  ) throws where P.Number == Double {
    try parameters.requireFinite("parameters")
    try self.init(system, parameters: parameters.flattened(), initialGuess: initialGuess)
  }

  /// A problem for a model that is already erased; it must have as many outputs as states.
  ///
  /// - Throws: `InputError` if a length is wrong or a number is not finite.
  public init(_ model: Model, parameters: [Double], initialGuess: [Double]) throws {
    try InputError.requireLength(
      "residual of \(model.name)", expected: model.stateCount, found: model.outputCount)
    try model.validate(state: initialGuess, named: "initialGuess", parameters: parameters)
    self.model = model
    self.parameters = parameters
    self.initialGuess = initialGuess
  }
}
