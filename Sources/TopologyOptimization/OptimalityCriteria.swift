import Adjoint

/// Minimizes compliance under a volume constraint by the optimality criteria.
///
///     min c(ρ) = fᵀ u(ρ)   subject to   Σ_e ρ_e ≤ V n,   0 ≤ x_e ≤ 1,   ρ the filtered design x
///
/// Each iteration solves for the displacements, forms the sensitivities from them (the compliance is
/// self-adjoint) and moves every design variable towards the point where all elements with
/// intermediate density have the same strain energy. The stiffness matrix's symbolic factorization
/// is the solver's; each iteration costs one numeric factorization and one solve.
/// Source: Andreassen et al., Struct. Multidisc. Optim. 43 (2011), eq. (2)–(10).
public struct OptimalityCriteria: Sendable {
  /// How to optimize.
  public struct Options: Sendable, Hashable {
    /// V, the mean density allowed.
    public var volumeFraction = 0.5

    /// What is filtered.
    public var filter = DesignFilter.density

    /// The filter's radius in element sides.
    public var filterRadius = 1.5

    /// The most a design variable changes in one iteration.
    public var moveLimit = 0.2

    /// The largest change of a design variable below which the design counts as converged.
    public var changeTolerance = 0.01

    /// The most iterations.
    public var maximumIterations = 100

    /// The defaults.
    public init() {}

    /// Throws `InputError` for the first option outside its range.
    public func validate() throws {
      try InputError.require(
        volumeFraction > 0 && volumeFraction <= 1, "volumeFraction", volumeFraction,
        "greater than 0 and at most 1")
      try InputError.require(
        filterRadius > 0 && filterRadius.isFinite, "filterRadius", filterRadius,
        "a finite number greater than 0")
      try InputError.require(
        moveLimit > 0 && moveLimit <= 1, "moveLimit", moveLimit, "greater than 0 and at most 1")
      try InputError.require(
        changeTolerance >= 0, "changeTolerance", changeTolerance, "at least 0")
      try InputError.require(
        maximumIterations >= 1, "maximumIterations", Double(maximumIterations), "at least 1")
    }
  }

  /// Whether to go on after an iteration.
  public enum Decision: Sendable {
    /// Go on.
    case proceed
    /// Return what has been reached.
    case stop
  }

  /// The options.
  public let options: Options

  /// An optimizer.
  ///
  /// - Throws: `InputError` for options out of range.
  public init(options: Options = Options()) throws {
    try options.validate()
    self.options = options
  }

  /// Minimizes the compliance of a structure.
  ///
  /// - Parameters:
  ///   - solver: the structure, its interpolation and its symbolic factorization.
  ///   - initialDesign: x at the start, between 0 and 1; uniform at the volume fraction if nil.
  ///   - observer: called after each iteration, for progress; it may end the optimization.
  /// - Throws: `InputError` for an initial design of wrong length or range;
  ///   ``TopologyOptimizationError/singularStiffness(iteration:node:axis:)``; what `observer` throws.
  public func minimizeCompliance(
    of solver: ElasticitySolver, startingAt initialDesign: [Double]? = nil,
    observer: (TopologyIteration) throws -> Decision = { _ in .proceed }
  ) throws -> TopologyResult {
    let count = solver.problem.grid.elementCount
    if let initialDesign {
      try InputError.requireLength("initialDesign", expected: count, found: initialDesign.count)
      for value in initialDesign {
        try InputError.require(
          value >= 0 && value <= 1, "initialDesign", value, "between 0 and 1 everywhere")
      }
    }
    var run = try OptimalityCriteriaRun(
      solver: solver, options: options,
      design: initialDesign ?? [Double](repeating: options.volumeFraction, count: count))
    var history: [TopologyIteration] = []
    var stopReason = TopologyResult.StopReason.maximumIterations
    for number in 1...options.maximumIterations {
      let iteration = try run.iterate(number)
      history.append(iteration)
      if try observer(iteration) == .stop {
        stopReason = .observer
        break
      }
      if iteration.change < options.changeTolerance {
        stopReason = .changeTolerance
        break
      }
    }
    return TopologyResult(
      design: run.design, densities: run.densities, history: history, stopReason: stopReason)
  }
}

/// The state of an optimization between iterations.
private struct OptimalityCriteriaRun {
  private(set) var design: [Double]
  private(set) var densities: [Double]

  private let analysis: StiffnessAnalysis
  private let mapping: DesignMapping
  private let update: OptimalityCriteriaUpdate
  private var volumeSensitivities: [Double]
  private var sensitivities: [Double]
  private var scratch: [Double]
  private var excess: Double

  init(solver: ElasticitySolver, options: OptimalityCriteria.Options, design: [Double]) throws {
    let count = design.count
    self.design = design
    densities = design
    analysis = StiffnessAnalysis(solver)
    mapping = try DesignMapping(
      kind: options.filter, grid: solver.problem.grid, radius: options.filterRadius)
    update = OptimalityCriteriaUpdate(moveLimit: options.moveLimit)
    volumeSensitivities = mapping.volumeSensitivities()
    sensitivities = design
    scratch = [Double](repeating: 0, count: 2 * count)
    excess = zip(volumeSensitivities, design).reduce(0) {
      $0 + $1.0 * ($1.1 - options.volumeFraction)
    }
    mapping.densities(&densities, of: design)
  }

  /// Analyzes the present design, then updates it.
  mutating func iterate(_ number: Int) throws -> TopologyIteration {
    let clock = ContinuousClock()
    let start = clock.now
    analysis.assemble(densities: densities)
    let assembled = clock.now
    try analysis.factorize(iteration: number)
    let factorized = clock.now
    try analysis.solve()
    let solved = clock.now
    let compliance = analysis.compliance
    analysis.densityGradient(
      adjoint: analysis.displacements, densities: densities, into: &sensitivities)
    mapping.pullback(&sensitivities, design: design)
    let change = advanceDesign()
    mapping.densities(&densities, of: design)
    let volume = densities.reduce(0, +) / Double(densities.count)
    let updated = clock.now
    return TopologyIteration(
      number: number, compliance: compliance, volumeFraction: volume, change: change,
      seconds: TopologyIteration.Seconds(
        assemble: (assembled - start).seconds, factorize: (factorized - assembled).seconds,
        solve: (solved - factorized).seconds, update: (updated - solved).seconds))
  }

  private mutating func advanceDesign() -> Double {
    design.withUnsafeMutableBufferPointer { design in
      sensitivities.withUnsafeMutableBufferPointer { sensitivities in
        volumeSensitivities.withUnsafeMutableBufferPointer { volumeSensitivities in
          scratch.withUnsafeMutableBufferPointer { scratch in
            update.advance(
              design, sensitivities: sensitivities, volumeSensitivities: volumeSensitivities,
              excess: &excess, scratch: scratch)
          }
        }
      }
    }
  }
}

extension Duration {
  /// The duration in seconds.
  fileprivate var seconds: Double {
    Double(components.seconds) + 1e-18 * Double(components.attoseconds)
  }
}
