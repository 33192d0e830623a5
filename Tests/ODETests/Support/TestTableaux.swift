import ODE

/// Methods beside those of the library, which take other paths through it.
enum TestTableaux {
  /// Heun's method of order 2 with its own dense output: the last stage is not the first of the
  /// next step, b(θ) = (θ − θ²/2, θ²/2).
  static func heun() throws -> ButcherTableau {
    try ButcherTableau(
      name: "heun", a: [[], [1]], b: [0.5, 0.5], c: [0, 1], order: 2,
      embedded: .init(weights: [1, 0], order: 1),
      denseOutput: .init(coefficients: [[1, -0.5], [0, 0.5]], order: 2))
  }

  /// Euler's method, to which the end of the step is appended as a stage.
  static func euler() throws -> ButcherTableau {
    try ButcherTableau(name: "euler", a: [[]], b: [1], c: [0], order: 1)
  }

  /// The pair of orders 3(2) of Bogacki and Shampine.
  ///
  /// *Appl. Math. Lett.* 2 (1989) 321–325.
  static func bogackiShampine() throws -> ButcherTableau {
    let last: [Double] = [2.0 / 9, 1.0 / 3, 4.0 / 9]
    let weights: [Double] = [7.0 / 24, 0.25, 1.0 / 3, 0.125]
    return try ButcherTableau(
      name: "bogackiShampine", a: [[], [0.5], [0, 0.75], last], b: last + [0],
      c: [0, 0.5, 0.75, 1], order: 3, embedded: .init(weights: weights, order: 2))
  }

  /// A method of six stages without zeros in its rows: the first six of Dormand and Prince, with a
  /// dense output of order 1 that uses them alone.
  static func sixStages() throws -> ButcherTableau {
    let full = ButcherTableau.dormandPrince5
    return try ButcherTableau(
      name: "sixStages", a: Array(full.a.dropLast()), b: Array(full.b.dropLast()),
      c: Array(full.c.dropLast()), order: 5,
      denseOutput: .init(coefficients: full.b.dropLast().map { [$0] }, order: 1))
  }

  static func all() throws -> [ButcherTableau] {
    [
      .rungeKutta4, .dormandPrince5, .tsitouras5, try heun(), try euler(),
      try bogackiShampine(), try sixStages(),
    ]
  }
}
