/// What a ``ParameterStructure`` presents its fields to: it reads, writes, counts or names them.
///
/// Structures call the methods with a name. A visitor of one's own implements ``visit(_:)`` and, where
/// names matter, ``enter(_:)`` and ``leave()``.
public protocol ParameterVisitor<Number> {
  /// The type of the numbers.
  associatedtype Number: Scalar

  /// Visits one number.
  mutating func visit(_ number: inout Number)

  /// Announces that what follows belongs to a field or an element.
  mutating func enter(_ component: ParameterComponent)

  /// Ends what the last ``enter(_:)`` that is still open began.
  mutating func leave()
}

/// A part of the name of a number.
public enum ParameterComponent {
  /// The field of a structure.
  case field(StaticString)
  /// The element of an array.
  case index(Int)
}

extension ParameterVisitor {
  /// Nothing.
  @inlinable public mutating func enter(_ component: ParameterComponent) {}

  /// Nothing.
  @inlinable public mutating func leave() {}

  /// Visits a field that is a number.
  @inlinable public mutating func visit(_ number: inout Number, _ name: StaticString) {
    enter(.field(name))
    visit(&number)
    leave()
  }

  /// Visits a field that is an array of numbers.
  @inlinable public mutating func visit(_ numbers: inout [Number], _ name: StaticString) {
    enter(.field(name))
    for index in numbers.indices {
      enter(.index(index))
      visit(&numbers[index])
      leave()
    }
    leave()
  }

  /// Visits a field that is a structure.
  @inlinable public mutating func visit<P: ParameterStructure>(
    _ structure: inout P, _ name: StaticString
  ) where P.Number == Number {
    enter(.field(name))
    structure.visit(&self)
    leave()
  }

  /// Visits a field that is an array of structures.
  @inlinable public mutating func visit<P: ParameterStructure>(
    _ structures: inout [P], _ name: StaticString
  ) where P.Number == Number {
    enter(.field(name))
    for index in structures.indices {
      enter(.index(index))
      structures[index].visit(&self)
      leave()
    }
    leave()
  }
}

/// Counts numbers.
@usableFromInline struct ParameterCounter<Number: Scalar>: ParameterVisitor {
  @usableFromInline var count = 0

  @inlinable init() {}

  @inlinable mutating func visit(_ number: inout Number) { count += 1 }
}

/// Collects numbers.
@usableFromInline struct ParameterWriter<Number: Scalar>: ParameterVisitor {
  @usableFromInline var numbers: [Number] = []

  @inlinable init() {}

  @inlinable mutating func visit(_ number: inout Number) { numbers.append(number) }
}

/// Replaces numbers by those of a buffer, which must outlive it.
@usableFromInline struct ParameterReader<Number: Scalar>: ParameterVisitor {
  @usableFromInline let numbers: UnsafeBufferPointer<Number>
  @usableFromInline var position = 0

  @inlinable init(_ numbers: UnsafeBufferPointer<Number>) { self.numbers = numbers }

  @inlinable var isAtEnd: Bool { position == numbers.count }

  @inlinable mutating func visit(_ number: inout Number) {
    precondition(
      position < numbers.count, "the flat vector is shorter than the parameter structure")
    number = numbers[position]
    position += 1
  }
}

/// Composes names.
@usableFromInline struct ParameterNamer<Number: Scalar>: ParameterVisitor {
  @usableFromInline var names: [String] = []
  /// The names of what is entered, outermost first.
  private var path: [String] = []

  @usableFromInline init() {}

  @usableFromInline mutating func enter(_ component: ParameterComponent) {
    let outer = path.last ?? ""
    switch component {
    case .field(let name): path.append(outer.isEmpty ? "\(name)" : "\(outer).\(name)")
    case .index(let index): path.append("\(outer)[\(index)]")
    }
  }

  @usableFromInline mutating func leave() { path.removeLast() }

  @usableFromInline mutating func visit(_ number: inout Number) { names.append(path.last ?? "") }
}
