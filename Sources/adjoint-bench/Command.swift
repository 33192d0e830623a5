import ArgumentParser
import Foundation

/// Times the benchmark problems and prints one JSON object per line.
@main
struct AdjointBench: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adjoint-bench",
    abstract: "Time the benchmark problems; one JSON object a line.",
    discussion: """
      Every answer is checked before its time is kept. A wrong answer or a failure is reported on \
      standard error, the remaining problems still run, and the exit status is 1.

      Problems: \(allBenchmarks.map(\.name).joined(separator: ", "))
      """)

  @Argument(help: "Names of problems; without any, all of them.")
  var problems: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "Sizes to run instead of each problem's own, for instance 512 or 150x50.")
  var size: [String] = []

  @Option(
    name: .long, parsing: .upToNextOption,
    help: "Tolerances to run instead of each problem's own, where it has any.")
  var tolerance: [Double] = []

  @Option(name: .long, help: "How often each problem is run; medians are reported.")
  var repetitions = 5

  @Option(name: .long, help: "A file that gets the same lines as standard output.")
  var json: String?

  func validate() throws {
    guard repetitions > 0 else { throw ValidationError("--repetitions must be at least 1.") }
    guard tolerance.allSatisfy({ $0 > 0 && $0 < 1 }) else {
      throw ValidationError("--tolerance must be between 0 and 1.")
    }
    for problem in problems where !allBenchmarks.contains(where: { $0.name == problem }) {
      throw ValidationError(
        "There is no problem '\(problem)'; choose from "
          + allBenchmarks.map(\.name).joined(separator: ", ") + ".")
    }
  }

  func run() throws {
    let lines = try LineOutput(path: json)
    var hasFailed = false
    for benchmark in allBenchmarks where problems.isEmpty || problems.contains(benchmark.name) {
      for benchmarkCase in cases(of: benchmark) {
        do {
          try benchmark.run(benchmarkCase) { try lines.write($0.jsonLine()) }
        } catch {
          hasFailed = true
          lines.report("\(benchmark.name) \(benchmarkCase): \(error)")
        }
      }
    }
    if hasFailed { throw ExitCode.failure }
  }

  private func cases(of benchmark: any Benchmark) -> [BenchmarkCase] {
    let defaults = benchmark.defaultSizes
    let sizes: [String?] = defaults.isEmpty ? [nil] : size.isEmpty ? defaults : size
    let ownTolerances = benchmark.defaultTolerances
    let tolerances: [Double?] =
      ownTolerances.isEmpty ? [nil] : tolerance.isEmpty ? ownTolerances : tolerance
    return sizes.flatMap { size in
      tolerances.map { BenchmarkCase(size: size, tolerance: $0, repetitions: repetitions) }
    }
  }
}

/// Standard output, and a file if one was asked for.
private struct LineOutput {
  private let file: FileHandle?

  init(path: String?) throws {
    guard let path else {
      file = nil
      return
    }
    guard FileManager.default.createFile(atPath: path, contents: nil),
      let handle = FileHandle(forWritingAtPath: path)
    else { throw BenchmarkError.unwritableFile(path) }
    file = handle
  }

  func write(_ line: String) throws {
    let data = Data((line + "\n").utf8)
    try FileHandle.standardOutput.write(contentsOf: data)
    try file?.write(contentsOf: data)
  }

  func report(_ message: String) {
    FileHandle.standardError.write(Data("adjoint-bench: \(message)\n".utf8))
  }
}
