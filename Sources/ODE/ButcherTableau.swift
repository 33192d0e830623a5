/// The coefficients of an explicit Runge–Kutta method.
///
/// One step of size h from uₙ at tₙ: kᵢ = f(tₙ + cᵢh, uₙ + h Σⱼ aᵢⱼ kⱼ) for the stages i = 1 … s,
/// uₙ₊₁ = uₙ + h Σ bᵢ kᵢ. An embedded method with weights b̂ gives the error estimate
/// h Σ (bᵢ − b̂ᵢ) kᵢ. Dense output is u(tₙ + θh) ≈ uₙ + h Σ bᵢ(θ) kᵢ, 0 ≤ θ ≤ 1.
///
/// Without dense output of its own a method gets the cubic Hermite interpolant of its ends, for
/// which the derivative at the end of the step is appended as a stage of weight zero; it is the
/// first stage of the next step and costs nothing.
///
/// Coefficients are checked on construction. Source of the notation: Hairer, Nørsett and Wanner,
/// *Solving Ordinary Differential Equations I*, 2nd ed., Springer 1993, §II.1, II.4 and II.6.
public struct ButcherTableau: Sendable, Hashable, CustomStringConvertible {
  /// The weights of an embedded method.
  public struct Embedded: Sendable, Hashable {
    /// b̂, one weight a stage.
    public var weights: [Double]
    /// The order that b̂ claims.
    public var order: Int

    /// Weights b̂ of the given order.
    public init(weights: [Double], order: Int) {
      self.weights = weights
      self.order = order
    }
  }

  /// The weights bᵢ(θ) = Σ_{k ≥ 1} Bᵢₖ θᵏ of a continuous extension.
  public struct DenseOutput: Sendable, Hashable {
    /// Bᵢₖ: a row for each stage, starting with the coefficient of θ; all rows of one length.
    public var coefficients: [[Double]]
    /// The order that b(θ) claims for each θ; errors are O(h^(order + 1)) in one step.
    public var order: Int

    /// Polynomial weights of the given order.
    public init(coefficients: [[Double]], order: Int) {
      self.coefficients = coefficients
      self.order = order
    }
  }

  /// The method's name, for messages and records.
  public let name: String
  /// aᵢⱼ as rows; row i has the i entries below the diagonal.
  public let a: [[Double]]
  /// b.
  public let b: [Double]
  /// c.
  public let c: [Double]
  /// The order of b.
  public let order: Int
  /// The embedded method, or nil: then there is no error estimate and steps are fixed.
  public let embedded: Embedded?
  /// The continuous extension.
  public let denseOutput: DenseOutput
  /// Whether the last stage is the first stage of the next step: a_s = b, b_s = 0, c_s = 1.
  public let isFirstSameAsLast: Bool

  /// The method's name.
  public var description: String { name }

  /// The number of stages s, an appended one included.
  public var stageCount: Int { b.count }

  /// Checks and keeps the coefficients.
  ///
  /// A row of `a` may stop at its last nonzero entry.
  ///
  /// - Throws: ``ButcherTableauError`` if shapes differ, a stage depends on a later one, cᵢ is not
  ///   the sum of its row, or a condition of a claimed order (1 … 5) fails.
  public init(
    name: String, a: [[Double]], b: [Double], c: [Double], order: Int,
    embedded: Embedded? = nil, denseOutput: DenseOutput? = nil
  ) throws {
    try Self.checkShapes(a: a, b: b, c: c, embedded: embedded, denseOutput: denseOutput)
    self.init(
      unchecked: name, a: a, b: b, c: c, order: order, embedded: embedded,
      denseOutput: denseOutput)
    try validate()
  }

  /// Keeps coefficients whose shapes are right; for the methods of this module, which the tests
  /// validate.
  init(
    unchecked name: String, a: [[Double]], b: [Double], c: [Double], order: Int,
    embedded: Embedded?, denseOutput: DenseOutput?
  ) {
    let stageCount = b.count
    var rows: [[Double]] = a.enumerated().map { index, row in
      Array((row + [Double](repeating: 0, count: stageCount)).prefix(index))
    }
    var weights = b
    var nodes = c
    var embedded = embedded
    func isFirstSameAsLast() -> Bool {
      rows.last == Array(weights.dropLast()) && weights.last == 0 && nodes.last == 1
    }
    if denseOutput == nil && !isFirstSameAsLast() {
      rows.append(weights)
      weights.append(0)
      nodes.append(1)
      embedded?.weights.append(0)
    }
    self.name = name
    self.a = rows
    self.b = weights
    self.c = nodes
    self.order = order
    self.embedded = embedded
    self.isFirstSameAsLast = isFirstSameAsLast()
    self.denseOutput =
      denseOutput
      ?? DenseOutput(
        coefficients: Self.hermite(
          weights: weights, correction: [Double](repeating: 0, count: weights.count)),
        order: min(3, order))
  }

