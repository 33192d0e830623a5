/// The optimality conditions ∇f + Aᵀλ = 0, c = 0 at a point, and their symmetric matrix
/// K = [H + δI, Aᵀ; A, 0] with H = ∇²(f + λᵀc) and A = ∂c/∂x.
///
/// H is made of Hessian products along the colors of its pattern, A of compressed Jacobians. Patterns,
/// colorings and symbolic factorizations are made once.
final class OptimalitySystem {
  private let problem: MinimizationProblem
  let evaluator: ModelEvaluator
  private let coloring: SymmetricColoring
  private let jacobian: SparseJacobian
  /// Where the contributions to K are stored: H, δ, A, Aᵀ.
  private let pattern: SparsityPattern
  private let slots: [Int]
  private var hessianValues: [Double]
  private var jacobianValues: [Double]
  private let convexity: ConvexityCheck
  private(set) var factors: (any Factorization)?
  private(set) var factorizationCount = 0
  private(set) var matrix: SparseMatrix

  private var variableCount: Int { problem.variableCount }
  private var constraintCount: Int { problem.constraintCount }

  init(_ problem: MinimizationProblem) throws {
    self.problem = problem
    evaluator = ModelEvaluator(problem.lagrangian, parameters: problem.parameters)
    let hessianPattern = try problem.lagrangian.recordTrace(
      state: problem.initialGuess, parameters: problem.parameters
    ).hessianPattern()
    coloring = try SymmetricColoring(hessianPattern)
    let jacobianPattern = try problem.constraints.jacobianPattern(
      state: problem.initialGuess, parameters: problem.parameters)
    jacobian = try SparseJacobian(problem.constraints, pattern: jacobianPattern)
    let (n, m) = (problem.variableCount, problem.constraintCount)
    var builder = try SparseMatrixBuilder(rowCount: n + m, columnCount: n + m)
    for (row, column) in hessianPattern.entries { try builder.add(0, row: row, column: column) }
    for index in 0..<n { try builder.add(0, row: index, column: index) }
    for (row, column) in jacobianPattern.entries {
      try builder.add(0, row: n + row, column: column)
    }
    for (row, column) in jacobianPattern.entries {
      try builder.add(0, row: column, column: n + row)
    }
    (pattern, slots) = builder.assemble()
    matrix = try SparseMatrix(
      pattern: pattern, values: [Double](repeating: 0, count: pattern.entryCount))
    hessianValues = [Double](repeating: 0, count: hessianPattern.entryCount)
    jacobianValues = [Double](repeating: 0, count: jacobianPattern.entryCount)
    convexity = ConvexityCheck(
      model: problem.name, hessian: hessianPattern, jacobian: jacobianPattern)
  }

  // MARK: The conditions

  /// f, ∇f + Aᵀλ and c; ∇f alone is the same with λ = 0.
  func conditions(
    at x: [Double], multipliers: [Double]
  ) -> (objective: Double, slope: [Double], constraints: [Double]) {
    var output = [Double](repeating: 0, count: constraintCount + 1)
    evaluator.evaluate(x, into: &output)
    var slope = [Double](repeating: 0, count: variableCount)
    var unused = [Double](repeating: 0, count: problem.parameters.count)
    evaluator.pullback(
      x, cotangent: multipliers + [1], addingTo: &slope, parameters: &unused)
    return (output[constraintCount], slope, Array(output.prefix(constraintCount)))
  }

  // MARK: The matrix

  /// Computes H and A at (x, λ).
  func linearize(at x: [Double], multipliers: [Double]) throws {
    let n = variableCount
    var products: [Double] = []
    products.reserveCapacity(coloring.colorCount * n)
    for color in 0..<coloring.colorCount {
      products +=
        product(
          at: x, multipliers: multipliers, direction: coloring.direction(ofColor: color),
          multiplierDirection: []
        ).top
    }
    hessianValues = try coloring.recover(products)
    try jacobian.evaluate(
      time: 0, state: x, parameters: problem.parameters, into: &jacobianValues)
  }

  /// Whether H + δI is positive definite on the directions with A v = 0.
  func isConvex(shift: Double) throws -> Bool {
    try convexity.holds(hessian: hessianValues, jacobian: jacobianValues, shift: shift)
  }

