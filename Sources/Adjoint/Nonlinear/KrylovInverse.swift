/// Solves with J by a Krylov method, preconditioned by what was made of an earlier Jacobian.
final class KrylovInverse: JacobianInverse {
  private let options: NewtonKrylovSolver.Options
  private let linearized: LinearizedResidual
  /// Sparse Jacobians, where products or the preconditioner need them.
  private let factors: JacobianFactors?
  private var preconditioner: (any Preconditioner)?
  /// Linear iterations of the first solve after the preconditioner was made.
  private var firstCount: Int?
  private var lastCount = 0
  private var matrix: SparseMatrix?
  private(set) var factorizationCount = 0
  private(set) var linearIterations = 0
  /// Whether the preconditioner belongs to the current iterate.
  private(set) var isFresh = false
  /// Whether the derivatives' operator is at the root.
  private var isAtRoot = false

  init(
    _ problem: NonlinearProblem, _ evaluator: ModelEvaluator, _ options: NewtonKrylovSolver.Options
  ) throws {
    self.options = options
    linearized = LinearizedResidual(evaluator)
    factors =
      options.needsMatrix ? try JacobianFactors(problem, storage: options.jacobian) : nil
  }

  private var linearOperator: any LinearOperator {
    options.products == .assembled ? matrix ?? linearized as any LinearOperator : linearized
  }

  /// d with ‖F + J d‖ ≤ η‖F‖, or the best that the method has found if that is some progress.
  ///
  /// - Throws: `KrylovError` if there is none, what the model's Jacobian and the preconditioner throw.
  func direction(
    at state: [Double], _ residual: [Double], relativeTolerance: Double, renewing: Bool
  ) throws -> [Double] {
    isAtRoot = false
    try linearize(at: state)
    let limit = 2 * (firstCount ?? 0) + 4
    isFresh = false
    if firstCount == nil || renewing || lastCount > limit { try renew(at: state) }
    let direction = try solve(
      residual.negated, transposed: false, relativeTolerance: relativeTolerance)
    if firstCount == nil { firstCount = lastCount }
    return direction
  }

  private func linearize(at state: [Double]) throws {
    linearized.state = state
    guard options.products == .assembled, let factors else { return }
    try factors.evaluate(state: state)
    matrix = factors.matrix
  }

  private func renew(at state: [Double]) throws {
    isFresh = true
    firstCount = nil
    guard let factors else { return }
    if options.products == .model { try factors.evaluate(state: state) }
    preconditioner = try options.preconditioner.make(factors.matrix)
    if preconditioner != nil { factorizationCount += 1 }
  }

  private func solve(
    _ rightHandSide: [Double], transposed: Bool, relativeTolerance: Double
  ) throws -> [Double] {
    var linear = options.linear
    linear.relativeTolerance = relativeTolerance
    let solver = try KrylovSolver(options.method, options: linear)
    let (matrix, inverse) =
      transposed
      ? (TransposedOperator(linearOperator), preconditioner.map { TransposedPreconditioner($0) })
      : (linearOperator, preconditioner)
    do {
      let solution = try solver.solve(
        matrix, rightHandSide: rightHandSide, preconditioner: inverse)
      record(solution.statistics.iterations)
      return solution.value
    } catch let error as KrylovError {
      guard let history = error.history else { throw error }
      record(history.iterations)
      // A step that solves its system to less than was asked may still do.
      let best = history.residualNorms.min() ?? .infinity
      guard best <= 0.9 * (history.residualNorms.first ?? 0), history.lastIterate.isFinite,
        history.lastIterate.count == rightHandSide.count
      else { throw error }
      return history.lastIterate
    }
  }

  private func record(_ iterations: Int) {
    lastCount = iterations
    linearIterations += iterations
  }
}

// MARK: Derivatives

extension KrylovInverse {
  var isEmpty: Bool { !isAtRoot }

  var targetBackwardError: Double { options.linear.adjointTolerance }