  /// Checks every coefficient against the conditions of the claimed orders.
  ///
  /// - Throws: ``ButcherTableauError`` at the first that fails.
  public func validate() throws {
    for (index, row) in a.enumerated() {
      let sum = row.reduce(0, +)
      let magnitude: Double = row.reduce(1) { $0 + $1.magnitude }
      guard (sum - c[index]).magnitude <= 8 * Double.ulpOfOne * magnitude else {
        throw ButcherTableauError.rowSum(row: index, expected: sum, found: c[index])
      }
    }
    let conditions = OrderConditions(a: a, c: c)
    try conditions.check(b, named: "b", order: order)
    if let embedded {
      try conditions.check(
        embedded.weights, named: "the embedded method", order: embedded.order)
    }
    for stage in b.indices {
      let terms = denseOutput.coefficients[stage]
      let end = terms.reduce(0, +)
      let magnitude: Double = terms.reduce(1) { $0 + $1.magnitude }
      guard (end - b[stage]).magnitude <= 8 * Double.ulpOfOne * magnitude else {
        throw ButcherTableauError.denseOutputEnd(stage: stage, expected: b[stage], found: end)
      }
    }
    // Both sides are polynomials in θ without constant term: as many points as the degree decide.
    let degree = max(denseOutput.coefficients[0].count, denseOutput.order)
    for point in 1...degree {
      let theta = Double(point) / Double(degree)
      try conditions.check(
        denseWeights(at: theta), named: "the dense output at θ = \(theta)",
        order: denseOutput.order, theta: theta)
    }
  }

  /// bᵢ(θ) for all stages.
  public func denseWeights(at theta: Double) -> [Double] {
    denseOutput.coefficients.map { row in
      row.reversed().reduce(0.0) { sum, coefficient in (sum + coefficient) * theta }
    }
  }

  /// The coefficients Bᵢₖ of cubic Hermite interpolation with a quartic correction,
  /// θ² (3 − 2θ) bᵢ + θ (1 − θ)² δᵢ₁ − θ² (1 − θ) δᵢₛ + θ² (1 − θ)² dᵢ.
  ///
  /// Stage 1 is the derivative at the beginning of the step and stage s that at its end.
  static func hermite(weights b: [Double], correction d: [Double]) -> [[Double]] {
    b.indices.map { stage in
      let first: Double = stage == 0 ? 1 : 0
      let last: Double = stage == b.count - 1 ? 1 : 0
      let square: Double = 3 * b[stage] - 2 * first - last + d[stage]
      let cube: Double = first + last - 2 * b[stage] - 2 * d[stage]
      return [first, square, cube, d[stage]]
    }
  }

  private static func checkShapes(
    a: [[Double]], b: [Double], c: [Double], embedded: Embedded?, denseOutput: DenseOutput?
  ) throws {
    func require(_ label: String, _ values: [Double], count: Int) throws {
      guard values.count == count else {
        throw ButcherTableauError.wrongShape(
          coefficients: label, expected: count, found: values.count)
      }
      if let index = values.firstIndex(where: { !$0.isFinite }) {
        throw ButcherTableauError.notFinite(coefficients: label, index: index)
      }
    }
    guard !b.isEmpty else {
      throw ButcherTableauError.wrongShape(coefficients: "b", expected: 1, found: 0)
    }
    try require("b", b, count: b.count)
    try require("c", c, count: b.count)
    guard a.count == b.count else {
      throw ButcherTableauError.wrongShape(
        coefficients: "a", expected: b.count, found: a.count)
    }
    for (index, row) in a.enumerated() {
      try require("row \(index) of a", row, count: min(row.count, b.count))
      if let column = row.indices.first(where: { $0 >= index && row[$0] != 0 }) {
        throw ButcherTableauError.notExplicit(row: index, column: column, value: row[column])
      }
    }
    if let embedded { try require("embedded weights", embedded.weights, count: b.count) }
    if let denseOutput {
      guard denseOutput.coefficients.count == b.count else {
        throw ButcherTableauError.wrongShape(
          coefficients: "dense output", expected: b.count,
          found: denseOutput.coefficients.count)
      }
      let degree = max(1, denseOutput.coefficients[0].count)
      for (index, row) in denseOutput.coefficients.enumerated() {
        try require("row \(index) of the dense output", row, count: degree)
      }
    }
  }
}
