/// What a cycle does on its way down, and on its way up again.
protocol MultigridStage: AnyObject {
  /// Makes a first x for A x = b, and the right-hand side of the next stage from what is left.
  func restrict(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>,
    into coarse: UnsafeMutablePointer<Double>)

  /// Corrects x by the solution of the next stage.
  func correct(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>,
    by coarse: UnsafePointer<Double>)
}

/// One level that is smoothed: a matrix A = I + L + Lᵀ of unit diagonal, and its prolongation.
///
/// A symmetric pair of Gauss–Seidel sweeps, K⁻¹ = (I + L)(I + L)ᵀ = A + L Lᵀ, precedes the coarse
/// correction and follows it. So the cycle is symmetric, and it is positive definite even if A is only
/// nearly so, as after rounding to single precision: 2 K⁻¹ − A = K⁻¹ + L Lᵀ is.
final class MultigridLevel: MultigridStage {
  /// The order of A.
  let count: Int
  private let coarseCount: Int
  private let lower: PackedRows
  private let upper: PackedRows
  private let prolongation: PackedRows
  /// b − L x.
  private let remainder: Buffer<Double>
  /// How much the backward sweep changes x.
  private let change: Buffer<Double>

  init(_ setup: MultigridSetup) {
    count = setup.lower.rowCount
    coarseCount = setup.prolongation.columnCount
    lower = PackedRows(setup.lower)
    upper = PackedRows(setup.upper, isDescending: true)
    prolongation = PackedRows(setup.prolongation)
    remainder = Buffer(zeros: count)
    change = Buffer(zeros: count)
  }

  /// Two sweeps from zero, (I + L) x = b and (I + Lᵀ) x' = b − L x; then Pᵀ(b − A x') = Pᵀ L(x − x').
  func restrict(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>,
    into coarse: UnsafeMutablePointer<Double>
  ) {
    coarse.update(repeating: 0, count: coarseCount)
    guard let lower = lower.reader, let upper = upper.reader,
      let prolongation = prolongation.reader,
      let remainder = remainder.all.baseAddress, let change = change.all.baseAddress
    else { return }
    for index in 0..<count {
      let value = lower.subtract(index, times: solution, from: rightHandSide[index])
      remainder[index] = value
      solution[index] = value
    }
    for index in stride(from: count - 1, through: 0, by: -1) {
      let value = upper.subtract(index, times: solution, from: remainder[index])
      change[index] = value - solution[index]
      solution[index] = value
    }
    for index in 0..<count {
      let residual = lower.subtract(index, times: change, from: 0)
      prolongation.add(index, times: residual, to: coarse)
    }
  }

  /// x ← x + P e; then two sweeps.
  func correct(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafeMutablePointer<Double>,
    by coarse: UnsafePointer<Double>
  ) {
    guard let lower = lower.reader, let upper = upper.reader,
      let prolongation = prolongation.reader, let remainder = remainder.all.baseAddress
    else { return }
    for index in 0..<count {
      solution[index] -= prolongation.subtract(index, times: coarse, from: 0)
    }
    for index in 0..<count {
      let above = upper.subtract(index, times: solution, from: 0)
      let value = lower.subtract(index, times: solution, from: rightHandSide[index] + above)
      remainder[index] = value - above
      solution[index] = value
    }
    for index in stride(from: count - 1, through: 0, by: -1) {
      solution[index] = upper.subtract(index, times: solution, from: remainder[index])
    }
  }

  /// b − A x.
  func residual(
    _ rightHandSide: UnsafePointer<Double>, _ solution: UnsafePointer<Double>,
    into residual: UnsafeMutablePointer<Double>
  ) {
    guard let lower = lower.reader, let upper = upper.reader else { return }
    for index in 0..<count {
      let rest = lower.subtract(
        index, times: solution, from: rightHandSide[index] - solution[index])
      residual[index] = upper.subtract(index, times: solution, from: rest)
    }
  }
}
