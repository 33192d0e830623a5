/// One iteration of a topology optimization: the analysis of a design, and its update.
public struct TopologyIteration: Sendable, Hashable {
  /// Wall time by stage, in seconds.
  public struct Seconds: Sendable, Hashable {
    /// Values of the stiffness matrix.
    public let assemble: Double

    /// Numeric factorization.
    public let factorize: Double

    /// Displacements.
    public let solve: Double

    /// Sensitivities, filter and new design.
    public let update: Double

    /// All stages.
    public var total: Double { assemble + factorize + solve + update }
  }

  /// The iteration's number, from 1.
  public let number: Int

  /// The compliance of the design that the iteration started with.
  public let compliance: Double

  /// The mean density of the design that it ended with.
  public let volumeFraction: Double

  /// The largest change of a design variable.
  public let change: Double

  /// What it took.
  public let seconds: Seconds
}

/// The outcome of a topology optimization.
public struct TopologyResult: Sendable {
  /// Why an optimization ended.
  public enum StopReason: String, Sendable {
    /// No design variable changed by more than the tolerance.
    case changeTolerance
    /// The limit of iterations was reached.
    case maximumIterations
    /// The observer asked for it.
    case observer
  }

  /// x, the design variables, one an element.
  public let design: [Double]

  /// ρ, the density of each element: what is to be built.
  public let densities: [Double]

  /// Every iteration, in order; at least one.
  public let history: [TopologyIteration]

  /// Why it ended.
  public let stopReason: StopReason

  /// The compliance of the last analysis, whose design is one update older than ``densities``.
  public var compliance: Double { history.last?.compliance ?? .nan }

  /// The mean of ``densities``.
  public var volumeFraction: Double { history.last?.volumeFraction ?? .nan }
}
