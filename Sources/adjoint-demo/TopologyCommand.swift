import ArgumentParser
import Foundation
import TopologyOptimization

/// `adjoint-demo topopt`: the stiffest structure of a given volume.
struct TopologyCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "topopt",
    abstract: "Find the stiffest structure of a given volume.",
    discussion: """
      Distributes material over a plate of square elements (plane stress, E0 = 1, Emin = 1e-9, \
      nu = 0.3) so that its compliance under a unit load is least, by the optimality criteria. \
      Writes density.png, density.csv and convergence.svg.

      example: adjoint-demo topopt mbb --elements 120x40 --volume-fraction 0.5
      """)

  @Argument(help: "The structure: \(Structure.names).")
  var structure: Structure

  // Values are taken as they come, so that negative numbers get a message of their own.
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Numbers of elements, columns x rows.", valueName: "150x50"))
  var elements = ElementCounts(columns: 150, rows: 50)

  @Option(
    parsing: .unconditional, help: "The fraction of the plate to fill, above 0 and at most 1.")
  var volumeFraction = 0.5

  @Option(
    parsing: .unconditional,
    help: "The exponent p of the modulus, Emin + density^p (E0 - Emin); at least 1.")
  var penalization = 3.0

  @Option(parsing: .unconditional, help: "The radius of the filter in element sides.")
  var filterRadius = 6.0

  @Option(help: "What is filtered: \(DesignFilter.names).")
  var filter = DesignFilter.density

  @Option(parsing: .unconditional, help: "The most a density moves in one iteration.")
  var moveLimit = 0.2

  @Option(parsing: .unconditional, help: "Stop when no density changes by as much as this.")
  var changeTolerance = 0.01

  @Option(parsing: .unconditional, help: "Stop after this many iterations.")
  var maxIterations = 200

  @OptionGroup var output: OutputOptions

  mutating func run() throws {
    let optimizer = try OptimalityCriteria(options: options())
    let problem = try structure.problem(elements)
    let interpolation = try SIMPInterpolation(penalization: penalization)
    let folder = try output.openFolder(
      for: Self.configuration.commandName ?? "topopt",
      files: ["density.png", "density.csv", "convergence.svg"])

    output.show(
      "\(structure.title), \(elements) elements, \(filter.rawValue) filter of radius "
        + filterRadius.formatted(digits: 6))
    let solver = try ElasticitySolver(problem: problem, interpolation: interpolation)
    let output = output
    let limit = maxIterations
    let showsLines = !output.json && isatty(STDOUT_FILENO) == 1
    var progress = Progress()
    let result = try optimizer.minimizeCompliance(of: solver) { iteration in
      output.show(Self.line(iteration))
      if !showsLines { progress.update("iteration \(iteration.number) of at most \(limit)") }
      return .proceed
    }
    progress.finish()

    let image = DensityImage(
      densities: result.densities, grid: problem.grid, isMirrored: structure.isHalf)
    var files = [try folder.write(image.png(), to: "density.png")]
    files.append(try Self.writeDensities(result.densities, grid: problem.grid, to: folder))
    if let plot = try Self.plot(result.history).write(to: "convergence.svg", in: folder) {
      files.append(plot)
    }
    try report(result, files: files)
  }

  private func options() -> OptimalityCriteria.Options {
    var options = OptimalityCriteria.Options()
    options.volumeFraction = volumeFraction
    options.filter = filter
    options.filterRadius = filterRadius
    options.moveLimit = moveLimit
    options.changeTolerance = changeTolerance
    options.maximumIterations = maxIterations
    return options
  }

  private static func line(_ iteration: TopologyIteration) -> String {
    String(
      format: "iteration %4d  compliance %14.8g  volume %.6f  change %.6f", iteration.number,
      iteration.compliance, iteration.volumeFraction, iteration.change)
  }

  private func report(_ result: TopologyResult, files: [String]) throws {
    let seconds = result.history.reduce(0) { $0 + $1.seconds.total } / Double(result.history.count)
    output.show(
      """
      \(result.stopReason.explanation) after \(result.history.count) iterations, \
      \((1000 * seconds).formatted(digits: 3)) ms each
      compliance       \(result.compliance.formatted(digits: 12))
      volume fraction  \(result.volumeFraction.formatted(digits: 8))
      wrote            \(files.joined(separator: ", "))
      """)
    try output.showJSON(
      Report(
        compliance: result.compliance, volumeFraction: result.volumeFraction,
        iterations: result.history.count, secondsPerIteration: seconds,
        stopReason: result.stopReason.rawValue,
        history: result.history.map {
          Report.Entry(
            compliance: $0.compliance, volumeFraction: $0.volumeFraction, change: $0.change)
        }, files: files))
  }

  private static func writeDensities(
    _ densities: [Double], grid: ElementGrid, to folder: OutputFolder
  ) throws -> String {
    var text = "column,row,density\n"
    for column in 0..<grid.columns {
      for row in 0..<grid.rows {
        text += "\(column),\(row),\(densities[grid.element(column: column, row: row)])\n"
      }
    }
    return try folder.write(text, to: "density.csv")
  }

  private static func plot(_ history: [TopologyIteration]) -> Plot {
    Plot(
      title: "Compliance by iteration", xLabel: "iteration", yLabel: "compliance",
      series: [
        Plot.Series(
          name: "compliance", style: .curve, color: 0, x: history.map { Double($0.number) },
          y: history.map(\.compliance))
      ])
  }
}

/// The result on standard output.
private struct Report: Encodable {
  struct Entry: Encodable {
    var compliance: Double
    var volumeFraction: Double
    var change: Double
  }

  var compliance: Double
  var volumeFraction: Double
  var iterations: Int
  var secondsPerIteration: Double
  var stopReason: String
  var history: [Entry]
  var files: [String]
}

/// The structures that the command knows.
enum Structure: String, ExpressibleByArgument, CaseIterable {
  case mbb
  case cantilever
  case bridge

  /// All names, for help texts.
  static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }

  var title: String {
    switch self {
    case .mbb: "half MBB beam"
    case .cantilever: "cantilever"
    case .bridge: "bridge"
    }
  }

  /// Whether the plate is one half of a symmetric structure, cut at its left edge.
  var isHalf: Bool { self == .mbb }

  func problem(_ elements: ElementCounts) throws -> ElasticityProblem {
    switch self {
    case .mbb: try .halfMBB(columns: elements.columns, rows: elements.rows)
    case .cantilever: try .cantilever(columns: elements.columns, rows: elements.rows)
    case .bridge: try .bridge(columns: elements.columns, rows: elements.rows)
    }
  }
}

/// Two numbers of elements, written `150x50`.
struct ElementCounts: ExpressibleByArgument, CustomStringConvertible {
  var columns: Int
  var rows: Int

  init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }

  init?(argument: String) {
    let parts = argument.split(separator: "x", omittingEmptySubsequences: false)
    guard parts.count == 2, let columns = Int(parts[0]), let rows = Int(parts[1]) else {
      return nil
    }
    self.init(columns: columns, rows: rows)
  }

  var description: String { "\(columns)x\(rows)" }
  var defaultValueDescription: String { description }
}

extension DesignFilter: ExpressibleByArgument {
  /// All names, for help texts.
  fileprivate static var names: String { allCases.map(\.rawValue).joined(separator: ", ") }
}

extension TopologyResult.StopReason {
  fileprivate var explanation: String {
    switch self {
    case .changeTolerance: "converged"
    case .maximumIterations: "stopped at the limit"
    case .observer: "stopped"
    }
  }
}
