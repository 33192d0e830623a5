/// A system A x = b, or its transpose, as the iterations see it.
struct KrylovOperand {
  let linearOperator: any LinearOperator
  let preconditioner: (any Preconditioner)?
  let isTransposed: Bool

  /// The number of unknowns.
  var unknownCount: Int {
    isTransposed ? linearOperator.rowCount : linearOperator.columnCount
  }

  /// The number of equations.
  var equationCount: Int {
    isTransposed ? linearOperator.columnCount : linearOperator.rowCount
  }

  /// ‖A‖∞ where it is known, A being transposed here if the system is.
  var maximumRowSum: Double? {
    isTransposed ? linearOperator.maximumColumnSum : linearOperator.maximumRowSum
  }

  /// ‖Aᵀ‖∞ where it is known, A being transposed here if the system is.
  var maximumColumnSum: Double? {
    isTransposed ? linearOperator.maximumRowSum : linearOperator.maximumColumnSum
  }

  func multiply(_ vector: Buffer<Double>, into product: Buffer<Double>) throws {
    try multiply(vector, into: product, transposed: isTransposed)
  }

  /// The product with the transpose of this system's matrix.
  func multiplyTransposed(_ vector: Buffer<Double>, into product: Buffer<Double>) throws {
    try multiply(vector, into: product, transposed: !isTransposed)
  }

  private func multiply(
    _ vector: Buffer<Double>, into product: Buffer<Double>, transposed: Bool
  ) throws {
    var target = product.all.mutableSpan
    if transposed {
      try linearOperator.applyTransposed(vector.all.span, into: &target)
    } else {
      try linearOperator.apply(vector.all.span, into: &target)
    }
  }

  /// Without preconditioner a copy.
  func precondition(_ vector: Buffer<Double>, into product: Buffer<Double>) throws {
    try precondition(vector, into: product, transposed: isTransposed)
  }

  /// The product with the transpose of this system's preconditioner.
  func preconditionTransposed(
    _ vector: Buffer<Double>, into product: Buffer<Double>
  ) throws { try precondition(vector, into: product, transposed: !isTransposed) }

  private func precondition(
    _ vector: Buffer<Double>, into product: Buffer<Double>, transposed: Bool
  ) throws {
    guard let preconditioner else {
      product.copy(vector)
      return
    }
    var target = product.all.mutableSpan
    if transposed {
      try preconditioner.applyTransposed(vector.all.span, into: &target)
    } else {
      try preconditioner.apply(vector.all.span, into: &target)
    }
  }
}

/// How one cycle of a method ended.
enum KrylovOutcome {
  /// The recurrence has reached the target.
  case converged
  /// The method starts anew, as it does from time to time.
  case restart
  /// The limit of iterations.
  case limit
  /// A quantity to divide by is zero.
  case breakdown(String)
}

/// One method: improves x, given the residual r = b − A x, until its recurrence says that the residual is
/// at the target, or it has to start anew.
///
/// r may be destroyed. Scratch vectors are kept from cycle to cycle; nothing is allocated in one.
protocol KrylovCycle {
  mutating func run(
    _ solution: Buffer<Double>, residual: Buffer<Double>, norm: Double, target: Double,
    on run: KrylovRun
  ) throws -> KrylovOutcome
}

/// One solve: cycles of a method around true residuals.
///
/// After each cycle r = b − A x is computed anew. Recurrences drift away from it by rounding
/// (Greenbaum, SIAM J. Matrix Anal. Appl. 18, 1997); starting again from the true one is iterative
/// refinement and reaches the residual that rounding allows.
final class KrylovRun {
  let operand: KrylovOperand
  let maximumIterations: Int
  private(set) var history: KrylovHistory
  /// x.
  private(set) var solution: [Double] = []
  /// b − A x of a rectangular system.
  private(set) var residual: [Double] = []
  /// ‖b − A x‖₂, computed from x.
  private(set) var residualNorm = 0.0
  /// ‖b − A x‖∞/(‖A‖∞‖x‖∞ + ‖b‖∞), with ‖A x‖∞ for ‖A‖∞‖x‖∞ where ‖A‖∞ is not known.
  private(set) var backwardError = 0.0
  /// Whether the residual is at the level of rounding rather than at the tolerance.
  private(set) var isAtRounding = false

  /// ‖Aᵀ r‖₂ after the last cycle of a least-squares problem.
  private var gradientNorm = Double.infinity
  private var hasHalvedGradient = false

  private let rightHandSide: [Double]
  private let tolerance: (relative: Double, absolute: Double)

