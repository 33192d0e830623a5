/// Why the recording of a model cannot serve.
public enum TraceError: Error, Equatable, CustomStringConvertible {
  /// The model has more operations than the trace may hold.
  case full(model: String, maximumOperationCount: Int)
  /// The model compares or reads values, so that one evaluation does not show all it can do.
  case branches(model: String, comparisonCount: Int, readCount: Int)
  /// A replayed comparison, the `comparison`-th from 0, has another outcome than when it was recorded.
  case branchChanged(model: String, comparison: Int, first: Double, second: Double)
  /// The `read`-th reading of a scalar's value, from 0, finds another value than when it was recorded.
  case readChanged(model: String, read: Int, recorded: Double, found: Double)
  /// An output that does not exist was asked for.
  case noSuchOutput(model: String, output: Int, outputCount: Int)

  /// What is wrong, for a person.
  public var description: String {
    switch self {
    case .full(let model, let count):
      """
      one evaluation of \(model) makes more than \(count) operations: allow more, differentiate it \
      by duals, or write its derivative or pattern by hand
      """
    case .branches(let model, let comparisons, let reads):
      """
      \(model) compares scalars \(comparisons) times and reads their values \(reads) times, so one \
      evaluation does not show every branch: use minimum, maximum and magnitude instead, trace at a \
      given point to follow the branches taken there, or state the pattern by hand
      """
    case .branchChanged(let model, let comparison, let first, let second):
      """
      comparison \(comparison) of \(model), now of \(first) and \(second), has another outcome than \
      when the trace was recorded, so the model may go another way: record a new trace here, or \
      evaluate the model itself
      """
    case .readChanged(let model, let read, let recorded, let found):
      """
      reading \(read) of a scalar's value in \(model) finds \(found) where \(recorded) was when the \
      trace was recorded, so the model may go another way: compare scalars instead of their values, \
      or record a new trace here
      """
    case .noSuchOutput(let model, let output, let count):
      "\(model) has \(count) outputs, but output \(output) was asked for"
    }
  }
}
