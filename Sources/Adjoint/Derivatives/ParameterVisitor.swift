/// What a ``ParameterStructure`` presents its fields to.
///
/// It collects the numbers, names them, or replaces them by those of a flat vector; a structure need not
/// know which. Replacing happens inside of models and is kept free of everything else.
public struct ParameterVisitor<Number: Scalar> {
  /// What numbers are replaced by, unless they are recorded; it must outlive the visitor.
  @usableFromInline let source: UnsafeBufferPointer<Number>
  /// How many numbers have been replaced.
  @usableFromInline var count = 0
  /// Where numbers are recorded; nil if they are replaced.
  @usableFromInline let record: ParameterRecord<Number>?

  @inlinable init(replacingBy source: UnsafeBufferPointer<Number>) {
    self.source = source
    record = nil
  }

  @usableFromInline init(recordingIn record: ParameterRecord<Number>) {
    source = UnsafeBufferPointer(start: nil, count: 0)
    self.record = record
  }

  /// Visits a field that is a number.
  @inlinable @inline(__always)
  public mutating func visit(_ number: inout Number, _ name: StaticString) {
    if let record { record.append(number, name) } else { replace(&number) }
  }

  /// Visits a field that is an array of numbers.
  @inlinable @inline(__always)
  public mutating func visit(_ numbers: inout [Number], _ name: StaticString) {
    if let record {
      record.append(numbers, name)
    } else {
      for index in numbers.indices { replace(&numbers[index]) }
    }
  }

  /// Visits a field that is a structure.
  @inlinable @inline(__always)
  public mutating func visit<P: ParameterStructure>(
    _ structure: inout P, _ name: StaticString
  ) where P.Number == Number {
    record?.enter(name)
    structure.visit(&self)
    record?.leave()
  }

  /// Visits a field that is an array of structures.
  @inlinable public mutating func visit<P: ParameterStructure>(
    _ structures: inout [P], _ name: StaticString
  ) where P.Number == Number {
    for index in structures.indices {
      record?.enter(name, index)
      structures[index].visit(&self)
      record?.leave()
    }
  }

  @inlinable @inline(__always) mutating func replace(_ number: inout Number) {
    precondition(count < source.count, "the flat vector is shorter than the parameter structure")
    number = source[count]
    count += 1
  }
}

/// The numbers of a structure, and their names where they are asked for.
@usableFromInline final class ParameterRecord<Number: Scalar> {
  private let isNaming: Bool
  private(set) var numbers: [Number] = []
  private(set) var names: [String] = []
  /// The names of the structures entered, outermost first.
  private var path: [String] = []

  init(isNaming: Bool) { self.isNaming = isNaming }

  @usableFromInline func append(_ number: Number, _ name: StaticString) {
    numbers.append(number)
    if isNaming { names.append(full("\(name)")) }
  }

  @usableFromInline func append(_ array: [Number], _ name: StaticString) {
    numbers += array
    if isNaming { names += array.indices.map { full("\(name)[\($0)]") } }
  }

  @usableFromInline func enter(_ name: StaticString) {
    if isNaming { path.append(full("\(name)")) }
  }

  @usableFromInline func enter(_ name: StaticString, _ index: Int) {
    if isNaming { path.append(full("\(name)[\(index)]")) }
  }

  @usableFromInline func leave() {
    if isNaming { path.removeLast() }
  }

  private func full(_ component: String) -> String {
    path.last.map { "\($0).\(component)" } ?? component
  }
}
