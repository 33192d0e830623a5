import Adjoint
import ArgumentParser
import Foundation
import ReferenceProblems

/// Checks the derivatives of every differentiable operation of the package.
struct CheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Check every differentiable operation against finite differences and the laws.",
    discussion: """
      For each operation with Jacobian J, in random directions v and w: the dot product \
      <w, Jv> = <J'w, v> (relative gap); the Taylor remainder |g(x + hv) - g(x) - hJv|, whose \
      order must be 2 (or which must vanish); central differences of all outputs, extrapolated, \
      for dense directions and for each input alone (relative error). Further laws: shapes, \
      linearity, values that are the same with and without derivative, bit for bit, and \
      derivatives that stay the same while others are computed. Models are checked by dual \
      numbers and by the tape. Writes check.csv with every figure and its bound. Exit status 1 \
      if a law fails.

      With --sweep the error of difference formulas is computed against the step instead: for exp \
      or sin at 1, or for any one operation. Writes sweep.csv and sweep.svg.
      """)

  @Argument(
    help: ArgumentHelp(
      "With --sweep: exp, sin, or a part of an operation's name (default: exp).",
      valueName: "operation"))
  var operation: String?

  @Flag(help: "Show the error of finite differences against the step.")
  var sweep = false

  @Option(
    help: ArgumentHelp("Check operations whose names contain this only.", valueName: "name"))
  var only: String?

  @Option(help: "The seed of the random directions.")
  var seed: UInt64 = 1

  @OptionGroup var output: OutputOptions

  private static let file = "check.csv"

  func validate() throws {
    guard sweep || operation == nil else {
      throw ValidationError(
        "An operation is swept: add --sweep; to choose what is checked, --only.")
    }
    guard !sweep || only == nil else {
      throw ValidationError("--only chooses what is checked; name the operation after --sweep.")
    }
  }

  func run() throws {
    if sweep { try showSweep() } else { try checkOperations() }
  }

  private func showSweep() throws {
    let folder = try output.openFolder(
      for: "check", files: [SweepReport.tableFile, SweepReport.plotFile])
    let report = try SweepReport(operation ?? "exp", seed: seed)
    let paths = try report.write(to: folder)
    output.show("\(report.table)\n\nwritten: \(paths.joined(separator: ", "))")
    try output.showJSON(report)
  }

  private func checkOperations() throws {
    let operations = try Self.operations(containing: only ?? "")
    let folder = try output.openFolder(for: "check", files: [Self.file])
    var progress = Progress()
    var results: [OperationResult] = []
    for (index, operation) in operations.enumerated() {
      progress.update("\(index)/\(operations.count) \(operation)")
      results.append(OperationResult(operation, seed: seed))
    }
    progress.finish()
    let path = try folder.write(Self.csv(results), to: Self.file)
    let summary = Summary(seed: seed, operations: results)
    output.show(Self.text(results, path: path))
    try output.showJSON(summary)
    guard summary.passed else {
      let count = results.filter { !$0.passed }.count
      Console.note("\(count) of \(results.count) operations failed")
      throw ExitCode.failure
    }
  }

  /// The operations whose names contain `name`, upper and lower case alike; at least one.
  static func operations(containing name: String) throws -> [DifferentiableOperation] {
    let all = try DifferentiableRegistry.operations()
    if let exact = all.first(where: { $0.description == name }) { return [exact] }
    let found = all.filter { name.isEmpty || $0.description.localizedCaseInsensitiveContains(name) }
    guard !found.isEmpty else {
      throw ValidationError(
        "No operation's name contains \"\(name)\"; `adjoint-demo check` lists them all.")
    }
    return found
  }

  private static func text(_ results: [OperationResult], path: String) -> String {
    var table = Table("operation", "dot product", "Taylor", "differences", "each input", "laws")
    for result in results {
      table.add(
        result.name, result.cell(.dotProduct), result.cell(.taylor), result.cell(.differences),
        result.cell(.inputs), result.verdict)
    }
    let failures = results.compactMap(\.explanation)
    let remarks = Set(results.map(\.remark)).subtracting([""]).sorted().map { "* \($0)" }
    let laws = results.reduce(0) { $0 + $1.laws.count }
    let end = "\(laws) laws of \(results.count) operations checked; figures and bounds in \(path)"
    return ([table.description] + remarks + failures + [end]).joined(separator: "\n")
  }

  private static func csv(_ results: [OperationResult]) -> String {
    var lines = ["operation,law,figure,relation,bound,passed"]
    for result in results {
      for law in result.laws {
        let name = "\"\(result.name.replacingOccurrences(of: "\"", with: "\"\""))\""
        lines.append(
          "\(name),\(law.name),\(law.figure),\(law.relation),\(law.bound),\(law.passed)")
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }
}

/// What `check --json` prints.
private struct Summary: Encodable {
  let seed: UInt64
  let passed: Bool
  let operations: [OperationResult]

  init(seed: UInt64, operations: [OperationResult]) {
    self.seed = seed
    self.operations = operations
    passed = operations.allSatisfy(\.passed)
  }
}

/// One operation, checked.
private struct OperationResult: Encodable {
  struct Law: Encodable {
    let name: String
    let figure: Double
    let relation: String
    let bound: Double
    let passed: Bool
  }

  let name: String
  let type: String
  let remark: String
  let passed: Bool
  let laws: [Law]
  let taylorRates: [Double]
  /// Which laws failed and why; nil if all hold.
  let explanation: String?

  init(_ operation: DifferentiableOperation, seed: UInt64) {
    name = operation.description
    type = operation.typeName
    remark = operation.remark
    do {
      let report = try operation.check(seed: seed)
      passed = report.passed
      laws = report.findings.map {
        Law(
          name: $0.law.rawValue, figure: $0.figure, relation: $0.isLowerBound ? ">=" : "<=",
          bound: $0.bound, passed: $0.passed)
      }
      taylorRates = report.taylorRates
      explanation = report.passed ? nil : report.description
    } catch {
      passed = false
      laws = []
      taylorRates = []
      explanation = "\(operation): \(error)"
    }
  }

  /// The figure on a law: for the Taylor remainder its order, or "none" if there is no remainder.
  func cell(_ law: DerivativeReport.Law) -> String {
    guard let result = laws.first(where: { $0.name == law.rawValue }) else { return "-" }
    if law == .taylor { return taylorRates.last?.formatted(digits: 3) ?? "none" }
    return result.figure.formatted(digits: 2)
  }

  var verdict: String {
    let failed = laws.filter { !$0.passed }.count
    return passed ? "\(laws.count) hold\(remark.isEmpty ? "" : "*")" : "\(max(failed, 1)) FAILED"
  }
}
