import Adjoint
import Foundation

/// What `fit` found, as JSON.
struct FitReport: Encodable {
  /// A start that was tried.
  struct Start: Encodable {
    var origin: String
    var values: [String: Double]
    var misfit: Double?
    var gradientNorm: Double?
    var failure: String?
  }

  var model: String
  var isLogarithmic: Bool
  var observations: Int
  var parameters: [String: Double]
  var initialState: [String: Double]
  /// Empty where the data do not determine the parameters.
  var standardErrors: [String: Double]
  /// The lower and the upper end for each parameter; empty as the standard errors.
  var intervals: [String: [Double]]
  /// The probability of the intervals.
  var level: Double
  /// By the names of both parameters.
  var correlations: [String: [String: Double]]
  /// What the data do not determine.
  var warnings: [String]
  var profile: FitProfile?
  /// Half the sum of squares.
  var misfit: Double
  var iterations: Int
  /// The largest |gᵢ xᵢ| / misfit.
  var gradientNorm: Double
  /// The largest relative difference between the adjoint's gradient and central differences.
  var gradientCheck: Double
  var stopReason: String
  var atBound: [String]
  var starts: [Start]

  enum CodingKeys: String, CodingKey {
    case model, observations, parameters, initialState, standardErrors, misfit, iterations
    case gradientNorm, gradientCheck, stopReason, atBound, starts
    case intervals, level, correlations, warnings, profile
    case isLogarithmic = "log"
  }

  init(
    _ fit: TrajectoryFit, best: TrajectoryFit.Attempt, solution: LeastSquaresSolution,
    gradientCheck: Double, attempts: [TrajectoryFit.Attempt], level: Double,
    profile: FitProfile?
  ) throws {
    let names = fit.model.unknownNames
    func named(_ values: [Double]) -> [String: Double] {
      Dictionary(uniqueKeysWithValues: zip(names, values))
    }
    model = fit.model.name.rawValue
    isLogarithmic = fit.isLogarithmic
    observations = fit.data.rows.count
    let values = named(solution.parameters)
    parameters = values.filter { fit.model.parameterNames.contains($0.key) }
    initialState = Dictionary(
      uniqueKeysWithValues: zip(fit.model.stateNames, fit.model.knownInitialState)
    ).merging(values.filter { fit.model.stateNames.contains($0.key) }) { $1 }
    standardErrors = solution.standardErrors.map(named) ?? [:]
    self.level = level
    let ranges = try solution.confidenceIntervals(level: level) ?? []
    intervals = Dictionary(
      uniqueKeysWithValues: zip(names, ranges.map { [$0.lowerBound, $0.upperBound] }))
    correlations = [:]
    if let matrix = solution.correlations {
      for (row, name) in names.enumerated() {
        correlations[name] = named(Array(matrix[row * names.count..<(row + 1) * names.count]))
      }
    }
    warnings = solution.identifiability.warnings + (solution.diagnosis.map { ["\($0)"] } ?? [])
    self.profile = profile
    misfit = solution.misfit
    iterations = best.iterations
    gradientNorm = solution.scaledGradientNorm
    self.gradientCheck = gradientCheck
    stopReason = solution.stopReason.rawValue
    atBound = solution.activeBounds.map { names[$0] }
    starts = attempts.map { attempt in
      Start(
        origin: attempt.origin, values: named(attempt.start), misfit: attempt.solution?.misfit,
        gradientNorm: attempt.solution?.scaledGradientNorm, failure: attempt.failure)
    }
  }

  /// The report for a person.
  func text(_ fit: TrajectoryFit) -> String {
    let data = fit.data
    let percent = "\((100 * level).formatted(digits: 4)) %"
    var table = Table("", "estimate", "standard error", "\(percent) from", "to")
    for name in fit.model.unknownNames {
      table.add(
        parameters[name] == nil ? "\(name) at the start" : name,
        (parameters[name] ?? initialState[name] ?? .nan).formatted(digits: 8),
        atBound.contains(name)
          ? "at bound" : standardErrors[name].map { $0.formatted(digits: 3) } ?? "undetermined",
        intervals[name].map { $0[0].formatted(digits: 5) } ?? "",
        intervals[name].map { $0[1].formatted(digits: 5) } ?? "")
    }
    let figures = [
      "misfit          \(misfit.formatted(digits: 10)) (\(misfitMeaning(fit)))",
      "iterations      \(iterations) (stopped by \(stopReason))",
      "gradient norm   \(gradientNorm.formatted(digits: 3)) "
        + "(scaled by the parameters, relative to the misfit)",
      "gradient check  \(gradientCheck.formatted(digits: 3)) "
        + "(adjoint against central differences, relative)",
    ]
    let observed = data.names.dropFirst().joined(separator: " and ")
    let first = (data.times.first ?? 0).formatted(digits: 6)
    let last = (data.times.last ?? 0).formatted(digits: 6)
    var lines =
      [
        "\(model): least squares on \(isLogarithmic ? "logarithms" : "values"), "
          + "\(observations) observations of \(observed), \(data.names[0]) \(first) to \(last)",
        "", table.description, "",
      ] + correlationLines(fit) + figures + [""]
    for start in starts {
      let values = fit.model.unknownNames.map { name in
        "\(name) \((start.values[name] ?? .nan).formatted(digits: 3))"
      }
      let result = start.misfit.map { "misfit \($0.formatted(digits: 10))" }
      lines.append(
        "start \(start.origin) (\(values.joined(separator: ", "))): "
          + (result ?? "failed: \(start.failure ?? "")"))
    }
    if !atBound.isEmpty {
      lines.append("held by a bound: \(atBound.joined(separator: ", "))")
    }
    if let profile { lines.append(profile.text) }
    lines += warnings.map { "warning: \($0)" }
    return lines.joined(separator: "\n")
  }

  private func misfitMeaning(_ fit: TrajectoryFit) -> String {
    if fit.loss != .squares { return "half the sum of the robust loss" }
    return fit.sigma == nil
      ? "half the sum of squares" : "half the sum of squares in standard deviations"
  }

  /// The lower triangle of the correlations.
  private func correlationLines(_ fit: TrajectoryFit) -> [String] {
    let names = fit.model.unknownNames
    guard !correlations.isEmpty, names.count > 1 else { return [] }
    var table = Table(["correlation"] + names.dropLast())
    for (row, name) in names.enumerated().dropFirst() {
      table.add(
        [name]
          + names[..<row].map { (correlations[name]?[$0] ?? .nan).formatted(digits: 2) })
    }
    return [table.description, ""]
  }
}
