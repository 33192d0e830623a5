/// What a ``ParameterStructure`` presents its fields to.
///
/// It counts the numbers, names them, collects or replaces them; a structure need not know which.
public struct ParameterVisitor<Number: Scalar> {
  /// What happens to a number.
  @usableFromInline enum Purpose {
    /// Only its position counts.
    case count
    /// It is appended to the flat vector.
    case collect
    /// It is replaced by that of the flat vector.
    case replace
    /// Its name is recorded.
    case name
  }

  @usableFromInline let purpose: Purpose
  /// How many numbers have been visited.
  @usableFromInline var count = 0
  /// The flat vector to collect.
  @usableFromInline var numbers: [Number] = []
  /// The flat vector to replace by; it must outlive the visitor.
  @usableFromInline let source: UnsafeBufferPointer<Number>
  /// The names recorded so far.
  @usableFromInline var names: [String] = []
  /// The names of the fields and elements entered, outermost first.
  @usableFromInline var path: [String] = []

  @inlinable init(
    _ purpose: Purpose, source: UnsafeBufferPointer<Number> = .init(start: nil, count: 0)
  ) {
    self.purpose = purpose
    self.source = source
  }

  /// Visits a field that is a number.
  @inlinable public mutating func visit(_ number: inout Number, _ name: StaticString) {
    if purpose == .name { enter("\(name)") }
    visit(&number)
    if purpose == .name { path.removeLast() }
  }

  /// Visits a field that is an array of numbers.
  @inlinable public mutating func visit(_ numbers: inout [Number], _ name: StaticString) {
    for index in numbers.indices {
      if purpose == .name { enter("\(name)[\(index)]") }
      visit(&numbers[index])
      if purpose == .name { path.removeLast() }
    }
  }

  /// Visits a field that is a structure.
  @inlinable public mutating func visit<P: ParameterStructure>(
    _ structure: inout P, _ name: StaticString
  ) where P.Number == Number {
    if purpose == .name { enter("\(name)") }
    structure.visit(&self)
    if purpose == .name { path.removeLast() }
  }

  /// Visits a field that is an array of structures.
  @inlinable public mutating func visit<P: ParameterStructure>(
    _ structures: inout [P], _ name: StaticString
  ) where P.Number == Number {
    for index in structures.indices {
      if purpose == .name { enter("\(name)[\(index)]") }
      structures[index].visit(&self)
      if purpose == .name { path.removeLast() }
    }
  }

  @inlinable mutating func visit(_ number: inout Number) {
    switch purpose {
    case .count: break
    case .collect: numbers.append(number)
    case .replace:
      precondition(count < source.count, "the flat vector is shorter than the parameter structure")
      number = source[count]
    case .name: names.append(path.last ?? "")
    }
    count += 1
  }

  @usableFromInline mutating func enter(_ component: String) {
    path.append(path.last.map { "\($0).\(component)" } ?? component)
  }
}
