import Adjoint
import ArgumentParser
import Foundation
import ODE

/// Fits a differential equation to data.
struct FitCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fit",
    abstract: "Fit a differential equation to data by least squares.",
    discussion: """
      Models:
        lotka-volterra  prey' = alpha prey - beta prey predator,
                        predator' = -gamma predator + delta prey predator;
                        both initial values are estimated too.
                        Columns: year or time, hare or prey, lynx or predator.
        sir             susceptible' = -contactRate susceptible infected / population,
                        infected' = -susceptible' - recoveryRate infected;
                        3 are infected at the first time. Columns: day or time, in_bed or infected.
      Time counts from the first row, in the unit of the time column.
      Writes fit.csv (times, data, fitted values), curve.csv (the fitted curve) and fit.svg.
      Reports confidence intervals, correlations, and which parameters the data do not determine.
      """)

  @Argument(help: "The model.")
  var model: FitModel.Name

  @Argument(
    help: ArgumentHelp("The observations, comma-separated with a header.", valueName: "data.csv"))
  var dataPath: String

  @Flag(help: "Compare logarithms instead of values.")
  var log = false

  @Option(
    help: ArgumentHelp(
      "The columns to use: time, then what the model observes.", valueName: "time,a,b"))
  var columns: String?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "Where to start, for some or all of the parameters and estimated initial values.",
      valueName: "name=value,…"))
  var start: [String] = []

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp("Where to search.", valueName: "name=low:high,…"))
  var bounds: [String] = []

  @Option(help: "The population of the sir model.")
  var population = 763.0

  @OptionGroup var statistics: FitStatisticsOptions

  @OptionGroup var output: OutputOptions

  private var files: [String] {
    ["fit.csv", "curve.csv", "fit.svg"] + (statistics.profile == nil ? [] : FitProfile.files)
  }

  private var columnNames: [String]? {
    columns.map { text in
      text.split(separator: ",", omittingEmptySubsequences: false)
        .map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }

  func validate() throws {
    if let names = columnNames {
      guard names.count == model.columnCount, !names.contains(""), Set(names).count == names.count
      else {
        throw ValidationError(
          "--columns needs \(model.columnCount) different names for \(model.rawValue), "
            + "the time's first.")
      }
    }
    guard population > 3 && population.isFinite else {
      throw ValidationError("--population must be greater than the 3 who are infected at first.")
    }
    let names = FitModel(model, population: population).unknownNames
    try statistics.validate(names: names)
    for (name, value) in try Self.assignments(start, option: "--start", names: names) {
      guard let number = Double(value), number > 0, number.isFinite else {
        throw ValidationError("--start \(name)=\(value): a positive number is needed.")
      }
    }
    for (name, value) in try Self.assignments(bounds, option: "--bounds", names: names) {
      guard Self.range(value) != nil else {
        throw ValidationError(
          "--bounds \(name)=\(value): two positive numbers low:high are needed.")
      }
    }
  }

  func run() throws {
    let model = FitModel(model, population: population)
    let rowsNeeded = max(4, model.unknownNames.count / model.observed.count + 1)
    let data = try TimeSeries(
      path: dataPath,
      columns: columnNames.map { .named($0) } ?? .anyOf(model.columnNames),
      rowsNeeded: rowsNeeded, mustBePositive: log)
    let folder = try output.openFolder(for: "fit", files: files)
    let fit = try TrajectoryFit(
      model: model, data: data, isLogarithmic: log, bounds: searchBounds(model, data),
      loss: statistics.parsedLoss ?? .squares, sigma: statistics.sigma,
      priors: statistics.priors(names: model.unknownNames))

    var progress = Progress()
    let attempts = try starts(fit).map { origin, start in
      try fit.attempt(origin, start: start) { progress.update($0) }
    }
    let finished = attempts.compactMap { attempt in attempt.solution.map { (attempt, $0) } }
    guard let (best, solution) = finished.min(by: { $0.1.misfit < $1.1.misfit }) else {
      progress.finish()
      throw FitError.noStart(attempts.compactMap(\.failure))
    }
    progress.update("checking the gradient")
    let check = try fit.checkGradient(at: solution.parameters)
    let profile = try statistics.profile.map { name in
      progress.update("profiling \(name)")
      return FitProfile(try fit.profile(name, around: solution, level: statistics.level))
    }
    progress.finish()

    let report = try FitReport(
      fit, best: best, solution: solution, gradientCheck: check, attempts: attempts,
      level: statistics.level, profile: profile)
    try output.showJSON(report)
    output.show(report.text(fit))
    let written =
      try FitFiles(fit, solution: solution).write(to: folder)
      + (profile?.write(to: folder) ?? [])
    output.show("\nwritten: \(written.joined(separator: ", "))")
    // Where the model meets the data almost exactly, rounding keeps the gradient from being small
    // relative to the misfit; the fit then stops where the parameters no longer change.
    guard report.gradientNorm <= 1e-6 || solution.stopReason.isConvergence else {
      throw FitError.notConverged(report.gradientNorm)
    }
    guard report.gradientCheck <= 1e-5 else { throw FitError.gradientCheck(report.gradientCheck) }
  }

  /// The start that was asked for, if any, and the one that the data suggest.
  private func starts(_ fit: TrajectoryFit) throws -> [(origin: String, values: [Double])] {
    let names = fit.model.unknownNames
    let rough = fit.roughStart
    let given = try Self.assignments(start, option: "--start", names: names)
    guard !given.isEmpty else { return [("from the data", rough)] }
    var values = rough
    for (name, text) in given {
      guard let index = names.firstIndex(of: name), let value = Double(text) else { continue }
      guard fit.bounds[index].contains(value) else {
        throw FitError.startOutsideBounds(name: name, value: value, bounds: fit.bounds[index])
      }
      values[index] = value
    }
    return [("as given", values), ("from the data", rough)]
  }

  private func searchBounds(
    _ model: FitModel, _ data: TimeSeries
  ) throws -> [ClosedRange<Double>] {
    let names = model.unknownNames
    var ranges = names.indices.map { model.bounds(of: $0, data) }
    for (name, text) in try Self.assignments(bounds, option: "--bounds", names: names) {
      guard let index = names.firstIndex(of: name), let range = Self.range(text) else { continue }
      ranges[index] = range
    }
    return ranges
  }

  /// Splits "name=value,name=value" and checks the names.
  static func assignments(
    _ texts: [String], option: String, names: [String]
  ) throws -> [(name: String, value: String)] {
    try texts.flatMap { $0.split(separator: ",") }.map { item in
      let parts = item.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
      guard parts.count == 2, names.contains(parts[0]) else {
        throw ValidationError(
          "\(option) \(item): name=value is needed, with one of the names "
            + "\(names.joined(separator: ", ")).")
      }
      return (parts[0], parts[1])
    }
  }

  private static func range(_ text: String) -> ClosedRange<Double>? {
    let ends = text.split(separator: ":", omittingEmptySubsequences: false).map { Double($0) }
    guard ends.count == 2, let low = ends[0], let high = ends[1], low > 0, low <= high,
      high.isFinite
    else { return nil }
    return low...high
  }
}

/// Why a fit failed.
enum FitError: Error, Equatable, CustomStringConvertible {
  /// A start violates its bounds.
  case startOutsideBounds(name: String, value: Double, bounds: ClosedRange<Double>)
  /// The model could not be solved from any start.
  case noStart([String])
  /// The search ended at a point that is no optimum.
  case notConverged(Double)
  /// Differences contradict the gradient.
  case gradientCheck(Double)

  var description: String {
    switch self {
    case .startOutsideBounds(let name, let value, let bounds):
      "the start \(name)=\(value) is outside of its bounds \(bounds.lowerBound) to "
        + "\(bounds.upperBound); move it, or widen them with --bounds"
    case .noStart(let reasons):
      "the model could be solved from no start: \(reasons.joined(separator: "; "))"
    case .notConverged(let norm):
      "no optimum was reached: the scaled gradient norm is \(norm) instead of at most 1e-6. "
        + "Likely causes: a poor start (see --start), data that do not determine the parameters, "
        + "or bounds that are too narrow"
    case .gradientCheck(let difference):
      "the gradient disagrees with central differences by \(difference), relatively. Likely "
        + "cause: the model is not smooth at the optimum, or an initial value of it is extreme"
    }
  }
}
