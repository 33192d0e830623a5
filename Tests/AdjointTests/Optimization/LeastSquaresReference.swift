import Adjoint
import Testing

/// A problem of the Statistical Reference Datasets with its certified values.
///
/// Published by the National Institute of Standards and Technology of the United States,
/// https://www.itl.nist.gov/div898/strd
struct LeastSquaresReference: Sendable, CustomTestStringConvertible {
  var name: String
  var x: [Double]
  var y: [Double]
  var starts: [[Double]]
  var parameters: [Double]
  var standardErrors: [Double]
  var sumOfSquares: Double
  var curve: @Sendable ([Dual], Double) -> Dual

  var testDescription: String { name }

  static let nonlinear = [misra1a, thurber, mgh10]

  /// y = b₁ (1 − exp(−b₂ x)): dental research, lower level of difficulty.
  static let misra1a = LeastSquaresReference(
    name: "Misra1a",
    x: [
      77.6, 114.9, 141.1, 190.8, 239.9, 289.0, 332.8, 378.4, 434.8, 477.3, 536.8, 593.1, 689.1,
      760.0,
    ],
    y: [
      10.07, 14.73, 17.94, 23.93, 29.61, 35.18, 40.02, 44.82, 50.76, 55.05, 61.01, 66.40, 75.47,
      81.78,
    ],
    starts: [[500, 0.0001], [250, 0.0005]],
    parameters: [2.3894212918e+02, 5.5015643181e-04],
    standardErrors: [2.7070075241e+00, 7.2668688436e-06],
    sumOfSquares: 1.2455138894e-01,
    curve: { b, x in b[0] * (1 - Dual.exp(-b[1] * Dual(x))) })

  /// A ratio of cubics: semiconductor electron mobility, higher level of difficulty.
  static let thurber = LeastSquaresReference(
    name: "Thurber",
    x: [
      -3.067, -2.981, -2.921, -2.912, -2.840, -2.797, -2.702, -2.699, -2.633, -2.481, -2.363,
      -2.322, -1.501, -1.460, -1.274, -1.212, -1.100, -1.046, -0.915, -0.714, -0.566, -0.545,
      -0.400, -0.309, -0.109, -0.103, 0.010, 0.119, 0.377, 0.790, 0.963, 1.006, 1.115, 1.572,
      1.841, 2.047, 2.200,
    ],
    y: [
      80.574, 84.248, 87.264, 87.195, 89.076, 89.608, 89.868, 90.101, 92.405, 95.854, 100.696,
      101.060, 401.672, 390.724, 567.534, 635.316, 733.054, 759.087, 894.206, 990.785, 1090.109,
      1080.914, 1122.643, 1178.351, 1260.531, 1273.514, 1288.339, 1327.543, 1353.863, 1414.509,
      1425.208, 1421.384, 1442.962, 1464.350, 1468.705, 1447.894, 1457.628,
    ],
    starts: [
      [1000, 1000, 400, 40, 0.7, 0.3, 0.03], [1300, 1500, 500, 75, 1, 0.4, 0.05],
    ],
    parameters: [
      1.2881396800e+03, 1.4910792535e+03, 5.8323836877e+02, 7.5416644291e+01, 9.6629502864e-01,
      3.9797285797e-01, 4.9727297349e-02,
    ],
    standardErrors: [
      4.6647963344e+00, 3.9571156086e+01, 2.8698696102e+01, 5.5675370270e+00, 3.1333340687e-02,
      1.4984928198e-02, 6.5842344623e-03,
    ],
    sumOfSquares: 5.6427082397e+03,
    curve: { b, x in
      let t = Dual(x)
      let numerator: Dual = b[0] + t * (b[1] + t * (b[2] + t * b[3]))
      let denominator: Dual = 1 + t * (b[4] + t * (b[5] + t * b[6]))
      return numerator / denominator
    })

  /// y = b₁ exp(b₂ / (x + b₃)): thermistor resistance (Meyer), higher level of difficulty; its
  /// first start is a thousand times off.
  static let mgh10 = LeastSquaresReference(
    name: "MGH10",
    x: (0..<16).map { 50 + 5 * Double($0) },
    y: [
      34_780, 28_610, 23_650, 19_630, 16_370, 13_720, 11_540, 9744, 8261, 7030, 6005, 5147, 4427,
      3820, 3307, 2872,
    ],
    starts: [[2, 400_000, 25_000], [0.02, 4000, 250]],
    parameters: [5.6096364710e-03, 6.1813463463e+03, 3.4522363462e+02],
    standardErrors: [1.5687892471e-04, 2.3309021107e+01, 7.8486103508e-01],
    sumOfSquares: 8.7945855171e+01,
    curve: { b, x in b[0] * Dual.exp(b[1] / (Dual(x) + b[2])) })

  /// Longley's linear regression on six economic series and a constant: higher level of difficulty,
  /// since the columns are nearly dependent (condition number about 5e9).
  static let longleyRows: [[Double]] = [
    [60_323, 83.0, 234_289, 2356, 1590, 107_608, 1947],
    [61_122, 88.5, 259_426, 2325, 1456, 108_632, 1948],
    [60_171, 88.2, 258_054, 3682, 1616, 109_773, 1949],
    [61_187, 89.5, 284_599, 3351, 1650, 110_929, 1950],
    [63_221, 96.2, 328_975, 2099, 3099, 112_075, 1951],
    [63_639, 98.1, 346_999, 1932, 3594, 113_270, 1952],
    [64_989, 99.0, 365_385, 1870, 3547, 115_094, 1953],
    [63_761, 100.0, 363_112, 3578, 3350, 116_219, 1954],
    [66_019, 101.2, 397_469, 2904, 3048, 117_388, 1955],
    [67_857, 104.6, 419_180, 2822, 2857, 118_734, 1956],
    [68_169, 108.4, 442_769, 2936, 2798, 120_445, 1957],
    [66_513, 110.8, 444_546, 4681, 2637, 121_950, 1958],
    [68_655, 112.6, 482_704, 3813, 2552, 123_366, 1959],
    [69_564, 114.2, 502_601, 3931, 2514, 125_368, 1960],
    [69_331, 115.7, 518_173, 4806, 2572, 127_852, 1961],
    [70_551, 116.9, 554_894, 4007, 2827, 130_081, 1962],
  ]

  static let longleyParameters = [
    -3_482_258.63459582, 15.0618722713733, -0.358191792925910e-01, -2.02022980381683,
    -1.03322686717359, -0.511041056535807e-01, 1829.15146461355,
  ]

  static let longleyStandardErrors = [
    890_420.383607373, 84.9149257747669, 0.334910077722432e-01, 0.488399681651699,
    0.214274163161675, 0.226073200069370, 455.478499142212,
  ]
}
