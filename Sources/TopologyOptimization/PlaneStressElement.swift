/// The bilinear square element with four nodes in plane stress, of unit side, thickness and modulus.
///
/// Its stiffness matrix is K₀ = ∫ Bᵀ D B dA over the unit square, with the constitutive matrix
///
///     D = 1/(1 − ν²) · [1 ν 0; ν 1 0; 0 0 (1 − ν)/2]
///
/// and B the strains (ε_xx, ε_yy, γ_xy) of the shape functions (1 − ξ)(1 − η), ξ(1 − η), ξη,
/// (1 − ξ)η of the lower left, lower right, upper right and upper left node. The integrand is
/// quadratic in each of ξ and η, so that the 2×2 Gauss rule ½ ± 1/√12, weights ¼, is exact.
/// Source: Bendsøe, Sigmund, *Topology Optimization*, 2nd ed., Springer 2003, §5.1; the same matrix
/// in closed form is the variable `KE` of Andreassen et al., Struct. Multidisc. Optim. 43 (2011).
public struct PlaneStressElement: Sendable, Hashable {
  /// Poisson's ratio ν.
  public let poissonRatio: Double

  /// K₀, 8×8 symmetric, row after row; force over displacement in units of modulus × thickness.
  ///
  /// The order of the degrees of freedom is that of ``ElementGrid/degreesOfFreedom(ofElement:)``.
  public let stiffness: [Double]

  /// The element for a Poisson's ratio.
  ///
  /// - Throws: `InputError` unless −1 < ν < ½, where the material is stable.
  public init(poissonRatio: Double) throws {
    try InputError.require(
      poissonRatio > -1 && poissonRatio < 0.5, "poissonRatio", poissonRatio,
      "greater than -1 and less than 0.5")
    self.poissonRatio = poissonRatio
    let offset = 1 / 12.0.squareRoot()
    let points = [0.5 - offset, 0.5 + offset]
    var stiffness = [Double](repeating: 0, count: 64)
    for xi in points {
      for eta in points {
        let strain = Self.strains(xi: xi, eta: eta)
        let stress = strain.map { Self.stress(of: $0, poissonRatio: poissonRatio) }
        for row in 0..<8 {
          for column in 0...row {
            stiffness[8 * row + column] += 0.25 * (strain[row] * stress[column]).sum()
          }
        }
      }
    }
    for row in 0..<8 {
      for column in 0..<row { stiffness[8 * column + row] = stiffness[8 * row + column] }
    }
    self.stiffness = stiffness
  }

  /// The columns of B: the strains (ε_xx, ε_yy, γ_xy) that each unit displacement makes at a point.
  private static func strains(xi: Double, eta: Double) -> [SIMD3<Double>] {
    let slopeX = [eta - 1, 1 - eta, eta, -eta]
    let slopeY = [xi - 1, -xi, xi, 1 - xi]
    return (0..<4).flatMap { node in
      [SIMD3(slopeX[node], 0, slopeY[node]), SIMD3(0, slopeY[node], slopeX[node])]
    }
  }

  /// D ε for unit modulus.
  private static func stress(of strain: SIMD3<Double>, poissonRatio nu: Double) -> SIMD3<Double> {
    let factor = 1 / (1 - nu * nu)
    return SIMD3(
      factor * (strain.x + nu * strain.y), factor * (nu * strain.x + strain.y),
      strain.z / (2 * (1 + nu)))
  }
}
