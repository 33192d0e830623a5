/// Lanczos' method with a check that no eigenvalue was missed.
///
/// From one start vector Lanczos' method sees one vector of each eigenspace; further copies of repeated
/// eigenvalues come from rounding, or not at all. Therefore what was found is deflated and the largest
/// |ν| of the rest is computed from another start vector. If it is larger than the smallest one found, it was
/// missed and takes its place; if it is equal, the search goes on, because another one may be there; if
/// it is smaller, the selection is proved complete, up to start vectors without any component along a missed
/// eigenvector, which random ones have with probability zero.
struct VerifiedLanczos {
  private let problem: SymmetricEigenproblem
  private let pencil: Pencil
  private let options: EigenSolver.Options
  private var factors: ShiftedFactors
  private var shiftInvert: ShiftInvertOperator
  private var solves = 0
  private var restarts = 0
  private var runs = 0

  static func solve(
    _ problem: SymmetricEigenproblem, _ pencil: Pencil, _ options: EigenSolver.Options
  ) throws -> SelectedEigenpairs {
    var search = try Self(problem, pencil, options)
    return try search.selection()
  }

  private init(
    _ problem: SymmetricEigenproblem, _ pencil: Pencil, _ options: EigenSolver.Options
  ) throws {
    self.problem = problem
    self.pencil = pencil
    self.options = options
    factors = try ShiftedFactors(pencil, options.target, threads: options.threads)
    shiftInvert = ShiftInvertOperator(problem, factors.factors)
  }

  private mutating func selection() throws -> SelectedEigenpairs {
    var wanted: [RitzPair]
    do {
      wanted = try search()
      if let better = betterShift(wanted) {
        try move(to: better)
        wanted = try search()
      }
    } catch FactorizationError.solutionNotFinite {
      try move(to: factors.shift + 1e-7 * max(pencil.scale, factors.shift.magnitude))
      wanted = try search()
    }
    let others = try verify(&wanted)
    wanted = try refined(wanted)
    wanted.sort { factors.eigenvalue($0.inverse) < factors.eigenvalue($1.inverse) }
    return SelectedEigenpairs(
      eigenvalues: wanted.map { factors.eigenvalue($0.inverse) },
      eigenvectors: wanted.map(\.vector), neighbors: neighbors(others), statistics: statistics)
  }

  private var statistics: SymmetricEigenSolution.Statistics {
    .init(
      method: .lanczos, shift: factors.sign * factors.shift,
      solves: solves + shiftInvert.solveCount,
      factorizations: factors.factorizations, restarts: restarts, runs: runs)
  }

  private mutating func run(count: Int, tolerance: Double) throws -> [RitzPair] {
    runs += 1
    // Other runs start from other vectors.
    let result = try lanczos(
      shiftInvert, count: count, tolerance: tolerance, maximumRestarts: options.maximumRestarts,
      seed: options.seed &+ UInt64(runs - 1), threads: options.threads)
    restarts += result.restarts
    return result.pairs
  }

  /// As many pairs as are wanted, of largest |ν| first; more than one run if the first one ends in a space that the
  /// operator does not lead out of, as it does where few eigenvalues are distinct.
  private mutating func search() throws -> [RitzPair] {
    defer { shiftInvert.deflated = [] }
    var found: [RitzPair] = []
    while found.count < options.count {
      shiftInvert.deflated = found
      found += try run(count: options.count - found.count, tolerance: 0)
    }
    return found.sorted { $0.inverse.magnitude > $1.inverse.magnitude }
  }

  private mutating func move(to shift: Double) throws {
    factors = try factors.moved(to: shift, pencil)
    solves += shiftInvert.solveCount
    shiftInvert = ShiftInvertOperator(problem, factors.factors)
  }

  /// Another shift if this one is so close to one of the eigenvalues that solves, whose relative error is
  /// eps |ν| of the largest, lose more than four digits of the others.
  private func betterShift(_ pairs: [RitzPair]) -> Double? {
    guard let nearest = pairs.first, let farthest = pairs.last,
      nearest.inverse.magnitude > 1e4 * farthest.inverse.magnitude
    else { return nil }
    let distance = 1 / farthest.inverse.magnitude
    switch options.target {
    case .nearest: return factors.shift + 1e-3 * distance
    case .smallest, .largest: return factors.shift - 1e-2 * distance
    }
  }

