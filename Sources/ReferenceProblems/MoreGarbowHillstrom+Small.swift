import Adjoint

// The residuals of problems with few unknowns; sources and notation: see the type.

extension MoreGarbowHillstrom {
  @inlinable func rosenbrock<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    f[0] = p[0] - x[0]
    f[1] = p[1] * (x[1] - x[0] * x[0])
  }

  @inlinable func powellSingular<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    let middle: S = x[1] - 2 * x[2]
    let outer: S = x[0] - x[3]
    f[0] = x[0] + p[0] * x[1]
    f[1] = S.sqrt(p[1]) * (x[2] - x[3])
    f[2] = middle * middle
    f[3] = S.sqrt(p[2]) * outer * outer
  }

  @inlinable func powellBadlyScaled<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    f[0] = p[0] * x[0] * x[1] - 1
    f[1] = S.exp(-x[0]) + S.exp(-x[1]) - p[1]
  }

  @inlinable func wood<S: Scalar>(_ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>) {
    let first: S = x[1] - x[0] * x[0]
    let second: S = x[3] - x[2] * x[2]
    f[0] = -p[0] * x[0] * first - (p[4] - x[0])
    f[1] = p[0] * first + p[1] * (x[1] - 1) + p[2] * (x[3] - 1)
    f[2] = -p[3] * x[2] * second - (1 - x[2])
    f[3] = p[3] * second + p[1] * (x[3] - 1) + p[2] * (x[1] - 1)
  }

  @inlinable func helicalValley<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    let turn = S(0.5 / Double.pi)
    var angle: S = 0
    if x[0] > 0 {
      angle = turn * S.atan(x[1] / x[0])
    } else if x[0] < 0 {
      angle = turn * S.atan(x[1] / x[0]) + 0.5
    } else {
      angle = x[1] < 0 ? -0.25 : 0.25
    }
    f[0] = p[0] * (x[2] - 10 * angle)
    f[1] = p[1] * (S.sqrt(x[0] * x[0] + x[1] * x[1]) - p[2])
    f[2] = x[2] - p[3]
  }

  @inlinable func watson<S: Scalar>(_ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>) {
    for index in 0..<stateCount { f[index] = 0 }
    for point in 1...29 {
      let time: Double = Double(point) / 29
      var slope: S = 0
      var value: S = 0
      var power = 1.0
      for index in 0..<stateCount {
        value += S(power) * x[index]
        if index + 1 < stateCount { slope += S(Double(index + 1) * power) * x[index + 1] }
        power *= time
      }
      let rest: S = slope - value * value - p[0]
      let factor: S = S(2 * time) * value
      power = 1 / time
      for index in 0..<stateCount {
        f[index] += S(power) * (S(Double(index)) - factor) * rest
        power *= time
      }
    }
    let rest: S = x[1] - x[0] * x[0] - p[1]
    f[0] += x[0] * (1 - 2 * rest)
    f[1] += rest
  }

  @inlinable func chebyquad<S: Scalar>(_ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>) {
    let count = stateCount
    for index in 0..<count { f[index] = 0 }
    for point in 0..<count {
      // T₀, T₁, … at 2x − 1 by their recurrence.
      var previous: S = 1
      var current: S = 2 * x[point] - 1
      let twice: S = 2 * current
      for index in 0..<count {
        f[index] += current
        let next: S = twice * current - previous
        previous = current
        current = next
      }
    }
    for index in 0..<count {
      f[index] = f[index] / S(Double(count))
      let degree = Double(index + 1)
      if index % 2 == 1 { f[index] += p[0] / S(degree * degree - 1) }
    }
  }

  @inlinable func brownAlmostLinear<S: Scalar>(
    _ x: Span<S>, _ p: Span<S>, _ f: inout MutableSpan<S>
  ) {
    var sum: S = -p[0]
    var product: S = 1
    for index in 0..<stateCount {
      sum += x[index]
      product *= x[index]
    }
    for index in 0..<stateCount { f[index] = x[index] + sum }
    f[stateCount - 1] = product - p[1]
  }
}
