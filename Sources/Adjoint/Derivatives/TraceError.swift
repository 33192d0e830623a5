/// Why the trace of a model cannot serve.
public enum TraceError: Error, Equatable, CustomStringConvertible {
  /// The model has more operations than the trace may hold.
  case full(model: String, maximumOperationCount: Int)
  /// The model compares or reads values, so that one evaluation does not show all it can do.
  case branches(model: String, comparisonCount: Int, readCount: Int)
  /// An output that does not exist was asked for.
  case noSuchOutput(model: String, output: Int, outputCount: Int)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .full(let model, let count):
      """
      one evaluation of \(model) makes more than \(count) operations: allow more, or state the \
      pattern by hand
      """
    case .branches(let model, let comparisons, let reads):
      """
      \(model) compares scalars \(comparisons) times and reads their values \(reads) times, so one \
      evaluation does not show every branch: use minimum, maximum and magnitude instead, trace at a \
      given point to follow the branches taken there, or state the pattern by hand
      """
    case .noSuchOutput(let model, let output, let count):
      "\(model) has \(count) outputs, but output \(output) was asked for"
    }
  }
}
