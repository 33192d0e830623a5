// A stirred tank with an exothermic reaction A → B, at steady state: which knob moves its temperature most?
//
// Balances of concentration c (mol/L) and temperature T (K), with the rate k(T) = k₀ exp(−E/T):
//   0 = (c_feed − c)/τ − k(T) c
//   0 = (T_feed − T)/τ + H k(T) c − U (T − T_coolant)
// One Newton solve finds the steady state; one adjoint solve tells how its temperature reacts to all
// parameters at once.
import Adjoint

struct StirredTank: ResidualSystem {
  static let parameterNames = [
    "residence time τ (min)", "feed concentration (mol/L)", "feed temperature (K)",
    "coolant temperature (K)", "heat transfer U (1/min)", "heat of reaction H (K L/mol)",
    "log of rate constant k₀ (1/min)", "activation temperature E (K)",
  ]
  let stateCount = 2
  var parameterCount: Int { Self.parameterNames.count }

  func residual<S: Scalar>(
    at state: Span<S>, parameters: Span<S>, into residual: inout MutableSpan<S>
  ) {
    let concentration = state[0]
    let temperature = state[1]
    let residenceTime = parameters[0]
    let logRate: S = parameters[6] - parameters[7] / temperature
    let reaction: S = S.exp(logRate) * concentration
    let cooling: S = parameters[4] * (temperature - parameters[3])
    residual[0] = (parameters[1] - concentration) / residenceTime - reaction
    residual[1] = (parameters[2] - temperature) / residenceTime + parameters[5] * reaction - cooling
  }
}

func steadyState(_ parameters: [Double]) throws -> NonlinearSolution {
  let problem = try NonlinearProblem(
    StirredTank(), parameters: parameters, initialGuess: [0.1, 400])
  return try NewtonSolver().solve(problem)
}

/// Six significant digits, for printing.
func digits(_ value: Double) -> Double {
  if value == 0 { return 0 }
  let unit: Double = .pow(10, Int(Double.log10(abs(value)).rounded(.down)) - 5)
  return (value / unit).rounded() * unit
}

let parameters: [Double] = [1, 1, 350, 305, 2.09, 209, 25, 8750]
let solution = try steadyState(parameters)
let gradient = try solution.pullback([0, 1])  // the gradient of the temperature alone

print("Steady state: c = \(solution.value[0]) mol/L, T = \(solution.value[1]) K")
print("found in \(solution.statistics.iterations) Newton steps\n")
print("A change of 1 % in … changes T by … K (central difference):")
var largestDisagreement = 0.0
for (index, name) in StirredTank.parameterNames.enumerated() {
  let change: Double = 0.01 * parameters[index]
  var ends: [Double] = []
  for sign in [1.0, -1.0] {
    var moved = parameters
    moved[index] += sign * 1e-4 * change
    ends.append(try steadyState(moved).value[1])
  }
  let difference: Double = (ends[0] - ends[1]) / 2e-4
  let adjoint: Double = gradient.parameters[index] * change
  largestDisagreement = max(largestDisagreement, abs(adjoint - difference) / abs(difference))
  print("  \(name): \(digits(adjoint))  (\(digits(difference)))")
}
print("\nLargest relative disagreement: \(largestDisagreement)")
print("Backward error of the adjoint solve: \(gradient.evidence.adjointBackwardError)")
