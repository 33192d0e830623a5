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
/// A model then starts with `let rates = Rates<S>().filled(from: parameters)`. Without arrays that costs
/// no more than reading the elements one by one; each array is an allocation per call, which a model that
/// is called millions of times avoids by reading `parameters` directly.
///
/// The lengths of arrays are part of the shape: they must not change while a structure is visited.
public protocol ParameterStructure<Number> {
  /// The type of the numbers, usually the structure's generic parameter.
  associatedtype Number: Scalar

  /// Presents every field to `visitor` with its name, always in the same order.
  mutating func visit(_ visitor: inout ParameterVisitor<Number>)
}

extension ParameterStructure {
  /// The number of numbers in the structure.
  @inlinable public var parameterCount: Int {
    var visitor = ParameterVisitor<Number>(.count)
    var copy = self
    copy.visit(&visitor)
    return visitor.count
  }

  /// The names of the numbers: `growth`, `decay.rate`, `loads[2]`, in the order of the flat vector.
  @inlinable public var parameterNames: [String] {
    var visitor = ParameterVisitor<Number>(.name)
    var copy = self
    copy.visit(&visitor)
    return visitor.names
  }

  /// The flat vector of the numbers.
  @inlinable public func flattened() -> [Number] {
    var visitor = ParameterVisitor<Number>(.collect)
    var copy = self
    copy.visit(&visitor)
    return visitor.numbers
  }

  /// The structure with its numbers taken from a flat vector: what a model starts with.
  ///
  /// The vector must have ``parameterCount`` elements, as it has where that is the model's
  /// `parameterCount`.
  @inlinable public func filled(from numbers: Span<Number>) -> Self {
    numbers.withUnsafeBufferPointer { buffer in
      var visitor = ParameterVisitor(.replace, source: buffer)
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
  @inlinable public func rebuilt(from numbers: [Number]) throws -> Self {
    try InputError.requireLength("parameters", expected: parameterCount, found: numbers.count)
    return filled(from: numbers.span)
  }

  /// Throws ``InputError`` with the name of the first number that is infinite or NaN.
  @inlinable public func requireFinite(_ argument: String = "parameters") throws {
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
  @inlinable public func parameters<P: ParameterStructure>(
    like template: P
  ) throws -> P where P.Number == Double {
    try template.rebuilt(from: parameters)
  }
}
