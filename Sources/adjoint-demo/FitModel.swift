import Adjoint
import ArgumentParser
import Foundation
import ODE
import ReferenceProblems

/// A model that can be fitted to data: a vector field with names and a place to start.
struct FitModel: Sendable {
  /// The models' names on the command line.
  enum Name: String, ExpressibleByArgument, CaseIterable {
    case lotkaVolterra = "lotka-volterra"
    case sir

    /// The number of columns that the model needs, the time included.
    var columnCount: Int { self == .lotkaVolterra ? 3 : 2 }
  }

  var name: Name
  var stateNames: [String]
  var parameterNames: [String]
  /// The components of the state that the data show, column by column.
  var observed: [Int]
  /// The components whose initial value is estimated.
  var estimated: [Int]
  /// The initial state; the estimated components do not matter.
  var knownInitialState: [Double]
  /// The names that the columns may have: time first.
  var columnNames: [[String]]
  /// The vector field with an initial state, parameters and a time span.
  var problem: @Sendable ([Double], [Double], ClosedRange<Double>) throws -> ODEProblem
  /// Rough parameters, guessed from the data.
  var roughParameters: @Sendable (TimeSeries) -> [Double]
  /// For each parameter, whether its unit is 1/(time · population) instead of 1/time.
  var isPerCapita: [Bool]

  /// The names of all that is estimated: parameters, then initial values.
  var unknownNames: [String] { parameterNames + estimated.map { stateNames[$0] } }

  init(_ name: Name, population: Double) {
    self.name = name
    switch name {
    case .lotkaVolterra:
      stateNames = ["prey", "predator"]
      parameterNames = ["alpha", "beta", "gamma", "delta"]
      observed = [0, 1]
      estimated = [0, 1]
      knownInitialState = [1, 1]
      columnNames = [
        ["year", "time", "t", "month", "week", "day"], ["hare", "prey", "hares", "x"],
        ["lynx", "predator", "predators", "y"],
      ]
      problem = { try ODEProblem(LotkaVolterra(), initialState: $0, parameters: $1, timeSpan: $2) }
      roughParameters = Self.roughLotkaVolterra
      isPerCapita = [false, true, false, true]
    case .sir:
      let infected = 3.0
      stateNames = ["susceptible", "infected", "recovered"]
      parameterNames = ["contactRate", "recoveryRate"]
      observed = [1]
      estimated = []
      knownInitialState = [population - infected, infected, 0]
      columnNames = [
        ["day", "time", "t", "week"], ["in_bed", "infected", "infectious", "cases", "i"],
      ]
      problem = {
        try ODEProblem(
          SIR(population: population), initialState: $0, parameters: $1, timeSpan: $2)
      }
      roughParameters = Self.roughEpidemic
      isPerCapita = [false, false]
    }
  }

  /// The range that an unknown is searched in, wide enough for any unit of the data.
  func bounds(of unknown: Int, _ data: TimeSeries) -> ClosedRange<Double> {
    let span = (data.times.last ?? 1) - (data.times.first ?? 0)
    let shortest = zip(data.times.dropFirst(), data.times).map { $0 - $1 }.min() ?? span
    let largest = max(data.rows.joined().map { abs($0) }.max() ?? 1, 1e-300)
    if unknown >= parameterNames.count { return 1e-6 * largest...1e3 * largest }
    let unit = isPerCapita[unknown] ? largest : 1
    return 1e-6 / (span * unit)...1e3 / (shortest * unit)
  }

  // MARK: Where to start

  /// Integrates (ln x)′ = α − βy and (ln y)′ = −γ + δx between observations by the trapezoidal rule
  /// and solves for the parameters by linear least squares.
  private static let roughLotkaVolterra: @Sendable (TimeSeries) -> [Double] = { data in
    let prey = data.column(0)
    let predators = data.column(1)
    let growth = logarithmicRates(prey, driver: predators, data.times)
    let decline = logarithmicRates(predators, driver: prey, data.times)
    return [growth.constant, -growth.slope, -decline.constant, decline.slope]
  }

  /// Contact and recovery rate from the growth of log I up to its peak, which is about β − γ, and
  /// its fall afterwards, which is about −γ.
  private static let roughEpidemic: @Sendable (TimeSeries) -> [Double] = { data in
    let infected = data.column(0).map { max($0, 0.5) }
    let peak = infected.indices.max { infected[$0] < infected[$1] } ?? 0
    let last = infected.count - 1
    func rate(_ from: Int, _ to: Int) -> Double {
      guard to > from else { return 0 }
      return log(infected[to] / infected[from]) / (data.times[to] - data.times[from])
    }
    let span = data.times[last] - data.times[0]
    let recovery = max(-rate(peak, last), 1 / span)
    return [recovery + max(rate(0, peak), 1 / span), recovery]
  }

  /// c and s with Δ log x ≈ c Δt + s ∫ driver dt, by linear least squares.
  private static func logarithmicRates(
    _ values: [Double], driver: [Double], _ times: [Double]
  ) -> (constant: Double, slope: Double) {
    let floor = 1e-3 * (values.max() ?? 1)
    var (aa, ab, bb, ac, bc) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for index in 1..<values.count {
      let a = times[index] - times[index - 1]
      let b = 0.5 * a * (driver[index] + driver[index - 1])
      let c = log(max(values[index], floor) / max(values[index - 1], floor))
      aa += a * a
      ab += a * b
      bb += b * b
      ac += a * c
      bc += b * c
    }
    let determinant = aa * bb - ab * ab
    guard determinant > 0 else { return (0, 0) }
    return ((ac * bb - bc * ab) / determinant, (aa * bc - ab * ac) / determinant)
  }
}
