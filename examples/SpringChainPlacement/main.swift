// A chain of twelve unit masses between two walls should have other natural frequencies. Which change of its springs
// does that, and is the smallest?
//
//   minimize ½ Σ (ln kₑ)²   subject to   λᵢ(k) = λᵢ* for the four lowest eigenvalues of A(k) v = λ v
//
// The gradient of an eigenvalue costs no solve: dλ/dA = v vᵀ on the three diagonals of A, and a spring adds
// (v_left − v_right)² of it. At the end, a ring of equal springs, whose eigenvalues come in pairs.
import Adjoint

/// The lower triangle of the stiffness of masses with springs kₑ between mass e − 1 and e, walls outside.
struct SpringChain {
  let pattern: SparsityPattern
  let massCount: Int

  init(massCount: Int) throws {
    self.massCount = massCount
    pattern = try SparsityPattern(
      rowCount: massCount, columnCount: massCount,
      columnPointers: (0...massCount).map { min(2 * $0, 2 * massCount - 1) },
      rowIndices: (0..<massCount).flatMap { $0 + 1 < massCount ? [$0, $0 + 1] : [$0] })
  }

  func eigenproblem(_ springs: [Double]) throws -> SymmetricEigenproblem {
    var values: [Double] = []
    for mass in 0..<massCount {
      values.append(springs[mass] + springs[mass + 1])
      if mass + 1 < massCount { values.append(-springs[mass + 1]) }
    }
    return try SymmetricEigenproblem(
      stiffness: SparseMatrix(pattern: pattern, values: values), storage: .symmetricLower)
  }

  /// The transpose of the assembly: what a gradient of the entries means for the springs.
  func pullback(_ entries: SparseMatrix) -> [Double] {
    (0...massCount).map { spring in
      let left = spring > 0 ? entries[spring - 1, spring - 1] : 0
      let right = spring < massCount ? entries[spring, spring] : 0
      let between =
        spring > 0 && spring < massCount ? entries[spring, spring - 1] : 0
      return left + right - between
    }
  }
}

let chain = try SpringChain(massCount: 12)
let solver = try EigenSolver(count: 4)
let uniform = [Double](repeating: 1, count: 13)
let before = try solver.solve(chain.eigenproblem(uniform)).value.eigenvalues
/// The lowest frequency 20 % higher, the next three as they are.
let wanted = [1.44 * before[0], before[1], before[2], before[3]]

/// λᵢ/λᵢ* − 1 as a function of the logarithms of the springs.
func deviation(_ index: Int) -> Objective {
  Objective(variableCount: 13) { logarithms in
    let springs = logarithms.map { Double.exp($0) }
    let solution = try solver.solve(chain.eigenproblem(springs))
    var cotangent = EigenDerivative(eigenvalues: [0, 0, 0, 0])
    cotangent.eigenvalues[index] = 1 / wanted[index]
    let gradient = try solution.pullback(cotangent)
    let sensitivity = chain.pullback(gradient.stiffness)
    return (
      solution.value.eigenvalues[index] / wanted[index] - 1,
      zip(sensitivity, springs).map { $0 * $1 }
    )
  }
}

let change = Objective(variableCount: 13) { x in
  (0.5 * x.map { $0 * $0 }.reduce(0, +), x)
}
let bound = [Double](repeating: 1.5, count: 13)
var problem = OptimizationProblem(
  minimizing: change, lowerBounds: bound.map { -$0 }, upperBounds: bound)
problem.equalities = (0..<4).map { .init(deviation($0), tolerance: 1e-10) }
let result = try Optimizer(.slsqp).minimize(problem, from: uniform.map { _ in 0 })

func rounded(_ value: Double) -> Double { (1e4 * value).rounded() / 1e4 }
let springs = result.point.map { Double.exp($0) }
let after = try solver.solve(chain.eigenproblem(springs)).value.eigenvalues
print("eigenvalue   uniform  wanted  found")
for index in 0..<4 {
  print(
    "\(index + 1)  \(rounded(before[index]))  \(rounded(wanted[index]))  \(rounded(after[index]))")
}
print("springs: \(springs.map(rounded))")
print("largest relative deviation: \(result.constraintViolation)")
// Mirror images are equally good springs, and the smallest change treats them alike.
let asymmetry = zip(springs, springs.reversed()).map { abs($0 - $1) }.max() ?? 0
print("asymmetry of the springs: \(asymmetry)")

// A ring of six masses: every eigenvalue but the first and the last is there twice. Which way a pair splits depends on
// the change, so that a single one has no gradient; the pair's sum has.
let ring = try SparseMatrix(
  pattern: SparsityPattern(
    rowCount: 6, columnCount: 6, columnPointers: [0, 3, 5, 7, 9, 11, 12],
    rowIndices: [0, 1, 5, 1, 2, 2, 3, 3, 4, 4, 5, 5]),
  values: [2, -1, -1, 2, -1, 2, -1, 2, -1, 2, -1, 2])
let modes = try EigenSolver(count: 3).solve(
  SymmetricEigenproblem(stiffness: ring, storage: .symmetricLower))
print("\nring: eigenvalues \(modes.value.eigenvalues.map(rounded))")
do {
  _ = try modes.pullback(EigenDerivative(eigenvalues: [0, 1, 0]))
} catch let error as EigenError {
  print("refused: \(error)")
}
let pair = try modes.pullback(EigenDerivative(eigenvalues: [0, 1, 1]))
print(
  "derivative of the pair's sum by the first diagonal entry: \(rounded(pair.stiffness.values[0]))")
let stiffer: [Double] = [1, -1, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]  // the spring between masses 0 and 1
let split = try modes.directionalDerivatives(stiffness: stiffer)
print("a stiffer spring moves the three by \(split.map(rounded))")
