import Adjoint
import Testing

/// A solve as a function of (stored entries of A, b), with mistakes that can be planted.
struct KrylovMap: Sendable, CustomStringConvertible {
  enum Fault: String, CaseIterable, Sendable {
    case matrixForItsTranspose
    case looseAdjoint
    case signOfMatrixGradient
    case droppedResidualTerm
  }

  let method: KrylovSolver.Method
  var fault: Fault?

  var description: String { "\(method)\(fault.map { " with \($0.rawValue)" } ?? "")" }

  func matrix() throws -> SparseMatrix {
    if fault == .droppedResidualTerm {
      return try SparseMatrix(rowCount: 6, columnCount: 4) { builder in
        for row in 0..<6 {
          try builder.add(2 + 0.1 * Double(row), row: row, column: row % 4)
          try builder.add(-0.5, row: row, column: (row + 1) % 4)
        }
      }
    }
    return try KrylovSamples.convectionDiffusion(4)
  }

  func map() throws -> (DifferentiableMap, point: [Double]) {
    let matrix = try matrix()
    let pattern = matrix.pattern
    let count = pattern.entryCount
    var options = KrylovSolver.Options()
    options.relativeTolerance = 0
    options.adjointTolerance = fault == .looseAdjoint ? 1e-4 : 0
    let solver = try KrylovSolver(method, options: options)
    @Sendable func solve(_ x: [Double]) throws -> KrylovSolution {
      let matrix = try SparseMatrix(pattern: pattern, values: Array(x.prefix(count)))
      let b = Array(x.dropFirst(count))
      guard fault == .matrixForItsTranspose else {
        return try solver.solve(matrix, rightHandSide: b)
      }
      return try solver.solve(
        ClosureOperator(
          rowCount: matrix.rowCount, columnCount: matrix.columnCount,
          product: { try matrix.apply($0, into: &$1) },
          transposedProduct: { try matrix.apply($0, into: &$1) }),
        rightHandSide: b)
    }
    let map = DifferentiableMap(
      name: description, value: { try solve($0).value },
      linearize: { x in
        let solution = try solve(x)
        return .init(value: solution.value, pushforward: nil) { cotangent in
          let gradient = try solution.pullback(cotangent)
          var entries = gradient.parameters
          switch fault {
          case .signOfMatrixGradient: entries = entries.map { -$0 }
          case .matrixForItsTranspose, .droppedResidualTerm:
            // −λ xᵀ alone.
            entries = (0..<pattern.columnCount).flatMap { column in
              (pattern.columnPointers[column]..<pattern.columnPointers[column + 1]).map {
                -gradient.rightHandSide[pattern.rowIndices[$0]] * solution.value[column]
              }
            }
          case .looseAdjoint, nil: break
          }
          return entries + gradient.rightHandSide
        }
      })
    return (map, matrix.values + KrylovSamples.vector(matrix.rowCount, seed: 61))
  }
}

/// Applies ILU where its transpose is due.
private struct UntransposedILU: Preconditioner {
  let factors: IncompleteLU
  var rowCount: Int { factors.rowCount }
  var columnCount: Int { factors.columnCount }
  var isSymmetric: Bool { false }

  func apply(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try factors.apply(vector, into: &product)
  }

  func applyTransposed(_ vector: Span<Double>, into product: inout MutableSpan<Double>) throws {
    try factors.apply(vector, into: &product)
  }
}

@Suite("Laws of Krylov solutions") struct KrylovLawTests {
  /// The methods whose matrix may change entry by entry; the registry has the symmetric ones.
  static let methods: [KrylovSolver.Method] = [.gmres, .flexibleGMRES, .biCGStab, .lsmr]

  static let faulty: [KrylovMap] = methods.flatMap { method in
    KrylovMap.Fault.allCases.compactMap { fault in
      switch fault {
      case .matrixForItsTranspose:
        // LSMR does not converge with it; see below.
        method == .lsmr ? nil : KrylovMap(method: method, fault: fault)
      case .droppedResidualTerm: method == .lsmr ? KrylovMap(method: method, fault: fault) : nil
      case .signOfMatrixGradient, .looseAdjoint: KrylovMap(method: method, fault: fault)
      }
    }
  }

  @Test("The laws hold without fault", arguments: methods)
  func holds(method: KrylovSolver.Method) throws {
    let (map, point) = try KrylovMap(method: method).map()
    let report = try DerivativeCheck(seed: 3).check(map, at: point)
    #expect(report.passed, "\(report)")
  }

  @Test("Faults of the adjoint are rejected", arguments: faulty)
  func rejects(faulty: KrylovMap) throws {
    let (map, point) = try faulty.map()
    let report = try DerivativeCheck(seed: 3).check(map, at: point)
    #expect(!report.passed, "\(report)")
  }

  @Test("LSMR notices a transposed product that does not belong to the product")
  func wrongTranspose() throws {
    let matrix = try KrylovSamples.convectionDiffusion(6)
    let wrong = try ClosureOperator(
      rowCount: 36, columnCount: 36, product: { try matrix.apply($0, into: &$1) },
      transposedProduct: { try matrix.apply($0, into: &$1) })
    var options = KrylovSolver.Options()
    options.maximumIterations = 2000
    #expect(throws: KrylovError.self) {
      try KrylovSolver(.lsmr, options: options).solve(
        wrong, rightHandSide: KrylovSamples.vector(36, seed: 62))
    }
  }

  @Test("A preconditioner that is not transposed costs iterations, not accuracy")
  func untransposedPreconditioner() throws {
    let system = try LinearSystem(
      matrix: KrylovSamples.convectionDiffusion(25),
      rightHandSide: KrylovSamples.vector(625, seed: 63))
    let w = KrylovSamples.vector(625, seed: 64)
    let factors = try IncompleteLU(system.matrix)
    let solver = try KrylovSolver(.gmres)
    let right = try solver.solve(system, preconditioner: factors).pullback(w)
    let wrong = try solver.solve(
      system, preconditioner: UntransposedILU(factors: factors)
    ).pullback(w)
    #expect(wrong.statistics.iterations > right.statistics.iterations)
    #expect(wrong.evidence.adjointBackwardError <= 1e-12)
    // Two residuals of 1e-12 and a condition number of some hundreds.
    #expect(
      zip(right.rightHandSide, wrong.rightHandSide).allSatisfy { ($0 - $1).magnitude <= 1e-9 })
  }

  @Test("The adjoint does not inherit a loose forward tolerance")
  func tightAdjoint() throws {
    var options = KrylovSolver.Options()
    options.relativeTolerance = 1e-2
    let system = try LinearSystem(
      matrix: KrylovSamples.poisson(12), rightHandSide: KrylovSamples.vector(144, seed: 65))
    for method in KrylovSolver.Method.allCases {
      let solution = try KrylovSolver(method, options: options).solve(system)
      let gradient = try solution.pullback(KrylovSamples.vector(144, seed: 66))
      #expect(gradient.evidence.adjointBackwardError <= 1e-12, "\(method)")
      // The loose forward solve shows in the evidence.
      #expect(gradient.evidence.primalResidual > 1e-6, "\(method)")
    }
  }
}
