/// How much a linear system amplifies relative changes of its data, in the 1-norm.
public struct ConditionEstimate: Sendable, Hashable {
  /// ‖A‖₁.
  public var matrixNorm: Double

  /// A lower bound of ‖A⁻¹‖₁, rarely less than a third of it.
  public var inverseNorm: Double

  /// 1/(‖A‖₁‖A⁻¹‖₁): near 1 for a harmless system, below eps for one that is singular to working
  /// precision.
  public var reciprocal: Double {
    let condition = matrixNorm * inverseNorm
    return condition.isNaN ? 0 : 1 / condition
  }

  /// Whether rounding of the entries of A alone may make it singular.
  public var isSingularToWorkingPrecision: Bool { reciprocal < Double.ulpOfOne }
}

extension LinearSolution {
  /// The condition of the system, from about five solves with the factors; kept for the next call.
  ///
  /// With factors of a nearby matrix Ã, ‖Ã⁻¹‖₁ stands for ‖A⁻¹‖₁.
  ///
  /// - Throws: ``FactorizationError`` if the factors are gone.
  public func conditionEstimate() throws -> ConditionEstimate {
    try condition.value {
      let isFull = system.storage == .full
      return ConditionEstimate(
        matrixNorm: isFull ? system.matrix.columnSumNorm : system.matrix.symmetricRowSumNorm,
        inverseNorm: try factors.inverseNormEstimate())
    }
  }

  /// A bound of ‖x̂ − x‖∞/‖x̂‖∞ from the residual in working precision: ‖ |A⁻¹| f ‖∞/‖x̂‖∞ with
  /// f = |r| + (m + 1) u (|A||x̂| + |b|), m being the number of entries in a row.
  ///
  /// This is the bound of LAPACK's xGERFS (Arioli, Demmel and Duff 1989; Higham, *Accuracy and
  /// Stability*, eq. (7.31)); ‖ |A⁻¹| f ‖∞ is estimated as the 1-norm of (A⁻¹ diag f)ᵀ. It supposes
  /// the worst case of all roundings, ``estimatedRelativeError()`` looks at those that happened. Cost
  /// about five solves.
  ///
  /// - Throws: ``FactorizationError`` if the factors are gone.
  public func forwardErrorBound() throws -> Double {
    var residual = LinearResidual(
      system, rightHandSide: system.rightHandSide, transposed: false, rowSums: rowSums)
    try residual.update(value)
    let bound = residual.residualBound()
    let norm = try oneNormEstimate(
      order: value.count,
      apply: { vector in
        try factors.solveTransposedInPlace(&vector)
        for index in bound.indices { vector[index] *= bound[index] }
      },
      applyTransposed: { vector in
        for index in bound.indices { vector[index] *= bound[index] }
        try factors.solveInPlace(&vector)
      })
    return norm == 0 ? 0 : norm / value.maximumNorm
  }

  /// An estimate of ‖x̂ − x‖∞/‖x‖∞, infinite if not a digit of x is known; kept for the next call.
  ///
  /// Cost: two solves and two residuals in twice the working precision.
  ///
  /// - Throws: ``FactorizationError`` if the factors are gone.
  public func estimatedRelativeError() throws -> Double { try solutionError().relative }
}

extension Factorization {
  /// An estimate of ‖A⁻¹‖₁: never above it but for rounding, rarely below a third of it.
  ///
  /// Cost: four or five solves, at most eleven.
  ///
  /// - Throws: ``FactorizationError/noFactors``.
  public func inverseNormEstimate() throws -> Double {
    try oneNormEstimate(
      order: order, apply: { try solveInPlace(&$0) },
      applyTransposed: { try solveTransposedInPlace(&$0) })
  }
}

/// A lower bound of ‖B‖₁ = max ‖B v‖₁ over ‖v‖₁ = 1, from products with B and Bᵀ alone.
///
/// Hager's method climbs from one unit vector to the next: ‖B v‖₁ is convex in v with the subgradient
/// Bᵀ sign(B v), whose largest component names the next unit vector. At last a vector of growing
/// components with alternating signs is tried against cancellation. Source: Higham, "FORTRAN codes
/// for estimating the one-norm of a real or complex matrix", *ACM TOMS* 14 (1988), algorithm 4.1.
func oneNormEstimate(
  order: Int, apply: (inout [Double]) throws -> Void,
  applyTransposed: (inout [Double]) throws -> Void
) throws -> Double {
  var product = [Double](repeating: 1 / Double(order), count: order)
  try apply(&product)
  var estimate = product.absoluteSum
  if order == 1 { return estimate }
  var signs = product.signs
  var unit: Int?
  for _ in 0..<5 {
    var gradient = signs
    try applyTransposed(&gradient)
    let largest = gradient.indices.max { gradient[$0].magnitude < gradient[$1].magnitude } ?? 0
    if let unit, gradient[unit].magnitude >= gradient[largest].magnitude { break }
    unit = largest
    product = [Double](repeating: 0, count: order)
    product[largest] = 1
    try apply(&product)
    let norm = product.absoluteSum
    let newSigns = product.signs
    let isLast = newSigns == signs || norm <= estimate
    estimate = max(estimate, norm)
    if isLast { break }
    signs = newSigns
  }
  var alternating = (0..<order).map { index in
    let size = 1 + Double(index) / Double(order - 1)
    return index % 2 == 0 ? size : -size
  }
  try apply(&alternating)
  return max(estimate, 2 * alternating.absoluteSum / Double(3 * order))
}

extension [Double] {
  /// ‖v‖₁.
  fileprivate var absoluteSum: Double { reduce(0) { $0 + $1.magnitude } }

  /// 1 for each number that is not negative, −1 for the others.
  fileprivate var signs: [Double] { map { $0 < 0 ? -1 : 1 } }
}
