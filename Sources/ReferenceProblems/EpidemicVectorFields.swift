import Adjoint
import ODE

/// An epidemic in a closed population of N: S′ = −βSI/N, I′ = βSI/N − γI, R′ = γI.
///
/// States: susceptible, infected, recovered. Parameters: contact rate β, recovery rate γ, per unit of
/// time. S + I + R is conserved, and so is I + S − (γN/β) log S; an epidemic breaks out if
/// βS > γN. Source: Kermack and McKendrick, *Proc. R. Soc. A* 115 (1927) 700–721.
public struct SIR: VectorField {
  /// Susceptible, infected, recovered.
  public let stateCount = 3
  /// Contact rate β and recovery rate γ.
  public let parameterCount = 2
  /// N, a constant.
  public let population: Double

  /// An epidemic among `population` people; 763 is the boarding school of 1978.
  public init(population: Double = 763) { self.population = population }

  /// Writes (S′, I′, R′).
  @inlinable public func derivative<S: Scalar>(
    at time: S, state: Span<S>, parameters: Span<S>, into derivative: inout MutableSpan<S>
  ) {
    let infections = parameters[0] * state[0] * state[1] * S(1 / population)
    let recoveries = parameters[1] * state[1]
    derivative[0] = -infections
    derivative[1] = infections - recoveries
    derivative[2] = recoveries
  }
}
