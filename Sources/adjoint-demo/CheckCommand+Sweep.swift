import Adjoint
import ArgumentParser
import ReferenceProblems

/// The error of difference formulas against the step, as a table, a file and a diagram.
struct SweepReport: Encodable {
  /// One formula.
  struct Curve: Encodable {
    let formula: String
    let order: Int
    /// The slope where truncation rules; nil where the curve shows no such range.
    let truncationSlope: Double?
    /// The slope where rounding rules.
    let roundingSlope: Double?
    let bestStep: Double
    let bestError: Double
    let steps: [Double]
    let errors: [Double]

    init(_ curve: StepSweep.Curve) {
      formula = curve.formula.rawValue
      order = curve.formula.order
      truncationSlope = curve.truncationSlope
      roundingSlope = curve.roundingSlope
      bestStep = curve.best.step
      bestError = curve.best.error
      steps = curve.points.map(\.step)
      errors = curve.points.map(\.error)
    }
  }

  static let tableFile = "sweep.csv"
  static let plotFile = "sweep.svg"

  let operation: String
  let seed: UInt64
  let curves: [Curve]

  /// Sweeps the functions of the textbooks, `exp` and `sin` at 1, or the one operation that `name` means.
  init(_ name: String, seed: UInt64) throws {
    self.seed = seed
    let sweep: StepSweep
    switch name {
    case "exp":
      operation = "exp at 1"
      sweep = try StepSweep(of: { [.exp($0[0])] }, at: [1], along: [1], derivative: [.exp(1)])
    case "sin":
      operation = "sin at 1"
      sweep = try StepSweep(of: { [.sin($0[0])] }, at: [1], along: [1], derivative: [.cos(1)])
    default:
      let found = try CheckCommand.operations(containing: name)
      guard found.count == 1 else {
        let names = found.map { "  \($0)" }.joined(separator: "\n")
        throw ValidationError("\"\(name)\" means \(found.count) operations:\n\(names)")
      }
      operation = found[0].description
      var generator = SeededGenerator(seed: seed)
      let direction = zip(generator.direction(count: found[0].point.count), found[0].point).map {
        $0 * ($1 == 0 ? 1 : $1.magnitude)
      }
      sweep = try StepSweep(of: found[0].map(), at: found[0].point, along: direction, seed: seed)
    }
    curves = sweep.curves.map(Curve.init)
  }

  /// A row for each formula.
  var table: String {
    var table = Table("formula", "slope", "slope of rounding", "best h", "its error")
    for curve in curves {
      table.add(
        Self.title(curve), curve.truncationSlope?.formatted(digits: 3) ?? "none",
        curve.roundingSlope?.formatted(digits: 3) ?? "none", curve.bestStep.formatted(digits: 2),
        curve.bestError.formatted(digits: 2))
    }
    return "Relative error of differences for \(operation)\n\(table)"
  }

  /// Writes the files and returns their paths.
  func write(to folder: OutputFolder) throws -> [String] {
    var lines = ["h," + curves.map(\.formula).joined(separator: ",")]
    let steps = curves.map(\.steps).max { $0.count < $1.count } ?? []
    for (index, step) in steps.enumerated() {
      // Formulas of high order start a few steps later.
      let cells = curves.map { curve in
        let own = index - (steps.count - curve.errors.count)
        return own < 0 ? "" : "\(curve.errors[own])"
      }
      lines.append("\(step)," + cells.joined(separator: ","))
    }
    let path = try folder.write(lines.joined(separator: "\n") + "\n", to: Self.tableFile)
    return [path] + (try plot.write(to: Self.plotFile, in: folder).map { [$0] } ?? [])
  }

  private var plot: Plot {
    let series = curves.enumerated().map { number, curve in
      // A logarithmic axis has no place for an error of zero.
      let shown = curve.errors.indices.filter { curve.errors[$0] > 0 }
      return Plot.Series(
        name: Self.title(curve), style: .markedCurve, color: number,
        x: shown.map { curve.steps[$0] }, y: shown.map { curve.errors[$0] })
    }
    return Plot(
      title: "Error of finite differences: \(operation)", xLabel: "step h",
      yLabel: "relative error", isLogarithmic: true, isLogarithmicInX: true, series: series)
  }

  private static func title(_ curve: Curve) -> String {
    switch FiniteDifference.Formula(rawValue: curve.formula) {
    case .fourthOrder: "fourth order (4)"
    case .richardson: "Richardson, three levels (6)"
    default: "\(curve.formula) (\(curve.order))"
    }
  }
}
