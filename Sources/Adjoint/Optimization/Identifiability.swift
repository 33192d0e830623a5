/// Which combinations of its parameters a fit determines, by the singular values of its Jacobian.
///
/// The columns of the Jacobian of the weighted residuals, one for each parameter that no bound holds, are
/// scaled to norm 1, so that units do not matter. σ₁/σᵢ is then a *condition index*; from about 30 on
/// parameters are entangled, and from ``weakConditionIndex`` on estimates of single parameters mean
/// little (Belsley, Kuh and Welsch, *Regression Diagnostics*, Wiley 1980, §3.2).
public struct Identifiability: Sendable, Hashable {
  /// A direction in which the parameters can move almost without changing the predictions.
  public struct Direction: Sendable, Hashable {
    /// σ, of the scaled Jacobian.
    public var singularValue: Double

    /// σ₁/σ; infinite for σ = 0.
    public var conditionIndex: Double

    /// Whether σ is zero within the errors of the predictions: the data say nothing at all.
    public var isUndetermined: Bool

    /// The parameters that move noticeably, the most important first.
    public var names: [String]

    /// How they move together, in their own units; the first by 1.
    public var changes: [Double]
  }

  /// From this condition index on a direction is reported.
  public static let weakConditionIndex = 1000.0

  /// σ, falling; one for each parameter that no bound holds.
  public let singularValues: [Double]

  /// The directions that the data determine badly or not at all, the worst first.
  public let weakDirections: [Direction]

  /// σ₁/σₖ: 1 at best, infinite if some direction is not determined.
  public var conditionNumber: Double {
    guard let first = singularValues.first, let last = singularValues.last else { return 1 }
    return last > 0 ? first / last : .infinity
  }

  /// Whether every direction is determined, be it badly.
  public var isComplete: Bool { !weakDirections.contains { $0.isUndetermined } }

  /// One sentence for each weak direction.
  public var warnings: [String] { weakDirections.map(\.description) }

  init(
    jacobian: [Double], rowCount: Int, names: [String], scalings: [Double], noise: Double
  ) {
    let count = names.count
    let norms = (0..<count).map { norm(jacobian[$0 * rowCount..<($0 + 1) * rowCount]) }
    var scaled = jacobian
    for column in 0..<count where norms[column] > 0 {
      for row in 0..<rowCount { scaled[column * rowCount + row] /= norms[column] }
    }
    let factors = HouseholderQR(scaled, rowCount: rowCount, columnCount: count)
    let decomposition = SingularValues(order: count, columns: factors.upperTriangle)
    let found = decomposition.values
    let order = found.indices.sorted { found[$0] > found[$1] }
    singularValues = order.map { found[$0] }
    let largest = singularValues.first ?? 0
    let threshold: Double = max(Double(rowCount) * .ulpOfOne, noise) * largest
    var weak: [Direction] = []
    for place in order.reversed() {
      let value = found[place]
      let vector = decomposition.combine((0..<count).map { $0 == place ? 1 : 0 })
      let isUndetermined = value <= threshold
      let index: Double = value > 0 ? largest / value : .infinity
      guard isUndetermined || index >= Self.weakConditionIndex else { continue }
      let top = vector.map(\.magnitude).max() ?? 0
      let members = vector.indices.filter { vector[$0].magnitude >= 0.1 * top }
        .sorted { vector[$0].magnitude > vector[$1].magnitude }
      // δx = D⁻¹ v, and dx = (dx/dz) dz for a parameter that is varied by its logarithm.
      let changes = members.map { member -> Double in
        let scale = norms[member] > 0 ? norms[member] : 1
        return vector[member] / scale * scalings[member]
      }
      let unit = changes.first ?? 1
      weak.append(
        Direction(
          singularValue: value, conditionIndex: index, isUndetermined: isUndetermined,
          names: members.map { names[$0] },
          changes: unit == 0 ? changes : changes.map { $0 / unit }))
    }
    weakDirections = weak
  }
}

extension Identifiability.Direction: CustomStringConvertible {
  /// Which parameters the data do not tell apart, and what to do.
  public var description: String {
    if names.count == 1 {
      return isUndetermined
        ? "the data do not determine \(names[0]): it changes no prediction. Hold it, give it a "
          + "prior, or add data that depend on it"
        : "the data hardly determine \(names[0]) (condition index \(short(conditionIndex)))"
    }
    let move = zip(names, changes).map { "\($0) by \(short($1))" }.joined(separator: ", ")
    return isUndetermined
      ? "the data do not determine \(names.joined(separator: ", ")) separately: changing \(move) "
        + "together changes no prediction. Hold one, give one a prior, or add other data"
      : "the data hardly tell \(names.joined(separator: ", ")) apart: changing \(move) together "
        + "changes the predictions very little (condition index \(short(conditionIndex)))"
  }

  /// Three significant digits.
  private func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    let scale: Double = .pow(10, 2 - Double.log10(value.magnitude).rounded(.down))
    let rounded: Double = (value * scale).rounded() / scale
    return rounded.isFinite ? "\(rounded)" : "\(value)"
  }
}
