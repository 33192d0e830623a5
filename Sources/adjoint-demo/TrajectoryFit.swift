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

  let model: FitModel
  let data: TimeSeries
  let isLogarithmic: Bool
  let bounds: [ClosedRange<Double>]
  var loss = Loss.squares
  /// The standard deviation of the data, if it is known.
  var sigma: Double?
  var priors: [String: LeastSquaresProblem.Prior] = [:]

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
          upperBound: bounds[index].upperBound, scale: .logarithmic,
          prior: priors[model.unknownNames[index]])
      },
      predictions: observation(rowCount: rowCount, tolerance: tolerance).map,
      misfit: LeastSquaresMisfit(
        data: values, weights: values.map { _ in 1 / ((sigma ?? 1) * (sigma ?? 1)) }, loss: loss),
      noise: sigma == nil ? .estimated : .known)
  }

  /// How a fit to all the data is solved.
  private var finalOptions: LevenbergMarquardt.Options {
    var options = LevenbergMarquardt.Options()
    options.misfitNoise = 1e-9
    options.maximumIterations = 200
    return options
  }

  /// The profile likelihood of one parameter around a fit to all the data.
  func profile(
    _ name: String, around solution: LeastSquaresSolution, level: Double
  ) throws -> ProfileLikelihood {
    let problem = try problem(
      rowCount: data.rows.count, start: solution.parameters, tolerance: 1e-10)
    return try LevenbergMarquardt(options: finalOptions).profile(
      name, of: problem, around: solution, level: level)
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
      let solution = try solve(
        data.rows.count, point, finalOptions, tolerance: 1e-10, origin, progress)
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

  /// The largest difference between the adjoint gradient Jᵀw of the misfit at `point` and central
  /// differences of ⟨w, y⟩, where y are the predictions and w = ∂misfit/∂y.
  ///
  /// It is relative to the sum of the magnitudes of the terms wₖ ∂yₖ/∂xᵢ that a component is a sum of;
  /// at an optimum these cancel.
  ///
  /// The differences are those of Richardson's extrapolation, (8(y₁ − y₋₁) − (y₂ − y₋₂))/(12 h) with
  /// h = 1e-3 x. Their truncation error is about 1e-12 of y's fifth derivative, and the solver's
  /// tolerance of 1e-12 makes an error of about 1e-9 y. So a prediction that the parameter changes by
  /// less than 1e-3 of itself counts with 1e-3 y in the scale.
  func checkGradient(at point: [Double]) throws -> Double {
    let problem = try problem(rowCount: data.rows.count, start: point, tolerance: 1e-12)
    let predictions = problem.predictions
    let map = try predictions.linearize(point)
    let cotangent = try problem.misfit.cotangent(of: map.value)
    let adjoint = try map.pullback(cotangent)
    var largest = 0.0
    for index in point.indices {
      let step = 1e-3 * point[index]
      func shifted(_ count: Double) throws -> [Double] {
        var shifted = point
        shifted[index] += count * step
        return try predictions.value(shifted)
      }
      let (near, nearBack) = (try shifted(1), try shifted(-1))
      let (far, farBack) = (try shifted(2), try shifted(-2))
      var sum = 0.0
      var scale = 0.0
      for row in cotangent.indices {
        let inner: Double = near[row] - nearBack[row]
        let outer: Double = far[row] - farBack[row]
        let change: Double = (8 * inner - outer) / 12e-3
        sum += cotangent[row] * change
        scale += abs(cotangent[row]) * max(abs(change), 1e-3 * abs(map.value[row]))
      }
      let gap = abs(adjoint[index] * point[index] - sum)
      largest = max(largest, scale > 0 ? gap / scale : gap)
    }
    return largest
  }
}
