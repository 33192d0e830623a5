import Adjoint

/// Solves an ``ElasticityProblem`` for any densities.
///
/// The pattern of the stiffness matrix and its symbolic factorization are made once, here.
/// Thread rule: a solver is immutable and may be shared; each call makes its own factors.
public struct ElasticitySolver: Sendable {
  /// The structure.
  public let problem: ElasticityProblem

  /// Modulus as a function of density.
  public let interpolation: SIMPInterpolation

  let assembly: StiffnessAssembly
  let kernel: ElementKernel
  let symbolic: SymbolicFactorization

  /// A solver for a structure.
  ///
  /// - Parameters:
  ///   - problem: the structure.
  ///   - interpolation: modulus as a function of density.
  ///   - factorization: settings of the symbolic factorization: ordering and threads.
  /// - Throws: `InputError` for bad settings; `FactorizationError`, for instance when memory is short.
  public init(
    problem: ElasticityProblem, interpolation: SIMPInterpolation,
    factorization: SymbolicFactorization.Options = SymbolicFactorization.Options()
  ) throws {
    self.problem = problem
    self.interpolation = interpolation
    kernel = ElementKernel(grid: problem.grid, element: problem.element)
    assembly = try StiffnessAssembly(problem)
    symbolic = try SymbolicFactorization(
      analyzing: assembly.pattern, method: .cholesky, options: factorization)
  }

  /// The displacements of the structure whose elements have these densities.
  ///
  /// - Parameter densities: ρ_e ≥ 0 for each element; 1 is solid.
  /// - Throws: `InputError` for a wrong length or a density that is negative or not finite;
  ///   ``TopologyOptimizationError/singularStiffness(iteration:node:axis:)``.
  public func solve(densities: [Double]) throws -> ElasticitySolution {
    try InputError.requireLength(
      "densities", expected: problem.grid.elementCount, found: densities.count)
    try InputError.requireFinite("densities", densities)
    if let negative = densities.first(where: { $0 < 0 }) {
      throw InputError.outOfRange(argument: "densities", value: negative, requirement: "at least 0")
    }
    let analysis = StiffnessAnalysis(self)
    analysis.assemble(densities: densities)
    try analysis.factorize()
    try analysis.solve()
    return ElasticitySolution(analysis, densities: densities)
  }
}
