/// One update of a design by the optimality criteria.
///
/// For objective sensitivities c_e ≤ 0 and volume sensitivities v_e > 0 of the design x, and a
/// multiplier λ of the volume constraint,
///
///     x_e(λ) = clamp(x_e √(−c_e / (λ v_e)), max(0, x_e − m), min(1, x_e + m))
///
/// with m the move limit. λ makes the volume right: the excess g + Σ v_e (x_e(λ) − x_e), with g the
/// excess before the update, falls with λ and is bisected for its zero. For the density filter, whose
/// volume is linear in the design, the accumulated excess is exact.
/// Source: Andreassen et al., Struct. Multidisc. Optim. 43 (2011), eq. (3)–(4); Bendsøe, Sigmund,
/// *Topology Optimization*, 2nd ed., Springer 2003, §1.2.1.
struct OptimalityCriteriaUpdate {
  /// m.
  let moveLimit: Double

  /// The new design replaces the old one.
  ///
  /// - Parameters:
  ///   - design: x; replaced.
  ///   - sensitivities: c_e; positive ones count as zero. Overwritten.
  ///   - volumeSensitivities: v_e.
  ///   - excess: g, in elements; replaced by the new design's.
  ///   - scratch: memory of twice the design's length.
  /// - Returns: the largest change of a design variable.
  func advance(
    _ design: UnsafeMutableBufferPointer<Double>,
    sensitivities: UnsafeMutableBufferPointer<Double>,
    volumeSensitivities: UnsafeMutableBufferPointer<Double>, excess: inout Double,
    scratch: UnsafeMutableBufferPointer<Double>
  ) -> Double {
    let count = design.count
    precondition(sensitivities.count == count && volumeSensitivities.count == count)
    precondition(scratch.count == 2 * count)
    let targets = sensitivities
    let lower = UnsafeMutableBufferPointer(rebasing: scratch[..<count])
    let upper = UnsafeMutableBufferPointer(rebasing: scratch[count...])
    for element in 0..<count {
      let ratio = max(0, -sensitivities[element]) / volumeSensitivities[element]
      targets[element] = design[element] * ratio.squareRoot()
      lower[element] = max(0, design[element] - moveLimit)
      upper[element] = min(1, design[element] + moveLimit)
    }
    let candidate = Candidate(
      design: design, targets: targets, volumes: volumeSensitivities, lower: lower, upper: upper)
    let before = excess
    let multiplier = bisect { multiplier in
      excess = before + candidate.volumeChange(scale: 1 / multiplier.squareRoot())
      return excess > 0
    }
    return candidate.accept(scale: 1 / multiplier.squareRoot())
  }

  /// The last multiplier tried on the way from [0, 1e9] to a relative width of 1e-3.
  ///
  /// Sensitivities so large that the multiplier lies above the interval move the interval up. The
  /// lower end stays above 1e-100, far below any multiplier that binds.
  private func bisect(isTooSmall: (Double) -> Bool) -> Double {
    var lower = 0.0
    var upper = 1e9
    var middle = upper
    var isBracketed = false
    while upper - lower > 1e-3 * (lower + upper) && upper > 1e-100 {
      middle = 0.5 * (lower + upper)
      if isTooSmall(middle) {
        lower = middle
      } else {
        upper = middle
        isBracketed = true
      }
      if !isBracketed && upper - lower <= 1e-3 * (lower + upper) && upper < 1e100 { upper *= 1e9 }
    }
    return middle
  }
}

/// The designs x_e(λ), eight elements at a time.
private struct Candidate {
  let design: UnsafeMutableBufferPointer<Double>
  let targets: UnsafeMutableBufferPointer<Double>
  let volumes: UnsafeMutableBufferPointer<Double>
  let lower: UnsafeMutableBufferPointer<Double>
  let upper: UnsafeMutableBufferPointer<Double>

  /// Σ v_e (x_e(λ) − x_e), for `scale` = 1/√λ.
  func volumeChange(scale: Double) -> Double {
    let whole = design.count & ~7
    var sums = SIMD8<Double>(repeating: 0)
    for first in stride(from: 0, to: whole, by: 8) {
      var target = Self.load(targets, first) * scale
      let high = Self.load(upper, first)
      target.replace(with: high, where: target .> high)
      let low = Self.load(lower, first)
      target.replace(with: low, where: target .< low)
      sums += Self.load(volumes, first) * (target - Self.load(design, first))
    }
    var sum = sums.sum()
    for element in whole..<design.count {
      sum += volumes[element] * (value(of: element, scale: scale) - design[element])
    }
    return sum
  }

  /// Writes x(λ) over x and returns max |x_e(λ) − x_e|.
  func accept(scale: Double) -> Double {
    var change = 0.0
    for element in design.indices {
      let value = value(of: element, scale: scale)
      change = max(change, abs(value - design[element]))
      design[element] = value
    }
    return change
  }

  private func value(of element: Int, scale: Double) -> Double {
    max(lower[element], min(upper[element], targets[element] * scale))
  }

  @inline(__always)
  private static func load(
    _ buffer: UnsafeMutableBufferPointer<Double>, _ first: Int
  ) -> SIMD8<Double> {
    guard let base = buffer.baseAddress else { return SIMD8(repeating: 0) }
    return UnsafeRawPointer(base + first).loadUnaligned(as: SIMD8<Double>.self)
  }
}
