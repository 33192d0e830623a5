import Adjoint
import Foundation
import ODE

/// The files that `fit` writes.
struct FitFiles {
  private let fit: TrajectoryFit
  private let solution: LeastSquaresSolution
  private let curveTimes: [Double]
  private let curve: [[Double]]

  /// Prepares the fitted curve with 20 points between two observations.
  init(_ fit: TrajectoryFit, solution: LeastSquaresSolution) throws {
    self.fit = fit
    self.solution = solution
    let observation = try fit.observation(rowCount: fit.data.rows.count, tolerance: 1e-10)
    let trajectory = try observation.solve(solution.parameters)
    let times = fit.times
    var fine: [Double] = []
    for (from, to) in zip(times, times.dropFirst()) {
      fine += (0..<20).map { from + (to - from) * Double($0) / 20 }
    }
    fine.append(times[times.count - 1])
    curveTimes = fine.map { $0 + fit.data.times[0] }
    curve = try fine.map { time in
      let state = try trajectory.state(at: time)
      return fit.model.observed.map { state[$0] }
    }
  }

  /// Writes `fit.csv`, `curve.csv` and, with gnuplot, `fit.svg`; returns the paths.
  func write(to folder: OutputFolder) throws -> [String] {
    let names = Array(fit.data.names.dropFirst())
    let fitted = names.map { "\($0)_fit" }
    let count = names.count
    let rows = fit.data.rows.enumerated().map { index, row in
      let predictions = solution.predictions[index * count..<(index + 1) * count]
      return [fit.data.times[index]] + row
        + predictions.map { fit.isLogarithmic ? Foundation.exp($0) : $0 }
    }
    var paths = [
      try folder.writeCSV(
        header: [fit.data.names[0]] + names + fitted, rows: rows, to: "fit.csv"),
      try folder.writeCSV(
        header: [fit.data.names[0]] + fitted,
        rows: zip(curveTimes, curve).map { [$0] + $1 }, to: "curve.csv"),
    ]
    if let plot = try plot(names).write(to: "fit.svg", in: folder) { paths.append(plot) }
    return paths
  }

  private func plot(_ names: [String]) -> Plot {
    var plot = Plot(
      title: "\(fit.model.name.rawValue) fitted to \(names.joined(separator: " and "))",
      xLabel: fit.data.names[0], yLabel: names.joined(separator: ", "),
      isLogarithmic: fit.isLogarithmic, series: [])
    for (index, name) in names.enumerated() {
      plot.series.append(
        Plot.Series(
          name: "\(name), observed", style: .points, color: index, x: fit.data.times,
          y: fit.data.column(index)))
      plot.series.append(
        Plot.Series(
          name: "\(name), fitted", style: .curve, color: index, x: curveTimes,
          y: curve.map { $0[index] }))
    }
    return plot
  }
}
