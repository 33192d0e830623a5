import Adjoint
import Foundation
import ODE

/// Fits a model to data from one or more starts and keeps the best optimum.
///
/// From a poor start the misfit over all the data has many local minima, one for each number of
/// cycles that the model may be wrong by. So a start is first fitted to the first few observations,
/// where there is no such choice, and then to more and more of them.
struct TrajectoryFit {
  /// A start and what became of it.
  struct Attempt {
    var origin: String
    var start: [Double]
    var solution: LeastSquaresSolution?
    var iterations: Int
    var failure: String?
  }

  /// The gradient by the adjoint against central differences of the misfit.
  struct GradientCheck {
    var adjoint: [Double]
    var differences: [Double]
    /// The largest |difference · xᵢ|, relative to the misfit or to Σ |terms · xᵢ| over the terms that
    /// the component is a sum of, whichever is larger (at an optimum the terms cancel).
    var largestRelativeDifference: Double
  }

  let model: FitModel
  let data: TimeSeries
  let isLogarithmic: Bool
  let bounds: [ClosedRange<Double>]

  /// Times since the first observation.
  var times: [Double] { data.times.map { $0 - data.times[0] } }

  /// A start guessed from the data, within the bounds.
  var roughStart: [Double] {
    let initial = model.estimated.map { component in
      model.observed.firstIndex(of: component).map { data.rows[0][$0] } ?? 1
    }
    return zip(model.roughParameters(data) + initial, bounds).map { value, range in
      min(max(value, range.lowerBound), range.upperBound)
    }
  }

  /// The observation of the model at the first `rowCount` times.
  func observation(rowCount: Int, tolerance: Double) throws -> TrajectoryObservation {
    let times = Array(times[..<rowCount])
    let parameters = [Double](repeating: 1, count: model.parameterNames.count)
    let largest = data.rows.joined().map { abs($0) }.max() ?? 1
    var options = RungeKuttaSolver.Options()
    options.relativeTolerance = tolerance
    options.absoluteTolerance = 1e-3 * tolerance * max(largest, 1e-290)
    // Ample for a smooth curve; a search should turn round where the model oscillates faster.
    options.maximumSteps = 2000 + 200 * rowCount
    return try TrajectoryObservation(
      of: model.problem(model.knownInitialState, parameters, 0...(times[rowCount - 1])),
      solver: RungeKuttaSolver(.dormandPrince5, options: options), observationTimes: times,
      components: model.observed, estimatedInitialValues: model.estimated,
      isLogarithmic: isLogarithmic)
  }

  /// The fit to the first `rowCount` observations.
  func problem(
    rowCount: Int, start: [Double], tolerance: Double
  ) throws -> LeastSquaresProblem {
    let values = data.rows[..<rowCount].joined().map { isLogarithmic ? log($0) : $0 }
    return try LeastSquaresProblem(
      parameters: model.unknownNames.indices.map { index in
        .init(
          model.unknownNames[index], start: start[index], lowerBound: bounds[index].lowerBound,
          upperBound: bounds[index].upperBound, scale: .logarithmic)
      },
      predictions: observation(rowCount: rowCount, tolerance: tolerance).map,
      misfit: LeastSquaresMisfit(data: values))
  }

  /// The fits to more and more of the observations from one start, up to all of them.
  func attempt(
    _ origin: String, start: [Double], progress: (String) -> Void
  ) throws -> Attempt {
    var attempt = Attempt(origin: origin, start: start, iterations: 0)
    let unknownCount = model.unknownNames.count
    var rowCount = max(4, unknownCount / model.observed.count + 1)
    var point = start
    do {
      while rowCount < data.rows.count {
        var options = LevenbergMarquardt.Options()
        options.gradientTolerance = 1e-4
        options.misfitNoise = 1e-6
        options.initialDamping = 0.5
        options.maximumIterations = 100
        let rough = try solve(rowCount, point, options, tolerance: 1e-7, origin, progress)
        attempt.iterations += rough.statistics.iterations
        point = rough.parameters
        rowCount += (rowCount + 2) / 3
      }
      var options = LevenbergMarquardt.Options()
      options.misfitNoise = 1e-9
      options.maximumIterations = 200
      let solution = try solve(
        data.rows.count, point, options, tolerance: 1e-10, origin, progress)
      attempt.iterations += solution.statistics.iterations
      attempt.solution = solution
    } catch let error as OptimizationError {
      attempt.failure = error.description
    }
    return attempt
  }

  private func solve(
    _ rowCount: Int, _ start: [Double], _ options: LevenbergMarquardt.Options,
    tolerance: Double, _ origin: String, _ progress: (String) -> Void
  ) throws -> LeastSquaresSolution {
    let problem = try problem(rowCount: rowCount, start: start, tolerance: tolerance)
    return try LevenbergMarquardt(options: options).solve(problem) { iteration, misfit in
      progress(
        "\(origin): \(rowCount) of \(data.rows.count) observations, iteration \(iteration), "
          + "misfit \(misfit.formatted(digits: 6))")
    }
  }

  /// Compares the adjoint gradient of the misfit at `point` with central differences.
  ///
  /// The differences are those of Richardson's extrapolation, (8(f₁ − f₋₁) − (f₂ − f₋₂))/(12 h),
  /// with h = 1e-3 x: their error is about 1e-12 of the misfit's fifth derivative, and that of a
  /// misfit with a relative error of 1e-12 about 1e-9 of the misfit.
  func checkGradient(at point: [Double]) throws -> GradientCheck {
    let problem = try problem(rowCount: data.rows.count, start: point, tolerance: 1e-12)
    let map = try problem.predictions.linearize(point)
    let cotangent = try problem.misfit.cotangent(of: map.value)
    let adjoint = try map.pullback(cotangent)
    let value = try problem.misfit.value(of: map.value)
    var differences: [Double] = []
    var largest = 0.0
    for index in point.indices {
      let step = 1e-3 * point[index]
      func misfit(_ count: Double) throws -> Double {
        var shifted = point
        shifted[index] += count * step
        return try problem.misfit.value(of: problem.predictions.value(shifted))
      }
      let near = try misfit(1) - misfit(-1)
      let far = try misfit(2) - misfit(-2)
      differences.append((8 * near - far) / (12 * step))

      var tangent = [Double](repeating: 0, count: point.count)
      tangent[index] = 1
      let column = try map.pushforward?(tangent) ?? []
      let terms = zip(column, cotangent).reduce(0) { $0 + abs($1.0 * $1.1) }
      let gap = abs((adjoint[index] - differences[index]) * point[index])
      let scale = max(terms * abs(point[index]), value)
      largest = max(largest, scale > 0 ? gap / scale : gap)
    }
    return GradientCheck(
      adjoint: adjoint, differences: differences, largestRelativeDifference: largest)
  }
}
