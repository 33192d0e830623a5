/// Eigenpairs of a matrix that need not be symmetric, which can be differentiated with respect to it.
///
/// For a simple λ with A v = λ v, wᴴA = λ wᴴ and wᴴv = 1 (Magnus, "On differentiating eigenvalues and eigenvectors",
/// *Econometric Theory* 1, 1985, theorem 2):
///
///     λ̇ = wᴴȦ v,   (A − λI) v̇ = −(Ȧ − λ̇I) v
///
/// and v̇ keeps vᴴv = 1 and Σ rᵢ vᵢ real. Only simple eigenvalues have derivatives: others are
/// refused by name. A solution is immutable and may be shared between threads.
public struct GeneralEigenSolution: Sendable {
  /// What the computation took.
  public struct Statistics: Sendable, Hashable {
    /// The method that was used.
    public var method: EigenSolver.Method
    /// The shift; nil for dense matrices, and where the matrix itself was iterated with.
    public var shift: Double?
    /// Products with A, or solves with A − σI.
    public var applications = 0
    /// Restarts of Arnoldi's method.
    public var restarts = 0
    /// Runs of Arnoldi's method: one for each side and one for the check.
    public var runs = 0
  }

  /// What was solved.
  public let problem: GeneralEigenproblem

  /// The eigenpairs, by ascending real and then imaginary part of λ.
  ///
  /// ‖v‖₂ = 1, Σ rᵢ vᵢ is real and positive with the fixed numbers rᵢ = ½ + `SeededGenerator.uniform(at: i)`, and
  /// wᴴv = 1. A pair of conjugates is never cut: there may be one eigenvalue more than was asked for.
  public let value: GeneralEigenpairs

  /// The distance of each eigenvalue from the nearest other one that is known.
  public let gaps: [Double]

  /// 1/|wᴴv| with ‖v‖ = ‖w‖ = 1: how much larger than a change of A the change of λ may be.
  ///
  /// Source: Wilkinson, *The Algebraic Eigenvalue Problem*, 1965, §2.8. Infinite, or as large as numbers get, for a defective one.
  public let conditionNumbers: [Double]

  /// The larger of ‖A v − λ v‖∞ and ‖Aᵀ w* − λ w*‖∞, relative to (‖A‖ + |λ|)‖v‖∞, of each eigenpair.
  public let backwardErrors: [Double]

  /// What the computation took.
  public let statistics: Statistics

  let pairs: [GeneralEigenpair]
  private let isSimple: [Bool]
  private let weights: [Double]
  private let systems = BorderedSystems()
  private let threads: Int

  init(
    _ problem: GeneralEigenproblem, _ spectrum: GeneralSpectrum, _ options: EigenSolver.Options
  ) throws {
    self.problem = problem
    pairs = spectrum.pairs
    value = GeneralEigenpairs(
      eigenvalues: pairs.map(\.eigenvalue), rightVectors: pairs.map(\.right.elements),
      leftVectors: pairs.map(\.left.elements))
    statistics = spectrum.statistics
    conditionNumbers = pairs.map(\.conditionNumber)
    weights = ComplexVector.phaseWeights(problem.order)
    threads = options.threads
    let norms = [problem.matrix.rowSumNorm, problem.matrix.columnSumNorm]
    backwardErrors = pairs.map { pair in
      zip(norms, [false, true]).map { norm, isLeft in
        let vector = isLeft ? pair.left.conjugate : pair.right
        var residual = problem.matrix.product(vector, transposed: isLeft)
        residual.add(-pair.eigenvalue, vector)
        let scale = (norm + pair.eigenvalue.length) * vector.maximumNorm
        return scale == 0 ? 0 : residual.maximumNorm / scale
      }.max() ?? 0
    }
    if let index = backwardErrors.firstIndex(where: { !($0 <= 1e-10) }) {
      throw EigenError.inaccurate(index: index, backwardError: backwardErrors[index])
    }
    let eigenvalues = value.eigenvalues
    gaps = eigenvalues.indices.map { index in
      var gap = Double.infinity
      for other in eigenvalues.indices where other != index {
        gap = min(gap, (eigenvalues[index] - eigenvalues[other]).length)
      }
      return spectrum.neighbors.reduce(gap) { min($0, (eigenvalues[index] - $1).length) }
    }
    // What rounding may do to an eigenvalue, 64 eps ‖A‖ times its condition, or the tolerance.
    isSimple = eigenvalues.indices.map { [gaps, conditionNumbers] index in
      let noise = 64 * Double.ulpOfOne * conditionNumbers[index] * norms[0]
      return gaps[index] > options.clusterTolerance * eigenvalues[index].length + noise
    }
  }

