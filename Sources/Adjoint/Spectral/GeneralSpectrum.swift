/// Eigenpairs of a general matrix as the methods hand them over: with both of each pair of conjugates, ascending.
struct GeneralSpectrum {
  var pairs: [GeneralEigenpair]
  /// Eigenvalues next to the selection that were left out.
  var neighbors: [Complex<Double>]
  var statistics: GeneralEigenSolution.Statistics

  /// What is wanted of all eigenpairs of a dense matrix.
  static func dense(
    _ problem: GeneralEigenproblem, _ options: EigenSolver.Options
  ) throws -> GeneralSpectrum {
    let order = problem.order
    try InputError.require(
      order <= 30_000, "the number of unknowns", Double(order), "at most 30,000 for dense matrices")
    let all = try withThreads(options.threads) {
      try denseGeneralEigen(problem.matrix.denseColumns(), order: order)
    }
    func rank(_ pair: GeneralEigenpair) -> Double {
      switch options.target {
      case .smallest: pair.eigenvalue.real
      case .largest: -pair.eigenvalue.real
      case .nearest(let shift): (pair.eigenvalue - Complex(shift)).length
      }
    }
    // Stable, so that conjugates, of exactly the same rank, stay neighbors.
    let ranked = all.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }.map(\.element)
    var count = options.count
    if count < order, ranked[count].eigenvalue == ranked[count - 1].eigenvalue.conjugate,
      ranked[count].eigenvalue.imaginary < 0
    {
      count += 1
    }
    return GeneralSpectrum(
      pairs: ranked.prefix(count).sorted(by: isAscending),
      neighbors: ranked.dropFirst(count).map(\.eigenvalue), statistics: .init(method: .dense))
  }

  /// What is wanted, by Arnoldi's method for A and again for Aᵀ, with a check that nothing was missed.
  ///
  /// The check deflates what was found and looks for the next eigenvalue. If that is more wanted than those
  /// found, all is done again with a larger subspace, up to three times.
  static func arnoldiMethod(
    _ problem: GeneralEigenproblem, _ options: EigenSolver.Options
  ) throws -> GeneralSpectrum {
    let shiftInvert = try GeneralOperator(problem, options.target, threads: options.threads)
    var statistics = GeneralEigenSolution.Statistics(method: .lanczos)
    if shiftInvert.factors != nil { statistics.shift = shiftInvert.shift }
    func run(
      transposed: Bool, count: Int, factor: Int, tolerance: Double
    ) throws -> [(value: Complex<Double>, vector: ComplexVector)] {
      let result = try arnoldi(
        shiftInvert, transposed: transposed, count: count, subspaceFactor: factor,
        tolerance: tolerance, maximumRestarts: options.maximumRestarts,
        seed: options.seed &+ UInt64(statistics.runs), threads: options.threads)
      statistics.runs += 1
      statistics.restarts += result.restarts
      return result.pairs
    }
    for factor in [1, 2, 4] {
      shiftInvert.deflated = []
      let right = try run(transposed: false, count: options.count, factor: factor, tolerance: 0)
      let left = try run(transposed: true, count: options.count, factor: factor, tolerance: 0)
      let pairs = matched(right, left, shiftInvert)
      let last = right.map { shiftInvert.rank($0.value) }.min() ?? 0
      var neighbors: [Complex<Double>] = []
      if pairs.count <= problem.order - 4 {
        shiftInvert.deflated = pairs
        let next = try run(transposed: false, count: 1, factor: factor, tolerance: 1e-6)
        neighbors = next.map { shiftInvert.eigenvalue($0.value) }
        let best = next.map { shiftInvert.rank($0.value) }.max() ?? -.infinity
        guard best <= last + 1e-6 * last.magnitude else { continue }
      }
      statistics.applications = shiftInvert.applications
      return GeneralSpectrum(
        pairs: pairs.sorted(by: isAscending),
        neighbors: neighbors + neighbors.map(\.conjugate), statistics: statistics)
    }
    throw EigenError.notConverged(found: 0, wanted: options.count, restarts: statistics.restarts)
  }

  /// Right vectors with the left ones of the nearest eigenvalues.
  ///
  /// λ is then the two-sided Rayleigh quotient
  /// wᴴAv/wᴴv, whose error is the product of both vectors' errors (Parlett, *Math. Comp.* 28, 1974).
  private static func matched(
    _ right: [(value: Complex<Double>, vector: ComplexVector)],
    _ left: [(value: Complex<Double>, vector: ComplexVector)], _ shiftInvert: GeneralOperator
  ) -> [GeneralEigenpair] {
    let weights = ComplexVector.phaseWeights(shiftInvert.matrix.rowCount)
    return right.flatMap { value, vector -> [GeneralEigenpair] in
      // With Aᵀ u = λ u the left vector is w = conj(u).
      let partner = left.min { ($0.value - value).length < ($1.value - value).length }
      var pair = GeneralEigenpair(
        eigenvalue: shiftInvert.eigenvalue(value), right: vector,
        left: (partner?.vector ?? vector).conjugate, weights: weights)
      let quotient = pair.left.dot(shiftInvert.matrix.product(pair.right))
      let isPlausible =
        (quotient - pair.eigenvalue).length <= 1e-6 * max(pair.eigenvalue.length, quotient.length)
      if isPlausible {
        pair.eigenvalue = value.imaginary == 0 ? Complex(quotient.real) : quotient
      }
      // Undoing the shift exchanges the conjugates.
      return pair.eigenvalue.imaginary == 0 ? [pair] : [pair, pair.conjugate]
    }
  }

  private static func isAscending(_ first: GeneralEigenpair, _ second: GeneralEigenpair) -> Bool {
    (first.eigenvalue.real, first.eigenvalue.imaginary)
      < (second.eigenvalue.real, second.eigenvalue.imaginary)
  }
}