  /// Replaces what was missed, and returns the ν of the next eigenvalues, beyond the wanted ones.
  private mutating func verify(_ wanted: inout [RitzPair]) throws -> [Double] {
    var others: [RitzPair] = []
    defer { shiftInvert.deflated = [] }
    // The most copies of the last eigenvalue that are looked for.
    let limit = wanted.count + 16
    while wanted.count + others.count < problem.order - 2 && others.count < limit {
      guard let last = wanted.last else { break }
      shiftInvert.deflated = wanted + others
      guard let next = try run(count: 1, tolerance: 1e-6).first else { break }
      let ratio = next.inverse.magnitude / last.inverse.magnitude
      if ratio > 1 + 1e-8 {
        // Missed: once more, to full accuracy.
        shiftInvert.deflated = wanted
        guard let missed = try run(count: 1, tolerance: 0).first else { break }
        wanted.append(missed)
        wanted.sort { $0.inverse.magnitude > $1.inverse.magnitude }
        wanted.removeLast()
        others = []
      } else {
        others.append(next)
        // Clusters are told apart by their distance from zero, not from the shift.
        if ratio < 1 - 1e-8 && !areOneCluster(next, last) { break }
      }
    }
    return others.map(\.inverse)
  }

  private func areOneCluster(_ first: RitzPair, _ second: RitzPair) -> Bool {
    let values = [first, second].map { factors.eigenvalue($0.inverse) }
    let size = max(values[0].magnitude, values[1].magnitude)
    return (values[0] - values[1]).magnitude <= options.clusterTolerance * size
  }

  /// The eigenvalues of other ν; about a shift within the spectrum the farthest of them on both sides, since
  /// nothing nearer was left out.
  private func neighbors(_ inverses: [Double]) -> [Double] {
    var values = inverses.map(factors.eigenvalue)
    if case .nearest = options.target, let last = inverses.last {
      values.append(factors.eigenvalue(-last))
    }
    return values
  }

  /// One application of the operator and the Ritz pairs in the space of the images: orthonormal to rounding, and
  /// free of what the solves cannot reach.
  ///
  /// In the basis V the pencil is (VᵀM S V, VᵀMV) with S the operator; its eigenvector q gives S V q/ν.
  private func refined(_ pairs: [RitzPair]) throws -> [RitzPair] {
    let count = pairs.count
    let images = try pairs.map { try shiftInvert.apply(toMassProduct: $0.massVector) }
    var projected = [Double](repeating: 0, count: count * count)
    var gram = projected
    for column in 0..<count {
      for row in 0..<count {
        let product =
          pairs[row].massVector.dot(images[column])
          + pairs[column].massVector.dot(images[row])
        projected[row + count * column] = product / 2
        gram[row + count * column] = pairs[row].massVector.dot(pairs[column].vector)
      }
    }
    let (inverses, rotations) = try withThreads(options.threads) {
      try denseSymmetricEigen(projected, mass: gram, order: count)
    }
    var vectors = (0..<count).map { column in
      combination(images, Array(rotations[count * column..<count * (column + 1)]))
    }
    var massVectors: [[Double]] = []
    for index in 0..<count {
      // Gram and Schmidt, as a correction of rounding.
      var massVector = problem.massProduct(vectors[index])
      for other in 0..<index {
        let overlap = massVector.dot(vectors[other])
        vectors[index].add(-overlap, vectors[other])
        massVector.add(-overlap, massVectors[other])
      }
      let norm = vectors[index].dot(massVector).squareRoot()
      vectors[index] = vectors[index].scaled(by: 1 / norm)
      massVectors.append(massVector.scaled(by: 1 / norm))
    }
    return (0..<count).map {
      RitzPair(inverse: inverses[$0], vector: vectors[$0], massVector: massVectors[$0])
    }
  }
}
