import Adjoint

/// Young's modulus as a function of density: solid isotropic material with penalization.
///
///     E(ρ) = E_min + ρ^p (E₀ − E_min),   E'(ρ) = p ρ^(p−1) (E₀ − E_min)
///
/// With p > 1 intermediate densities cost more material than they give stiffness, which drives an
/// optimum towards solid and void. E_min > 0 keeps the stiffness matrix positive definite.
/// Source: Sigmund, Struct. Multidisc. Optim. 33 (2007) 401–424, eq. (2) ("modified SIMP");
/// Andreassen et al., Struct. Multidisc. Optim. 43 (2011), eq. (1).
public struct SIMPInterpolation: Sendable, Hashable {
  /// p, at least 1.
  public let penalization: Double

  /// E₀, the modulus at density 1.
  public let solidModulus: Double

  /// E_min, the modulus at density 0.
  public let voidModulus: Double

  /// p if it is a small whole number, whose powers are products.
  private let wholePenalization: Int?

  /// An interpolation.
  ///
  /// - Throws: `InputError` unless p ≥ 1 and 0 < E_min < E₀, all of them finite.
  public init(
    penalization: Double = 3, solidModulus: Double = 1, voidModulus: Double = 1e-9
  ) throws {
    try InputError.require(
      penalization >= 1 && penalization.isFinite, "penalization", penalization,
      "a finite number that is at least 1")
    try InputError.require(
      solidModulus > 0 && solidModulus.isFinite, "solidModulus", solidModulus,
      "a finite number greater than 0")
    try InputError.require(
      voidModulus > 0 && voidModulus < solidModulus, "voidModulus", voidModulus,
      "greater than 0 and less than solidModulus")
    self.penalization = penalization
    self.solidModulus = solidModulus
    self.voidModulus = voidModulus
    wholePenalization = Int(exactly: penalization).flatMap { $0 <= 8 ? $0 : nil }
  }

  /// E(ρ) for a density ρ ≥ 0.
  public func modulus(atDensity density: Double) -> Double {
    voidModulus + power(density, reducedBy: 0) * (solidModulus - voidModulus)
  }

  /// E'(ρ) for a density ρ ≥ 0.
  public func modulusDerivative(atDensity density: Double) -> Double {
    penalization * power(density, reducedBy: 1) * (solidModulus - voidModulus)
  }

  /// ρ^(p − reduction).
  private func power(_ density: Double, reducedBy reduction: Int) -> Double {
    guard let wholePenalization else {
      return Double.pow(density, penalization - Double(reduction))
    }
    var power = 1.0
    for _ in reduction..<wholePenalization { power *= density }
    return power
  }
}
