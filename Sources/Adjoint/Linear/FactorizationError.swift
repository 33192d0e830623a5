/// Why a matrix could not be factorized.
public enum FactorizationError: Error, Equatable, CustomStringConvertible {
  /// No nonzero pivot is left in a column.
  case singular(column: Int)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .singular(let column): "the matrix is singular: no pivot in column \(column)"
    }
  }
}
