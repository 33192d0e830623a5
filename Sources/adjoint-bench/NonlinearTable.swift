import Adjoint
import ReferenceProblems

/// `nonlinear_table`: every solver on the systems of Moré, Garbow and Hillstrom, from the standard start
/// and from ten and a hundred times it.
///
/// One record for each problem, order, start and solver; the size is `problem/n/factor`. A failure is an
/// answer, too: `converged` is 0 then. Methods may take 300 steps, but 100 where each factorizes a full
/// matrix of order 1000. `Scripts/nonlinear-table` makes a table of the records.
struct NonlinearTable: Benchmark {
  let name = "nonlinear_table"
  let defaultSizes: [String] = []
  let defaultTolerances: [Double] = []

  func run(_ benchmarkCase: BenchmarkCase, report: (BenchmarkRecord) throws -> Void) throws {
    for problem in MoreGarbowHillstrom.Problem.allCases {
      for count in problem.counts {
        let system = MoreGarbowHillstrom(problem, stateCount: count)
        let limit = problem.isDense && count >= 1000 ? 100 : 300
        for factor in system.startFactors {
          let start = try NonlinearProblem(
            system, parameters: system.standardParameters,
            initialGuess: system.start(factor: factor))
          for method in NonlinearMethod.all(maximumIterations: limit) {
            let label = "\(problem.rawValue)/\(count)/\(Int(factor))"
            try report(record(method, start, label))
          }
        }
      }
    }
  }

  private func record(
    _ method: NonlinearMethod, _ problem: NonlinearProblem, _ label: String
  ) throws -> BenchmarkRecord {
    var stopwatch = Stopwatch()
    let statistics: NonlinearSolution.Statistics? = stopwatch.measure("solve") {
      do {
        return try method.solve(problem).statistics
      } catch let error as NonlinearError {
        return error.solution?.statistics
      } catch {
        return nil
      }
    }
    let attempts = statistics?.attempts ?? []
    let iterations =
      attempts.isEmpty
      ? statistics?.iterations ?? 0 : attempts.reduce(0) { $0 + $1.iterations }
    return try BenchmarkRecord(
      problem: name, case: BenchmarkCase(size: label, tolerance: nil, repetitions: 1),
      variant: method.name, stopwatch: stopwatch,
      answers: [
        "converged": BenchmarkRecord.Answer(statistics?.isConverged == true ? 1 : 0),
        "iterations": BenchmarkRecord.Answer(Double(iterations)),
        "residual": BenchmarkRecord.Answer(statistics?.residualNorm ?? -1),
      ])
  }
}
