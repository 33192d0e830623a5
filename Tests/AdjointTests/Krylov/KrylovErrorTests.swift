import Adjoint
import Testing

@Suite("Failures of Krylov methods") struct KrylovErrorTests {
  static func diagonal(_ values: [Double]) throws -> SparseMatrix {
    try SparseMatrix(rowCount: values.count, columnCount: values.count) { builder in
      for (row, value) in values.enumerated() { try builder.add(value, row: row, column: row) }
    }
  }

  static func system(_ matrix: SparseMatrix) throws -> LinearSystem {
    try LinearSystem(
      matrix: matrix, rightHandSide: [Double](repeating: 1, count: matrix.rowCount))
  }

  @Test("Conjugate gradients report an indefinite matrix with its curvature")
  func indefinite() throws {
    let system = try Self.system(Self.diagonal([1, -3, 1]))
    let error = #expect(throws: KrylovError.self) {
      try KrylovSolver(.conjugateGradients).solve(system)
    }
    guard case .indefinite(let history, let curvature) = try #require(error) else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(curvature < 0)
    #expect(history.lastIterate.count == 3)
    #expect(history.residualNorms.count >= 1)
    // The residual is at 1e-10 of b, the smallest eigenvalue one.
    let value = try KrylovSolver(.minres).solve(system).value[1]
    #expect((value + 1.0 / 3).magnitude <= 1e-9)
  }

  @Test("A negative preconditioner is reported, an unsymmetric one refused")
  func preconditioners() throws {
    let matrix = try KrylovSamples.poisson(5)
    let system = try LinearSystem(
      matrix: matrix, rightHandSide: KrylovSamples.vector(25, seed: 51))
    let negative = try JacobiPreconditioner(
      SparseMatrix(pattern: matrix.pattern, values: matrix.values.map { -$0 }))
    for method in [KrylovSolver.Method.conjugateGradients, .minres] {
      let error = #expect(throws: KrylovError.self) {
        try KrylovSolver(method).solve(system, preconditioner: negative)
      }
      guard case .indefinitePreconditioner(_, let product)? = error else {
        Issue.record("\(String(describing: error))")
        continue
      }
      #expect(product < 0)
      let refusal = #expect(throws: KrylovError.self) {
        try KrylovSolver(method).solve(system, preconditioner: IncompleteLU(matrix))
      }
      #expect(refusal?.description.contains("not symmetric") == true)
    }
    #expect(throws: InputError.self) {
      try KrylovSolver(.gmres).solve(
        system, preconditioner: JacobiPreconditioner(KrylovSamples.poisson(4)))
    }
  }

  @Test("The limit of iterations is reported with the whole history")
  func limit() throws {
    var options = KrylovSolver.Options()
    options.maximumIterations = 5
    let system = try Self.system(KrylovSamples.poisson(20))
    for method in KrylovSolver.Method.allCases {
      let error = #expect(throws: KrylovError.self) {
        try KrylovSolver(method, options: options).solve(system)
      }
      guard case .iterationLimit(let history)? = error else {
        Issue.record("\(method): \(String(describing: error))")
        continue
      }
      #expect(history.iterations == 5)
      #expect(history.residualNorms.count == 6)
      #expect(history.lastIterate.contains { $0 != 0 })
      #expect(history.system == .forward)
    }
  }

  @Test("A singular inconsistent system is refused by every method")
  func singular() throws {
    // One equation says 0 = 1.
    let matrix = try SparseMatrix(rowCount: 4, columnCount: 4) { builder in
      for row in 0..<3 { try builder.add(Double(row + 1), row: row, column: row) }
      try builder.add(0, row: 3, column: 3)
    }
    let system = try Self.system(matrix)
    var options = KrylovSolver.Options()
    options.maximumIterations = 200
    for method in KrylovSolver.Method.allCases {
      #expect(throws: KrylovError.self, "\(method)") {
        try KrylovSolver(method, options: options).solve(system)
      }
    }
  }

  @Test("BiCGStab breaks down on a skew-symmetric matrix, which GMRES solves")
  func breakdown() throws {
    let skew = try SparseMatrix(rowCount: 2, columnCount: 2) { builder in
      try builder.add(1, row: 0, column: 1)
      try builder.add(-1, row: 1, column: 0)
    }
    let system = try LinearSystem(matrix: skew, rightHandSide: [1, 0])
    let error = #expect(throws: KrylovError.self) { try KrylovSolver(.biCGStab).solve(system) }
    guard case .breakdown? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    let solution = try KrylovSolver(.gmres).solve(system)
    #expect((solution.value[0]).magnitude <= 1e-15 && (solution.value[1] - 1).magnitude <= 1e-15)
  }

  @Test("NaN from an operator is reported, by every method")
  func notFinite() throws {
    let broken = try ClosureOperator(symmetricOfOrder: 3) { x, y in
      for index in 0..<3 { y[index] = x[index] == 0 ? 0 : .nan }
    }
    for method in KrylovSolver.Method.allCases {
      let error = #expect(throws: KrylovError.self) {
        try KrylovSolver(method).solve(broken, rightHandSide: [1, 2, 3])
      }
      guard case .notFinite? = error else {
        Issue.record("\(method): \(String(describing: error))")
        continue
      }
    }
  }

  @Test("Rectangular operators are for LSMR alone, without preconditioner")
  func rectangular() throws {
    let matrix = try SparseMatrix(rowCount: 3, columnCount: 2) { builder in
      for row in 0..<3 { try builder.add(1, row: row, column: row % 2) }
    }
    for method in KrylovSolver.Method.allCases where method != .lsmr {
      let error = #expect(throws: KrylovError.self) {
        try KrylovSolver(method).solve(matrix, rightHandSide: [1, 2, 3])
      }
      #expect(error?.description.contains("LSMR") == true)
    }
    #expect(throws: KrylovError.self) {
      try KrylovSolver(.lsmr).solve(
        matrix.transposed, rightHandSide: [1, 2], initialGuess: [1, 1, 1])
    }
  }

  @Test("Options and arguments are validated")
  func validation() throws {
    for change: (inout KrylovSolver.Options) -> Void in [
      { $0.relativeTolerance = 1 }, { $0.relativeTolerance = .nan }, { $0.adjointTolerance = -1 },
      { $0.absoluteTolerance = .infinity }, { $0.maximumIterations = 0 }, { $0.restartLength = 0 },
    ] {
      var options = KrylovSolver.Options()
      change(&options)
      #expect(throws: InputError.self) { try KrylovSolver(.gmres, options: options) }
    }
    let solver = try KrylovSolver(.gmres)
    let matrix = try KrylovSamples.poisson(2)
    #expect(throws: InputError.self) { try solver.solve(matrix, rightHandSide: [1]) }
    #expect(throws: InputError.self) {
      try solver.solve(matrix, rightHandSide: [1, 2, .nan, 4])
    }
    let solution = try solver.solve(matrix, rightHandSide: [1, 2, 3, 4])
    #expect(throws: InputError.self) { try solution.pullback([1]) }
    #expect(throws: InputError.self) { try solution.pullback([1, .infinity, 0, 0]) }
  }
}
