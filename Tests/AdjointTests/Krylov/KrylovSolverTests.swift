import Adjoint
import ReferenceProblems
import Testing

@Suite("Krylov methods") struct KrylovSolverTests {
  /// A method with a kind of matrix that it is for.
  struct Case: Sendable, CustomStringConvertible {
    let method: KrylovSolver.Method
    let name: String
    let make: @Sendable () throws -> SparseMatrix
    var description: String { "\(method), \(name)" }
  }

  static let cases: [Case] = KrylovSolver.Method.allCases.flatMap { method -> [Case] in
    var cases = [Case(method: method, name: "Poisson") { try KrylovSamples.poisson(12) }]
    if method != .conjugateGradients && method != .biCGStab {
      cases.append(
        Case(method: method, name: "indefinite") { try KrylovSamples.indefinite(6) })
    }
    if method != .conjugateGradients && method != .minres {
      cases.append(
        Case(method: method, name: "convection–diffusion") {
          try KrylovSamples.convectionDiffusion(12)
        })
      cases.append(
        Case(method: method, name: "diagonally dominant") {
          try KrylovSamples.diagonallyDominant(200)
        })
    }
    cases.append(Case(method: method, name: "order one") { try SampleMatrix.oneByOne.make() })
    return cases
  }

  static func norm(_ vector: [Double]) -> Double {
    vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  static func residualNorm(
    _ matrix: SparseMatrix, _ solution: [Double], _ rightHandSide: [Double]
  ) throws -> Double {
    norm(zip(rightHandSide, try matrix.multiply(solution)).map { $0 - $1 })
  }

  @Test("The residual is at the tolerance, and so is that of the adjoint", arguments: cases)
  func solves(sample: Case) throws {
    let matrix = try sample.make()
    let count = matrix.rowCount
    let b = KrylovSamples.vector(count, seed: 31)
    let w = KrylovSamples.vector(count, seed: 32)
    var options = KrylovSolver.Options()
    options.relativeTolerance = 1e-8
    options.maximumIterations = 20_000
    let solution = try KrylovSolver(sample.method, options: options).solve(
      LinearSystem(matrix: matrix, rightHandSide: b))
    let residual = try Self.residualNorm(matrix, solution.value, b)
    #expect(residual <= 1.01e-8 * Self.norm(b))
    // The reported norm is that of the true residual, to rounding in b − A x.
    let unit = 1e-15 * (matrix.rowSumNorm * Self.norm(solution.value) + Self.norm(b))
    #expect((solution.statistics.residualNorm - residual).magnitude <= 10 * unit)
    #expect(solution.statistics.history.residualNorms.count == solution.statistics.iterations + 1)
    let gradient = try solution.pullback(w)
    let adjointResidual = try Self.residualNorm(matrix.transposed, gradient.rightHandSide, w)
    #expect(adjointResidual <= 1.01e-12 * Self.norm(w) + 100 * unit)
    #expect(gradient.evidence.adjointBackwardError <= 1e-12)
    #expect(gradient.evidence.primalResidual == solution.statistics.backwardError)
    let entries = try #require(gradient.matrix)
    #expect(entries.pattern == matrix.pattern)
    #expect(entries.values[0] == -gradient.rightHandSide[0] * solution.value[0])
  }

  @Test("Conjugate gradients end after as many steps as there are distinct eigenvalues")
  func terminates() throws {
    // Small integers as eigenvalues, so that rounding adds no step: 10 unknowns, 4 eigenvalues.
    let matrix = try SparseMatrix(rowCount: 10, columnCount: 10) { builder in
      for row in 0..<10 { try builder.add(Double(1 + row % 4), row: row, column: row) }
    }
    let solution = try KrylovSolver(.conjugateGradients).solve(
      LinearSystem(matrix: matrix, rightHandSide: KrylovSamples.vector(10, seed: 33)))
    #expect(solution.statistics.iterations == 4)
    let full = try KrylovSamples.poisson(4)
    let system = try LinearSystem(
      matrix: full, rightHandSide: KrylovSamples.vector(16, seed: 34))
    let methods: [KrylovSolver.Method] = [.conjugateGradients, .minres, .gmres, .flexibleGMRES]
    for method in methods {
      #expect(try KrylovSolver(method).solve(system).statistics.iterations <= 16, "\(method)")
    }
  }

  @Test("Minimal residuals never grow, and GMRES and MINRES agree on a symmetric matrix")
  func monotone() throws {
    let system = try LinearSystem(
      matrix: KrylovSamples.indefinite(5), rightHandSide: KrylovSamples.vector(25, seed: 35))
    let minres = try KrylovSolver(.minres).solve(system).statistics.history.residualNorms
    let gmres = try KrylovSolver(.gmres).solve(system).statistics.history.residualNorms
    for norms in [minres, gmres] {
      #expect(zip(norms, norms.dropFirst()).allSatisfy { $1 <= $0 * (1 + 1e-12) })
    }
    // The same minimum over the same space; compared before loss of orthogonality is felt.
    for index in 0..<8 {
      #expect((minres[index] - gmres[index]).magnitude <= 1e-9 * minres[0], "\(index)")
    }
  }

  @Test("Preconditioners reduce the number of iterations, forward and adjoint")
  func preconditionersHelp() throws {
    let unsymmetric = try LinearSystem(
      matrix: KrylovSamples.convectionDiffusion(30),
      rightHandSide: KrylovSamples.vector(900, seed: 36))
    let w = KrylovSamples.vector(900, seed: 37)
    for method in [KrylovSolver.Method.gmres, .flexibleGMRES, .biCGStab, .lsmr] {
      let solver = try KrylovSolver(method)
      let plain = try solver.solve(unsymmetric)
      let better = try solver.solve(
        unsymmetric, preconditioner: IncompleteLU(unsymmetric.matrix))
      #expect(2 * better.statistics.iterations < plain.statistics.iterations, "\(method)")
      let plainAdjoint = try plain.pullback(w).statistics.iterations
      let betterAdjoint = try better.pullback(w).statistics.iterations
      #expect(2 * betterAdjoint < plainAdjoint, "\(method)")
    }
    let definite = try LinearSystem(
      matrix: KrylovSamples.poisson(30), rightHandSide: KrylovSamples.vector(900, seed: 38))
    for method in [KrylovSolver.Method.conjugateGradients, .minres] {
      let solver = try KrylovSolver(method)
      let preconditioners: [(any Preconditioner)?] = try [
        nil, JacobiPreconditioner(definite.matrix), IncompleteCholesky(definite.matrix),
        AlgebraicMultigrid(definite.matrix),
      ]
      let counts = try preconditioners.map {
        try solver.solve(definite, preconditioner: $0).statistics.iterations
      }
      #expect(zip(counts, counts.dropFirst()).allSatisfy { $0 > $1 }, "\(method): \(counts)")
    }
  }

  @Test("The factors of a nearby matrix precondition the next one")
  func nearbyFactors() throws {
    let matrix = try KrylovSamples.convectionDiffusion(20)
    let b = KrylovSamples.vector(400, seed: 39)
    let factors = try LinearSolver().solve(
      LinearSystem(matrix: matrix, rightHandSide: b)
    ).factors
    var generator = SeededGenerator(seed: 40)
    let next = try SparseMatrix(
      pattern: matrix.pattern,
      values: matrix.values.map { $0 * (1 + 0.02 * generator.uniform(in: -1..<1)) })
    let solution = try KrylovSolver(.gmres).solve(
      LinearSystem(matrix: next, rightHandSide: b),
      preconditioner: FactorizationPreconditioner(factors))
    #expect(solution.statistics.iterations <= 12)
    #expect(try solution.pullback(b).statistics.iterations <= 14)
  }

  @Test("A guess that is the solution needs no iteration; a zero right-hand side gives zero")
  func guesses() throws {
    let matrix = try KrylovSamples.poisson(6)
    let b = KrylovSamples.vector(36, seed: 41)
    for method in KrylovSolver.Method.allCases {
      let solver = try KrylovSolver(method)
      let system = try LinearSystem(matrix: matrix, rightHandSide: b)
      let first = try solver.solve(system)
      let second = try solver.solve(system, initialGuess: first.value)
      #expect(second.statistics.iterations == 0)
      #expect(second.value == first.value)
      let zero = try solver.solve(
        LinearSystem(matrix: matrix, rightHandSide: b.map { _ in 0 }), initialGuess: first.value)
      #expect(zero.value.allSatisfy { $0 == 0 })
      let gradient = try first.pullback(b.map { _ in 0 })
      #expect(gradient.parameters.allSatisfy { $0 == 0 })
    }
  }

  @Test("A matrix-free operator gives the same solution and gradient as its matrix")
  func matrixFree() throws {
    let matrix = try KrylovSamples.convectionDiffusion(8)
    let transposed = matrix.transposed
    let b = KrylovSamples.vector(64, seed: 42)
    let w = KrylovSamples.vector(64, seed: 43)
    let operators = try ClosureOperator(
      rowCount: 64, columnCount: 64,
      product: { try matrix.apply($0, into: &$1) },
      transposedProduct: { try transposed.apply($0, into: &$1) })
    let solver = try KrylovSolver(.gmres)
    let known = try solver.solve(LinearSystem(matrix: matrix, rightHandSide: b))
    let free = try solver.solve(operators, rightHandSide: b)
    // Both residuals are at 1e-10, the condition number is below 100.
    #expect(zip(known.value, free.value).allSatisfy { ($0 - $1).magnitude <= 1e-8 })
    let gradient = try free.pullback(w)
    #expect(gradient.parameters.isEmpty)
    #expect(gradient.matrix == nil)
    let reference = try known.pullback(w).rightHandSide
    #expect(
      zip(gradient.rightHandSide, reference).allSatisfy { ($0 - $1).magnitude <= 1e-10 })
    // ‖A x‖ ≤ ‖A‖‖x‖, so the evidence without ‖A‖ is on the safe side.
    #expect(free.statistics.backwardError >= known.statistics.backwardError * 0.999)
    #expect(throws: InputError.wrongLength(argument: "parameters", expected: 0, found: 1)) {
      try free.pushforward(parameters: [1], rightHandSide: b)
    }
  }

  @Test("Least squares and shortest solutions agree with the normal equations")
  func leastSquares() throws {
    var generator = SeededGenerator(seed: 44)
    let tall = try SparseMatrix(rowCount: 40, columnCount: 15) { builder in
      for row in 0..<40 {
        try builder.add(generator.uniform(in: 1..<2), row: row, column: row % 15)
        try builder.add(
          generator.uniform(in: -0.5..<0.5), row: row, column: (3 * row + 1) % 15)
      }
    }
    let b = KrylovSamples.vector(40, seed: 45)
    var options = KrylovSolver.Options()
    options.relativeTolerance = 1e-13
    let solver = try KrylovSolver(.lsmr, options: options)
    let x = try solver.solve(tall, rightHandSide: b).value
    let residual = zip(b, try tall.multiply(x)).map { $0 - $1 }
    // Orthogonal to the columns, while it is not small itself.
    #expect(Self.norm(try tall.multiplyTransposed(residual)) <= 1e-11)
    #expect(Self.norm(residual) > 1)
    let c = KrylovSamples.vector(15, seed: 46)
    let shortest = try solver.solve(tall.transposed, rightHandSide: c).value
    #expect(try Self.residualNorm(tall.transposed, shortest, c) <= 1e-11)
    // In the range of A: what is left after a fit by A is nothing.
    let fit = try solver.solve(tall, rightHandSide: shortest).value
    #expect(try Self.residualNorm(tall, fit, shortest) <= 1e-11)
  }
}
