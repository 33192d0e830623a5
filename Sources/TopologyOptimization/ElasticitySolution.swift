import Adjoint

/// The displacements of a loaded structure, which can be differentiated.
///
///     K(ρ) u = f,   c = fᵀ u
///
/// Displacements and forces are arrays over all degrees of freedom of the grid, two a node, those at
/// supports included. The solution owns the factors of K, which every derivative reuses.
/// Thread rule: not safe for concurrent use, since solving reuses memory of the factors.
public struct ElasticitySolution {
  /// Figures of a solve.
  public struct Statistics: Sendable, Hashable {
    /// Number of equations: degrees of freedom that no support holds.
    public let equationCount: Int

    /// Stored entries of the stiffness matrix's lower triangle.
    public let matrixEntryCount: Int

    /// ‖f − K u‖∞/(‖K‖∞ ‖u‖∞ + ‖f‖∞), the backward error.
    public let backwardError: Double
  }

  /// The problem that was solved.
  public var problem: ElasticityProblem { analysis.solver.problem }

  /// ρ.
  public let densities: [Double]

  /// u; zero at supports.
  public let value: [Double]

  /// c = fᵀ u, the work of the loads: twice the strain energy.
  public let compliance: Double

  /// What the solve was like.
  public let statistics: Statistics

  private let analysis: StiffnessAnalysis
  private let moduli: [Double]

  init(_ analysis: StiffnessAnalysis, densities: [Double]) {
    let solver = analysis.solver
    self.analysis = analysis
    self.densities = densities
    value = analysis.displacements
    compliance = analysis.compliance
    moduli = densities.map(solver.interpolation.modulus(atDensity:))
    statistics = Statistics(
      equationCount: solver.assembly.pattern.rowCount,
      matrixEntryCount: solver.assembly.pattern.entryCount,
      backwardError: analysis.backwardError(
        value, rightHandSide: solver.problem.loadVector, moduli: moduli))
  }

  /// The gradient of a function of the displacements, given its gradient w with respect to them.
  ///
  ///     K λ = w,   ρ̄_e = −E'(ρ_e) λ_eᵀ K₀ u_e,   f̄ = λ
  ///
  /// Costs one solve with the factors of K and a product with each element.
  /// Source: Bendsøe, Sigmund, *Topology Optimization*, 2nd ed., Springer 2003, §2.2 (adjoint
  /// method for displacements).
  ///
  /// - Parameter cotangent: w on all degrees of freedom; components at supports have no effect.
  /// - Throws: `InputError` for a wrong length or a number that is not finite.
  public func pullback(_ cotangent: [Double]) throws -> ElasticityGradient {
    try InputError.requireLength("cotangent", expected: value.count, found: cotangent.count)
    try InputError.requireFinite("cotangent", cotangent)
    var adjoint = [Double](repeating: 0, count: value.count)
    try analysis.solve(cotangent, into: &adjoint)
    let error = analysis.backwardError(adjoint, rightHandSide: cotangent, moduli: moduli)
    return gradient(adjoint: adjoint, adjointBackwardError: error)
  }

  /// The gradient of the compliance, times a number c̄.
  ///
  ///     ρ̄_e = −c̄ E'(ρ_e) u_eᵀ K₀ u_e,   f̄ = 2 c̄ u
  ///
  /// The compliance is self-adjoint: K λ = c̄ f has the solution λ = c̄ u, so no solve is needed.
  /// Source: Andreassen et al., Struct. Multidisc. Optim. 43 (2011), eq. (5).
  ///
  /// - Throws: `InputError` unless c̄ is finite.
  public func compliancePullback(_ cotangent: Double = 1) throws -> ElasticityGradient {
    try InputError.requireFinite("cotangent", [cotangent])
    var gradient = gradient(
      adjoint: value.map { cotangent * $0 }, adjointBackwardError: statistics.backwardError)
    gradient.loads = gradient.loads.map { 2 * $0 }
    return gradient
  }

  /// How the displacements and the compliance change with the densities and the loads.
  ///
  ///     K u̇ = ḟ − Σ_e E'(ρ_e) ρ̇_e K₀ u_e,   ċ = ḟᵀ u + fᵀ u̇
  ///
  /// Costs one solve with the factors of K and a product with each element.
  ///
  /// - Parameters:
  ///   - densityTangent: ρ̇.
  ///   - loadTangent: ḟ on all degrees of freedom, or nil for zero.
  /// - Throws: `InputError` for a wrong length or a number that is not finite.
  public func pushforward(
    densities densityTangent: [Double], loads loadTangent: [Double]? = nil
  ) throws -> ElasticityTangent {
    try InputError.requireLength(
      "density tangent", expected: densities.count, found: densityTangent.count)
    try InputError.requireFinite("density tangent", densityTangent)
    let loadTangent = loadTangent ?? [Double](repeating: 0, count: value.count)
    try InputError.requireLength("load tangent", expected: value.count, found: loadTangent.count)
    try InputError.requireFinite("load tangent", loadTangent)
    let interpolation = analysis.solver.interpolation
    let moduli = zip(densities, densityTangent).map {
      interpolation.modulusDerivative(atDensity: $0) * $1
    }
    let forces = analysis.solver.kernel.forces(value, scaledBy: moduli)
    var displacements = [Double](repeating: 0, count: value.count)
    try analysis.solve(zip(loadTangent, forces).map { $0 - $1 }, into: &displacements)
    var compliance = 0.0
    for index in value.indices {
      compliance += loadTangent[index] * value[index]
      compliance += problem.loadVector[index] * displacements[index]
    }
    return ElasticityTangent(displacements: displacements, compliance: compliance)
  }

  private func gradient(adjoint: [Double], adjointBackwardError: Double) -> ElasticityGradient {
    var gradient = [Double](repeating: 0, count: densities.count)
    analysis.densityGradient(adjoint: adjoint, densities: densities, into: &gradient)
    return ElasticityGradient(
      densities: gradient, loads: adjoint,
      evidence: GradientEvidence(
        primalResidual: statistics.backwardError, adjointBackwardError: adjointBackwardError))
  }
}

/// A gradient with respect to what an ``ElasticitySolution`` depends on.
public struct ElasticityGradient: Sendable {
  /// The gradient with respect to the density of each element.
  public internal(set) var densities: [Double]

  /// The gradient with respect to the force on each degree of freedom; zero at supports.
  public internal(set) var loads: [Double]

  /// How well the two systems behind the gradient were solved.
  public internal(set) var evidence: GradientEvidence
}

/// The directional derivative of an ``ElasticitySolution``.
public struct ElasticityTangent: Sendable {
  /// u̇ on all degrees of freedom.
  public let displacements: [Double]

  /// ċ.
  public let compliance: Double
}
