import Adjoint
import ArgumentParser
import Foundation

/// What `fit` assumes of the errors and tells about the uncertainty.
struct FitStatisticsOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How much a residual counts: squares, huber:SCALE or cauchy:SCALE.", valueName: "loss"))
  var loss = "squares"

  @Option(
    help: ArgumentHelp(
      "The standard deviation of the data (of their logarithms with --log), if it is known.",
      valueName: "deviation"))
  var sigma: Double?

  @Option(
    parsing: .singleValue,
    help: ArgumentHelp(
      "What is known of parameters beforehand; needs --sigma.",
      valueName: "name=mean:deviation,…"))
  var prior: [String] = []

  @Option(help: ArgumentHelp("The probability of the intervals.", valueName: "probability"))
  var level = 0.95

  @Option(
    help: ArgumentHelp(
      "Fit the others for many values of this parameter; writes profile.csv and profile.svg.",
      valueName: "parameter"))
  var profile: String?

  /// The loss that was asked for.
  var parsedLoss: Loss? {
    let parts = loss.split(separator: ":", omittingEmptySubsequences: false)
    if loss == "squares" { return .squares }
    guard parts.count == 2, let scale = Double(parts[1]), scale > 0, scale.isFinite else {
      return nil
    }
    switch parts[0] {
    case "huber": return .huber(scale: scale)
    case "cauchy": return .cauchy(scale: scale)
    default: return nil
    }
  }

  func validate() throws {
    guard parsedLoss != nil else {
      throw ValidationError(
        "--loss \(loss): squares, huber:SCALE or cauchy:SCALE is needed, with a positive scale.")
    }
    if let sigma, !(sigma > 0 && sigma.isFinite) {
      throw ValidationError("--sigma must be positive.")
    }
    guard level > 0 && level < 1 else {
      throw ValidationError("--level must be between 0 and 1.")
    }
    guard prior.isEmpty || sigma != nil else {
      throw ValidationError(
        "--prior needs --sigma: how much a prior counts depends on the errors of the data.")
    }
  }

  /// Throws unless the names in the options are among `names`.
  func validate(names: [String]) throws {
    if let profile, !names.contains(profile) {
      throw ValidationError(
        "--profile \(profile): one of the names \(names.joined(separator: ", ")) is needed.")
    }
    _ = try priors(names: names)
  }

  /// The priors by the parameters' names.
  func priors(names: [String]) throws -> [String: LeastSquaresProblem.Prior] {
    var priors: [String: LeastSquaresProblem.Prior] = [:]
    for (name, text) in try FitCommand.assignments(prior, option: "--prior", names: names) {
      let numbers = text.split(separator: ":", omittingEmptySubsequences: false)
        .map { Double($0) }
      guard numbers.count == 2, let mean = numbers[0], let deviation = numbers[1],
        mean.isFinite, deviation > 0, deviation.isFinite
      else {
        throw ValidationError(
          "--prior \(name)=\(text): two numbers mean:deviation are needed, the second positive.")
      }
      priors[name] = .normal(mean: mean, standardDeviation: deviation)
    }
    return priors
  }
}
