import CARPACK

/// Up to `count` eigenpairs of largest |ν| of a ``ShiftInvertOperator``, by ARPACK's dsaupd and dseupd, largest
/// first; at least one.
///
/// A single vector starts the iteration, so that copies of repeated eigenvalues are found thanks to rounding,
/// if at all; see ``VerifiedLanczos``.
///
/// - Throws: ``EigenError/notConverged(found:wanted:restarts:)``.
func lanczos(
  _ shiftInvert: ShiftInvertOperator, count: Int, tolerance: Double, maximumRestarts: Int,
  seed: UInt64, threads: Int
) throws -> (pairs: [RitzPair], restarts: Int) {
  let problem = shiftInvert.problem
  let order = problem.order
  var generator = SeededGenerator(seed: seed)
  var start = generator.direction(count: order)
  shiftInvert.project(&start)
  var process = try ArnoldiProcess(
    order: order, dimension: order - shiftInvert.deflated.count, count: count, start: start,
    maximumRestarts: maximumRestarts, projectedCount: { $0 * ($0 + 8) })
  let (inverses, vectors) = try withArpack(threads: threads) {
    try iterate(&process, shiftInvert, tolerance: tolerance)
    return try process.symmetricEigenpairs(tolerance: tolerance, hasMass: problem.mass != nil)
  }
  let descending = inverses.indices.sorted { inverses[$0].magnitude > inverses[$1].magnitude }
  let pairs = descending.map { index in
    let vector = vectors[index]
    return RitzPair(
      inverse: inverses[index], vector: vector, massVector: problem.massProduct(vector))
  }
  return (pairs, Int(process.parameters[2]))
}

/// ARPACK asks for products by `request` until it is done: −1 and 1 with the operator, 2 with M.
private func iterate(
  _ process: inout ArnoldiProcess, _ shiftInvert: ShiftInvertOperator, tolerance: Double
) throws {
  let problem = shiftInvert.problem
  let hasMass = problem.mass != nil
  var request: arpack_integer = 0
  var status: arpack_integer = 1  // the start vector is given
  while true {
    dsaupd_c(
      &request, hasMass ? "G" : "I", arpack_integer(process.order), "LM",
      arpack_integer(process.count), tolerance, &process.residual,
      arpack_integer(process.subspace), process.basis.all.baseAddress,
      arpack_integer(process.order), &process.parameters, &process.pointers,
      process.work.all.baseAddress, process.projected.all.baseAddress,
      arpack_integer(process.projected.count), &status)
    let image: [Double]
    switch request {
    case -1:
      image = try shiftInvert.apply(
        toMassProduct: problem.massProduct(Array(process.vector(0))))
    case 1:
      // ARPACK's third vector is M x, and x itself is meant without M.
      image = try shiftInvert.apply(toMassProduct: Array(process.vector(hasMass ? 2 : 0)))
    case 2: image = problem.massProduct(Array(process.vector(0)))
    default:
      try process.check(status, "dsaupd")
      return
    }
    _ = process.vector(1).update(fromContentsOf: image)
  }
}

extension ArnoldiProcess {
  /// The converged ν and vectors; ARPACK reports 1/ν, its own shift being zero here.
  fileprivate mutating func symmetricEigenpairs(
    tolerance: Double, hasMass: Bool
  ) throws -> (inverses: [Double], vectors: [[Double]]) {
    var values = [Double](repeating: 0, count: count)
    let vectors = Buffer(zeros: order * count)
    var selected = [arpack_integer](repeating: 0, count: subspace)
    var status: arpack_integer = 0
    dseupd_c(
      1, "A", &selected, &values, vectors.all.baseAddress, arpack_integer(order), 0,
      hasMass ? "G" : "I", arpack_integer(order), "LM", arpack_integer(count), tolerance, &residual,
      arpack_integer(subspace), basis.all.baseAddress, arpack_integer(order), &parameters,
      &pointers, work.all.baseAddress, projected.all.baseAddress, arpack_integer(projected.count),
      &status)
    try check(status, "dseupd")
    let found = min(Int(parameters[4]), count)
    guard found > 0 else {
      throw EigenError.notConverged(found: 0, wanted: count, restarts: Int(parameters[2]))
    }
    return (
      values.prefix(found).map { 1 / $0 },
      (0..<found).map { Array(vectors.slice($0 * order, order)) }
    )
  }
}
