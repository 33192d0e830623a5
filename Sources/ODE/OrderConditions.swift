/// The conditions for a Runge–Kutta method to have order up to 5, one per rooted tree.
///
/// With weights b, the condition of a tree τ of order ρ and density γ is Σᵢ bᵢ Φᵢ(τ) = 1/γ, and for
/// dense output Σᵢ bᵢ(θ) Φᵢ(τ) = θ^ρ/γ (Hairer, Nørsett and Wanner, *Solving Ordinary Differential
/// Equations I*, 2nd ed., Springer 1993, §II.2, table 2.2, and §II.6, eq. 6.7).
struct OrderConditions {
  /// One tree, with its elementary weights of the stages.
  struct Condition {
    /// The sum in words, for messages.
    var name: String
    var order: Int
    var density: Double
    /// Φᵢ for every stage i.
    var weights: [Double]
    /// The same from |aᵢⱼ| and |cᵢ|: what rounding errors scale with.
    var magnitudes: [Double]
  }

  /// The highest order whose conditions are listed.
  static let maximumOrder = 5

  /// The 17 conditions of orders 1 … 5.
  let conditions: [Condition]

  /// Evaluates the elementary weights of the stages with coefficients `a` (lower rows) and `c`.
  init(a: [[Double]], c: [Double]) {
    let signed = Self.weights(a: a, c: c)
    let absolute = Self.weights(a: a.map { row in row.map(\.magnitude) }, c: c.map(\.magnitude))
    conditions = Self.trees.enumerated().map { index, tree in
      Condition(
        name: tree.name, order: tree.order, density: tree.density,
        weights: signed[index], magnitudes: absolute[index])
    }
  }

  /// Throws unless `b` satisfies Σ bᵢ Φᵢ(τ) = θ^ρ/γ for all trees up to `order`.
  func check(_ b: [Double], named label: String, order: Int, theta: Double = 1) throws {
    guard (1...Self.maximumOrder).contains(order) else {
      throw ButcherTableauError.unknownOrder(coefficients: label, order: order)
    }
    for condition in conditions where condition.order <= order {
      let expected = Double.pow(theta, condition.order) / condition.density
      var found = 0.0
      var magnitude = expected
      for stage in b.indices {
        found += b[stage] * condition.weights[stage]
        magnitude += b[stage].magnitude * condition.magnitudes[stage]
      }
      // A product of up to five rounded coefficients, summed over the stages at each level.
      let tolerance = Double(8 * b.count) * Double.ulpOfOne * magnitude
      guard (found - expected).magnitude <= tolerance else {
        throw ButcherTableauError.orderCondition(
          coefficients: label, tree: condition.name, expected: expected, found: found)
      }
    }
  }

  private static let trees: [(name: String, order: Int, density: Double)] = [
    ("Σb", 1, 1),
    ("Σb c", 2, 2),
    ("Σb c²", 3, 3), ("Σb Ac", 3, 6),
    ("Σb c³", 4, 4), ("Σb c Ac", 4, 8), ("Σb Ac²", 4, 12), ("Σb AAc", 4, 24),
    ("Σb c⁴", 5, 5), ("Σb c² Ac", 5, 10), ("Σb c Ac²", 5, 15), ("Σb c AAc", 5, 30),
    ("Σb (Ac)²", 5, 20), ("Σb Ac³", 5, 20), ("Σb A(c Ac)", 5, 40), ("Σb AAc²", 5, 60),
    ("Σb AAAc", 5, 120),
  ]

  /// Φ of the trees, in the order of `trees`.
  private static func weights(a: [[Double]], c: [Double]) -> [[Double]] {
    func apply(_ x: [Double]) -> [Double] {
      a.map { row in zip(row, x).reduce(0.0) { sum, pair in sum + pair.0 * pair.1 } }
    }
    func times(_ x: [Double], _ y: [Double]) -> [Double] { zip(x, y).map { $0 * $1 } }

    let ones = [Double](repeating: 1, count: c.count)
    let c2 = times(c, c)
    let c3 = times(c2, c)
    let ac = apply(c)
    let ac2 = apply(c2)
    let aac = apply(ac)
    return [
      ones,
      c,
      c2, ac,
      c3, times(c, ac), ac2, aac,
      times(c3, c), times(c2, ac), times(c, ac2), times(c, aac),
      times(ac, ac), apply(c3), apply(times(c, ac)), apply(ac2), apply(aac),
    ]
  }
}
