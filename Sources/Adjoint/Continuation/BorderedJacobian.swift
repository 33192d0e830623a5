/// The matrix [J, b; cᵀ, d] with J = ∂F/∂u, and its sparse factors.
///
/// It is regular at a fold, where J is not, if b is outside the range of J and c outside that of Jᵀ
/// (Keller's bordering lemma, "Numerical solution of bifurcation and nonlinear eigenvalue problems", 1977).
/// Patterns and the symbolic factorization are made once.
final class BorderedJacobian {
  private let jacobian: SparseJacobian
  private let pattern: SparsityPattern
  private let slots: [Int]
  private let order: Int
  private let symbolic: SymbolicFactorization
  private var jacobianValues: [Double]
  private var factors: (any Factorization)?
  private(set) var factorizationCount = 0
  private(set) var matrix: SparseMatrix

  init(_ model: Model, state: [Double], parameters: [Double]) throws {
    order = model.stateCount
    let inner =
      try model.supplied.jacobianPattern
      ?? model.jacobianPattern(state: state, parameters: parameters)
    jacobian = try SparseJacobian(model, pattern: inner)
    var builder = try SparseMatrixBuilder(rowCount: order + 1, columnCount: order + 1)
    for (row, column) in inner.entries { try builder.add(0, row: row, column: column) }
    for row in 0...order { try builder.add(0, row: row, column: order) }
    for column in 0..<order { try builder.add(0, row: order, column: column) }
    (pattern, slots) = builder.assemble()
    matrix = try SparseMatrix(
      pattern: pattern, values: [Double](repeating: 0, count: pattern.entryCount))
    jacobianValues = [Double](repeating: 0, count: inner.entryCount)
    symbolic = try SymbolicFactorization(analyzing: pattern, method: .lu)
  }

  /// Computes J.
  func linearize(state: [Double], parameters: [Double]) throws {
    try jacobian.evaluate(
      time: 0, state: state, parameters: parameters, into: &jacobianValues)
  }

  /// Factorizes with the last J and this border.
  func factorize(column: [Double], row: [Double], corner: Double) throws {
    var values = [Double](repeating: 0, count: pattern.entryCount)
    var contribution = 0
    for value in jacobianValues + column + [corner] + row {
      values[slots[contribution]] += value
      contribution += 1
    }
    try matrix.replaceValues(values)
    factorizationCount += 1
    if let factors {
      try factors.refactorize(matrix)
    } else {
      factors = try symbolic.factorize(matrix)
    }
  }

  /// The solution with the matrix or its transpose, refined, and its normwise backward error.
  func solve(
    _ rightHandSide: [Double], transposed: Bool = false
  ) throws -> (solution: [Double], backwardError: Double) {
    guard let factors else { throw FactorizationError.noFactors }
    let norm = transposed ? matrix.columnSumNorm : matrix.rowSumNorm
    var solution = rightHandSide
    try factors.solveInPlace(&solution, transposed: transposed)
    var error = Double.infinity
    for _ in 0..<3 {
      let product =
        transposed ? try matrix.multiplyTransposed(solution) : try matrix.multiply(solution)
      var residual = zip(rightHandSide, product).map { $0 - $1 }
      let scale: Double = norm * solution.maximumNorm + rightHandSide.maximumNorm
      let found: Double = scale == 0 ? 0 : residual.maximumNorm / scale
      if found <= Double.ulpOfOne || !(found < 0.5 * error) { return (solution, found) }
      error = found
      try factors.solveInPlace(&residual, transposed: transposed)
      for index in solution.indices { solution[index] += residual[index] }
    }
    return (solution, error)
  }
}
