// A bridge of least compliance: a deck along the lower edge of a plate, pinned at both ends, and the
// question where a quarter of the plate's material should go. Prints the history and the bridge.
import TopologyOptimization

let columns = 72
let rows = 36
let problem = try ElasticityProblem.bridge(columns: columns, rows: rows)
let solver = try ElasticitySolver(
  problem: problem, interpolation: SIMPInterpolation(penalization: 3))

var options = OptimalityCriteria.Options()
options.volumeFraction = 0.25
options.filter = .sensitivity
options.filterRadius = 1.8
options.maximumIterations = 120
let result = try OptimalityCriteria(options: options).minimizeCompliance(of: solver)

/// A number with as many decimals, for the table.
func rounded(_ value: Double, decimals: Int) -> String {
  let scale = Double.pow(10, decimals)
  return "\((value * scale).rounded() / scale)"
}

print("A bridge of \(columns)x\(rows) elements, a quarter of them solid")
print("iteration  compliance  volume")
for iteration in result.history {
  let number = iteration.number
  guard number == 1 || number % 20 == 0 || number == result.history.count else { continue }
  let compliance = rounded(iteration.compliance, decimals: 3)
  print("\(number)  \(compliance)  \(rounded(iteration.volumeFraction, decimals: 4))")
}
let first = result.history[0].compliance
print("stiffer than the uniform plate by \(rounded(first / result.compliance, decimals: 2))")

// How much would a little more material help? The gradient of the compliance says where and what.
let solution = try solver.solve(densities: result.densities)
let gradient = try solution.compliancePullback()
let steepest = gradient.densities.indices.min {
  gradient.densities[$0] < gradient.densities[$1]
}
if let steepest {
  print("most useful element: column \(steepest / rows), row \(steepest % rows)")
}
print("backward error of the displacements: \(gradient.evidence.primalResidual)")

// Two rows a line: characters are about twice as high as wide.
let shades = Array(" .:*#")
for row in stride(from: 0, to: rows, by: 2) {
  let line = (0..<columns).map { column -> Character in
    let element = problem.grid.element(column: column, row: row)
    let density = 0.5 * (result.densities[element] + result.densities[element + 1])
    return shades[Int((density * Double(shades.count - 1)).rounded())]
  }
  print(String(line))
}
