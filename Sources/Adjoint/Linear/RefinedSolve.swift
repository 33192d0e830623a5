/// How the solution of a system is refined.
struct Refinement: Sendable {
  var maximumSteps: Int
  var precision: LinearSolver.ResidualPrecision
  /// Whether it is an error if the factors do not solve the system to rounding.
  var mustContract = false
}

/// One solve with A or Aᵀ, refined: x ← x + Ã⁻¹(b − A x) (Higham, *Accuracy and Stability*, §12.1).
///
/// Ã is the matrix whose factors are given: A up to rounding, or a nearby one.
struct RefinedSolve<Equations: LinearEquations> {
  /// Where refinement stops: rounding of a residual with m terms alone may leave m eps/2, and the
  /// factors of Poisson's equation on 1024² nodes leave 3 eps.
  private static var tolerance: Double { 8 * Double.ulpOfOne }

  /// Replaces a vector by the solution with Ã, or with Ãᵀ.
  typealias Solve = (_ vector: inout [Double], _ transposed: Bool) throws -> Void

  private(set) var solution: [Double]
  private(set) var steps = 0
  private var residual: LinearResidual<Equations>

  var backwardError: Double { residual.normwiseError }
  var componentwiseBackwardError: Double { residual.componentwiseError }

  /// Refines what `solve` makes of a vector: the solution with Ã, or with Ãᵀ, in its place.
  init(
    _ system: Equations, solve: Solve, rightHandSide: [Double], transposed: Bool,
    rowSums: [Double], refinement: Refinement
  ) throws {
    residual = LinearResidual(
      system, rightHandSide: rightHandSide, transposed: transposed, rowSums: rowSums)
    solution = rightHandSide
    try solve(&solution, transposed)
    try residual.update(solution)
    try reduceBackwardError(solve, transposed, refinement)
    if refinement.mustContract && componentwiseBackwardError > Self.tolerance
      && backwardError > 2 * Self.tolerance
    {
      throw FactorizationError.refinementStalled(backwardError: backwardError, steps: steps)
    }
    if refinement.precision == .twice {
      try reduceError(solve, system, rightHandSide, transposed, refinement)
    }
  }

  /// Steps while the componentwise backward error exceeds the tolerance and one of the two backward
  /// errors has been halved; a step that makes both larger is taken back.
  private mutating func reduceBackwardError(
    _ solve: Solve, _ transposed: Bool, _ refinement: Refinement
  ) throws {
    while componentwiseBackwardError > Self.tolerance && steps < refinement.maximumSteps {
      let last = residual
      var corrected = residual.residual
      try solve(&corrected, transposed)
      for index in corrected.indices { corrected[index] += solution[index] }
      try residual.update(corrected)
      let isBetter =
        residual.normwiseError < last.normwiseError
        || residual.componentwiseError < last.componentwiseError
      guard isBetter else {
        residual = last
        return
      }
      solution = corrected
      steps += 1
      let hasHalved =
        residual.normwiseError <= 0.5 * last.normwiseError
        || residual.componentwiseError <= 0.5 * last.componentwiseError
      guard hasHalved else { return }
    }
  }

  /// Steps with accurate residuals while corrections are at least halved and still change x.
  private mutating func reduceError(
    _ solve: Solve, _ system: Equations, _ rightHandSide: [Double],
    _ transposed: Bool, _ refinement: Refinement
  ) throws {
    var last = Double.infinity
    while steps < refinement.maximumSteps {
      var correction = system.accurateResidual(
        solution, from: rightHandSide, transposed: transposed)
      try solve(&correction, transposed)
      let size = correction.maximumNorm
      guard size <= 0.5 * last else { break }
      for index in solution.indices { solution[index] += correction[index] }
      steps += 1
      last = size
      if size <= 0.5 * Double.ulpOfOne * solution.maximumNorm { break }
    }
    try residual.update(solution)
  }
}

extension RefinedSolve where Equations == LinearSystem {
  init(
    _ system: LinearSystem, _ factors: any Factorization, rightHandSide: [Double],
    transposed: Bool, rowSums: [Double], refinement: Refinement
  ) throws {
    try self.init(
      system, solve: { try factors.solveInPlace(&$0, transposed: $1) },
      rightHandSide: rightHandSide, transposed: transposed, rowSums: rowSums,
      refinement: refinement)
  }
}

extension Factorization {
  func solveInPlace(_ vector: inout [Double], transposed: Bool) throws {
    if transposed {
      try solveTransposedInPlace(&vector)
    } else {
      try solveInPlace(&vector)
    }
  }
}
