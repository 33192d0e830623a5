/// The Jacobian ∂F/∂u of one nonlinear solve and its factors.
///
/// Pattern, coloring and symbolic factorization are made once; ``update(state:)`` computes the values and
/// factorizes them: by Cholesky's method while J is symmetric and positive definite, by LU otherwise.
final class JacobianFactors {
  /// The stage that a solve with factors has reached.
  private enum Factors {
    case none
    case dense(DenseLUFactorization)
    case sparse(any Factorization, SymbolicFactorization.Method)
  }

  private let problem: NonlinearProblem
  private let jacobian: SparseJacobian
  private let isDense: Bool
  private var mayBePositiveDefinite = true
  private var matrix: SparseMatrix
  private var factors = Factors.none
  private(set) var factorizationCount = 0

  init(_ problem: NonlinearProblem, storage: NewtonSolver.JacobianStorage) throws {
    self.problem = problem
    let order = problem.model.stateCount
    let supplied = problem.model.supplied.jacobianPattern
    let pattern: SparsityPattern
    switch storage {
    case .dense,
      .automatic where order <= 32 && supplied == nil:
      isDense = true
      pattern = try .full(rowCount: order, columnCount: order)
    case .sparse, .automatic:
      isDense = false
      pattern =
        try supplied
        ?? problem.model.jacobianPattern(
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
  var isEmpty: Bool {
    if case .none = factors { true } else { false }
  }

  /// Factorizes J at `state`.
  func update(state: [Double]) throws {
    var values = matrix.values
    try jacobian.evaluate(
      time: 0, state: state, parameters: problem.parameters, into: &values)
    try matrix.replaceValues(values)
    if isDense {
      factors = .dense(try DenseLUFactorization(order: state.count, columns: values))
    } else if mayBePositiveDefinite && matrix.entryWithoutEqualMirror == nil {
      do {
        try factorize(.cholesky)
      } catch FactorizationError.notPositiveDefinite {
        mayBePositiveDefinite = false
        try factorize(.lu)
      }
    } else {
      try factorize(.lu)
    }
    factorizationCount += 1
  }

  /// Factorizes the matrix, with the last analysis if the method is still the same.
  private func factorize(_ method: SymbolicFactorization.Method) throws {
    if case .sparse(let factorization, method) = factors {
      try factorization.refactorize(matrix.values)
    } else {
      let symbolic = try SymbolicFactorization(analyzing: matrix.pattern, method: method)
      factors = .sparse(try symbolic.factorize(matrix), method)
    }
  }

  /// J⁻¹ b with the factors of the last update.
  func solve(_ rightHandSide: [Double]) throws -> [Double] {
    switch factors {
    case .none: throw FactorizationError.noFactors
    case .dense(let factorization): try factorization.solve(rightHandSide)
    case .sparse(let factorization, _): try factorization.solve(rightHandSide)
    }
  }

  /// J⁻ᵀ b with the factors of the last update.
  func solveTransposed(_ rightHandSide: [Double]) throws -> [Double] {
    switch factors {
    case .none: throw FactorizationError.noFactors
    case .dense(let factorization): try factorization.solveTransposed(rightHandSide)
    case .sparse(let factorization, _): try factorization.solveTransposed(rightHandSide)
    }
  }
}