  init(
    _ operand: KrylovOperand, kind: KrylovHistory.SystemKind, rightHandSide: [Double],
    initialGuess: [Double]? = nil, solver: KrylovSolver
  ) throws {
    self.operand = operand
    self.rightHandSide = rightHandSide
    maximumIterations = solver.options.maximumIterations
    tolerance =
      kind == .forward
      ? (solver.options.relativeTolerance, solver.options.absoluteTolerance)
      : (solver.options.adjointTolerance, 0)
    history = KrylovHistory(method: solver.method, system: kind)
    history.residualNorms.reserveCapacity(min(maximumIterations, 1000) + 1)
    try iterate(solver.makeCycle(operand), from: initialGuess)
  }

  /// Notes the residual after an iteration; false at the limit.
  ///
  /// - Throws: ``KrylovError/notFinite(_:)``.
  func record(_ norm: Double) throws -> Bool {
    history.residualNorms.append(norm)
    guard norm.isFinite else { throw KrylovError.notFinite(history) }
    return history.iterations < maximumIterations
  }
}

// MARK: The loop

extension KrylovRun {
  private func iterate(_ method: any KrylovCycle, from initialGuess: [Double]?) throws {
    var cycle = method
    let x = Buffer(zeros: operand.unknownCount)
    let r = Buffer(zeros: operand.equationCount)
    if let initialGuess { x.copy(initialGuess) }
    let rightHandSideNorm = rightHandSide.euclideanNorm
    guard rightHandSideNorm.isFinite else { throw KrylovError.notFinite(history) }
    // The zero vector solves A x = 0, and is what derivatives at zero must be.
    if rightHandSideNorm == 0 { x.clear() }
    let target: Double =
      max(tolerance.relative, 0.5 * Double.ulpOfOne) * rightHandSideNorm + tolerance.absolute
    history.targetNorm = target
    defer { finish(x, r) }
    var norm = try computeResidual(x, r)
    _ = try record(norm)
    while norm > target {
      let previous = norm
      let outcome: KrylovOutcome
      do {
        outcome = try cycle.run(x, residual: r, norm: norm, target: target, on: self)
        norm = try computeResidual(x, r)
      } catch let error as KrylovError {
        throw error.with(x)
      }
      guard norm.isFinite else { throw KrylovError.notFinite(history).with(x) }
      if norm <= target { break }
      if try isLeastSquaresSolution(after: outcome, x, r) { break }
      if try mayContinue(after: outcome, norm, previous: previous, x, r) { continue }
      isAtRounding = true
      break
    }
    try computeBackwardError(x, r)
  }

  /// True to go on, false if the solution is as good as rounding allows.
  private func mayContinue(
    after outcome: KrylovOutcome, _ norm: Double, previous: Double, _ x: Buffer<Double>,
    _ r: Buffer<Double>
  ) throws -> Bool {
    let error: KrylovError
    switch outcome {
    case .converged:
      if norm < 0.5 * previous || hasHalvedGradient { return true }
      error = .stagnation(history)
    case .restart:
      if norm < 0.999_999 * previous { return true }
      error = .stagnation(history)
    case .breakdown(let quantity):
      if norm < 0.5 * previous { return true }
      error = .breakdown(history, quantity: quantity)
    case .limit: error = .iterationLimit(history)
    }
    if try isRoundingLevel(x, r) { return false }
    throw error.with(x)
  }

  /// ‖r‖∞ ≤ 64 eps (‖A‖∞‖x‖∞ + ‖b‖∞): a few roundings in each of the products that r consists of.
  ///
  /// Where that is more than a thousandth of b, the matrix is singular to working precision: x has grown
  /// until its products' rounding hides the residual, and is no solution.
  private func isRoundingLevel(_ x: Buffer<Double>, _ r: Buffer<Double>) throws -> Bool {
    guard residualNorm <= 1e-3 * rightHandSide.euclideanNorm else { return false }
    let norm = try operand.maximumRowSum ?? estimatedNorm(from: r)
    let scale = norm * x.largestModulus + rightHandSide.maximumNorm
    return r.largestModulus <= 64 * Double.ulpOfOne * scale
  }

  /// A lower bound of ‖A‖∞ from products with rough vectors: r, A r, A A r.
  private func estimatedNorm(from residual: Buffer<Double>) throws -> Double {
    guard operand.equationCount == operand.unknownCount else { return 0 }
    let vector = Buffer(zeros: operand.unknownCount)
    let image = Buffer(zeros: operand.equationCount)
    vector.copy(residual)
    var norm = 0.0
    for _ in 0..<3 {
      let size = vector.largestModulus
      guard size > 0 && size.isFinite else { break }
      vector.scale(by: 1 / size)
      try operand.multiply(vector, into: image)
      norm = max(norm, image.largestModulus)
      vector.copy(image)
    }
    return norm
  }

