/// What each derivative of a model is computed with and why, and where the ways to it disagree.
///
/// Made by ``Model/report(time:state:parameters:reverseMode:expectedProductCount:willRun:)`` at one point.
public struct ModelReport: Sendable, CustomStringConvertible {
  /// One derivative and how it is computed.
  public struct Choice: Sendable {
    /// Which derivative.
    public let kernel: ModelKernel
    /// The means, such as "tape" or "supplied".
    public let means: String
    /// Why these means.
    public let reason: String
    /// The cost in evaluations of the model by ``KernelCost``; nil where it is not known.
    public let estimatedCost: Double?
  }

  /// The name of the model.
  public let name: String
  /// The length of u.
  public let stateCount: Int
  /// The length of p.
  public let parameterCount: Int
  /// The length of y.
  public let outputCount: Int
  /// The operations that a recording of one evaluation holds; constants and functions of one variable are
  /// left out.
  public let operationCount: Int
  /// What was chosen, in the order of `ModelKernel.allCases`.
  public let choices: [Choice]
  /// Where kernels disagree or give numbers that are not finite; empty if all is well.
  public let discrepancies: [KernelDiscrepancy]

  /// The choice for one derivative.
  public func choice(_ kernel: ModelKernel) -> Choice? { choices.first { $0.kernel == kernel } }

  /// A table of the choices with their reasons, then the discrepancies.
  public var description: String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    var lines = [
      "\(name): \(stateCount) states, \(parameterCount) parameters, \(outputCount) outputs, "
        + "\(operationCount) operations"
    ]
    for choice in choices {
      let cost = choice.estimatedCost.map { "\(DerivativeReport.short($0))×" } ?? "–"
      lines.append(
        "  \(padded(choice.kernel.rawValue, 22))\(padded(choice.means, 26))\(padded(cost, 8))"
          + choice.reason)
    }
    if discrepancies.isEmpty { lines.append("  all kernels agree") }
    for discrepancy in discrepancies { lines.append("  " + discrepancy.description) }
    return lines.joined(separator: "\n")
  }
}

extension Model {
  /// Says how each derivative is computed, and compares the ways to it at (t, u, p).
  ///
  /// A trap in the model ends the process and cannot be reported afterwards: `willRun` is called with
  /// the name of the scalar or kernel before it runs, so that the last name is the guilty one.
  ///
  /// Costs one evaluation in each scalar, two vector–Jacobian products and their derivatives.
  ///
  /// - Throws: `InputError` for wrong lengths and for states and parameters that are not finite.
  public func report(
    time: Double = 0, state: [Double], parameters: [Double],
    reverseMode: ReverseMode = .automatic, expectedProductCount: Int = 1,
    willRun: (String) -> Void = { _ in }
  ) throws -> ModelReport {
    try validate(state: state, named: "state", parameters: parameters)
    try InputError.requireFinite("time", [time])
    var comparison = KernelComparison(self, time: time, state: state, parameters: parameters)
    comparison.run(willRun)
    return ModelReport(
      name: name, stateCount: stateCount, parameterCount: parameterCount,
      outputCount: outputCount, operationCount: comparison.operationCount,
      choices: choices(reverseMode, productCount: expectedProductCount),
      discrepancies: comparison.discrepancies)
  }

  private func choices(
    _ reverseMode: ReverseMode, productCount: Int
  ) -> [ModelReport.Choice] {
    typealias Choice = ModelReport.Choice
    let written = "the model supplies it"
    var choices = [
      Choice(kernel: .value, means: "Double", reason: "the function itself", estimatedCost: 1)
    ]
    if supplied.pushforward != nil {
      for kernel in [ModelKernel.pushforward, .pushforwards] {
        choices.append(
          Choice(kernel: kernel, means: "supplied", reason: written, estimatedCost: nil))
      }
    } else {
      choices.append(
        Choice(
          kernel: .pushforward, means: "DirectionalScalar", reason: "one direction",
          estimatedCost: KernelCost.directional))
      choices.append(
        Choice(
          kernel: .pushforwards, means: "Dual", reason: "eight directions share an evaluation",
          estimatedCost: KernelCost.dual))
    }
    choices.append(pullbackChoice(reverseMode, productCount: productCount))
    choices.append(
      supplied.jacobian != nil
        ? Choice(kernel: .jacobian, means: "supplied", reason: written, estimatedCost: nil)
        : Choice(
          kernel: .jacobian, means: "compressed",
          reason: "its cost follows from the coloring of its pattern", estimatedCost: nil))
    choices.append(derivativeChoice(reverseMode, productCount: productCount))
    return choices
  }

  private func derivativeChoice(
    _ reverseMode: ReverseMode, productCount: Int
  ) -> ModelReport.Choice {
    if supplied.pullbackDerivative != nil {
      return .init(
        kernel: .pullbackDerivative, means: "supplied", reason: "the model supplies it",
        estimatedCost: nil)
    }
    let isReplayed = resolve(reverseMode, productCount: productCount) == .replay
    return .init(
      kernel: .pullbackDerivative,
      means: isReplayed ? "replay of DirectionalScalar" : "tape of DirectionalScalar",
      reason: "forward over reverse, without a Hessian",
      estimatedCost: isReplayed ? KernelCost.directionalReplay : KernelCost.directionalTape)
  }

  private func pullbackChoice(
    _ reverseMode: ReverseMode, productCount: Int
  ) -> ModelReport.Choice {
    let inputCount = stateCount + parameterCount
    let sweeps = KernelCost.sweeps(inputCount)
    let dualCost = KernelCost.dualPullback(inputCount: inputCount)
    let comparison =
      "\(inputCount) inputs: \(sweeps) sweep\(sweeps == 1 ? "" : "s") in Dual cost about "
      + "\(DerivativeReport.short(dualCost)), a tape \(DerivativeReport.short(KernelCost.tape)), a "
      + "replay \(DerivativeReport.short(KernelCost.replay)) after "
      + "\(DerivativeReport.short(KernelCost.replayPreparation)); \(productCount) expected"
    let reason = reverseMode == .automatic ? comparison : "asked for; \(comparison)"
    switch resolve(reverseMode, productCount: productCount) {
    case .dual, .automatic:
      return .init(kernel: .pullback, means: "Dual", reason: reason, estimatedCost: dualCost)
    case .tape:
      return .init(kernel: .pullback, means: "tape", reason: reason, estimatedCost: KernelCost.tape)
    case .replay:
      return .init(
        kernel: .pullback, means: "replay", reason: reason, estimatedCost: KernelCost.replay)
    case .supplied:
      return .init(
        kernel: .pullback, means: "supplied", reason: "the model supplies it", estimatedCost: nil)
    }
  }
}
