/// Solves ``LinearLeastSquaresSystem``s by QR factorization, giving solutions that can be differentiated.
///
/// ```swift
/// let system = try LinearLeastSquaresSystem(matrix: a, rightHandSide: b)
/// let solution = try LinearLeastSquaresSolver().solve(system)   // x = A⁺ b
/// let gradient = try solution.pullback(w)
/// ```
/// A solver is a value without state and may be shared between threads.
public struct LinearLeastSquaresSolver: Sendable {
  /// The settings.
  public let options: QRFactorization.Options

  /// A solver with default settings.
  public init() { options = QRFactorization.Options() }

  /// A solver with the given settings.
  ///
  /// - Throws: `InputError` for settings that make no sense.
  public init(options: QRFactorization.Options) throws {
    try options.validate()
    self.options = options
  }

  /// Factorizes and solves.
  ///
  /// - Throws: ``FactorizationError/rankChanged(expected:found:)`` if a rank was expected;
  ///   ``FactorizationError/solutionNotFinite(index:)``; as ``QRFactorization`` does.
  public func solve(_ system: LinearLeastSquaresSystem) throws -> LinearLeastSquaresSolution {
    try LinearLeastSquaresSolution(
      system, factors: QRFactorization(system.matrix, options: options))
  }

  /// Factorizes and solves with the order of columns of an earlier factorization, for the next matrix of a
  /// parametrized family, which must have the same rank.
  ///
  /// - Throws: ``FactorizationError/rankChanged(expected:found:)`` if the rank is another one, where
  ///   derivatives along the family do not exist; as ``solve(_:)`` does.
  public func solve(
    _ system: LinearLeastSquaresSystem, reusing earlier: QRFactorization
  ) throws -> LinearLeastSquaresSolution {
    let factors = try QRFactorization(system.matrix, reusing: earlier)
    guard factors.rank == earlier.rank else {
      throw FactorizationError.rankChanged(expected: earlier.rank, found: factors.rank)
    }
    return try LinearLeastSquaresSolution(system, factors: factors)
  }
}
