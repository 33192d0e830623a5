import RealModule

/// How much a residual r counts: ½ ρ(r²) instead of ½ r².
///
/// A robust loss grows more slowly than the square beyond its `scale` δ, which is in units of the
/// weighted residuals: of standard deviations, if the weights are 1/σ². With s = r²:
///
/// | loss | ρ(s) | influence ρ′(s) r |
/// |---|---|---|
/// | `squares` | s | r, without bound |
/// | `huber` | s up to δ², then 2δ√s − δ² | at most δ |
/// | `cauchy` | δ² ln(1 + s/δ²) | at most δ/2, and none far away |
///
/// Huber's loss (*Ann. Math. Statist.* 35, 1964) is convex: a fit that is linear in its parameters keeps
/// one optimum. Cauchy's forgets gross errors, at the price of local optima. For normal errors, scales
/// of 1.345 and 2.385 standard deviations keep 95 % of the efficiency of least squares (Holland and
/// Welsch, *Commun. Statist. A* 6, 1977).
public enum Loss: Sendable, Hashable {
  /// r² itself: least squares.
  case squares
  /// Squares up to the scale, moduli beyond it.
  case huber(scale: Double)
  /// The logarithm of a Cauchy distribution.
  case cauchy(scale: Double)

  /// Throws ``InputError`` unless the scale is positive and finite.
  public func validate() throws {
    switch self {
    case .squares: break
    case .huber(let scale), .cauchy(let scale):
      try InputError.require(
        scale > 0 && scale.isFinite && scale * scale > 0, "scale of the loss", scale, "positive")
    }
  }

  /// ρ at s = r².
  public func value(_ square: Double) -> Double {
    switch self {
    case .squares: return square
    case .huber(let scale):
      let root = square.squareRoot()
      return root <= scale ? square : scale * (2 * root - scale)
    case .cauchy(let scale):
      return scale * scale * .log(onePlus: square / (scale * scale))
    }
  }

  /// ρ′ at s = r²: the weight of the residual, 1 for a small one.
  public func weight(_ square: Double) -> Double {
    switch self {
    case .squares: return 1
    case .huber(let scale):
      let root = square.squareRoot()
      return root <= scale ? 1 : scale / root
    case .cauchy(let scale): return 1 / (1 + square / (scale * scale))
    }
  }

  /// ρ′ + 2 s ρ″ at s = r²: the curvature of ½ ρ(r²) in r, 1 for a small residual.
  public func curvature(_ square: Double) -> Double {
    switch self {
    case .squares: return 1
    case .huber(let scale): return square.squareRoot() <= scale ? 1 : 0
    case .cauchy(let scale):
      let ratio: Double = square / (scale * scale)
      return (1 - ratio) / ((1 + ratio) * (1 + ratio))
    }
  }
}
