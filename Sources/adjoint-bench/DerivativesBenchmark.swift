import Adjoint
import ReferenceProblems

/// `derivatives`: what each kernel of a model costs, in evaluations of the model.
///
/// The sizes are the models' names. Every kernel runs once a repetition, in turn, each long enough to be
/// timed; the answer `evaluations` is the ratio of the shortest times. The kernels must agree with each
/// other to 1e-12, relative to the sums of their terms' magnitudes.
struct DerivativesBenchmark: Benchmark {
  let name = "derivatives"
  let defaultSizes = DerivativesModel.all.map(\.name)
  let defaultTolerances: [Double] = []

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    guard let entry = DerivativesModel.all.first(where: { $0.name == benchmarkCase.size }) else {
      throw BenchmarkError.invalidSize(
        benchmarkCase.size ?? "", example: DerivativesModel.all[0].name)
    }
    let kernels = try DerivativeKernels(try entry.point())
    try kernels.check()
    var stopwatches = kernels.all.map { _ in Stopwatch() }
    let counts = try kernels.all.map { try Self.callCount($0.run) }
    for _ in 0..<benchmarkCase.repetitions {
      for (index, kernel) in kernels.all.enumerated() {
        stopwatches[index].beginRepetition()
        let seconds = try Self.seconds(of: kernel.run, calls: counts[index])
        stopwatches[index].add(seconds / Double(counts[index]), to: "call")
      }
    }
    let shortest = stopwatches.map { $0.totals(of: nil).min() ?? .nan }
    for (index, kernel) in kernels.all.enumerated() {
      var answers = kernel.answers.mapValues { BenchmarkRecord.Answer($0) }
      answers["evaluations"] = BenchmarkRecord.Answer(shortest[index] / shortest[0])
      try report(
        BenchmarkRecord(
          problem: name, case: benchmarkCase, variant: kernel.name,
          stopwatch: stopwatches[index], answers: answers))
    }
  }

  /// How many calls take about five milliseconds.
  private static func callCount(_ run: () throws -> Void) throws -> Int {
    var count = 1
    while true {
      let time = try seconds(of: run, calls: count)
      if time > 1e-3 { return max(1, Int(5e-3 * Double(count) / time)) }
      count *= 4
    }
  }

  private static func seconds(of run: () throws -> Void, calls: Int) throws -> Double {
    var stopwatch = Stopwatch()
    try stopwatch.measure("calls") { for _ in 0..<calls { try run() } }
    return stopwatch.totals(of: nil)[0]
  }
}
