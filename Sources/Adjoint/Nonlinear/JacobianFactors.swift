/// The Jacobian ∂F/∂u of one nonlinear solve and its factors.
///
/// Pattern, coloring and symbolic factorization are made once. ``evaluate(state:)`` computes the values
/// and ``factorize(shift:)`` factorizes them: by Cholesky's method while J is symmetric and positive
/// definite, by LU otherwise.
final class JacobianFactors: JacobianInverse {
  /// The stage that a solve with factors has reached.
  private enum Factors {
    case none
    case dense(DenseLUFactorization)
    case sparse(any Factorization, SymbolicFactorization.Method)
  }

  private let parameters: [Double]
  private let jacobian: SparseJacobian
  /// Whether the pattern is full and LU is that of a dense matrix.
  private let isDense: Bool
  /// Where the mirror images are, as long as J may be positive definite.
  private lazy var mirrors = isDense ? nil : MirrorSlots(jacobian.pattern)
  private var values: [Double]
  private var factors = Factors.none
  private(set) var factorizationCount = 0
  private var norms: (row: Double, column: Double)?

  /// Prepares Jacobians; `withDiagonal` adds the whole diagonal to the pattern.
  init(
    _ problem: NonlinearProblem, storage: NewtonSolver.JacobianStorage, withDiagonal: Bool = false
  ) throws {
    parameters = problem.parameters
    let order = problem.model.stateCount
    let supplied = problem.model.supplied.jacobianPattern
    var pattern: SparsityPattern
    switch storage {
    case .dense,
      .automatic where order <= 32 && supplied == nil:
      isDense = true
      pattern = try .full(rowCount: order, columnCount: order)
    case .sparse, .automatic:
      pattern =
        try supplied
        ?? problem.model.jacobianPattern(
          state: problem.initialGuess, parameters: problem.parameters)
      isDense = storage == .automatic && supplied == nil && pattern.isNearlyFull
      if isDense { pattern = try .full(rowCount: order, columnCount: order) }
    case .pattern(let given):
      isDense = false
      pattern = given
    }
    if withDiagonal { pattern = pattern.withDiagonal }
    jacobian = try SparseJacobian(problem.model, pattern: pattern)
    values = [Double](repeating: 0, count: pattern.entryCount)
  }

  /// J at the last evaluation.
  var matrix: SparseMatrix { SparseMatrix(unchecked: jacobian.pattern, values: values) }

  /// Whether nothing has been factorized yet.
  var isEmpty: Bool {
    if case .none = factors { true } else { false }
  }

  /// Refinement goes on to rounding: a solve with factors is cheap.
  var targetBackwardError: Double { 4 * Double.ulpOfOne }

  /// ‖J‖∞ at the last evaluation.
  var rowSumNorm: Double { knownNorms.row }

  /// ‖J‖₁ at the last evaluation.
  var columnSumNorm: Double { knownNorms.column }

  func termSizes(state: [Double]) -> [Double]? {
    let pattern = jacobian.pattern
    var sizes = [Double](repeating: 0, count: state.count)
    for column in 0..<pattern.columnCount {
      let size = max(state[column].magnitude, 1)
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        sizes[pattern.rowIndices[slot]] += values[slot].magnitude * size
      }
    }
    return sizes
  }

  private var knownNorms: (row: Double, column: Double) {
    if let norms { return norms }
    let matrix = matrix
    let found = (row: matrix.rowSumNorm, column: matrix.columnSumNorm)
    norms = found
    return found
  }
}

// MARK: Values and factors

extension JacobianFactors {
  /// Computes J at `state`; the factors remain those of before.
  ///
  /// - Throws: `InputError` for an entry that is not finite.
  func evaluate(state: [Double]) throws {
    norms = nil
    try jacobian.evaluate(time: 0, state: state, parameters: parameters, into: &values)
    if !values.isFinite { try InputError.requireFinite("entries of the Jacobian", values) }
  }

  /// Factorizes J + shift · I.
  func factorize(shift: Double = 0) throws {
    guard shift != 0 else { return try factorize(values) }
    var shifted = values
    let pattern = jacobian.pattern
    for index in 0..<pattern.columnCount {
      guard let slot = pattern.slot(row: index, column: index) else {
        preconditionFailure("the pattern was made without its diagonal")
      }
      shifted[slot] += shift
    }
    try factorize(shifted)
  }

  func updateNorms(state: [Double]) { try? evaluate(state: state) }

  /// Computes and factorizes J at `state`.
  func update(state: [Double]) throws {
    try evaluate(state: state)
    try factorize()
  }

  private func factorize(_ values: [Double]) throws {
    factorizationCount += 1
    if isDense {
      factors = .none
      factors = .dense(
        try DenseLUFactorization(order: jacobian.pattern.columnCount, columns: values))
      return
    }
    if let mirrors, mirrors.isSymmetric(values) {
      do {
        return try factorize(values, .cholesky)
      } catch FactorizationError.notPositiveDefinite {
        self.mirrors = nil
      }
    }
    try factorize(values, .lu)
  }

  /// Factorizes the values, with the last analysis if the method is still the same.
  private func factorize(_ values: [Double], _ method: SymbolicFactorization.Method) throws {
    if case .sparse(let factorization, method) = factors {
      try factorization.refactorize(values)
    } else {
      let symbolic = try SymbolicFactorization(analyzing: jacobian.pattern, method: method)
      let matrix = SparseMatrix(unchecked: jacobian.pattern, values: values)
      factors = .sparse(try symbolic.factorize(matrix), method)
    }
  }
}

// MARK: Solves

extension JacobianFactors {
  /// J⁻¹ B with the factors of the last factorization.
  func solve(_ rightHandSides: [Double], count: Int = 1) throws -> [Double] {
    switch factors {
    case .none: throw FactorizationError.noFactors
    case .dense(let factorization):
      try inColumns(rightHandSides, count) { try factorization.solve($0) }
    case .sparse(let factorization, _): try factorization.solve(rightHandSides, count: count)
    }
  }

  /// J⁻ᵀ B with the factors of the last factorization.
  func solveTransposed(_ rightHandSides: [Double], count: Int = 1) throws -> [Double] {
    switch factors {
    case .none: throw FactorizationError.noFactors
    case .dense(let factorization):
      try inColumns(rightHandSides, count) { try factorization.solveTransposed($0) }
    case .sparse(let factorization, _):
      try factorization.solveTransposed(rightHandSides, count: count)
    }
  }

  /// −J⁻¹ F, finite.
  ///
  /// - Throws: `FactorizationError` if J is singular to working precision.
  func newtonDirection(_ residual: [Double]) throws -> [Double] {
    let direction = try solve(residual.negated)
    if let index = direction.firstIndex(where: { !$0.isFinite }) {
      throw FactorizationError.solutionNotFinite(index: index)
    }
    return direction
  }
}

extension SparsityPattern {
  /// The same pattern with every diagonal entry of a square matrix.
  var withDiagonal: SparsityPattern {
    var pointers = [0]
    var rows: [Int] = []
    rows.reserveCapacity(entryCount + columnCount)
    for column in 0..<columnCount {
      var isThere = false
      for slot in columnPointers[column]..<columnPointers[column + 1] {
        let row = rowIndices[slot]
        if row >= column && !isThere {
          if row > column { rows.append(column) }
          isThere = true
        }
        rows.append(row)
      }
      if !isThere { rows.append(column) }
      pointers.append(rows.count)
    }
    return SparsityPattern(
      unchecked: rowCount, columnCount, columnPointers: pointers, rowIndices: rows)
  }
}
