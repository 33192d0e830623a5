import Adjoint

// The residuals of problems with any number of unknowns; sources and notation: see the type.

extension MoreGarbowHillstrom {
  @inlinable func discreteBoundaryValue<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    let spacing: Double = 1 / Double(stateCount + 1)
    for index in 0..<stateCount {
      let sum: S = x[index] + S(Double(index + 1) * spacing) + p[1]
      var value: S = 2 * x[index] + S(spacing * spacing) * p[0] * sum * sum * sum
      if index > 0 { value -= x[index - 1] }
      if index + 1 < stateCount { value -= x[index + 1] }
      f[index] = value
    }
  }

  @inlinable func discreteIntegral<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    // Both sums run along the indices: the right one from the end, kept in f until the left one is there.
    let spacing: Double = 1 / Double(stateCount + 1)
    var right: S = 0
    for index in (0..<stateCount).reversed() {
      let time: Double = Double(index + 1) * spacing
      let sum: S = x[index] + S(time) + p[1]
      f[index] = S(time) * right
      right += S(1 - time) * sum * sum * sum
    }
    var left: S = 0
    for index in 0..<stateCount {
      let time: Double = Double(index + 1) * spacing
      let sum: S = x[index] + S(time) + p[1]
      left += S(time) * sum * sum * sum
      f[index] = x[index] + S(spacing) * p[0] * (S(1 - time) * left + f[index])
    }
  }

  @inlinable func trigonometric<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    var sum: S = 0
    for index in 0..<stateCount { sum += 1 - S.cos(x[index]) }
    for index in 0..<stateCount {
      let weight = S(Double(index + 1))
      f[index] = sum + weight * (1 - S.cos(x[index])) - S.sin(x[index]) - p[0]
    }
  }

  @inlinable func variablyDimensioned<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    var sum: S = 0
    for index in 0..<stateCount { sum += S(Double(index + 1)) * (x[index] - p[0]) }
    let factor: S = sum * (1 + 2 * sum * sum)
    for index in 0..<stateCount {
      f[index] = x[index] - p[0] + S(Double(index + 1)) * factor
    }
  }

  @inlinable func broydenTridiagonal<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      var value: S = (p[0] - p[1] * x[index]) * x[index] + p[2]
      if index > 0 { value -= x[index - 1] }
      if index + 1 < stateCount { value -= 2 * x[index + 1] }
      f[index] = value
    }
  }

  @inlinable func broydenBanded<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    for index in 0..<stateCount {
      var value: S = x[index] * (p[0] + p[1] * x[index] * x[index]) + p[2]
      for other in max(0, index - 5)...min(stateCount - 1, index + 1) where other != index {
        value -= x[other] * (1 + x[other])
      }
      f[index] = value
    }
  }
}
