/// Signs at the end of a fit that its derivatives are wrong, found without evaluations of the model but two in
/// one case, and the diagnosis where there is one.
struct FitSuspicion {
  private let problem: LeastSquaresProblem
  private let point: FitLinearization
  private let isSuspicious: Bool

  /// More than this multiple of the predicted reduction is strange.
  ///
  /// With the right gradient −gᵀs ≤ 2 (−gᵀs − ½‖J s‖²) for a damped step s, and a convex misfit falls by no
  /// more than −gᵀs: by twice what is predicted.
  private static let strangeRatio = 4.0

  /// How much larger than the tolerance the gradient may be where the step is tiny.
  private static let gradientMargin = 1e3

  /// How much of ‖Jᵢ‖‖r‖ the products Jᵢᵀr of pushforward and of pullback may differ by.
  private static let productTolerance = 1e-4

  init(
    _ problem: LeastSquaresProblem, at point: FitLinearization, reason: StopReason,
    lastRatio: Double, gradientTolerance: Double
  ) {
    self.problem = problem
    self.point = point
    isSuspicious =
      switch reason {
      case .noProgress: true
      case .pointTolerance where point.gradientMeasure > Self.gradientMargin * gradientTolerance:
        true
      case .pointTolerance, .gradientTolerance:
        lastRatio > Self.strangeRatio || Self.contradictsItself(problem, point)
          || Self.lacksDerivative(problem, point)
      default: false
      }
  }

  /// Nil if nothing is suspicious.
  var diagnosis: LineSearchDiagnosis? {
    guard isSuspicious else { return nil }
    let diagnosis = diagnosis(of: "misfit", point.gradient)
    guard !diagnosis.isFaulty, Self.contradictsItself(problem, point) else { return diagnosis }
    return self.diagnosis(of: "misfit by the Jacobian", Self.jacobianGradient(problem, point))
  }

  private func diagnosis(of name: String, _ gradient: [Double]) -> LineSearchDiagnosis {
    LineSearchDiagnosis(
      of: name, at: point.parameters, value: point.misfit, gradient: gradient,
      lowerBounds: problem.parameters.map {
        $0.scale == .logarithmic ? max($0.lowerBound, 0) : $0.lowerBound
      }, upperBounds: problem.parameters.map(\.upperBound)
    ) { try problem.totalMisfit(at: $0) }
  }

  /// Jᵀr with respect to the parameters.
  private static func jacobianGradient(
    _ problem: LeastSquaresProblem, _ point: FitLinearization
  ) -> [Double] {
    let rowCount = point.rowCount
    return point.parameters.indices.map { index in
      var sum = 0.0
      for row in 0..<rowCount { sum += point.jacobian[index * rowCount + row] * point.rows[row] }
      return sum / problem.parameters[index].scaling(at: point.parameters[index])
    }
  }

  /// Whether the pushforward and the pullback of the predictions give different gradients.
  private static func contradictsItself(
    _ problem: LeastSquaresProblem, _ point: FitLinearization
  ) -> Bool {
    let other = jacobianGradient(problem, point)
    let residual = norm(point.rows[...])
    return point.free.contains { index in
      let scaling = problem.parameters[index].scaling(at: point.parameters[index])
      let gap: Double = ((other[index] - point.gradient[index]) * scaling).magnitude
      return gap > productTolerance * point.columnNorms[index] * residual
    }
  }

  /// Whether the misfit rises on one side and falls on the other of parameters without a derivative.
  private static func lacksDerivative(
    _ problem: LeastSquaresProblem, _ point: FitLinearization
  ) -> Bool {
    var (up, down) = (point.parameters, point.parameters)
    for index in point.free where point.columnNorms[index] == 0 {
      let parameter = problem.parameters[index]
      let size = up[index] == 0 ? 1 : up[index].magnitude
      // Between rounding, ε/h, and curvature, h².
      let step = min(
        0x1p-17 * size, parameter.upperBound - up[index], up[index] - parameter.lowerBound)
      up[index] += step
      down[index] -= step
    }
    guard up != down, let above = try? problem.totalMisfit(at: up),
      let below = try? problem.totalMisfit(at: down)
    else { return false }
    let (rise, fall) = (above - point.misfit, point.misfit - below)
    return rise * fall > 0
      && min(rise.magnitude, fall.magnitude) > 1e3 * .ulpOfOne * point.misfit
  }
}
