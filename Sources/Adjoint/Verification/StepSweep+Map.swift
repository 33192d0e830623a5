extension StepSweep {
  /// Compares the derivative that `map` gives along `direction` with differences of its values.
  ///
  /// Without a pushforward the outputs are combined with random weights w, and ⟨Jᵀw, v⟩ is compared.
  ///
  /// - Throws: as ``init(of:at:along:derivative:)``, and what the map throws.
  public init(
    of map: DifferentiableMap, at point: [Double], along direction: [Double], seed: UInt64 = 1
  ) throws {
    try InputError.requireLength("direction", expected: point.count, found: direction.count)
    let linearization = try map.linearize(point)
    if let derivative = try linearization.pushforward?(direction) {
      try self.init(of: map.value, at: point, along: direction, derivative: derivative)
      return
    }
    var generator = SeededGenerator(seed: seed)
    let weights = generator.direction(count: linearization.value.count)
    let gradient = try linearization.pullback(weights)
    try InputError.requireLength("gradient", expected: point.count, found: gradient.count)
    try self.init(
      of: { [DifferenceLadder.dot(weights, try map.value($0))] }, at: point, along: direction,
      derivative: [DifferenceLadder.dot(gradient, direction)])
  }
}
