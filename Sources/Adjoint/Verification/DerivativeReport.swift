/// What a ``DerivativeCheck`` found: every law with its figure and its bound.
public struct DerivativeReport: Sendable, CustomStringConvertible {
  /// A property that every right derivative has.
  public enum Law: String, Sendable, CaseIterable {
    /// Derivatives have the lengths of inputs and outputs and are finite.
    case shape = "shape"
    /// The value with derivative is bit for bit the value without.
    case value = "value unchanged"
    /// A linearization stays what it was while others are made.
    case repeatable = "repeatable"
    /// Pullback and pushforward are linear and homogeneous.
    case linear = "linear"
    /// ⟨w, J v⟩ = ⟨Jᵀw, v⟩, also for each input alone.
    case dotProduct = "dot product"
    /// ‖g(x + h v) − g(x) − h J v‖ is of second order in h.
    case taylor = "Taylor remainder"
    /// J v and ⟨Jᵀw, v⟩ agree with extrapolated central differences.
    case differences = "finite differences"
    /// Each input alone agrees with extrapolated central differences.
    case inputs = "each input"

    /// What is probably wrong where the law fails, most likely first.
    var likelyCauses: String {
      switch self {
      case .shape:
        "an input without a cotangent, or a division by zero, log or root at its branch point"
      case .value:
        "the derivative's code path evaluates another expression, or returns a stale value"
      case .repeatable:
        "the linearization shares scratch memory with later solves, or the value is not"
          + " deterministic"
      case .linear:
        "a cotangent is added to old contents, or a nonlinear term or constant is in the sweep"
      case .dotProduct:
        "a sign, a matrix where its transpose is needed, an input without its contribution,"
          + " a cotangent shifted by one"
      case .taylor, .differences:
        "a wrong partial derivative (if the dot product holds, in both directions), a derivative"
          + " of an earlier point, values noisier than measured, or a point with no derivative"
      case .inputs:
        "an input that the derivative leaves out or scales wrongly"
      }
    }
  }

  /// One law, judged.
  public struct Finding: Sendable {
    /// Which law.
    public let law: Law
    /// The worst figure observed, relative; for ``Law/taylor`` with rates the last observed rate.
    public let figure: Double
    /// What the figure is held against.
    public let bound: Double
    /// Whether the figure must be at least the bound; otherwise it must be at most the bound.
    public let isLowerBound: Bool
    /// Where the worst figure was observed.
    public let detail: String

    /// Whether the law holds; a NaN never does.
    public var passed: Bool { isLowerBound ? figure >= bound : figure <= bound }
  }

  /// The name of the map that was checked.
  public let name: String
  /// The laws, judged, in the order of `Law.allCases`; a malformed derivative ends with its shape.
  public let findings: [Finding]
  /// The rates log₂(R(h)/R(h/2)) of the worst direction, h falling; empty if nothing remains.
  public let taylorRates: [Double]

  /// Whether all laws hold.
  public var passed: Bool { findings.allSatisfy(\.passed) }

  /// The laws that do not hold.
  public var failures: [Finding] { findings.filter { !$0.passed } }

  /// |⟨w, J v⟩ − ⟨Jᵀw, v⟩| relative to the sum of the moduli of all terms; nil without pushforward.
  public var dotProductGap: Double? { finding(.dotProduct)?.figure }

  /// The finding on `law`; nil if it could not be judged.
  public func finding(_ law: Law) -> Finding? { findings.first { $0.law == law } }

  /// A table of laws, figures and bounds; failed laws with their likely causes.
  public var description: String {
    var lines = ["\(name): \(passed ? "all laws hold" : "FAILED")"]
    for finding in findings {
      let mark = finding.passed ? "ok    " : "FAILED"
      let relation = finding.isLowerBound ? "≥" : "≤"
      let padding = String(repeating: " ", count: max(1, 20 - finding.law.rawValue.count))
      lines.append(
        "  \(mark) \(finding.law.rawValue)\(padding)\(Self.short(finding.figure)) (must be \(relation)"
          + " \(Self.short(finding.bound))) \(finding.detail)")
      if !finding.passed { lines.append("         likely: \(finding.law.likelyCauses)") }
    }
    return lines.joined(separator: "\n")
  }

  /// A number with three significant digits.
  static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    let exponent = Int(Double.log10(value.magnitude).rounded(.down))
    if (-2...3).contains(exponent) { return "\((value * 1000).rounded() / 1000)" }
    // Two steps, for 10 to the power of −exponent may overflow.
    let scaled: Double =
      value / Double.pow(10, exponent / 2) / Double.pow(10, exponent - exponent / 2)
    return "\((scaled * 100).rounded() / 100)e\(exponent)"
  }
}
