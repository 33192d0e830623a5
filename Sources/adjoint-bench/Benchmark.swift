/// All benchmark problems: a new one is a file and a line here.
let allBenchmarks: [any Benchmark] = [
  LinearPoissonBenchmark(),
  LinearPullbackBenchmark(),
  LogDeterminantBenchmark(),
  TopologyMBBBenchmark(),
  NonlinearBratuBenchmark(),
  NonlinearTable(),
  LotkaVolterraBenchmark(),
  ColoringBenchmark(),
  DerivativesBenchmark(),
]

/// A problem with a known answer whose solution is timed.
protocol Benchmark: Sendable {
  /// The name on the command line and in the records.
  var name: String { get }

  /// The sizes that are run unless others are asked for; empty if the problem has no size.
  var defaultSizes: [String] { get }

  /// The tolerances that are run unless others are asked for; empty if the problem has none.
  var defaultTolerances: [Double] { get }

  /// Runs every variant and hands over a record of each, answers checked.
  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws
}

/// One size and tolerance of a problem.
struct BenchmarkCase: Sendable, CustomStringConvertible {
  /// The size as it was written, for problems that have one.
  let size: String?

  /// The relative and absolute tolerance, for problems that have one.
  let tolerance: Double?

  /// How often to run.
  let repetitions: Int

  var description: String {
    [size, tolerance.map { "\($0)" }].compactMap { $0 }.joined(separator: " ")
  }

  /// The size as one positive number.
  func count() throws -> Int {
    guard let size, let number = Int(size), number > 0 else {
      throw BenchmarkError.invalidSize(size ?? "", example: "512")
    }
    return number
  }

  /// The size as two positive numbers, width and height.
  func extent() throws -> (width: Int, height: Int) {
    let parts = (size ?? "").split(separator: "x", omittingEmptySubsequences: false).map { Int($0) }
    guard parts.count == 2, let width = parts[0], let height = parts[1], width > 0, height > 0
    else { throw BenchmarkError.invalidSize(size ?? "", example: "150x50") }
    return (width, height)
  }
}

/// A benchmark that cannot be run or gives a wrong answer.
enum BenchmarkError: Error, CustomStringConvertible {
  case invalidSize(String, example: String)
  case wrongAnswer(name: String, found: [Double], expected: [Double], tolerance: Double)
  case unwritableFile(String)

  var description: String {
    switch self {
    case .invalidSize(let size, let example): "the size '\(size)' is not one like \(example)"
    case .wrongAnswer(let name, let found, let expected, let tolerance):
      "the answer \(name) is \(found) instead of \(expected), which is off by more than "
        + "\(tolerance) relative"
    case .unwritableFile(let path): "cannot write to \(path)"
    }
  }
}
