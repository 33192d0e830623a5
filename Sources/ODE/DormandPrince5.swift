extension ButcherTableau {
  /// The pair of orders 5(4) of Dormand and Prince, with dense output of order 4.
  ///
  /// Seven stages, the last of which is the first of the next step: six evaluations a step.
  /// Source: Dormand and Prince, *J. Comput. Appl. Math.* 6 (1980) 19–26, RK5(4)7M; the continuous
  /// extension is that of Shampine (*Math. Comp.* 46, 1986), in the form of the code DOPRI5: Hairer,
  /// Nørsett and Wanner, *Solving Ordinary Differential Equations I*, §II.5, table 5.2, and §II.6.
  public static let dormandPrince5: ButcherTableau = {
    let weights: [Double] = [
      35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84, 0,
    ]
    // Coefficients D1 … D7 of DOPRI5's subroutine CDOPRI.
    let correction: [Double] = [
      -12_715_105_075 / 11_282_082_432, 0, 87_487_479_700 / 32_700_410_799,
      -10_690_763_975 / 1_880_347_072, 701_980_252_875 / 199_316_789_632,
      -1_453_857_185 / 822_651_844, 69_997_945 / 29_380_423,
    ]
    return ButcherTableau(
      unchecked: "dormandPrince5",
      a: [
        [],
        [1 / 5],
        [3 / 40, 9 / 40],
        [44 / 45, -56 / 15, 32 / 9],
        [19372 / 6561, -25360 / 2187, 64448 / 6561, -212 / 729],
        [9017 / 3168, -355 / 33, 46732 / 5247, 49 / 176, -5103 / 18656],
        [35 / 384, 0, 500 / 1113, 125 / 192, -2187 / 6784, 11 / 84],
      ],
      b: weights,
      c: [0, 1 / 5, 3 / 10, 4 / 5, 8 / 9, 1, 1],
      order: 5,
      embedded: Embedded(
        weights: [
          5179 / 57600, 0, 7571 / 16695, 393 / 640, -92097 / 339_200, 187 / 2100, 1 / 40,
        ],
        order: 4),
      denseOutput: DenseOutput(
        coefficients: hermite(weights: weights, correction: correction), order: 4))
  }()
}
