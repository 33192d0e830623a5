extension ButcherTableau {
  /// The classical method of order 4, for fixed steps, with cubic Hermite dense output (order 3).
  ///
  /// Four evaluations a step. Source: Kutta, *Z. Math. Phys.* 46 (1901) 435–453; the coefficients
  /// as in Hairer, Nørsett and Wanner, *Solving Ordinary Differential Equations I*, table II.1.2.
  public static let rungeKutta4 = ButcherTableau(
    unchecked: "rungeKutta4",
    a: [
      [],
      [1 / 2],
      [0, 1 / 2],
      [0, 0, 1],
    ],
    b: [1 / 6, 1 / 3, 1 / 3, 1 / 6],
    c: [0, 1 / 2, 1 / 2, 1],
    order: 4, embedded: nil, denseOutput: nil)
}