  /// What a stationary point is where ``isConvex(shift:)`` fails.
  func kind() throws -> MinimizationError.StationaryKind {
    let size = hessianNorm
    if try isConvex(shift: 1e-7 * size) { return .degenerate }
    let opposite = hessianValues.map { -$0 }
    let isMaximum = try convexity.holds(
      hessian: opposite, jacobian: jacobianValues, shift: 0)
    return isMaximum ? .maximum : .saddlePoint
  }

  /// The largest modulus in H.
  var hessianNorm: Double { hessianValues.maximumNorm }

  /// Factorizes K.
  func factorize(shift: Double) throws {
    var values = [Double](repeating: 0, count: pattern.entryCount)
    var contribution = 0
    for value in hessianValues {
      values[slots[contribution]] += value
      contribution += 1
    }
    for _ in 0..<variableCount {
      values[slots[contribution]] += shift
      contribution += 1
    }
    for _ in 0..<2 {
      for value in jacobianValues {
        values[slots[contribution]] += value
        contribution += 1
      }
    }
    try matrix.replaceValues(values)
    factorizationCount += 1
    if let factors {
      try factors.refactorize(matrix)
    } else {
      // Without equations K is H + δI, which is positive definite whenever it is factorized.
      let symbolic = try SymbolicFactorization(
        analyzing: pattern, method: constraintCount == 0 ? .cholesky : .lu)
      factors = try symbolic.factorize(matrix)
    }
  }

  // MARK: Products

  /// K (v, μ) at δ = 0, by the model itself, and the derivative by p of vᵀ∇L + μᵀc.
  func product(
    at x: [Double], multipliers: [Double], direction: [Double], multiplierDirection: [Double]
  ) -> (top: [Double], bottom: [Double], parameters: [Double]) {
    var top = [Double](repeating: 0, count: variableCount)
    var parameters = [Double](repeating: 0, count: problem.parameters.count)
    let cotangent = multipliers + [1]
    let cotangentTangent = multiplierDirection.isEmpty ? [] : multiplierDirection + [0]
    derivative(
      x, cotangent, direction, [], cotangentTangent, &top, &parameters)
    var bottom = [Double](repeating: 0, count: constraintCount + 1)
    if constraintCount > 0 {
      evaluator.pushforward(
        x, stateTangent: direction, parameterTangent: parameters.map { _ in 0 }, into: &bottom)
    }
    return (top, Array(bottom.prefix(constraintCount)), parameters)
  }

  /// The derivative of (∇L, c) along q, a direction of the parameters.
  func parameterDerivative(
    at x: [Double], multipliers: [Double], along direction: [Double]
  ) -> [Double] {
    var top = [Double](repeating: 0, count: variableCount)
    var unused = [Double](repeating: 0, count: problem.parameters.count)
    derivative(x, multipliers + [1], [], direction, [], &top, &unused)
    var bottom = [Double](repeating: 0, count: constraintCount + 1)
    evaluator.pushforward(
      x, stateTangent: top.map { _ in 0 }, parameterTangent: direction, into: &bottom)
    return top + bottom.prefix(constraintCount)
  }

  /// ∂L/∂p.
  func parameterSlope(at x: [Double], multipliers: [Double]) -> [Double] {
    var unused = [Double](repeating: 0, count: variableCount)
    var slope = [Double](repeating: 0, count: problem.parameters.count)
    evaluator.pullback(x, cotangent: multipliers + [1], addingTo: &unused, parameters: &slope)
    return slope
  }

  private func derivative(
    _ x: [Double], _ cotangent: [Double], _ stateTangent: [Double],
    _ parameterTangent: [Double], _ cotangentTangent: [Double], _ top: inout [Double],
    _ parameters: inout [Double]
  ) {
    var topSpan = top.mutableSpan
    var parameterSpan = parameters.mutableSpan
    evaluator.pullbackDerivative(
      time: 0, state: x.span, cotangent: cotangent.span, stateTangent: stateTangent.span,
      parameterTangent: parameterTangent.span, cotangentTangent: cotangentTangent.span,
      addingTo: &topSpan, parameters: &parameterSpan)
  }
}

extension SparsityPattern {
  /// The row and the column of each slot.
  var entries: [(row: Int, column: Int)] {
    (0..<columnCount).flatMap { column in
      (columnPointers[column]..<columnPointers[column + 1]).map { (rowIndices[$0], column) }
    }
  }
}