  /// The gradient for cotangents λ̄ and v̄ of eigenvalues and right eigenvectors, on A's pattern.
  ///
  ///     Ā = Re(conj(λ̄) conj(w) vᵀ) − Re(conj(y) vᵀ),
  ///     (A − λI)ᴴ y = v̄ − α v + i (β/ρ) r,   yᴴv = 0,   α + iβ = v̄ᴴv,   ρ = Σ rᵢ vᵢ.
  ///
  /// Cost O(entries) for an eigenvalue; for an eigenvector a complex factorization, which is kept, and two
  /// solves.
  ///
  /// - Throws: ``EigenError/notSimple(index:gap:conditionNumber:)``; `InputError` for wrong lengths and
  ///   numbers that are not finite; ``FactorizationError``.
  public func pullback(_ cotangent: GeneralEigenDerivative) throws -> GeneralEigenGradient {
    try requireShape(cotangent)
    var gradient = [Double](repeating: 0, count: problem.matrix.pattern.entryCount)
    var evidence = GradientEvidence(
      primalResidual: backwardErrors.max() ?? 0, adjointBackwardError: 0)
    var condition = 1.0
    for (index, pair) in pairs.enumerated() {
      let weight = cotangent.eigenvalues[index]
      let wish = cotangent.rightVectors[index]
      guard weight != .zero || wish != nil else { continue }
      try requireSimple(index)
      condition = max(condition, conditionNumbers[index])
      var adjoint = pair.left.scaled(by: isReal(index) ? Complex(weight.real) : weight)
      if let wish {
        var equation = try equation(index)
        let solution = try equation.solve(
          forcing(ComplexVector(wish), pair), conjugateTransposed: true)
        adjoint.add(-1, pair.orthogonalAdjoint(solution))
        evidence.adjointBackwardError = max(
          evidence.adjointBackwardError, equation.backwardError)
      }
      problem.matrix.pattern.addReal(adjoint, pair.right, to: &gradient)
    }
    return GeneralEigenGradient(
      matrix: try SparseMatrix(pattern: problem.matrix.pattern, values: gradient),
      conditionNumber: condition, evidence: evidence)
  }

  /// The derivatives of all eigenvalues, and of the right eigenvectors that are named, along a tangent of A's stored
  /// entries.
  ///
  /// - Throws: ``EigenError/notSimple(index:gap:conditionNumber:)``,
  ///   ``EigenError/noSuchEigenpair(index:count:)``; `InputError` for a wrong length or a number that is
  ///   not finite; ``FactorizationError``.
  public func pushforward(
    _ tangent: [Double], rightVectors: [Int] = []
  ) throws -> GeneralEigenDerivative {
    let matrix = try SparseMatrix(pattern: problem.matrix.pattern, values: tangent)
    var result = GeneralEigenDerivative(eigenvalues: [])
    for (index, pair) in pairs.enumerated() {
      try requireSimple(index)
      let derivative = pair.left.dot(matrix.product(pair.right))
      result.eigenvalues.append(isReal(index) ? Complex(derivative.real) : derivative)
    }
    for index in rightVectors {
      guard pairs.indices.contains(index) else {
        throw EigenError.noSuchEigenpair(index: index, count: pairs.count)
      }
      let pair = pairs[index]
      var forcing = matrix.product(pair.right).scaled(by: -1)
      forcing.add(result.eigenvalues[index], pair.right)
      var equation = try equation(index)
      var derivative = try equation.solve(forcing, conjugateTransposed: false)
      // The multiple of v that keeps its length and phase.
      let along = -pair.right.dot(derivative).real
      let across = -derivative.phaseSum(weights).imaginary / pair.right.phaseSum(weights).real
      derivative.add(Complex(along, isReal(index) ? 0 : across), pair.right)
      result.rightVectors[index] = derivative.elements
    }
    return result
  }

  private func isReal(_ index: Int) -> Bool { pairs[index].eigenvalue.imaginary == 0 }

  /// v̄ − α v + i (β/ρ) r; of a real eigenvector only the real part of v̄ counts.
  private func forcing(_ wish: ComplexVector, _ pair: GeneralEigenpair) -> ComplexVector {
    var forcing = wish
    if pair.eigenvalue.imaginary == 0 {
      forcing.imaginary = forcing.imaginary.map { _ in 0 }
    }
    let overlap = forcing.dot(pair.right)
    forcing.add(Complex(-overlap.real), pair.right)
    if overlap.imaginary != 0 {
      forcing.imaginary.add(
        overlap.imaginary / pair.right.phaseSum(weights).real, weights)
    }
    return forcing
  }

  private func equation(_ index: Int) throws -> BorderedEquation {
    try BorderedEquation(
      systems.system(of: index) {
        try .init(problem.matrix, pairs[index], threads: threads)
      })
  }

  private func requireSimple(_ index: Int) throws {
    guard isSimple[index] else {
      throw EigenError.notSimple(
        index: index, gap: gaps[index], conditionNumber: conditionNumbers[index])
    }
  }

  private func requireShape(_ cotangent: GeneralEigenDerivative) throws {
    try InputError.requireLength(
      "cotangent.eigenvalues", expected: pairs.count, found: cotangent.eigenvalues.count)
    try InputError.requireFinite("cotangent.eigenvalues", cotangent.eigenvalues)
    for (index, vector) in cotangent.rightVectors {
      guard pairs.indices.contains(index) else {
        throw EigenError.noSuchEigenpair(index: index, count: pairs.count)
      }
      let name = "cotangent.rightVectors[\(index)]"
      try InputError.requireLength(name, expected: problem.order, found: vector.count)
      try InputError.requireFinite(name, vector)
    }
  }
}

extension GeneralEigenpair {
  /// y − w (vᴴy), which makes yᴴv zero.
  fileprivate func orthogonalAdjoint(_ adjoint: ComplexVector) -> ComplexVector {
    var result = adjoint
    result.add(-right.dot(adjoint), left)
    return result
  }
}

extension SparsityPattern {
  /// Adds Re(conj(yᵢ) vⱼ) for every entry.
  fileprivate func addReal(
    _ left: ComplexVector, _ right: ComplexVector, to sum: inout [Double]
  ) {
    for column in 0..<columnCount {
      let real = right.real[column]
      let imaginary = right.imaginary[column]
      for slot in columnPointers[column]..<columnPointers[column + 1] {
        let row = rowIndices[slot]
        sum[slot] += left.real[row] * real + left.imaginary[row] * imaginary
      }
    }
  }
}
