/// The Jacobian ∂F/∂u of one nonlinear solve and its factors.
///
/// Pattern, coloring and symbolic factorization are made once; ``update(state:)`` computes the values and
/// factorizes them.
final class JacobianFactors {
  private enum Factors {
    case dense(DenseLUFactorization)
  }

  private let problem: NonlinearProblem
  private let jacobian: SparseJacobian
  private let isDense: Bool
  private var matrix: SparseMatrix
  private var factors: Factors?
  private(set) var factorizationCount = 0

  init(_ problem: NonlinearProblem, storage: NewtonSolver.JacobianStorage) throws {
    self.problem = problem
    let order = problem.model.stateCount
    let pattern: SparsityPattern
    switch storage {
    case .dense,
      .automatic where order <= 32:
      isDense = true
      pattern = try .full(rowCount: order, columnCount: order)
    case .sparse, .automatic:
      isDense = false
      pattern = try problem.model.jacobianPattern(
        state: problem.initialGuess, parameters: problem.parameters)
    case .pattern(let given):
      isDense = false
      pattern = given
    }
    jacobian = try SparseJacobian(problem.model, pattern: pattern)
    matrix = try SparseMatrix(
      pattern: pattern, values: [Double](repeating: 0, count: pattern.entryCount))
  }

  /// ‖J‖∞ at the last update.
  var rowSumNorm: Double { matrix.rowSumNorm }

  /// ‖J‖₁ at the last update.
  var columnSumNorm: Double { matrix.columnSumNorm }

  /// Whether nothing has been factorized yet.
  var isEmpty: Bool { factors == nil }

  /// Factorizes J at `state`.
  func update(state: [Double]) throws {
    var values = matrix.values
    try jacobian.evaluate(
      time: 0, state: state, parameters: problem.parameters, into: &values)
    try matrix.replaceValues(values)
    factors = .dense(try DenseLUFactorization(order: state.count, columns: values))
    factorizationCount += 1
  }

  /// J⁻¹ b with the factors of the last update.
  func solve(_ rightHandSide: [Double]) throws -> [Double] {
    switch factors {
    case .dense(let factorization): try factorization.solve(rightHandSide)
    case nil: []
    }
  }

  /// J⁻ᵀ b with the factors of the last update.
  func solveTransposed(_ rightHandSide: [Double]) throws -> [Double] {
    switch factors {
    case .dense(let factorization): try factorization.solveTransposed(rightHandSide)
    case nil: []
    }
  }
}
