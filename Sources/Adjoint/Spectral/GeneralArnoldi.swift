import CARPACK

/// x ↦ A x or (A − σI)⁻¹x, or their transposes, from which known eigenpairs may be deflated.
final class GeneralOperator {
  let matrix: SparseMatrix
  /// The factors of A − σI; nil for A itself.
  let factors: (any Factorization)?
  let shift: Double
  let target: EigenSolver.Target
  /// What is deflated: both of each pair of conjugates.
  var deflated: [GeneralEigenpair] = []
  private(set) var applications = 0

  init(_ problem: GeneralEigenproblem, _ target: EigenSolver.Target, threads: Int) throws {
    matrix = problem.matrix
    self.target = target
    guard case .nearest(let shift) = target else {
      self.shift = 0
      factors = nil
      return
    }
    let pencil = try Pencil(problem.matrix)
    let found = try ShiftedFactors(at: shift, pencil, threads: threads)
    self.shift = found.shift
    factors = found.factors
  }

  /// Which of ARPACK's eigenvalues are wanted.
  var selection: String {
    switch target {
    case .nearest: "LM"
    case .largest: "LR"
    case .smallest: "SR"
    }
  }

  /// The larger, the more wanted is an eigenvalue of the operator.
  func rank(_ value: Complex<Double>) -> Double {
    switch target {
    case .nearest: value.length
    case .largest: value.real
    case .smallest: -value.real
    }
  }

  /// λ from an eigenvalue of the operator.
  func eigenvalue(_ value: Complex<Double>) -> Complex<Double> {
    factors == nil ? value : Complex(shift) + 1 / value
  }

  /// The image of a vector, without what is deflated.
  func apply(_ vector: [Double], transposed: Bool) throws -> [Double] {
    applications += 1
    var vector = vector
    project(&vector)
    var image: [Double]
    if let factors {
      image = vector
      try factors.solveInPlace(&image, transposed: transposed)
      guard image.dot(image).isFinite else {
        throw FactorizationError.solutionNotFinite(index: 0)
      }
    } else {
      image = matrix.product(vector, transposed: transposed)
    }
    project(&image)
    return image
  }

  /// x ← x − Σ v (wᴴx), real because conjugates come in pairs.
  func project(_ vector: inout [Double]) {
    for pair in deflated {
      let along = pair.left.real.dot(vector)
      let across = -pair.left.imaginary.dot(vector)
      vector.add(-along, pair.right.real)
      vector.add(across, pair.right.imaginary)
    }
  }
}

/// The wanted eigenvalues of an operator, or of its transpose, with vectors, by ARPACK's dnaupd and dneupd.
///
/// One more than `count` if a pair of conjugates would be cut. Of a pair, only the one with positive imaginary part is returned.
///
/// - Throws: ``EigenError/notConverged(found:wanted:restarts:)``.
func arnoldi(
  _ shiftInvert: GeneralOperator, transposed: Bool, count: Int, subspaceFactor: Int,
  tolerance: Double, maximumRestarts: Int, seed: UInt64, threads: Int
) throws -> (pairs: [(value: Complex<Double>, vector: ComplexVector)], restarts: Int) {
  let order = shiftInvert.matrix.rowCount
  var generator = SeededGenerator(seed: seed)
  var start = generator.direction(count: order)
  shiftInvert.project(&start)
  var process = try ArnoldiProcess(
    order: order, dimension: order - shiftInvert.deflated.count, count: count, start: start,
    maximumRestarts: maximumRestarts, subspaceFactor: subspaceFactor,
    projectedCount: { 3 * $0 * $0 + 6 * $0 })
  process.parameters[6] = 1  // an operator and the identity; shifts are undone here
  let pairs = try withArpack(threads: threads) {
    try iterate(&process, shiftInvert, transposed: transposed, tolerance: tolerance)
    return try process.generalEigenpairs(shiftInvert.selection, tolerance: tolerance)
  }
  return (pairs, Int(process.parameters[2]))
}

private func iterate(
  _ process: inout ArnoldiProcess, _ shiftInvert: GeneralOperator, transposed: Bool,
  tolerance: Double
) throws {
  var request: arpack_integer = 0
  var status: arpack_integer = 1  // the start vector is given
  while true {
    dnaupd_c(
      &request, "I", arpack_integer(process.order), shiftInvert.selection,
      arpack_integer(process.count), tolerance, &process.residual,
      arpack_integer(process.subspace), process.basis.all.baseAddress,
      arpack_integer(process.order), &process.parameters, &process.pointers,
      process.work.all.baseAddress, process.projected.all.baseAddress,
      arpack_integer(process.projected.count), &status)
    guard request == -1 || request == 1 else { break }
    let image = try shiftInvert.apply(Array(process.vector(0)), transposed: transposed)
    _ = process.vector(1).update(fromContentsOf: image)
  }
  try process.check(status, "dnaupd")
}

extension ArnoldiProcess {
  fileprivate mutating func generalEigenpairs(
    _ selection: String, tolerance: Double
  ) throws -> [(value: Complex<Double>, vector: ComplexVector)] {
    var real = [Double](repeating: 0, count: count + 1)
    var imaginary = real
    var work3 = [Double](repeating: 0, count: 3 * subspace)
    let vectors = Buffer(zeros: order * (count + 1))
    var selected = [arpack_integer](repeating: 0, count: subspace)
    var status: arpack_integer = 0
    dneupd_c(
      1, "A", &selected, &real, &imaginary, vectors.all.baseAddress, arpack_integer(order), 0, 0,
      &work3, "I", arpack_integer(order), selection, arpack_integer(count), tolerance, &residual,
      arpack_integer(subspace), basis.all.baseAddress, arpack_integer(order), &parameters,
      &pointers, work.all.baseAddress, projected.all.baseAddress, arpack_integer(projected.count),
      &status)
    try check(status, "dneupd")
    let found = min(Int(parameters[4]), count + 1)
    guard found >= count else {
      throw EigenError.notConverged(
        found: found, wanted: count, restarts: Int(parameters[2]))
    }
    var pairs: [(value: Complex<Double>, vector: ComplexVector)] = []
    var column = 0
    while column < found {
      let isComplex = imaginary[column] != 0 && column + 1 < found
      // ARPACK puts the one with positive imaginary part first.
      pairs.append(
        (
          Complex(real[column], isComplex ? imaginary[column] : 0),
          vectors.vector(column, order, isComplex)
        ))
      column += isComplex ? 2 : 1
    }
    return pairs
  }
}
