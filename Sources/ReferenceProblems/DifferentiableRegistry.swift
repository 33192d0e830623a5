import Adjoint

/// One differentiable operation of the package, ready to be checked.
public struct DifferentiableOperation: Sendable, CustomStringConvertible {
  /// The name of the type whose `pullback` is exercised.
  public let typeName: String

  /// What is special about this case.
  public let variant: String

  /// Where the derivative is checked.
  public let point: [Double]

  /// How strictly it is checked.
  public let options: DerivativeCheck.Options

  /// Why the options differ from the defaults; empty if they do not.
  public let remark: String

  private let makeMap: @Sendable () throws -> DifferentiableMap

  /// An operation of `type` as a map, made when it is needed.
  init(
    _ type: Any.Type, _ variant: String, at point: [Double],
    options: DerivativeCheck.Options = DerivativeCheck.Options(), remark: String = "",
    map: @escaping @Sendable () throws -> DifferentiableMap
  ) {
    typeName = String(describing: type)
    self.variant = variant
    self.point = point
    self.options = options
    self.remark = remark
    makeMap = map
  }

  /// Type and variant.
  public var description: String { "\(typeName): \(variant)" }

  /// The operation as a map, named by its description.
  public func map() throws -> DifferentiableMap {
    var map = try makeMap()
    map.name = description
    return map
  }

  /// Checks the operation's derivatives.
  ///
  /// - Throws: what the operation itself throws; a wrong derivative is a report that did not pass.
  public func check(seed: UInt64 = 1) throws -> DerivativeReport {
    try DerivativeCheck(seed: seed, options: options).check(map(), at: point)
  }
}

/// Every differentiable operation of the package.
///
/// Each public type with a `pullback` is there, in all its variants. A test compares the list with the
/// source code, so that none is forgotten.
public enum DifferentiableRegistry {
  /// The operations, in the order of the package's families.
  public static func operations() throws -> [DifferentiableOperation] {
    try models() + linearSolutions() + linearBlockSolutions() + parametrizedLinearSolutions()
      + leastSquaresSolutions() + nonlinearSolutions() + minima() + folds() + krylovOperations()
      + complexLinearSolutions() + matrixFunctions() + quadraticPrograms() + odeSolutions()
      + steadyStates() + topologyOperations()
  }

  /// `count` numbers that are of order one, of both signs and far from zero.
  static func numbers(_ count: Int, seed: UInt64) -> [Double] {
    var generator = SeededGenerator(seed: seed)
    return generator.direction(count: count)
  }

  /// As ``numbers(_:seed:)``, but positive.
  static func positiveNumbers(_ count: Int, seed: UInt64) -> [Double] {
    numbers(count, seed: seed).map(\.magnitude)
  }
}
