/// A linear system A(p) x = b(p), written once for every scalar.
///
/// ```swift
/// struct Springs: ParametrizedLinearSystem {
///   let pattern: SparsityPattern
///   let parameterCount = 2
///   func assemble<S: Scalar>(
///     parameters: Span<S>, matrix: inout MutableSpan<S>, rightHandSide: inout MutableSpan<S>
///   ) {
///     matrix[0] = parameters[0] + parameters[1]
///     rightHandSide[0] = 1
///   }
/// }
/// ```
public protocol ParametrizedLinearSystem: Sendable {
  /// Where the matrix may be nonzero, whatever the parameters.
  var pattern: SparsityPattern { get }

  /// What the stored entries stand for; ``LinearSystem/Storage/full`` unless stated.
  var storage: LinearSystem.Storage { get }

  /// The number of parameters.
  var parameterCount: Int { get }

  /// Assembles the values of the matrix, in the order of the pattern's slots, and the right-hand side.
  ///
  /// Both are zero on entry, so contributions can be added.
  func assemble<S: Scalar>(
    parameters: Span<S>, matrix: inout MutableSpan<S>, rightHandSide: inout MutableSpan<S>)
}

extension ParametrizedLinearSystem {
  /// The stored entries are the matrix.
  public var storage: LinearSystem.Storage { .full }
}

/// The assembly of a parametrized linear system as the function of a model.
@usableFromInline struct AssemblyFunction<L: ParametrizedLinearSystem>: ModelFunction {
  @usableFromInline let system: L
  @usableFromInline let entryCount: Int

  @inlinable init(_ system: L) {
    self.system = system
    entryCount = system.pattern.entryCount
  }

  /// Splits `output` into the matrix's values and the right-hand side, clears and assembles both.
  @inlinable func evaluate<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into output: inout MutableSpan<S>
  ) {
    output.withUnsafeMutableBufferPointer { output in
      output.update(repeating: .zero)
      var matrix = UnsafeMutableBufferPointer(rebasing: output[..<entryCount]).mutableSpan
      var rightHandSide = UnsafeMutableBufferPointer(rebasing: output[entryCount...]).mutableSpan
      system.assemble(parameters: parameters, matrix: &matrix, rightHandSide: &rightHandSide)
    }
  }
}

extension Model {
  /// Erases a parametrized linear system: outputs (values of A, b), no state, no time.
  @inlinable public init<L: ParametrizedLinearSystem>(_ system: L) {
    self.init(
      name: String(describing: L.self), stateCount: 0, parameterCount: system.parameterCount,
      outputCount: system.pattern.entryCount + system.pattern.rowCount,
      function: AssemblyFunction(system))
  }
}

/// A parametrized linear system together with the parameters to solve it for.
public struct ParametrizedLinearProblem: Sendable {
  /// (values of A, b) as a function of p.
  public let model: Model

  /// Where the matrix may be nonzero.
  public let pattern: SparsityPattern

  /// What the stored entries stand for.
  public let storage: LinearSystem.Storage

  /// p.
  public var parameters: [Double]

  /// A problem from a system, whose type is erased here, and parameters.
  ///
  /// - Throws: `InputError` if the parameters have the wrong length or are not finite,
  ///   ``FactorizationError/notSquare(rowCount:columnCount:)``.
  @inlinable public init<L: ParametrizedLinearSystem>(
    _ system: L, parameters: [Double]
  ) throws {
    try self.init(
      model: Model(system), pattern: system.pattern, storage: system.storage,
      parameters: parameters)
  }

  /// A problem with its parameters from a structure.
  ///
  /// - Throws: `InputError`, with the name of a parameter that is not finite, as the other initializer.
  @inlinable public init<L: ParametrizedLinearSystem, P: ParameterStructure>(
    _ system: L, parameters: P
  ) throws where P.Number == Double {
    try parameters.requireFinite("parameters")
    try self.init(system, parameters: parameters.flattened())
  }

  @usableFromInline init(
    model: Model, pattern: SparsityPattern, storage: LinearSystem.Storage, parameters: [Double]
  ) throws {
    guard pattern.isSquare else {
      throw FactorizationError.notSquare(
        rowCount: pattern.rowCount, columnCount: pattern.columnCount)
    }
    self.model = model
    self.pattern = pattern
    self.storage = storage
    self.parameters = parameters
    try validate()
  }

  private func validate() throws {
    try model.validate(state: [], named: "state", parameters: parameters)
  }

  /// The system A(p) x = b(p) in numbers.
  ///
  /// - Throws: `InputError` if the parameters have the wrong length or are not finite, or if an
  ///   assembled number is not finite.
  public func assembled() throws -> LinearSystem {
    try validate()
    var output = [Double](repeating: 0, count: model.outputCount)
    var span = output.mutableSpan
    model.value(0, [Double]().span, parameters.span, &span)
    return try LinearSystem(
      matrix: SparseMatrix(pattern: pattern, values: Array(output[..<pattern.entryCount])),
      rightHandSide: Array(output[pattern.entryCount...]), storage: storage)
  }
}