  /// Whether x solves a least-squares problem: r is orthogonal to the columns of A.
  ///
  /// ‖Aᵀ r‖₂ ≤ tolerance · ‖A‖‖r‖₂, or 64 eps ‖A‖(‖A‖‖x‖₂ + ‖b‖₂), with ‖A‖₂ ≤ √(‖A‖₁‖A‖∞) where these are
  /// known and the estimate ‖A Aᵀr‖₂/‖Aᵀr‖₂ otherwise.
  private func isLeastSquaresSolution(
    after outcome: KrylovOutcome, _ x: Buffer<Double>, _ r: Buffer<Double>
  ) throws -> Bool {
    guard operand.equationCount > operand.unknownCount, case .converged = outcome else {
      return false
    }
    let gradient = Buffer(zeros: operand.unknownCount)
    try operand.multiplyTransposed(r, into: gradient)
    let norm = gradient.norm
    guard norm.isFinite else { throw KrylovError.notFinite(history) }
    hasHalvedGradient = norm < 0.5 * gradientNorm
    gradientNorm = norm
    if norm == 0 { return true }
    let matrixNorm: Double
    if let rows = operand.maximumRowSum, let columns = operand.maximumColumnSum {
      matrixNorm = (rows * columns).squareRoot()
    } else {
      let image = Buffer(zeros: operand.equationCount)
      try operand.multiply(gradient, into: image)
      matrixNorm = image.norm / norm
    }
    let relative = max(tolerance.relative, 0.5 * Double.ulpOfOne)
    let scale: Double = matrixNorm * x.norm + rightHandSide.euclideanNorm
    return norm <= relative * matrixNorm * residualNorm
      || norm <= 64 * Double.ulpOfOne * matrixNorm * scale
  }

  private func computeResidual(_ x: Buffer<Double>, _ r: Buffer<Double>) throws -> Double {
    try operand.multiply(x, into: r)
    r.subtract(from: rightHandSide)
    residualNorm = r.norm
    return residualNorm
  }

  private func computeBackwardError(_ x: Buffer<Double>, _ r: Buffer<Double>) throws {
    let size: Double
    if let norm = operand.maximumRowSum {
      size = norm * x.largestModulus
    } else {
      // ‖A x‖∞ from b − r.
      var largest = 0.0
      for index in rightHandSide.indices {
        largest = max(largest, (rightHandSide[index] - r[index]).magnitude)
      }
      size = largest
    }
    let scale = size + rightHandSide.maximumNorm
    backwardError = scale == 0 ? 0 : r.largestModulus / scale
  }

  private func finish(_ x: Buffer<Double>, _ r: Buffer<Double>) {
    solution = x.array
    // Only least squares ask for it.
    residual = operand.equationCount == operand.unknownCount ? [] : r.array
  }
}

extension KrylovError {
  /// The same error with the last iterate in its history.
  fileprivate func with(_ iterate: Buffer<Double>) -> KrylovError {
    func filled(_ history: KrylovHistory) -> KrylovHistory {
      var history = history
      history.lastIterate = iterate.array
      return history
    }
    switch self {
    case .unsuitable: return self
    case .iterationLimit(let history): return .iterationLimit(filled(history))
    case .stagnation(let history): return .stagnation(filled(history))
    case .breakdown(let history, let quantity):
      return .breakdown(filled(history), quantity: quantity)
    case .indefinite(let history, let curvature):
      return .indefinite(filled(history), curvature: curvature)
    case .indefinitePreconditioner(let history, let product):
      return .indefinitePreconditioner(filled(history), product: product)
    case .notFinite(let history): return .notFinite(filled(history))
    }
  }
}

extension KrylovSolver {
  func makeCycle(_ operand: KrylovOperand) -> any KrylovCycle {
    switch method {
    case .conjugateGradients: ConjugateGradients(operand)
    case .minres: MinimalResiduals(operand)
    case .gmres:
      GeneralizedMinimalResiduals(
        operand, restartLength: options.restartLength, isFlexible: false)
    case .flexibleGMRES:
      GeneralizedMinimalResiduals(
        operand, restartLength: options.restartLength, isFlexible: true)
    case .biCGStab: StabilizedBiconjugateGradients(operand)
    case .lsmr: LeastSquaresMinimalResiduals(operand)
    }
  }
}