  /// Without a matrix a lower bound: ‖J v‖∞ for v = (1, 1, …) and (1, −1, …).
  var rowSumNorm: Double {
    if let factors { return factors.rowSumNorm }
    guard !linearized.state.isEmpty else { return 0 }
    return [1.0, -1.0].reduce(0) { largest, sign in
      let vector = (0..<linearized.columnCount).map { $0.isMultiple(of: 2) ? 1 : sign }
      var product = [Double](repeating: 0, count: linearized.rowCount)
      var span = product.mutableSpan
      linearized.apply(vector.span, into: &span)
      return max(largest, product.maximumNorm)
    }
  }

  var columnSumNorm: Double { factors?.columnSumNorm ?? 0 }

  func termSizes(state: [Double]) -> [Double]? { factors?.termSizes(state: state) }

  func updateNorms(state: [Double]) {
    linearized.state = state
    factors?.updateNorms(state: state)
  }

  /// Linearizes at `state`; a second time, the preconditioner is made anew, too.
  func update(state: [Double]) throws {
    try linearize(at: state)
    if isAtRoot || (preconditioner == nil && options.makesPreconditioner) { try renew(at: state) }
    isAtRoot = true
  }

  func solve(_ rightHandSides: [Double], count: Int) throws -> [Double] {
    try inColumns(rightHandSides, count) {
      try solve($0, transposed: false, relativeTolerance: options.linear.adjointTolerance)
    }
  }

  func solveTransposed(_ rightHandSides: [Double], count: Int) throws -> [Double] {
    try inColumns(rightHandSides, count) {
      try solve($0, transposed: true, relativeTolerance: options.linear.adjointTolerance)
    }
  }
}

extension NewtonKrylovSolver.Options {
  fileprivate var makesPreconditioner: Bool {
    if case .none = preconditioner { false } else { true }
  }

  fileprivate var needsMatrix: Bool { products == .assembled || makesPreconditioner }
}

extension NewtonKrylovSolver.Preconditioning {
  fileprivate func make(_ matrix: SparseMatrix) throws -> (any Preconditioner)? {
    switch self {
    case .none: nil
    case .jacobi: try JacobiPreconditioner(matrix)
    case .incompleteLU: try IncompleteLU(matrix)
    case .multigrid: try AlgebraicMultigrid(matrix)
    case .factorization:
      FactorizationPreconditioner(
        try SymbolicFactorization(analyzing: matrix.pattern).factorize(matrix))
    case .custom(let make): try make(matrix)
    }
  }
}

// MARK: Operators

/// J at one state, known by the model's products.
///
/// Unchecked because the evaluator, which is scratch space, belongs to one solve and later to one
/// solution, which uses it under its lock.
private final class LinearizedResidual: LinearOperator, @unchecked Sendable {
  private let evaluator: ModelEvaluator
  var state: [Double] = []

  init(_ evaluator: ModelEvaluator) { self.evaluator = evaluator }

  var rowCount: Int { evaluator.model.outputCount }

  var columnCount: Int { evaluator.model.stateCount }

  func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) {
    let (state, none) = (state, [Double]())
    evaluator.pushforward(
      time: 0, state: state.span, stateTangent: vector, parameterTangent: none.span,
      into: &product)
  }

  func applyTransposed(_ vector: Span<Double>, into product: inout MutableSpan<Double>) {
    for index in 0..<product.count { product[index] = 0 }
    let state = state
    evaluator.statePullback(
      time: 0, state: state.span, cotangent: vector, addingTo: &product)
  }
}

/// Aᵀ.
private struct TransposedOperator: LinearOperator {
  private let original: any LinearOperator

  init(_ original: any LinearOperator) { self.original = original }

  var rowCount: Int { original.columnCount }
  var columnCount: Int { original.rowCount }
  var maximumRowSum: Double? { original.maximumColumnSum }
  var maximumColumnSum: Double? { original.maximumRowSum }

  func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try original.applyTransposed(vector, into: &product)
  }

  func applyTransposed(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try original.apply(vector, into: &product)
  }
}

/// M⁻ᵀ.
private struct TransposedPreconditioner: Preconditioner {
  private let original: any Preconditioner

  init(_ original: any Preconditioner) { self.original = original }

  var rowCount: Int { original.columnCount }
  var columnCount: Int { original.rowCount }
  var isSymmetric: Bool { original.isSymmetric }

  func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try original.applyTransposed(vector, into: &product)
  }

  func applyTransposed(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try original.apply(vector, into: &product)
  }
}
