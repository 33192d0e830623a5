// A stirred tank with an exothermic reaction A → B, at steady state: which knob moves its temperature most?
//
// Balances of concentration c (mol/L) and temperature T (K), with the rate k(T) = k₀ exp(−E/T):
//   0 = (c_feed − c)/τ − k(T) c
//   0 = (T_feed − T)/τ + H k(T) c − U (T − T_coolant)
// One Newton solve finds the steady state; one adjoint solve tells how its temperature reacts to all
// parameters at once.
import Adjoint

/// The knobs and properties of the tank, by name.
struct Tank<S: Scalar>: ParameterStructure {
  var residenceTime: S = 1  // min
  var feedConcentration: S = 1  // mol/L
  var feedTemperature: S = 350  // K
  var coolantTemperature: S = 305  // K
  var heatTransfer: S = 2.09  // 1/min
  var heatOfReaction: S = 209  // K L/mol
  var logRateConstant: S = 25  // of 1/min
  var activationTemperature: S = 8750  // K

  mutating func visit(_ visitor: inout ParameterVisitor<S>) {
    visitor.visit(&residenceTime, "residence time τ (min)")
    visitor.visit(&feedConcentration, "feed concentration (mol/L)")
    visitor.visit(&feedTemperature, "feed temperature (K)")
    visitor.visit(&coolantTemperature, "coolant temperature (K)")
    visitor.visit(&heatTransfer, "heat transfer U (1/min)")
    visitor.visit(&heatOfReaction, "heat of reaction H (K L/mol)")
    visitor.visit(&logRateConstant, "log of rate constant k₀ (1/min)")
    visitor.visit(&activationTemperature, "activation temperature E (K)")
  }
}

struct StirredTank: ResidualSystem {
  let stateCount = 2
  let parameterCount = Tank<Double>().parameterCount

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let tank = Tank<S>().filled(from: parameters)
    let (concentration, temperature) = (state[0], state[1])
    let logRate: S = tank.logRateConstant - tank.activationTemperature / temperature
    let reaction: S = S.exp(logRate) * concentration
    let inflow: S = (tank.feedConcentration - concentration) / tank.residenceTime
    let warming: S = (tank.feedTemperature - temperature) / tank.residenceTime
    let cooling: S = tank.heatTransfer * (temperature - tank.coolantTemperature)
    residual[0] = inflow - reaction
    residual[1] = warming + tank.heatOfReaction * reaction - cooling
  }
}

func steadyState(_ tank: Tank<Double>) throws -> NonlinearSolution {
  let problem = try NonlinearProblem(
    StirredTank(), parameters: tank, initialGuess: [0.1, 400])
  return try NewtonSolver().solve(problem)
}

/// Six significant digits, for printing.
func digits(_ value: Double) -> Double {
  if value == 0 { return 0 }
  let scale: Double = .pow(10, 5 - Int(Double.log10(abs(value)).rounded(.down)))
  return (value * scale).rounded() / scale
}

let tank = Tank<Double>()
let solution = try steadyState(tank)
let gradient = try solution.pullback([0, 1])  // the gradient of the temperature alone

print("Steady state: c = \(solution.value[0]) mol/L, T = \(solution.value[1]) K")
print("found in \(solution.statistics.iterations) Newton steps\n")
print("A change of 1 % in … changes T by … K (central difference):")
var largestDisagreement = 0.0
let parameters = tank.flattened()
for (index, name) in tank.parameterNames.enumerated() {
  let change: Double = 0.01 * parameters[index]
  var ends: [Double] = []
  for sign in [1.0, -1.0] {
    var moved = parameters
    moved[index] += sign * 1e-4 * change
    ends.append(try steadyState(tank.rebuilt(from: moved)).value[1])
  }
  let difference: Double = (ends[0] - ends[1]) / 2e-4
  let adjoint: Double = gradient.parameters[index] * change
  largestDisagreement = max(largestDisagreement, abs(adjoint - difference) / abs(difference))
  print("  \(name): \(digits(adjoint))  (\(digits(difference)))")
}
let shaped = try gradient.parameters(like: tank)
print("\nOne kelvin more in the coolant: \(digits(shaped.coolantTemperature)) K more in the tank")
print("Largest relative disagreement: \(largestDisagreement)")
print("Backward error of the adjoint solve: \(gradient.evidence.adjointBackwardError)")
