import Adjoint
import ReferenceProblems
import Testing

@Suite("Derivatives of clustered eigenvalues") struct EigenClusterTests {
  /// The smallest six eigenvalues of a 5 × 5 grid: one, two, one, two.
  static func grid() throws -> SymmetricEigenSolution {
    try EigenSolver(count: 6).solve(
      SymmetricEigenproblem(stiffness: EigenReference.grid(5), storage: .symmetricLower))
  }

  static func cotangent(_ eigenvalues: [Double]) -> EigenDerivative {
    EigenDerivative(eigenvalues: eigenvalues)
  }

  @Test("A cotangent that singles out a member is refused by name, one that does not is not")
  func single() throws {
    let solution = try Self.grid()
    _ = try solution.pullback(Self.cotangent([1, 2, 2, 3, 4, 4]))
    let error = #expect(throws: EigenError.self) {
      try solution.pullback(Self.cotangent([0, 1, 0, 0, 0, 0]))
    }
    guard case .clusteredEigenvalue(let index, let cluster, let gap)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(cluster == 1..<3 && cluster.contains(index) && gap <= 1e-13)
    #expect(error?.description.contains("not differentiable") == true)
    // Equal but for the rounding of the eigenvalues, as for Σ λ⁴.
    let powers = solution.value.eigenvalues.map { 4 * $0 * $0 * $0 }
    let gradient = try solution.pullback(Self.cotangent(powers))
    #expect(gradient.stiffness.values.allSatisfy { $0.isFinite })
    // Deviations beyond rounding are found, however small they look.
    #expect(throws: EigenError.self) {
      try solution.pullback(Self.cotangent([0, 1, 1 + 1e-9, 0, 0, 0]))
    }
    #expect(throws: EigenError.self) {
      try solution.pushforward(stiffness: solution.problem.stiffness.values)
    }
  }

  @Test("Σ λ over all eigenvalues has the gradient of the trace, Σ λ² twice the matrix")
  func trace() throws {
    let problem = try SymmetricEigenproblem(
      stiffness: EigenReference.grid(4), storage: .symmetricLower)
    let solution = try EigenSolver(count: 16).solve(problem)
    let trace = try solution.pullback(Self.cotangent([Double](repeating: 1, count: 16)))
    let square = try solution.pullback(
      Self.cotangent(solution.value.eigenvalues.map { 2 * $0 }))
    let pattern = problem.stiffness.pattern
    for column in 0..<16 {
      for slot in pattern.columnPointers[column]..<pattern.columnPointers[column + 1] {
        let isDiagonal = pattern.rowIndices[slot] == column
        #expect(abs(trace.stiffness.values[slot] - (isDiagonal ? 1 : 0)) <= 1e-13)
        // ‖A‖² has 2aᵢᵢ on the diagonal, and 4aᵢⱼ where an entry stands for two places.
        let expected = (isDiagonal ? 2 : 4) * problem.stiffness.values[slot]
        #expect(abs(square.stiffness.values[slot] - expected) <= 1e-12)
      }
    }
  }

  @Test("One-sided derivatives of repeated eigenvalues agree with differences")
  func directional() throws {
    let solution = try Self.grid()
    var generator = SeededGenerator(seed: 5)
    let tangent = generator.direction(count: solution.problem.stiffness.values.count)
    let derivatives = try solution.directionalDerivatives(stiffness: tangent)
    let step = 1e-6
    let moved = try EigenSolver(count: 6).solve(
      SymmetricEigenproblem(
        stiffness: SparseMatrix(
          pattern: solution.problem.stiffness.pattern,
          values: zip(solution.problem.stiffness.values, tangent).map { $0 + step * $1 }),
        storage: .symmetricLower))
    for index in 0..<6 {
      let difference =
        (moved.value.eigenvalues[index] - solution.value.eigenvalues[index]) / step
      // Truncation: step · ‖Ȧ‖²/gap, rounding: 1e-15/step.
      #expect(abs(difference - derivatives[index]) <= 5e-5)
    }
    // They are not linear: backwards they are the opposite numbers in opposite order.
    let back = try solution.directionalDerivatives(stiffness: tangent.map { -$0 })
    #expect(abs(back[1] + derivatives[2]) <= 1e-13 && abs(back[2] + derivatives[1]) <= 1e-13)
    #expect(abs(derivatives[1] - derivatives[2]) > 0.01)
    let matrix = try solution.derivativeMatrix(of: 1, stiffness: tangent)
    #expect(abs(matrix[0][0] + matrix[1][1] - derivatives[1] - derivatives[2]) <= 1e-13)
    #expect(matrix[0][1] == matrix[1][0])
  }

  @Test("The gradient of a cluster for a weight W is the adjoint of its derivative matrix")
  func generalized() throws {
    let stiffness = try EigenReference.grid(5)
    let mass = try EigenReference.tridiagonal(
      [Double](repeating: 2, count: 25), beside: [Double](repeating: 0, count: 24))
    let solution = try EigenSolver(count: 3).solve(
      SymmetricEigenproblem(stiffness: stiffness, mass: mass, storage: .symmetricLower))
    #expect(solution.clusters.map(\.members) == [0..<1, 1..<3])
    var generator = SeededGenerator(seed: 6)
    let tangent = generator.direction(count: stiffness.values.count)
    let massTangent = generator.direction(count: mass.values.count)
    let weights = [[0.7, 0.2], [0.2, 0.3]]
    let gradient = try solution.clusterPullback(weights, of: 1)
    let matrix = try solution.derivativeMatrix(of: 1, stiffness: tangent, mass: massTangent)
    let forward = (0..<2).reduce(0.0) { sum, row in
      sum + zip(weights[row], matrix[row]).reduce(0) { $0 + $1.0 * $1.1 }
    }
    let massGradient = try #require(gradient.mass)
    let backward =
      zip(gradient.stiffness.values, tangent).reduce(0) { $0 + $1.0 * $1.1 }
      + zip(massGradient.values, massTangent).reduce(0) { $0 + $1.0 * $1.1 }
    #expect(abs(forward - backward) <= 1e-13)
    // W = 1 is the sum of the members.
    let sum = try solution.clusterPullback([[1, 0], [0, 1]], of: 1)
    let same = try solution.pullback(Self.cotangent([0, 1, 1]))
    for (first, second) in zip(sum.stiffness.values, same.stiffness.values) {
      #expect(abs(first - second) <= 1e-15)
    }
    #expect(throws: InputError.self) { try solution.clusterPullback([[1, 2], [0, 1]], of: 1) }
    #expect(throws: InputError.self) { try solution.clusterPullback([[1]], of: 1) }
    #expect(throws: InputError.self) { try solution.clusterPullback([[1, .nan], [0, 1]], of: 1) }
    #expect(throws: EigenError.noSuchEigenpair(index: 2, count: 2)) {
      try solution.clusterPullback([[1]], of: 2)
    }
  }

  @Test("Eigenvectors of a cluster are refused unless the function knows their space only")
  func vectors() throws {
    let solution = try Self.grid()
    var generator = SeededGenerator(seed: 7)
    var cotangent = Self.cotangent([Double](repeating: 0, count: 6))
    cotangent.eigenvectors[1] = generator.direction(count: 25)
    let error = #expect(throws: EigenError.self) { try solution.pullback(cotangent) }
    guard case .clusteredEigenvectors(let cluster, let asymmetry)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(cluster == 1..<3 && asymmetry > 1e-3)
    // A simple neighbor is not concerned.
    cotangent.eigenvectors = [0: generator.direction(count: 25), 3: generator.direction(count: 25)]
    let gradient = try solution.pullback(cotangent)
    #expect(gradient.stiffness.values.allSatisfy { $0.isFinite })
    #expect(gradient.evidence.adjointBackwardError <= 1e-15)
  }

  /// A diagonal matrix with a pair of the given relative gap, turned by a rotation in three planes.
  static func nearlyRepeated(_ gap: Double) throws -> SymmetricEigenproblem {
    var dense = [[1.0, 0, 0], [0, 1 + gap, 0], [0, 0, 3]]
    for (first, second) in [(0, 1), (1, 2), (0, 2)] {
      let (cosine, sine) = (0.8, 0.6)
      for row in 0..<3 {
        let (a, b) = (dense[row][first], dense[row][second])
        dense[row][first] = cosine * a - sine * b
        dense[row][second] = sine * a + cosine * b
      }
      for column in 0..<3 {
        let (a, b) = (dense[first][column], dense[second][column])
        dense[first][column] = cosine * a - sine * b
        dense[second][column] = sine * a + cosine * b
      }
    }
    return try SymmetricEigenproblem(
      stiffness: SparseMatrix(rowCount: 3, columnCount: 3) { builder in
        for column in 0..<3 {
          for row in column..<3 { try builder.add(dense[row][column], row: row, column: column) }
        }
      }, storage: .symmetricLower)
  }

  @Test("Gaps above the tolerance are resolved, with evidence; gaps below are a cluster")
  func nearClusters() throws {
    let wide = try EigenSolver(count: 2).solve(Self.nearlyRepeated(1e-6))
    #expect(wide.clusters.map(\.members) == [0..<1, 1..<2])
    #expect(abs(wide.clusters[0].gap - 1e-6) <= 1e-14)
    let gradient = try wide.pullback(Self.cotangent([1, 0]))
    let estimate = try #require(gradient.evidence.estimatedRelativeError)
    #expect(estimate >= 1e-10 && estimate <= 1e-7)
    let narrow = try EigenSolver(count: 2).solve(Self.nearlyRepeated(1e-10))
    #expect(narrow.clusters.map(\.members) == [0..<2])
    #expect(throws: EigenError.self) { try narrow.pullback(Self.cotangent([1, 0])) }
    // The sum of both is 5 + gap less the eigenvalue 3, whose gradient is that of the trace less vvᵀ.
    let sum = try narrow.pullback(Self.cotangent([1, 1]))
    let all = try EigenSolver(count: 3).solve(Self.nearlyRepeated(1e-10))
    let rest = try all.pullback(Self.cotangent([0, 0, 1]))
    for column in 0..<3 {
      let total = sum.stiffness[column, column] + rest.stiffness[column, column]
      #expect(abs(total - 1) <= 1e-14)
    }
    #expect(try #require(sum.evidence.estimatedRelativeError) <= 1e-14)
    // With another tolerance the same pair is a cluster, or is not.
    var options = EigenSolver.Options(count: 2)
    options.clusterTolerance = 1e-5
    #expect(
      try EigenSolver(options: options).solve(Self.nearlyRepeated(1e-6)).clusters.count == 1)
  }

  @Test("The largest eigenvalue of a zero matrix has all generalized gradients, but no gradient")
  func zero() throws {
    let matrix = try EigenReference.tridiagonal([0, 0, 0], beside: [0, 0])
    let solution = try EigenSolver(count: 3, target: .largest).solve(
      SymmetricEigenproblem(stiffness: matrix, storage: .symmetricLower))
    #expect(solution.value.eigenvalues == [0, 0, 0])
    #expect(solution.clusters.map(\.members) == [0..<3])
    #expect(throws: EigenError.self) { try solution.pullback(Self.cotangent([0, 0, 1])) }
    let derivatives = try solution.directionalDerivatives(stiffness: [1, 0, -2, 0, 5])
    #expect(zip(derivatives, [-2.0, 1, 5]).allSatisfy { abs($0 - $1) <= 1e-15 })
  }

  @Test("Cotangents of the wrong shape are refused")
  func shapes() throws {
    let solution = try Self.grid()
    let ones = [Double](repeating: 1, count: 6)
    #expect(throws: InputError.self) { try solution.pullback(Self.cotangent([1])) }
    #expect(throws: InputError.self) {
      try solution.pullback(Self.cotangent([.nan, 0, 0, 0, 0, 0]))
    }
    #expect(throws: InputError.self) {
      try solution.pullback(EigenDerivative(eigenvalues: ones, eigenvectors: [0: [1]]))
    }
    #expect(throws: EigenError.noSuchEigenpair(index: 6, count: 6)) {
      try solution.pullback(EigenDerivative(eigenvalues: ones, eigenvectors: [6: []]))
    }
    #expect(throws: InputError.self) { try solution.directionalDerivatives(stiffness: [1]) }
    #expect(throws: InputError.self) {
      try solution.directionalDerivatives(
        stiffness: solution.problem.stiffness.values, mass: [1])
    }
  }
}
