/// A struct of numbers, arrays and further such structs that serves as the parameters of a model.
///
/// It is generic over its scalar, so that a model reads its parameters by name in every scalar, and so
/// that a gradient is the same struct. One method names the fields, in the order of the flat vector:
///
/// ```swift
/// struct Rates<S: Scalar>: ParameterStructure {
///   var growth: S = 0
///   var decay = Decay<S>()                      // a struct with a field `rate`
///   var loads = [S](repeating: 0, count: 3)
///
///   mutating func visit(_ visitor: inout ParameterVisitor<S>) {
///     visitor.visit(&growth, "growth")
///     visitor.visit(&decay, "decay")
///     visitor.visit(&loads, "loads")
///   }
/// }
/// ```
/// A model then starts with `let rates = Rates<S>().filled(from: parameters)`. That costs a few nanoseconds
/// for a handful of numbers, and an allocation for each array; a model that is called millions of times may
/// read long arrays from `parameters` directly.
///
/// The lengths of arrays are part of the shape: they must not change while a structure is visited. To send
/// a structure between threads, add `extension Rates: Sendable where S: Sendable {}`.
public protocol ParameterStructure<Number> {
  /// The type of the numbers, usually the structure's generic parameter.
  associatedtype Number: Scalar

  /// Presents every field to `visitor` with its name, always in the same order.
  mutating func visit(_ visitor: inout ParameterVisitor<Number>)
}

extension ParameterStructure {
  /// The number of numbers in the structure.
  public var parameterCount: Int { record(isNaming: false).numbers.count }

  /// The names of the numbers: `growth`, `decay.rate`, `loads[2]`, in the order of the flat vector.
  public var parameterNames: [String] { record(isNaming: true).names }

  /// The flat vector of the numbers.
  public func flattened() -> [Number] { record(isNaming: false).numbers }

  private func record(isNaming: Bool) -> ParameterRecord<Number> {
    let record = ParameterRecord<Number>(isNaming: isNaming)
    var visitor = ParameterVisitor(recordingIn: record)
    var copy = self
    copy.visit(&visitor)
    return record
  }

  /// The structure with its numbers taken from a flat vector: what a model starts with.
  ///
  /// The vector must have ``parameterCount`` elements, as it has where that is the model's
  /// `parameterCount`.
  @inlinable @inline(__always)
  public func filled(from numbers: Span<Number>) -> Self {
    numbers.withUnsafeBufferPointer { buffer in
      var visitor = ParameterVisitor(replacingBy: buffer)
      var copy = self
      copy.visit(&visitor)
      precondition(
        visitor.count == buffer.count, "the flat vector is longer than the parameter structure")
      return copy
    }
  }

  /// The structure with its numbers taken from a flat vector of any length.
  ///
  /// - Throws: ``InputError`` unless there are ``parameterCount`` numbers.
  public func rebuilt(from numbers: [Number]) throws -> Self {
    try InputError.requireLength("parameters", expected: parameterCount, found: numbers.count)
    return filled(from: numbers.span)
  }

  /// Throws ``InputError`` with the name of the first number that is infinite or NaN.
  public func requireFinite(_ argument: String = "parameters") throws {
    let numbers = flattened()
    guard let index = numbers.firstIndex(where: { !$0.value.isFinite }) else { return }
    throw InputError.outOfRange(
      argument: "\(argument).\(parameterNames[index])", value: numbers[index].value,
      requirement: "a finite number")
  }
}

/// The gradient of a function of a solution whose problem has parameters.
public protocol ParameterGradient {
  /// p̄, flat.
  var parameters: [Double] { get }
}

extension ParameterGradient {
  /// p̄ as a structure of the same shape as `template`, for example the parameters themselves.
  ///
  /// - Throws: ``InputError`` if the template has not as many numbers as the problem had parameters.
  public func parameters<P: ParameterStructure>(
    like template: P
  ) throws -> P where P.Number == Double {
    try template.rebuilt(from: parameters)
  }
}
