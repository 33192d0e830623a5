import Adjoint

/// How a design is kept from forming checkerboards and from depending on the grid.
public enum DesignFilter: String, Sendable, CaseIterable {
  /// The densities are the filtered design: ρ = F x, so the gradient is Fᵀ ∂c/∂ρ, exactly.
  case density

  /// The densities are the design, and its sensitivities are smoothed: a heuristic that is not the
  /// gradient of any function.
  ///
  ///     ∂c/∂x_e ← Σ_i H_ei x_i ∂c/∂x_i / (max(10⁻³, x_e) Σ_i H_ei)
  ///
  /// Source: Andreassen et al., Struct. Multidisc. Optim. 43 (2011), eq. (7)–(8).
  case sensitivity
}

/// A design filter at work: from the design to densities and back with their sensitivities.
///
/// Not safe for concurrent use, since it holds the filter's scratch memory.
struct DesignMapping {
  let kind: DesignFilter
  let filter: ConicFilter
  private let scratch: FilterScratch

  init(kind: DesignFilter, grid: ElementGrid, radius: Double) throws {
    self.kind = kind
    filter = try ConicFilter(grid: grid, radius: radius)
    scratch = filter.makeScratch()
  }

  /// Sets ρ for the design x.
  func densities(_ densities: inout [Double], of design: [Double]) {
    densities.withUnsafeMutableBufferPointer { densities in
      _ = densities.update(fromContentsOf: design)
      if kind == .density { filter.apply(densities, scratch: scratch) }
    }
  }

  /// Turns sensitivities with respect to densities into those with respect to the design.
  func pullback(_ sensitivities: inout [Double], design: [Double]) {
    sensitivities.withUnsafeMutableBufferPointer { sensitivities in
      switch kind {
      case .density:
        filter.applyTransposed(sensitivities, scratch: scratch)
      case .sensitivity:
        for element in design.indices { sensitivities[element] *= design[element] }
        filter.apply(sensitivities, scratch: scratch)
        for element in design.indices { sensitivities[element] /= max(1e-3, design[element]) }
      }
    }
  }

  /// The gradient of the volume Σ ρ_e with respect to the design.
  func volumeSensitivities() -> [Double] {
    var ones = [Double](repeating: 1, count: filter.grid.elementCount)
    if kind == .density {
      ones.withUnsafeMutableBufferPointer { filter.applyTransposed($0, scratch: scratch) }
    }
    return ones
  }
}
